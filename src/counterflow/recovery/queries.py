"""Questions to recovery: work orders with what they took, lots and pallets with what is in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.errors import NotFound
from counterflow.recovery.states import LOADS, ORDER, LoadKind


class RefurbishmentMissing(NotFound):
    """There is no refurbishment order {number}."""


class LoadMissing(NotFound):
    """There is no lot or pallet {number}."""


@dataclass(frozen=True)
class RefurbishmentRow:
    """A refurbishment order with its unit; amounts in minor units of `currency`. `actions` may be done now."""

    id: int
    number: str
    request_ref: str
    state: str
    lpn: str
    sku: str
    item_name: str
    quantity: int
    node: str
    entity: str
    currency: str
    came_minor: int
    capitalised_minor: int
    expensed_minor: int
    written_down_minor: int
    net_value_minor: int | None
    after_minor: int | None
    outcome: str
    grade: str
    reason: str
    result_sku: str
    started_at: datetime
    ended_at: datetime | None
    simulated: bool
    actions: list[str]

    @property
    def value_minor(self) -> int:
        """What the unit is carried at: in work, or as it left."""
        return self.came_minor + self.capitalised_minor if self.after_minor is None else self.after_minor


@dataclass(frozen=True)
class CostRow:
    """What work on an order took."""

    id: int
    ref: str
    kind: str
    what: str
    quantity: int
    amount_minor: int
    capitalised: bool
    happened_at: datetime
    entry_id: int


@dataclass(frozen=True)
class RefurbishmentFile:
    """A refurbishment order with its costs, oldest first, and the ids of its unit and entries."""

    order: RefurbishmentRow
    costs: list[CostRow]
    unit_id: int


_ORDERS = """
SELECT o.id, o.number, o.request_ref, o.state, u.lpn, i.sku, i.name AS item_name, u.quantity, n.code AS node,
       e.code AS entity, e.currency, o.cost_minor + o.allowance_minor AS came_minor, o.capitalised_minor,
       o.expensed_minor, o.written_down_minor, o.net_value_minor,
       o.cost_after_minor + o.allowance_after_minor AS after_minor, o.outcome, o.grade, o.reason,
       coalesce(r.sku, '') AS result_sku, o.started_at, o.ended_at, u.simulated
FROM recovery_refurbishment o
JOIN receiving_unit u ON u.id = o.unit_id
JOIN catalog_item i ON i.id = o.item_id
LEFT JOIN catalog_item r ON r.id = o.result_item_id
JOIN facilities_node n ON n.id = o.node_id
JOIN ledger_entity e ON e.id = o.entity_id
"""


# Each part goes by an index, however many orders there were.
_MEANT = """AND o.id IN (
    SELECT x.id FROM recovery_refurbishment x WHERE x.number = %s
    UNION ALL
    SELECT x.id FROM receiving_unit v JOIN recovery_refurbishment x ON x.unit_id = v.id WHERE v.lpn = %s
    UNION ALL
    SELECT x.id FROM catalog_item y JOIN recovery_refurbishment x ON x.item_id = y.id WHERE y.sku = %s
)"""


def refurbishments(
    *, node: str = "", state: str = "", search: str = "", before_id: int | None = None, limit: int = 50
) -> list[RefurbishmentRow]:
    """Refurbishment orders, newest first; `search` is a number, a plate or a SKU. One statement."""
    found = db.rows(
        _ORDERS + "WHERE (%s::bigint IS NULL OR o.id < %s) AND (%s = '' OR o.state = %s) AND (%s = '' OR n.code = %s)"
        f" {_MEANT if search else ''} ORDER BY o.id DESC LIMIT %s",
        [before_id, before_id, state, state, node, node, *([search.upper(), search, search] if search else []), limit],
    )
    return [_order(row) for row in found]


def refurbishment(*, number: str) -> RefurbishmentFile:
    """All about one refurbishment order. Raises `RefurbishmentMissing`. Two statements."""
    found = db.rows(_ORDERS + "WHERE o.number = %s", [number])
    if not found:
        raise RefurbishmentMissing(number=number[:80])
    costs = db.rows(
        "SELECT c.id, c.ref, c.kind, c.what, c.quantity, c.amount_minor, c.capitalised, c.happened_at, c.entry_id,"
        " o.unit_id FROM recovery_refurbishment o LEFT JOIN recovery_refurbishmentcost c ON c.refurbishment_id = o.id"
        " WHERE o.id = %s ORDER BY c.id",
        [found[0].id],
    )
    rows = [CostRow(*row[:-1]) for row in costs if row.id is not None]
    return RefurbishmentFile(_order(found[0]), rows, costs[0].unit_id)


def _order(row: Any) -> RefurbishmentRow:
    return RefurbishmentRow(**row._asdict(), actions=ORDER.actions(row.state))


@dataclass(frozen=True)
class LoadRow:
    """A lot or a pallet with sums of what is in it; amounts in minor units of `currency`.

    `value_minor` is what its units and pieces carry, or carried when they left. `actions` may be done now.
    """

    id: int
    kind: str
    number: str
    request_ref: str
    state: str
    node: str
    entity: str
    currency: str
    buyer: str
    supplier: str
    supplier_name: str
    sscc: str
    proceeds_minor: int | None
    carrier: str
    tracking: str
    opened_at: datetime
    sold_at: datetime | None
    shipped_at: datetime | None
    ship_entry_id: int | None
    lines: int
    pieces: int
    value_minor: int
    simulated: bool
    actions: list[str]

    @property
    def gain_minor(self) -> int | None:
        """What a lot brought beyond what it was carried at; nothing where it is not sold."""
        return None if self.proceeds_minor is None else self.proceeds_minor - self.value_minor


@dataclass(frozen=True)
class LoadLineRow:
    """A unit, or pieces, in a lot or on a pallet."""

    id: int
    lpn: str
    ref: str
    sku: str
    item_name: str
    gtin: str
    quantity: int
    grade: str
    damage_code: str
    value_minor: int
    proceeds_minor: int | None
    loaded_at: datetime


_LINE_VALUE = """
CASE WHEN l.cost_minor IS NOT NULL THEN l.cost_minor + l.allowance_minor
     WHEN l.unit_id IS NOT NULL THEN u.cost_minor + u.allowance_minor
     ELSE coalesce((SELECT sum(x.amount) FROM ledger_line x JOIN ledger_account a ON a.id = x.account_id
                    WHERE x.subject_id = l.id AND x.component IN ('cost', 'allowance')
                      AND a.state = 'secondary_channel'), 0) END
"""
_LOADS = f"""
WITH w AS MATERIALIZED (
    SELECT w.*, n.code AS node, e.code AS entity, s.code AS supplier, s.name AS supplier_name
    FROM recovery_load w
    JOIN facilities_node n ON n.id = w.node_id
    JOIN ledger_entity e ON e.id = w.entity_id
    LEFT JOIN catalog_supplier s ON s.id = w.supplier_id
    WHERE %s
)
SELECT w.id, w.kind, w.number, w.request_ref, w.state, w.node, w.entity, w.currency, w.buyer,
       coalesce(w.supplier, '') AS supplier, coalesce(w.supplier_name, '') AS supplier_name, w.sscc, w.proceeds_minor,
       w.carrier, w.tracking, w.opened_at, w.sold_at, w.shipped_at, w.ship_entry_id, coalesce(t.lines, 0)::int AS lines,
       coalesce(t.pieces, 0)::int AS pieces, coalesce(t.value, 0)::bigint AS value_minor,
       coalesce(t.simulated, false) AS simulated
FROM w LEFT JOIN LATERAL (
    SELECT count(*) AS lines, sum(l.quantity) AS pieces, sum({_LINE_VALUE}) AS value, bool_or(u.simulated) AS simulated
    FROM recovery_loadline l LEFT JOIN receiving_unit u ON u.id = l.unit_id
    WHERE l.load_id = w.id AND l.unloaded_at IS NULL) t ON true
ORDER BY w.id DESC
"""


def loads(
    *,
    kind: str,
    node: str = "",
    state: str = "",
    search: str = "",
    before_id: int | None = None,
    limit: int = 50,
) -> list[LoadRow]:
    """Lots or pallets, newest first; `search` is a number, an SSCC, a buyer or a supplier. One statement."""
    where = (
        "w.kind = %s AND (%s::bigint IS NULL OR w.id < %s) AND (%s = '' OR w.state = %s) AND (%s = '' OR n.code = %s)"
        " AND (%s = '' OR w.number = %s OR w.sscc = %s OR w.buyer = %s OR s.code = %s) ORDER BY w.id DESC LIMIT %s"
    )
    words = [search, search.upper(), search, search, search]
    params = [kind, before_id, before_id, state, state, node, node, *words, limit]
    return [_load(row) for row in db.rows(_LOADS.replace("WHERE %s", f"WHERE {where}"), params)]


def lots(*, node: str = "", state: str = "", before_id: int | None = None, limit: int = 50) -> list[LoadRow]:
    """Lots of the secondary channel, newest first. One statement."""
    return loads(kind=LoadKind.LOT, node=node, state=state, before_id=before_id, limit=limit)


def pallets(*, node: str = "", state: str = "", before_id: int | None = None, limit: int = 50) -> list[LoadRow]:
    """Pallets for suppliers, newest first. One statement."""
    return loads(kind=LoadKind.PALLET, node=node, state=state, before_id=before_id, limit=limit)


@dataclass(frozen=True)
class LoadFile:
    """A lot or pallet with what is in it, in the order it was loaded."""

    load: LoadRow
    lines: list[LoadLineRow]


def load(*, number: str) -> LoadFile:
    """All about one lot or pallet. Raises `LoadMissing`. Two statements."""
    found = db.rows(_LOADS.replace("WHERE %s", "WHERE w.number = %s"), [number])
    if not found:
        raise LoadMissing(number=number[:80])
    rows = db.rows(
        f"SELECT l.id, coalesce(u.lpn, '') AS lpn, l.ref, i.sku, i.name AS item_name, coalesce(i.gtin, '') AS gtin,"
        f" l.quantity, coalesce(u.grade, '') AS grade, coalesce(u.damage_code, '') AS damage_code,"
        f" ({_LINE_VALUE})::bigint AS value_minor, l.proceeds_minor, l.loaded_at FROM recovery_loadline l"
        " JOIN catalog_item i ON i.id = l.item_id LEFT JOIN receiving_unit u ON u.id = l.unit_id"
        " WHERE l.load_id = %s AND l.unloaded_at IS NULL ORDER BY l.id",
        [found[0].id],
    )
    return LoadFile(_load(found[0]), [LoadLineRow(*row) for row in rows])


def _load(row: Any) -> LoadRow:
    return LoadRow(**row._asdict(), actions=LOADS[LoadKind(row.kind)].actions(row.state))


@dataclass(frozen=True)
class WaitingRow:
    """Units that wait for work, for a lot or for a pallet: how many there are, by node and supplier."""

    node: str
    state: str
    supplier: str
    units: int
    value_minor: int
    currency: str


_WAITING = """
SELECT n.code AS node, u.stock_state AS state, coalesce(s.code, '') AS supplier, count(*)::int AS units,
       sum(u.cost_minor + u.allowance_minor)::bigint AS value_minor, e.currency
FROM receiving_unit u
JOIN facilities_node n ON n.id = u.node_id
JOIN ledger_entity e ON e.id = u.entity_id
JOIN catalog_item i ON i.id = u.item_id
LEFT JOIN catalog_supplier s ON s.id = i.supplier_id AND u.stock_state = 'to_supplier'
WHERE u.stock_state = ANY(%s::text[]) AND u.work_id IS NULL
  AND u.stock_state IN ('refurbishable', 'to_supplier', 'secondary_channel', 'quarantine')
GROUP BY 1, 2, 3, 6 ORDER BY 1, 2, 3
"""


def waiting(*, states: Sequence[str]) -> list[WaitingRow]:
    """What waits in these stock states and no work has taken. One statement."""
    return [WaitingRow(*row) for row in db.rows(_WAITING, [list(states)])]
