"""What releasing and paying have to know, read under lock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.refunds.rules import TenderState

# The lines the RMAs hold; and where an order carries shipping that may have to be credited, all its lines,
# because shipping falls due with the last of them.
_SHIPPED = """
SELECT s.id, s.quantity, s.invoiced_minor, coalesce(s.tax_minor, 0) AS tax_minor, s.credited_qty
FROM orders_shipmentline s WHERE s.id IN (
    SELECT l.shipment_line_id FROM returns_rma r JOIN returns_rmaline l ON l.rma_id = r.id
    WHERE r.number = ANY(%s::text[])
    UNION
    SELECT a.id FROM returns_rma r
    JOIN orders_orderline o ON o.order_id = r.order_id AND o.kind = 'shipping'
    JOIN orders_shipment h ON h.order_id = r.order_id
    JOIN orders_shipmentline a ON a.shipment_id = h.id
    WHERE r.number = ANY(%s::text[])
      AND EXISTS (SELECT FROM returns_rmaline l WHERE l.rma_id = r.id AND l.shipping_refundable)
) ORDER BY s.id FOR NO KEY UPDATE
"""
# Everything below is guarded by the shipment lines locked before, so this statement sees it as it is.
_LINES = """
SELECT l.*, w.ref, r.number, r.state AS rma_state, r.order_id, r.entity_id, r.currency, r.simulated,
       (SELECT k.score FROM returns_risk k WHERE k.rma_id = r.id) AS fraud_score, e.currency AS functional,
       (SELECT jsonb_build_object('id', c.id, 'hash', encode(c.content_hash, 'hex'), 'total', c.total_minor,
            'currency', c.currency, 'method', c.method, 'fee', c.fee_minor, 'net', c.net_minor, 'tax', c.tax_minor,
            'shipping', c.shipping_minor + c.shipping_tax_minor)::text
        FROM refunds_credit c WHERE c.request_ref = w.ref) AS earlier,
       (SELECT jsonb_build_object(
            'net', sum(o.unit_price_minor * o.quantity - o.discount_minor - coalesce(o.tax_minor, 0)),
            'tax', sum(coalesce(o.tax_minor, 0)))::text
        FROM orders_orderline o WHERE o.order_id = r.order_id AND o.kind = 'shipping'
          AND NOT EXISTS (SELECT FROM refunds_credit c WHERE c.order_id = r.order_id AND c.shipping_minor > 0)
       ) AS shipping,
       (SELECT sum(o.quantity) FROM orders_orderline o WHERE o.order_id = r.order_id AND o.kind = 'product'
       ) AS ordered,
       (SELECT sum(x.quantity) FROM refunds_credit c JOIN refunds_creditline x ON x.credit_id = c.id
        JOIN returns_rmaline y ON y.id = x.rma_line_id AND y.shipping_refundable
        WHERE c.order_id = r.order_id) AS returned
FROM unnest(%s::text[], %s::text[]) AS w(ref, number)
JOIN returns_rma r ON r.number = w.number
JOIN returns_rmaline l ON l.rma_id = r.id
JOIN ledger_entity e ON e.id = r.entity_id
ORDER BY l.id FOR NO KEY UPDATE OF l
"""
_TENDERS = """
SELECT t.* FROM orders_tender t
WHERE t.order_id IN (SELECT c.order_id FROM refunds_credit c WHERE c.id = ANY(%s::bigint[]))
ORDER BY t.id FOR NO KEY UPDATE
"""
_CREDITS = """
SELECT c.*, CASE WHEN c.method = 'replacement' THEN
           coalesce((SELECT sum(g.total_minor - g.settled_minor - g.received_minor) FROM refunds_replacement g
                     WHERE g.rma_id = c.rma_id AND g.state = 'ordered'), 0) ELSE 0 END::bigint AS for_goods
FROM refunds_credit c WHERE c.id = ANY(%s::bigint[]) ORDER BY c.id FOR NO KEY UPDATE OF c
"""
_PAID = """
SELECT 'tender' AS what, t.id, '' AS ref, coalesce((SELECT sum(p.paid_minor) FROM refunds_payout p
            WHERE p.tender_id = t.id AND NOT p.chargeback), 0)::bigint AS paid,
       coalesce((SELECT sum(CASE f.kind WHEN 'chargeback' THEN f.amount_minor ELSE -f.amount_minor END)
                 FROM refunds_moneyfact f
                 WHERE f.tender_id = t.id AND f.currency = t.currency
                   AND f.kind IN ('chargeback', 'chargeback_reversed')), 0)::bigint AS charged_back,
       NULL::bytea AS content_hash, 0::bigint AS credit_id, 0 AS seq, '' AS state
FROM orders_tender t WHERE t.id = ANY(%s::bigint[])
UNION ALL
SELECT 'payout', p.id, p.request_ref, p.amount_minor, 0, p.content_hash, p.credit_id, t.seq, p.state
FROM refunds_payout p JOIN orders_tender t ON t.id = p.tender_id
WHERE p.request_ref = ANY(%s::text[]) AND NOT p.chargeback
ORDER BY 1, 2
"""


@dataclass
class ShippedState:
    """A shipment line as it runs through a batch: amounts in minor units, pieces."""

    id: int
    quantity: int
    invoiced: int
    tax: int
    credited: int


@dataclass
class OrderState:
    """What decides whether an order's shipping falls due; `shipping` is empty when there is none or it is gone."""

    ordered: int
    returned: int
    shipping: int
    shipping_tax: int


@dataclass
class Claim:
    """An RMA under lock, with its lines by number as they run through a batch."""

    rma_id: int
    number: str
    state: str
    entity_id: int
    order_id: int | None
    currency: str
    functional: str
    simulated: bool
    fraud_score: int | None
    lines: dict[int, Any] = field(default_factory=dict)


@dataclass
class Due:
    """The answers of the look-ups, for deciding one release after the other."""

    claims: dict[str, Claim]
    shipped: dict[int, ShippedState]
    orders: dict[int, OrderState]
    earlier: dict[str, dict[str, Any]]


@dataclass
class Line:
    """The counters and terms of an RMA line; see `returns.models.RmaLine`."""

    id: int
    line_no: int
    shipment_line_id: int | None
    quantity: int
    resolution: str
    milestone: str
    method: str
    restocking_fee_bp: int
    shipping_refundable: bool
    returnless: bool
    authorised_qty: int
    scanned_qty: int
    allocated_qty: int
    passed_qty: int
    failed_qty: int
    lost_qty: int
    cancelled_qty: int
    approved_qty: int
    credited_qty: int
    replaced_qty: int


def lock_claims(ctx: Context, asked: Iterable[tuple[str, str]]) -> Due:
    """Lock what (request_ref, RMA number) pairs name; two statements."""
    pairs = list(asked)
    numbers = sorted({number for _, number in pairs})
    due = Due({}, {}, {}, {})
    for row in db.lock(ctx, Rank.SHIPMENT_LINE, _SHIPPED, [numbers, numbers]):
        due.shipped[row.id] = ShippedState(row.id, row.quantity, row.invoiced_minor, row.tax_minor, row.credited_qty)
    refs, named = [ref for ref, _ in pairs], [number for _, number in pairs]
    for row in db.lock(ctx, Rank.RMA_LINE, _LINES, [refs, named]):
        _keep(due, row)
    return due


def _keep(due: Due, row: Any) -> None:
    claim = due.claims.get(row.number)
    if claim is None:
        claim = due.claims[row.number] = Claim(
            row.rma_id,
            row.number,
            row.rma_state,
            row.entity_id,
            row.order_id,
            row.currency,
            row.functional,
            row.simulated,
            row.fraud_score,
        )
    claim.lines.setdefault(row.line_no, Line(**{n: getattr(row, n) for n in Line.__dataclass_fields__}))
    if row.earlier is not None:
        due.earlier[row.ref] = orjson.loads(row.earlier)
    if row.order_id is not None and row.order_id not in due.orders:
        shipping = orjson.loads(row.shipping) if row.shipping else {}
        due.orders[row.order_id] = OrderState(
            row.ordered or 0, row.returned or 0, shipping.get("net") or 0, shipping.get("tax") or 0
        )


@dataclass
class Payable:
    """Credits and the tenders of their orders under lock, and what was requested before."""

    tenders: dict[int, list[TenderState]]
    credits: dict[int, Any]
    earlier: dict[str, list[Any]]


def lock_payable(ctx: Context, credit_ids: Sequence[int], request_refs: Sequence[str]) -> Payable:
    """Lock the tenders behind credits, then the credits; three statements."""
    found = db.lock(ctx, Rank.ORDER_TENDER, _TENDERS, [list(credit_ids)])
    credits = {row.id: row for row in db.lock(ctx, Rank.CREDIT, _CREDITS, [list(credit_ids)])}
    payable = Payable({}, credits, {})
    paid: dict[int, Any] = {}
    for row in db.rows(_PAID, [[row.id for row in found], list(request_refs)]):
        if row.what == "tender":
            paid[row.id] = row
        else:
            payable.earlier.setdefault(row.ref, []).append(row)
    for row in found:
        payable.tenders.setdefault(row.order_id, []).append(
            TenderState(
                row.id,
                row.order_id,
                row.seq,
                row.currency,
                row.captured_minor,
                row.committed_minor,
                max(0, row.refunded_minor - paid[row.id].paid),
                max(0, paid[row.id].charged_back),
            )
        )
    return payable
