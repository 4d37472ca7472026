"""What the acts of recovery have to know: orders, lots and pallets under lock, with what is in them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import Refusal
from counterflow.ledger.overlays import Shelf
from counterflow.ledger.posting import Place
from counterflow.receiving.lookups import UnitNow
from counterflow.receiving.rules import UnitOnHold
from counterflow.recovery.rules import InOtherWork, LoadNotFound, OrderNotFound


class UnitElsewhere(Refusal):
    """Unit {lpn} is at {node}, and {work} is at {other}."""


@dataclass
class OrderNow:
    """A refurbishment order under lock, as earlier items of the batch have left it."""

    id: int
    number: str
    unit_id: int
    lpn: str
    state: str
    cost_minor: int
    allowance_minor: int
    capitalised_minor: int
    expensed_minor: int
    end_hash: bytes | None


_ORDERS = """
WITH o AS MATERIALIZED (
    SELECT * FROM recovery_refurbishment WHERE number = ANY(%s::text[]) ORDER BY id FOR NO KEY UPDATE
)
SELECT o.id, o.number, o.unit_id, u.lpn, o.state, o.cost_minor, o.allowance_minor, o.capitalised_minor,
       o.expensed_minor, o.end_hash
FROM o JOIN receiving_unit u ON u.id = o.unit_id ORDER BY o.id
"""


def lock_orders(ctx: Context, numbers: Iterable[str]) -> dict[str, OrderNow]:
    """Lock the refurbishment orders that exist among these numbers; one statement."""
    orders = {}
    for row in db.lock(ctx, Rank.WORK, _ORDERS, [sorted(set(numbers))]):
        order = orders[row.number] = OrderNow(*row)
        order.end_hash = None if row.end_hash is None else bytes(row.end_hash)
    return orders


def order_of(orders: Mapping[str, OrderNow], number: str) -> OrderNow:
    """The order of a number. Raises `OrderNotFound`."""
    if number not in orders:
        raise OrderNotFound(number=number[:80])
    return orders[number]


@dataclass
class LoadNow:
    """A lot or pallet under lock, as earlier items of the batch have left it; `lines` is the number of those in it."""

    id: int
    kind: str
    number: str
    node_id: int
    node: str
    entity_id: int
    state: str
    buyer: str
    currency: str
    supplier_id: int | None
    supplier: str | None
    proceeds_minor: int | None
    sale_hash: bytes | None
    carrier: str
    tracking: str
    shipped_at: Any
    lines: int = 0


_LOADS = """
WITH w AS MATERIALIZED (
    SELECT * FROM recovery_load WHERE number = ANY(%s::text[]) ORDER BY id FOR NO KEY UPDATE
)
SELECT w.id, w.kind, w.number, w.node_id, n.code AS node, w.entity_id, w.state, w.buyer, w.currency, w.supplier_id,
       s.code AS supplier, w.proceeds_minor, w.sale_hash, w.carrier, w.tracking, w.shipped_at
FROM w JOIN facilities_node n ON n.id = w.node_id LEFT JOIN catalog_supplier s ON s.id = w.supplier_id ORDER BY w.id
"""


def lock_loads(ctx: Context, numbers: Iterable[str]) -> dict[str, LoadNow]:
    """Lock the lots and pallets that exist among these numbers; one statement."""
    loads = {}
    for row in db.lock(ctx, Rank.WORK, _LOADS, [sorted(set(numbers))]):
        load = LoadNow(*row)
        load.sale_hash = None if row.sale_hash is None else bytes(row.sale_hash)
        loads[row.number] = load
    return loads


def load_of(loads: Mapping[str, LoadNow], number: str) -> LoadNow:
    """The lot or pallet of a number. Raises `LoadNotFound`."""
    if number not in loads:
        raise LoadNotFound(number=number[:80])
    return loads[number]


@dataclass
class Line:
    """A line of a lot or pallet; `gone` when it was taken out again."""

    id: int
    load_id: int
    unit_id: int | None
    lpn: str | None
    ref: str
    content_hash: bytes
    item_id: int
    sku: str
    quantity: int
    proceeds_minor: int | None
    gone: bool


_LINES = """
SELECT l.id, l.load_id, l.unit_id, u.lpn, l.ref, l.content_hash, l.item_id, i.sku, l.quantity, l.proceeds_minor,
       l.unloaded_at IS NOT NULL AS gone
FROM recovery_loadline l JOIN catalog_item i ON i.id = l.item_id LEFT JOIN receiving_unit u ON u.id = l.unit_id
WHERE l.load_id = ANY(%s::bigint[]) ORDER BY l.id
"""


def lines_of(loads: Mapping[str, LoadNow]) -> dict[int, list[Line]]:
    """The lines of loads under lock, by load, oldest first; one statement."""
    found: dict[int, list[Line]] = {load.id: [] for load in loads.values()}
    for row in db.rows(_LINES, [sorted(found)]):
        line = Line(*row)
        line.content_hash = bytes(row.content_hash)
        found[row.load_id].append(line)
    for load in loads.values():
        load.lines = sum(not line.gone for line in found[load.id])
    return found


def require_free(unit: UnitNow, work: str) -> None:
    """A unit that no order, lot or pallet has. Raises `InOtherWork`."""
    if unit.work_id is not None:
        raise InOtherWork(lpn=unit.lpn, work=work)


def require_unheld(unit: UnitNow, shelves: Mapping[Place, Shelf], gone: Counter[Place]) -> None:
    """A unit on which no hold lies, `gone` pieces of its place having left. Raises `UnitOnHold`."""
    shelf = shelves[unit.place]
    if shelf.held > 0 and shelf.pool.quantity - gone[unit.place] - shelf.held < unit.quantity:
        raise UnitOnHold(lpn=unit.lpn)


def outside(place: Place, state: Any) -> Place:
    """The counter-account outside our books for the goods of a place."""
    return Place(place.entity, state, place.item, place.node, place.owner)
