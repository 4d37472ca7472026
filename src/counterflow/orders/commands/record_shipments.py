"""Record what left for customers: facts, whatever our books believed was there."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import DomainError, IdentityReused, Invalid, NotFound, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.kernel.money import share
from counterflow.ledger.chart import GL, State
from counterflow.ledger.posting import Entry, Money, Move, Place, lock_positions, post
from counterflow.ledger.rules import Pool, take
from counterflow.orders import events
from counterflow.orders.models import Shipment, ShipmentLine, SoldSerial
from counterflow.orders.rules import require_serials
from counterflow.orders.states import CostBasis

CLOCKS_DIFFER = timedelta(hours=1)


@dataclass(frozen=True)
class ShippedLine:
    """Pieces of one line of the order, by the line's number; their serial numbers where the warehouse scanned them."""

    order_line: int
    quantity: int
    serials: Sequence[str] = ()


@dataclass(frozen=True)
class ReportShipment:
    """Goods of an order that left a node together, under the shipment's own number.

    Without a `node` somebody else shipped goods that were never ours (drop-ship): nothing is posted.
    """

    channel: str
    order: str
    number: str
    node: str
    shipped_at: datetime
    lines: Sequence[ShippedLine]

    @property
    def identity(self) -> str:
        """One shipment for each channel, order and number, for ever."""
        return f"{self.channel}:{self.order}:{self.number}"


class OrderUnknown(NotFound):
    """There is no order {order} in channel {channel}."""


class NodeUnknown(NotFound):
    """There is no node {node}."""


class OrderLineUnknown(NotFound):
    """Order {order} has no line {order_line}."""


class NotGoods(Refusal):
    """Line {order_line} of order {order} is no product; only goods are shipped."""


class MoreThanOrdered(Refusal):
    """{wanted} pieces of line {order_line} of order {order} were reported, and {left} of {ordered} are left to ship."""


class NotYetShipped(Invalid):
    """Shipment {number} left at {at}, says the report, and that is still to come."""


class ShipmentMalformed(Invalid):
    """A shipment needs a number, an instant with its offset, and lines with 1 or more pieces."""


@dataclass
class _Line:
    """An order line with what earlier shipments took of it, those of this batch included."""

    id: int
    item_id: int | None
    sku: str
    ordered: int
    gross_minor: int
    tax_minor: int | None
    estimate_minor: int | None
    cost_basis: str
    shipped: int


@dataclass(frozen=True)
class _Seen:
    """A shipment that is on record: what tells a replay from a reuse."""

    id: int
    node_id: int | None
    shipped_at: datetime
    lines: tuple[tuple[int, int, tuple[str, ...]], ...]


@dataclass
class _Known:
    orders: dict[tuple[str, str], Any]
    nodes: dict[str, Any] = field(default_factory=dict)
    lines: dict[tuple[int, int], _Line] = field(default_factory=dict)
    seen: dict[tuple[int, str], _Seen] = field(default_factory=dict)
    pools: dict[Place, Pool] = field(default_factory=dict)


@dataclass
class _Plan:
    """The rows that one batch will write, gathered while its items are decided."""

    shipments: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    serials: list[dict[str, Any]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="orders.ship")
def record_shipments(ctx: Context, *, items: Sequence[ReportShipment]) -> Batch:
    """Record each shipment and let its goods leave the pool at the weighted average.

    What the pool lacks leaves from *unexplained* without a value and is told as an event, so that a case is
    opened. Shipments from before the entity's go-live are history and post nothing. Refuses
    `ShipmentMalformed`, `SerialsMalformed`, `NotYetShipped`, `OrderUnknown`, `NodeUnknown`, `OrderLineUnknown`,
    `NotGoods`, `MoreThanOrdered`, `IdentityReused`. SQL: four look-ups (orders and positions are locked),
    then one write a table.
    """
    known = _look_up(ctx, items)
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_record(ctx, item, known, plan))
        except DomainError as error:
            results.append(Refused.of(item.identity, error))
    db.insert(Shipment, sorted(plan.shipments, key=lambda row: (row["order_id"], row["number"])))
    db.insert(ShipmentLine, plan.lines)
    db.insert(SoldSerial, plan.serials)
    post(ctx, plan.entries)
    emit(ctx, plan.events)
    return Batch(results)


def _look_up(ctx: Context, items: Sequence[ReportShipment]) -> _Known:
    wanted = sorted({(item.channel, item.order) for item in items})
    found = db.lock(ctx, Rank.ORDER_TENDER, _ORDERS, [[c for c, _ in wanted], [number for _, number in wanted]])
    known = _Known({(row.channel, row.number): row for row in found})
    for row in db.rows(_NODES, [sorted({item.node for item in items if item.node})]):
        known.nodes[row.code] = row
    # Read after the orders are locked, so that no shipment of theirs is missing.
    for row in db.rows(_LINES, [[row.id for row in found]]):
        shipped = sum(quantity for _, _, _, _, quantity, _ in row.shipments)
        known.lines[row.order_id, row.line_no] = _Line(
            row.id, row.item_id, row.sku, row.quantity, row.gross, row.tax_minor, row.estimate, row.cost_basis, shipped
        )
        for shipment_id, number, node_id, at, quantity, serials in row.shipments:
            seen = known.seen.get((row.order_id, number))
            lines = (*(seen.lines if seen else ()), (row.line_no, quantity, tuple(serials)))
            known.seen[row.order_id, number] = _Seen(
                int(shipment_id), None if node_id is None else int(node_id), datetime.fromisoformat(at), lines
            )
    known.pools = lock_positions(ctx, _places(items, known))
    return known


_ORDERS = """
SELECT o.id, c.code AS channel, o.number, o.currency, c.entity_id, e.currency AS entity_currency
FROM (SELECT * FROM unnest(%s::text[], %s::text[]) AS u(channel, number)) w
JOIN orders_channel c ON c.code = w.channel
JOIN orders_order o ON o.channel_id = c.id AND o.number = w.number
JOIN ledger_entity e ON e.id = c.entity_id
ORDER BY o.id FOR NO KEY UPDATE OF o
"""
_NODES = """
SELECT n.code, n.id, n.entity_id, e.currency, e.zone, e.go_live FROM facilities_node n
JOIN ledger_entity e ON e.id = n.entity_id WHERE n.code = ANY(%s::text[])
"""
_LINES = """
SELECT l.id, l.order_id, l.line_no, l.item_id, l.sku, l.quantity, l.tax_minor,
       l.unit_price_minor * l.quantity - l.discount_minor AS gross,
       coalesce(CASE WHEN o.currency = e.currency THEN l.unit_cost_minor END,
                CASE WHEN i.currency = e.currency THEN i.standard_cost_minor END) AS estimate, l.cost_basis,
       coalesce((SELECT jsonb_agg(jsonb_build_array(s.id, s.number, s.node_id, s.shipped_at, x.quantity,
                           coalesce((SELECT jsonb_agg(z.serial ORDER BY z.serial COLLATE "C") FROM orders_soldserial z
                                     WHERE z.shipment_line_id = x.id), '[]')) ORDER BY x.id)
                 FROM orders_shipmentline x JOIN orders_shipment s ON s.id = x.shipment_id
                 WHERE x.order_line_id = l.id), '[]') AS shipments
FROM orders_orderline l
JOIN orders_order o ON o.id = l.order_id
JOIN orders_channel c ON c.id = o.channel_id
JOIN ledger_entity e ON e.id = c.entity_id
LEFT JOIN catalog_item i ON i.id = l.item_id
WHERE l.order_id = ANY(%s::bigint[])
ORDER BY l.order_id, l.line_no
"""


def _places(items: Iterable[ReportShipment], known: _Known) -> Iterable[Place]:
    """The pools that the shipments may take from."""
    for item in items:
        order, node = known.orders.get((item.channel, item.order)), known.nodes.get(item.node)
        if order is not None and node is not None:
            for asked in item.lines:
                line = known.lines.get((order.id, asked.order_line))
                if line is not None and line.item_id is not None:
                    yield _pool(node, line.item_id)


def _pool(node: Any, item_id: int) -> Place:
    return Place(node.entity_id, State.AVAILABLE, item_id, node.id, bucket="pool")


def _record(ctx: Context, item: ReportShipment, known: _Known, plan: _Plan) -> Done:
    """Decide one shipment on the running state and plan its rows."""
    pieces = _pieces(item)
    if item.shipped_at > ctx.at + CLOCKS_DIFFER:
        raise NotYetShipped(number=item.number, at=item.shipped_at.isoformat())
    order = known.orders.get((item.channel, item.order))
    if order is None:
        raise OrderUnknown(order=item.order[:80], channel=item.channel[:80])
    node = known.nodes.get(item.node)
    if item.node and node is None:
        raise NodeUnknown(node=item.node[:80])
    node_id = node.id if node else None
    lines_told = tuple((number, quantity, serials) for number, (quantity, serials) in sorted(pieces.items()))
    told = _Seen(0, node_id, item.shipped_at, lines_told)
    seen = known.seen.get((order.id, item.number))
    if seen is not None:
        if (seen.node_id, seen.shipped_at, tuple(sorted(seen.lines))) != (told.node_id, told.shipped_at, told.lines):
            raise IdentityReused(what="shipment", identity=item.identity)
        return Done(item.identity, {"shipment_id": seen.id}, replayed=True)
    lines = [(_fitting(item, order, number, qty, known), qty, serials) for number, qty, serials in told.lines]

    shipment_id = ctx.new_id()
    plan.shipments.append(
        {
            "id": shipment_id,
            "order_id": order.id,
            "number": item.number,
            "node_id": node_id,
            "shipped_at": item.shipped_at,
            "reported_at": ctx.at,
        }
    )
    issue = _Issue(ctx.new_id(), order, node, item.shipped_at)
    for line, quantity, serials in lines:
        row = _ship(ctx, shipment_id, line, quantity, issue, known, plan)
        plan.lines.append(row)
        plan.serials += [
            {"id": ctx.new_id(), "shipment_line_id": row["id"], "item_id": line.item_id, "serial": serial}
            for serial in serials
        ]
    if issue.moves:
        plan.entries.append(issue.entry())
    known.seen[order.id, item.number] = _Seen(shipment_id, told.node_id, told.shipped_at, told.lines)
    facts = {"shipment_id": shipment_id, "node_id": node_id, "posted": bool(issue.moves)}
    plan.events.append(Event(events.ORDER_SHIPPED, order.id, item.shipped_at, facts))
    return Done(item.identity, {"shipment_id": shipment_id})


def _pieces(item: ReportShipment) -> dict[int, tuple[int, tuple[str, ...]]]:
    """Pieces and serial numbers by number of the order line. Raises `ShipmentMalformed`, `SerialsMalformed`."""
    pieces: dict[int, int] = defaultdict(int)
    serials: dict[int, list[str]] = defaultdict(list)
    for line in item.lines:
        if isinstance(line.quantity, bool) or not isinstance(line.quantity, int) or line.quantity < 1:
            raise ShipmentMalformed()
        pieces[line.order_line] += line.quantity
        serials[line.order_line] += line.serials
    if not pieces or not item.number or item.shipped_at.tzinfo is None:
        raise ShipmentMalformed()
    return {n: (quantity, require_serials(n, serials[n], quantity)) for n, quantity in pieces.items()}


def _fitting(item: ReportShipment, order: Any, number: int, quantity: int, known: _Known) -> _Line:
    line = known.lines.get((order.id, number))
    if line is None:
        raise OrderLineUnknown(order=item.order, order_line=number)
    if line.item_id is None:
        raise NotGoods(order=item.order, order_line=number)
    left = line.ordered - line.shipped
    if quantity > left:
        raise MoreThanOrdered(wanted=quantity, left=left, ordered=line.ordered, order=item.order, order_line=number)
    return line


@dataclass
class _Issue:
    """The entry of one shipment while it is gathered."""

    id: int
    order: Any
    node: Any
    at: datetime
    moves: list[Move] = field(default_factory=list)
    across: int = 0

    @property
    def posts(self) -> bool:
        """Whether the goods were in our books: they left a node of ours on or after its go-live day."""
        if self.node is None:
            return False
        day: date = self.at.astimezone(ZoneInfo(self.node.zone)).date()
        return bool(day >= self.node.go_live)

    @property
    def seller(self) -> int:
        """The entity whose customer has the goods; the node's own where the two keep different currencies."""
        same = self.order.entity_currency == self.node.currency
        return int(self.order.entity_id if same else self.node.entity_id)

    def entry(self) -> Entry:
        """The entry; goods of another entity than the seller's are owed to it."""
        money = []
        if self.seller != self.node.entity_id:
            money = [
                Money(self.node.entity_id, GL.DUE_FROM, self.across, self.order.id),
                Money(self.seller, GL.DUE_TO, -self.across, self.order.id),
            ]
        return Entry(self.id, self.node.entity_id, "ship", self.at, self.moves, money)


def _ship(
    ctx: Context, shipment_id: int, line: _Line, quantity: int, issue: _Issue, known: _Known, plan: _Plan
) -> dict[str, Any]:
    """The row of one line; its goods leave the pool, and what the pool lacks leaves from unexplained."""
    row_id, tax = ctx.new_id(), line.tax_minor
    done, line.shipped = line.shipped, line.shipped + quantity
    cost, basis = None, line.cost_basis or str(CostBasis.NIL)
    if issue.posts:
        cost, missing = _take(row_id, line, quantity, issue, known)
        basis = str(CostBasis.ISSUED)
        if missing:
            cost, basis = _estimate(cost if missing < quantity else None, missing, line)
            plan.events.append(_negative(row_id, line, missing, issue))
    return {
        "id": row_id,
        "shipment_id": shipment_id,
        "order_line_id": line.id,
        "item_id": line.item_id,
        "quantity": quantity,
        "invoiced_minor": share(line.gross_minor, done=done, take=quantity, of=line.ordered),
        "tax_minor": None if tax is None else share(tax, done=done, take=quantity, of=line.ordered),
        "issued_cost_minor": cost,
        "issued_entry_id": issue.id if issue.posts else None,
        "cost_basis": basis,
    }


def _take(subject: int, line: _Line, quantity: int, issue: _Issue, known: _Known) -> tuple[int, int]:
    """Queue the moves of a line: (what the ledger issued it at, pieces that the pool lacked)."""
    place = _pool(issue.node, line.item_id or 0)
    customer = Place(issue.seller, State.CUSTOMER, place.item)
    pool = known.pools.get(place, Pool())
    there = min(quantity, pool.quantity)
    issued = 0
    if there:
        cost, allowance, known.pools[place] = take(pool, there)
        issue.moves.append(Move(place, customer, there, cost, allowance, subject))
        issued = cost + allowance
        issue.across += issued
    if there < quantity:
        nowhere = Place(issue.seller, State.UNEXPLAINED, place.item, issue.node.id)
        issue.moves.append(Move(nowhere, customer, quantity - there, subject=subject))
    return issued, quantity - there


def _estimate(issued: int | None, missing: int, line: _Line) -> tuple[int | None, str]:
    """What the line counts as issued at, where pieces of it left that the books did not have."""
    if line.estimate_minor is not None:
        return (issued or 0) + line.estimate_minor * missing, str(CostBasis.ESTIMATED)
    return issued, str(CostBasis.NIL if issued is None else CostBasis.ESTIMATED)


def _negative(row_id: int, line: _Line, missing: int, issue: _Issue) -> Event:
    facts = {
        "entity_id": issue.node.entity_id,
        "node_id": issue.node.id,
        "item_id": line.item_id,
        "sku": line.sku,
        "quantity": missing,
        "estimate_minor": None if line.estimate_minor is None else line.estimate_minor * missing,
        "currency": issue.node.currency,
        "entry_id": issue.id,
    }
    return Event(events.STOCK_FACT_NEGATIVE, row_id, issue.at, facts)
