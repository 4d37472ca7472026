"""What observing money has to know: tenders and credits under lock, payouts, and what was reported before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.refunds.money import CreditMoney, PayoutMoney, TenderMoney

_TENDERS = """
SELECT t.*, c.entity_id, e.currency AS functional, c.code AS channel, o.number
FROM orders_tender t JOIN orders_order o ON o.id = t.order_id JOIN orders_channel c ON c.id = o.channel_id
JOIN ledger_entity e ON e.id = c.entity_id
WHERE t.id IN (
    SELECT p.tender_id FROM refunds_payout p WHERE p.reference = ANY(%s::text[])
    UNION
    SELECT x.id FROM unnest(%s::text[], %s::text[], %s::int[]) AS w(channel, number, seq)
    JOIN orders_channel d ON d.code = w.channel
    JOIN orders_order n ON n.channel_id = d.id AND n.number = w.number
    JOIN orders_tender x ON x.order_id = n.id AND x.seq = w.seq
) ORDER BY t.id FOR NO KEY UPDATE OF t
"""
_CREDITS = """
SELECT c.* FROM refunds_credit c WHERE c.order_id = ANY(%s::bigint[]) ORDER BY c.id FOR NO KEY UPDATE
"""
_PAYOUTS = "SELECT * FROM refunds_payout WHERE tender_id = ANY(%s::bigint[]) ORDER BY id"
_FACTS = """
SELECT f.* FROM refunds_moneyfact f WHERE f.id IN (
    SELECT x.id FROM unnest(%s::text[], %s::text[]) AS w(source, partner_ref)
    JOIN refunds_moneyfact x ON x.source = w.source AND x.partner_ref = w.partner_ref
    UNION
    SELECT x.id FROM refunds_moneyfact x
    WHERE x.tender_id = ANY(%s::bigint[]) AND x.kind IN ('chargeback', 'chargeback_reversed')
) ORDER BY f.id
"""
_CHANNELS = """
SELECT c.code, c.entity_id, e.currency AS functional
FROM orders_channel c JOIN ledger_entity e ON e.id = c.entity_id WHERE c.code = ANY(%s::text[])
"""


@dataclass
class Reported:
    """A fact that is on record, or was recorded earlier in the batch."""

    id: int
    hash: bytes
    amount: int
    currency: str
    tender_id: int | None
    entry_id: int
    paid: int
    to_payable: int
    to_receivable: int
    to_chargebacks: int


@dataclass
class Known:
    """The answers of the look-ups, for deciding one report after the other."""

    tenders: dict[int, TenderMoney]
    named: dict[tuple[str, str, int], int]
    credits: dict[int, CreditMoney]
    payouts: dict[str, PayoutMoney]
    facts: dict[tuple[str, str, str], Reported]
    channels: dict[str, Any]
    orders: dict[int, str] = field(default_factory=dict)

    def credits_of(self, order_id: int) -> list[CreditMoney]:
        """The credits of an order, oldest first."""
        return [credit for credit in self.credits.values() if credit.order_id == order_id]


def look_up(ctx: Context, reports: Sequence[Any]) -> Known:
    """Lock and read everything the reports name; five statements, whatever their number."""
    references = [report.payout_ref for report in reports if report.payout_ref]
    places = [(r.channel, r.order, r.tender) for r in reports if r.order]
    known = Known({}, {}, {}, {}, {}, {})
    columns = [list(c) for c in zip(*places, strict=True)] if places else [[], [], []]
    for row in db.lock(ctx, Rank.ORDER_TENDER, _TENDERS, [references, *columns]):
        known.tenders[row.id] = TenderMoney(
            row.id,
            row.order_id,
            row.entity_id,
            row.functional,
            row.seq,
            row.currency,
            row.captured_minor,
            row.committed_minor,
            row.refunded_minor,
        )
        known.named[row.channel, row.number, row.seq] = row.id
        known.orders[row.id] = row.number
    orders = sorted({tender.order_id for tender in known.tenders.values()})
    for row in db.lock(ctx, Rank.CREDIT, _CREDITS, [orders]):
        known.credits[row.id] = CreditMoney(
            row.id,
            row.order_id,
            row.currency,
            row.total_minor,
            row.functional_total_minor,
            row.rate,
            row.committed_minor,
            row.paid_minor,
        )
    for row in db.rows(_PAYOUTS, [sorted(known.tenders)]):
        known.payouts[row.reference] = PayoutMoney(
            row.id,
            row.reference,
            row.credit_id,
            row.tender_id,
            row.amount_minor,
            row.paid_minor,
            row.state,
            row.currency,
            row.chargeback,
            row.partner_ref,
        )
    _facts(known, reports)
    for row in db.rows(_CHANNELS, [sorted({report.channel for report in reports})]):
        known.channels[row.code] = row
    return known


def _facts(known: Known, reports: Sequence[Any]) -> None:
    sources, refs = [report.source for report in reports], [report.partner_ref for report in reports]
    for row in db.rows(_FACTS, [sources, refs, sorted(known.tenders)]):
        known.facts[row.source, row.partner_ref, row.kind] = Reported(
            row.id,
            bytes(row.content_hash),
            row.amount_minor,
            row.currency,
            row.tender_id,
            row.entry_id,
            row.paid_minor,
            row.to_payable_minor,
            row.to_receivable_minor,
            row.to_chargebacks_minor,
        )
        tender = known.tenders.get(row.tender_id or 0)
        if tender is not None and row.currency == tender.currency and row.kind.startswith("chargeback"):
            tender.charged_back += row.amount_minor if row.kind == "chargeback" else -row.amount_minor
