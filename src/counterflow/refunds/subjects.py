"""Which return and which order money is about, for those who only hold the money's own id."""

from dataclasses import dataclass

from counterflow.kernel import db

_FOUND = {
    "credit": "SELECT c.rma_id, NULL::bigint AS order_id FROM refunds_credit c WHERE c.id = %s",
    "payout": """SELECT c.rma_id, NULL::bigint AS order_id
                 FROM refunds_payout p JOIN refunds_credit c ON c.id = p.credit_id WHERE p.id = %s""",
    "money_fact": """SELECT c.rma_id, t.order_id FROM refunds_moneyfact f
                     LEFT JOIN refunds_payout p ON p.id = f.payout_id LEFT JOIN refunds_credit c ON c.id = p.credit_id
                     LEFT JOIN orders_tender t ON t.id = f.tender_id WHERE f.id = %s""",
}


@dataclass(frozen=True)
class MoneyOf:
    """The return, its order and the channel; what is not known is empty."""

    rma: str
    channel: str
    order: str


def money_of(*, subject_kind: str, subject_id: int) -> MoneyOf | None:
    """What a credit, a payout or a reported fact is about; none where it is something else. One statement."""
    inner = _FOUND.get(subject_kind)
    if inner is None:
        return None
    sql = f"""
        SELECT coalesce(r.number, ''), coalesce(ch.code, ''), coalesce(o.number, '')
        FROM ({inner}) AS x LEFT JOIN returns_rma r ON r.id = x.rma_id
        LEFT JOIN orders_order o ON o.id = coalesce(r.order_id, x.order_id)
        LEFT JOIN orders_channel ch ON ch.id = o.channel_id
    """
    found = db.rows(sql, [subject_id])
    return MoneyOf(*found[0]) if found else None
