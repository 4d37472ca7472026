"""Questions about money: what is due, the credits of a return, payouts that wait, what was reported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.found import Found, id_of
from counterflow.refunds.rules import CreditNotFound
from counterflow.returns.entitlement import due, goods_ahead

LIMIT_MAX = 500


@dataclass(frozen=True)
class DuePieces:
    """Pieces of an RMA line that may be credited now; `credited` were before."""

    line_no: int
    quantity: int
    credited: int


@dataclass(frozen=True)
class DueCredit:
    """What is due of an RMA by one method. `needs_rate` where sale and books differ in currency."""

    rma_id: int
    rma: str
    entity_id: int
    method: str
    currency: str
    needs_rate: bool
    lines: tuple[DuePieces, ...]


@dataclass(frozen=True)
class CreditLineRow:
    """The part of a credit that an RMA line answers for."""

    line_no: int
    sku: str
    quantity: int
    net_minor: int
    tax_minor: int
    fee_minor: int
    released_by: str


@dataclass(frozen=True)
class PayoutRow:
    """Money asked to leave, or taken by a chargeback, through one tender."""

    id: int
    reference: str
    credit_id: int
    tender: int
    tender_kind: str
    amount_minor: int
    paid_minor: int
    currency: str
    state: str
    chargeback: bool
    partner_ref: str
    requested_at: datetime
    observed_at: datetime | None


@dataclass(frozen=True)
class CreditRow:
    """A credit with its lines and payouts. Amounts are minor units of `currency`."""

    id: int
    number: int | None
    request_ref: str
    rma: str
    order: str
    entity: str
    cause: str
    reason: str
    method: str
    currency: str
    net_minor: int
    tax_minor: int
    shipping_minor: int
    shipping_tax_minor: int
    fee_minor: int
    goodwill_minor: int
    total_minor: int
    functional_total_minor: int
    rate: Decimal
    committed_minor: int
    paid_minor: int
    happened_at: datetime
    recorded_at: datetime
    entry_id: int
    lines: tuple[CreditLineRow, ...]
    payouts: tuple[PayoutRow, ...]

    @property
    def state(self) -> str:
        """What became of it: owed, promised, partly paid, or paid."""
        if self.paid_minor >= self.total_minor:
            return "paid"
        if self.paid_minor:
            return "partly_paid"
        return "promised" if self.committed_minor else "owed"


@dataclass(frozen=True)
class MoneyFactRow:
    """What a partner reported of money, and where it was booked (minor units of the books' currency)."""

    id: int
    source: str
    partner_ref: str
    kind: str
    payout: str
    amount_minor: int
    currency: str
    to_payable_minor: int
    to_receivable_minor: int
    to_chargebacks_minor: int
    happened_at: datetime
    recorded_at: datetime
    entry_id: int


_DUE = """
SELECT l.*, r.number, r.state AS rma_state, r.entity_id, r.currency, r.currency <> e.currency AS needs_rate
FROM returns_rmaline l JOIN returns_rma r ON r.id = l.rma_id JOIN ledger_entity e ON e.id = r.entity_id
JOIN orders_shipmentline s ON s.id = l.shipment_line_id AND s.invoiced_minor > 0
WHERE l.rma_id = ANY(%s::bigint[]) ORDER BY l.rma_id, l.line_no
"""
_CREDITS = """
SELECT c.id, c.number, c.request_ref, coalesce(r.number, '') AS rma, coalesce(o.number, '') AS "order",
       e.code AS entity, c.cause, c.reason, c.method, c.currency, c.net_minor, c.tax_minor, c.shipping_minor,
       c.shipping_tax_minor, c.fee_minor, c.goodwill_minor, c.total_minor, c.functional_total_minor, c.rate,
       c.committed_minor, c.paid_minor, c.happened_at, c.recorded_at, c.entry_id
FROM refunds_credit c LEFT JOIN returns_rma r ON r.id = c.rma_id JOIN ledger_entity e ON e.id = c.entity_id
LEFT JOIN orders_order o ON o.id = c.order_id
"""
_LINES = """
SELECT x.credit_id, l.line_no, i.sku, x.quantity, x.net_minor, x.tax_minor, x.fee_minor, x.released_by
FROM refunds_creditline x JOIN returns_rmaline l ON l.id = x.rma_line_id JOIN catalog_item i ON i.id = l.item_id
WHERE x.credit_id = ANY(%s::bigint[]) ORDER BY x.credit_id, l.line_no
"""
_PAYOUTS = """
SELECT p.id, p.reference, p.credit_id, t.seq AS tender, t.kind AS tender_kind, p.amount_minor, p.paid_minor,
       p.currency, p.state, p.chargeback, p.partner_ref, p.requested_at, p.observed_at
FROM refunds_payout p JOIN orders_tender t ON t.id = p.tender_id
"""


def due_credits(*, rma_ids: Sequence[int]) -> list[DueCredit]:
    """What may be credited now of these RMAs, by RMA and method. Read without lock: a hint, not a promise."""
    heads: dict[tuple[int, str], Any] = {}
    found: dict[tuple[int, str], list[DuePieces]] = {}
    for row in db.rows(_DUE, [sorted(set(rma_ids))]):
        pieces = due(row, row.rma_state)
        if pieces > 0:
            heads[row.rma_id, row.method] = row
            found.setdefault((row.rma_id, row.method), []).append(DuePieces(row.line_no, pieces, row.credited_qty))
    return [
        DueCredit(rma_id, row.number, row.entity_id, method, row.currency, row.needs_rate, tuple(found[rma_id, method]))
        for (rma_id, method), row in heads.items()
    ]


def credits(
    *, rma: str = "", unsettled: bool = False, before_id: int | None = None, limit: int = 50
) -> list[CreditRow]:
    """Credits, newest first, of one RMA or of all; `unsettled` leaves out those that are paid. Three statements."""
    where = (
        "WHERE (%s = '' OR r.number = %s) AND (NOT %s OR c.paid_minor < c.total_minor)"
        " AND (%s::bigint IS NULL OR c.id < %s::bigint) ORDER BY c.id DESC LIMIT %s"
    )
    return _credits(where, [rma, rma, unsettled, before_id, before_id, min(limit, LIMIT_MAX)])


def credit(*, credit_id: int) -> CreditRow:
    """One credit. Raises `CreditNotFound`."""
    found = _credits("WHERE c.id = %s", [credit_id])
    if not found:
        raise CreditNotFound(credit=credit_id)
    return found[0]


def _credits(where: str, params: Sequence[Any]) -> list[CreditRow]:
    heads = db.rows(f"{_CREDITS} {where}", params)
    ids = [head.id for head in heads]
    lines: dict[int, list[CreditLineRow]] = {}
    for row in db.rows(_LINES, [ids]):
        lines.setdefault(row.credit_id, []).append(CreditLineRow(*row[1:]))
    paid: dict[int, list[PayoutRow]] = {}
    for row in db.rows(f"{_PAYOUTS} WHERE p.credit_id = ANY(%s::bigint[]) ORDER BY p.id", [ids]):
        paid.setdefault(row.credit_id, []).append(PayoutRow(*row))
    return [CreditRow(*(*head, tuple(lines.get(head.id, ())), tuple(paid.get(head.id, ())))) for head in heads]


def payouts(*, state: str = "", after_id: int | None = None, limit: int = 50) -> list[PayoutRow]:
    """Payouts, oldest first, in one state or in any: what a payment connector has to send, or to ask about."""
    where = "WHERE (%s = '' OR p.state = %s) AND (%s::bigint IS NULL OR p.id > %s::bigint) ORDER BY p.id LIMIT %s"
    return [
        PayoutRow(*row)
        for row in db.rows(f"{_PAYOUTS} {where}", [state, state, after_id, after_id, min(limit, LIMIT_MAX)])
    ]


def money_facts(*, rma: str = "", before_id: int | None = None, limit: int = 50) -> list[MoneyFactRow]:
    """What partners reported, newest first; of the tenders of one RMA's order, or all."""
    sql = """
        SELECT f.id, f.source, f.partner_ref, f.kind, coalesce(p.reference, '') AS payout, f.amount_minor, f.currency,
               f.to_payable_minor, f.to_receivable_minor, f.to_chargebacks_minor, f.happened_at, f.recorded_at,
               f.entry_id
        FROM refunds_moneyfact f LEFT JOIN refunds_payout p ON p.id = f.payout_id
        WHERE (%s = '' OR f.tender_id IN (SELECT t.id FROM returns_rma r JOIN orders_tender t ON t.order_id = r.order_id
                                          WHERE r.number = %s))
          AND (%s::bigint IS NULL OR f.id < %s::bigint) ORDER BY f.id DESC LIMIT %s
    """
    return [MoneyFactRow(*row) for row in db.rows(sql, [rma, rma, before_id, before_id, min(limit, LIMIT_MAX)])]


def payable_by_credits(*, credit_ids: Sequence[int]) -> Mapping[int, int]:
    """What is neither promised nor paid of credits that leave by the tenders of their orders, where it is some.

    Of a credit that goods meet it is the rest, once goods are ordered for all of it and none of them is owed.
    """
    sql = """
        SELECT c.id, c.total_minor - c.committed_minor AS owed FROM refunds_credit c
        WHERE c.id = ANY(%s::bigint[]) AND c.total_minor > c.committed_minor AND (
            c.method = 'original' OR c.method = 'replacement'
            AND NOT EXISTS (SELECT FROM returns_rmaline l WHERE l.rma_id = c.rma_id
                            AND l.method = 'replacement' AND l.credited_qty > l.replaced_qty)
            AND NOT EXISTS (SELECT FROM refunds_replacement g WHERE g.rma_id = c.rma_id AND g.state = 'ordered'
                            AND g.total_minor > g.settled_minor + g.received_minor)
        ) ORDER BY c.id
    """
    return {row.id: row.owed for row in db.rows(sql, [sorted(set(credit_ids))])}


@dataclass(frozen=True)
class GoodsWaiting:
    """Pieces of a line that were credited and whose goods are not ordered; `credited` were credited in all."""

    rma_id: int
    rma: str
    line_no: int
    credited: int


def goods_waiting(*, credit_ids: Sequence[int]) -> tuple[list[int], list[GoodsWaiting]]:
    """Of credits that goods meet: those that goods which went ahead wait for, and lines whose goods are to be ordered.

    A line whose order was cancelled waits for a person. Read without lock: a hint. Two statements.
    """
    owed = db.rows(
        """SELECT DISTINCT c.id FROM refunds_credit c JOIN refunds_replacement g ON g.rma_id = c.rma_id
           WHERE c.id = ANY(%s::bigint[]) AND c.method = 'replacement' AND c.total_minor > c.committed_minor
             AND g.state = 'ordered' AND g.total_minor > g.settled_minor + g.received_minor ORDER BY 1""",
        [list(credit_ids)],
    )
    waiting = db.rows(
        """SELECT DISTINCT r.id, r.number, l.line_no, l.credited_qty
           FROM refunds_credit c JOIN refunds_creditline x ON x.credit_id = c.id
           JOIN returns_rmaline l ON l.id = x.rma_line_id AND l.credited_qty > l.replaced_qty
           JOIN returns_rma r ON r.id = l.rma_id
           WHERE c.id = ANY(%s::bigint[]) AND c.method = 'replacement' ORDER BY 1, 3""",
        [list(credit_ids)],
    )
    return [row.id for row in owed], [GoodsWaiting(*row) for row in waiting]


@dataclass(frozen=True)
class ReplacementRow:
    """Goods instead of money, with the order they go out under. Amounts are minor units of `currency`."""

    id: int
    rma: str
    line_no: int
    channel: str
    order: str
    sku: str
    item: str
    quantity: int
    currency: str
    net_minor: int
    tax_minor: int
    total_minor: int
    settled_minor: int
    received_minor: int
    state: str
    ahead: bool
    shipped_qty: int
    happened_at: datetime

    @property
    def owed_minor(self) -> int:
        """What the customer owes for it still."""
        left = self.total_minor - self.settled_minor - self.received_minor
        return max(0, left) if self.state == "ordered" else 0


def replacements(*, rma: str = "", before_id: int | None = None, limit: int = 50) -> list[ReplacementRow]:
    """Goods instead of money, of one RMA or of all, the newest first. One statement."""
    sql = """
        SELECT g.id, r.number AS rma, l.line_no, c.code AS channel, o.number AS "order", i.sku, i.name AS item,
               g.quantity, g.currency, g.net_minor, g.tax_minor, g.total_minor, g.settled_minor, g.received_minor,
               g.state, g.ahead,
               (SELECT coalesce(sum(s.quantity), 0) FROM orders_orderline x
                JOIN orders_shipmentline s ON s.order_line_id = x.id WHERE x.order_id = g.order_id)::int AS shipped,
               g.happened_at
        FROM refunds_replacement g JOIN returns_rma r ON r.id = g.rma_id JOIN returns_rmaline l ON l.id = g.rma_line_id
        JOIN orders_order o ON o.id = g.order_id JOIN orders_channel c ON c.id = o.channel_id
        JOIN catalog_item i ON i.id = g.item_id
        WHERE (%s = '' OR r.number = %s) AND (%s::bigint IS NULL OR g.id < %s::bigint) ORDER BY g.id DESC LIMIT %s
    """
    return [ReplacementRow(*row) for row in db.rows(sql, [rma, rma, before_id, before_id, min(limit, LIMIT_MAX)])]


@dataclass(frozen=True)
class GoodsLine:
    """A line that goods settle: what goes out for it, for how many pieces, and how many may go ahead of the credit."""

    line_no: int
    resolution: str
    sku: str
    item: str
    unit_price_minor: int | None
    currency: str
    quantity: int
    credited_qty: int
    replaced_qty: int
    ahead_qty: int


def goods_lines(*, rma: str) -> list[GoodsLine]:
    """The lines of a return that goods settle. One statement."""
    found = db.rows(
        """SELECT l.*, r.state AS rma_state, r.currency, i.sku, i.name, w.unit_price_minor
           FROM returns_rma r JOIN returns_rmaline l ON l.rma_id = r.id AND l.method = 'replacement'
           LEFT JOIN returns_wish w ON w.rma_line_id = l.id
           JOIN catalog_item i ON i.id = coalesce(w.item_id, l.item_id)
           WHERE r.number = %s ORDER BY l.line_no""",
        [rma],
    )
    return [
        GoodsLine(
            row.line_no,
            row.resolution,
            row.sku,
            row.name,
            row.unit_price_minor,
            row.currency,
            row.quantity,
            row.credited_qty,
            row.replaced_qty,
            goods_ahead(row, row.rma_state),
        )
        for row in found
    ]


def credits_of_rmas(rma_ids: Sequence[int]) -> list[int]:
    """The credits that answer for RMAs."""
    sql = "SELECT id FROM refunds_credit WHERE rma_id = ANY(%s::bigint[]) ORDER BY 1"
    return [row.id for row in db.rows(sql, [list(rma_ids)])]


def rmas_of_credits(credit_ids: Sequence[int]) -> list[int]:
    """The RMAs that credits answer for."""
    sql = "SELECT DISTINCT rma_id FROM refunds_credit WHERE id = ANY(%s::bigint[]) AND rma_id IS NOT NULL ORDER BY 1"
    return [row.rma_id for row in db.rows(sql, [list(credit_ids)])]


_NAMED = """
SELECT coalesce(r.number, '') AS rma, h.code || '/' || o.number AS "order", c.number, c.currency, '' AS payout
FROM ledger_entity e JOIN refunds_credit c ON c.entity_id = e.id AND c.number = %(number)s
LEFT JOIN returns_rma r ON r.id = c.rma_id
LEFT JOIN orders_order o ON o.id = c.order_id LEFT JOIN orders_channel h ON h.id = o.channel_id
UNION ALL
SELECT coalesce(r.number, ''), h.code || '/' || o.number, c.number, p.currency, p.reference
FROM refunds_payout p JOIN refunds_credit c ON c.id = p.credit_id LEFT JOIN returns_rma r ON r.id = c.rma_id
LEFT JOIN orders_order o ON o.id = c.order_id LEFT JOIN orders_channel h ON h.id = o.channel_id
WHERE p.reference = %(words)s LIMIT %(limit)s
"""


def named(words: str, *, limit: int = 5) -> list[Found]:
    """Credits by number, payouts by reference; the key is their return's number, or their order's. One statement."""
    rows = db.rows(_NAMED, {"number": id_of(words), "words": words, "limit": limit})
    found = []
    for row in rows:
        name, of = row.payout or f"Credit {row.number}", row.rma or row.order
        kind = ("payout" if row.payout else "credit") if row.rma else "order"
        found.append(Found(kind, of, name, f"of {of}" if row.payout else f"of {of}, {row.currency}", True))
    return found
