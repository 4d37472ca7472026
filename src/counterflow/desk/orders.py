"""One order as the desk sees it: what was sold and shipped, what may still come back, what came back before.

A reading across rooms, by SQL only; four statements, whatever the order.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.orders.queries import OrderMissing


@dataclass(frozen=True)
class Reached:
    """How the customer is reached. `erased_at` says that it was erased; then all else is empty."""

    name: str
    email: str
    phone: str
    line1: str
    line2: str
    postcode: str
    city: str
    erased_at: datetime | None


@dataclass(frozen=True)
class Paid:
    """A means of payment: what came in, what is promised back, what partners reported refunded."""

    seq: int
    kind: str
    captured_minor: int
    committed_minor: int
    refunded_minor: int
    simulated: bool


@dataclass(frozen=True)
class DeskLine:
    """A line of the order: pieces ordered, shipped, asked back or returned already, and left to return."""

    line_no: int
    sku: str
    name: str
    kind: str
    family: str
    quantity: int
    gross_minor: int
    tax_minor: int | None
    final_sale: bool
    shipped_qty: int
    back_qty: int
    left_qty: int
    shipped_at: datetime | None
    node: str
    invoiced_minor: int
    invoiced_tax_minor: int


@dataclass(frozen=True)
class EarlierReturn:
    """A return of the order by its four facts, in pieces; amounts are in the order's currency."""

    number: str
    state: str
    happened_at: datetime
    items: str
    pieces: int
    with_customer: int
    with_carrier: int
    lost: int
    here: int
    passed: int
    failed: int
    stock: str
    credited_minor: int
    paid_minor: int


@dataclass(frozen=True)
class DeskParcel:
    """A parcel of a return of the order."""

    carrier: str
    tracking: str
    state: str
    rma: str
    node: str
    announced_at: datetime


@dataclass(frozen=True)
class OrderFile:
    """An order whole."""

    id: int
    channel: str
    channel_name: str
    number: str
    entity: str
    currency: str
    country: str
    placed_at: datetime
    simulated: bool
    customer_ref: str
    contact: Reached | None
    tenders: tuple[Paid, ...]
    lines: tuple[DeskLine, ...]
    returns: tuple[EarlierReturn, ...]
    parcels: tuple[DeskParcel, ...]

    @property
    def total_minor(self) -> int:
        """What the customer was charged."""
        return sum(line.gross_minor for line in self.lines)

    @property
    def returnable(self) -> tuple[DeskLine, ...]:
        """The lines of which something may still come back."""
        return tuple(line for line in self.lines if line.left_qty > 0)


_HEAD = """
SELECT o.id, c.code AS channel, c.name AS channel_name, o.number, e.code AS entity, o.currency, o.country, o.placed_at,
       o.simulated, coalesce(k.external_ref, '') AS customer_ref, a.id AS contact_id, a.name, a.email, a.phone,
       a.line1, a.line2, a.postcode, a.city, a.erased_at,
       (SELECT coalesce(jsonb_agg(jsonb_build_array(t.seq, t.kind, t.captured_minor, t.committed_minor,
                        t.refunded_minor, t.simulated) ORDER BY t.seq), '[]')
        FROM orders_tender t WHERE t.order_id = o.id) AS tenders
FROM orders_channel c JOIN orders_order o ON o.channel_id = c.id JOIN ledger_entity e ON e.id = c.entity_id
LEFT JOIN orders_customer k ON k.id = o.customer_id
LEFT JOIN orders_contact a ON a.customer_id = o.customer_id
WHERE c.code = %s AND o.number = %s
"""
_LINES = """
SELECT l.line_no, l.sku, coalesce(i.name, '') AS name, l.kind, coalesce(i.family, '') AS family, l.quantity,
       (l.quantity * l.unit_price_minor - l.discount_minor)::bigint AS gross, l.tax_minor, l.final_sale,
       coalesce(s.shipped, 0)::int, coalesce(s.back, 0)::int, coalesce(s.shipped - s.back, 0)::int, s.shipped_at,
       coalesce(s.node, ''), coalesce(s.invoiced, 0)::bigint, coalesce(s.tax, 0)::bigint
FROM orders_orderline l LEFT JOIN catalog_item i ON i.id = l.item_id
LEFT JOIN LATERAL (
    SELECT sum(x.quantity) AS shipped, sum(x.history_qty + x.authorised_qty + x.allocated_qty) AS back,
           max(p.shipped_at) AS shipped_at, max(n.code) AS node,
           sum(x.invoiced_minor) AS invoiced, sum(coalesce(x.tax_minor, 0)) AS tax
    FROM orders_shipmentline x JOIN orders_shipment p ON p.id = x.shipment_id
    LEFT JOIN facilities_node n ON n.id = p.node_id AND n.active WHERE x.order_line_id = l.id
) s ON true
WHERE l.order_id = %s ORDER BY l.line_no
"""
_RETURNS = """
SELECT r.number, r.state, r.happened_at, l.items, l.pieces, greatest(0, l.expected - p.moving - p.lost)::int,
       p.moving::int, p.lost::int, l.here, l.passed, l.failed, coalesce(u.states, ''), coalesce(m.total, 0)::bigint,
       coalesce(m.paid, 0)::bigint
FROM returns_rma r
CROSS JOIN LATERAL (
    SELECT string_agg(x.quantity || ' × ' || coalesce(nullif(i.name, ''), i.sku), ', ' ORDER BY x.line_no) AS items,
           sum(x.quantity)::int AS pieces,
           sum(CASE WHEN x.returnless THEN 0 ELSE x.authorised_qty END)::int AS expected,
           sum(x.allocated_qty)::int AS here, sum(x.passed_qty)::int AS passed, sum(x.failed_qty)::int AS failed
    FROM returns_rmaline x JOIN catalog_item i ON i.id = x.item_id WHERE x.rma_id = r.id
) l
CROSS JOIN LATERAL (
    SELECT coalesce(sum(y.in_transit_qty), 0) AS moving, coalesce(sum(y.lost_qty), 0) AS lost
    FROM returns_rmaline x JOIN logistics_parcelline y ON y.rma_line_id = x.id WHERE x.rma_id = r.id
) p
LEFT JOIN LATERAL (
    SELECT string_agg(DISTINCT coalesce(nullif(v.stock_state, ''), nullif(v.disposition, ''), v.state), ',') AS states
    FROM returns_rmaline x JOIN receiving_unit v ON v.rma_line_id = x.id WHERE x.rma_id = r.id
) u ON true
LEFT JOIN LATERAL (
    SELECT sum(c.total_minor) AS total, sum(c.paid_minor) AS paid FROM refunds_credit c WHERE c.rma_id = r.id
) m ON true
WHERE r.order_id = %s ORDER BY r.id DESC LIMIT 100
"""
_PARCELS = """
SELECT p.carrier, p.tracking, p.state, r.number, coalesce(n.code, ''), p.announced_at
FROM returns_rma r JOIN logistics_parcel p ON p.rma_id = r.id LEFT JOIN facilities_node n ON n.id = p.node_id
WHERE r.order_id = %s ORDER BY p.id DESC LIMIT 100
"""


def order_file(*, channel: str, number: str, person: bool = False) -> OrderFile:
    """An order with all that the desk has to see; `person` says that the contact may be seen.

    Four statements. Raises `OrderMissing`.
    """
    found = db.rows(_HEAD, [channel, number])
    if not found:
        raise OrderMissing(channel=channel[:80], number=number[:80])
    head = found[0]
    return OrderFile(
        head.id,
        head.channel,
        head.channel_name,
        head.number,
        head.entity,
        head.currency,
        head.country,
        head.placed_at,
        head.simulated,
        head.customer_ref,
        _reached(head) if person else None,
        tuple(Paid(*tender) for tender in head.tenders),
        tuple(DeskLine(*row) for row in db.rows(_LINES, [head.id])),
        tuple(EarlierReturn(*row) for row in db.rows(_RETURNS, [head.id])),
        tuple(DeskParcel(*row) for row in db.rows(_PARCELS, [head.id])),
    )


def _reached(head: Any) -> Reached | None:
    if head.contact_id is None:
        return None
    columns = ("name", "email", "phone", "line1", "line2", "postcode", "city")
    return Reached(**{name: getattr(head, name) or "" for name in columns}, erased_at=head.erased_at)
