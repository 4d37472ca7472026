"""Stock by node and SKU: pieces and value in every state, what may be promised, totals; now or at an instant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.inventory.holdings import HELD, NOW, OVERLAID, Axis, When
from counterflow.kernel import db
from counterflow.kernel.found import id_of, literal

ORDERS = ("sku", "node", "pieces", "ats", "value")
GROUPS = ("place", "item", "node")


@dataclass(frozen=True)
class Which:
    """Which stock is meant; what is not said is not asked for.

    `group`: one row a SKU at a node (`place`), a SKU (`item`) or a node (`node`). `stocked` leaves out what is empty,
    `sellable` what is in no sellable state.
    """

    node: str = ""
    state: str = ""
    search: str = ""
    family: str = ""
    owner: str = ""
    entity: str = ""
    sku: str = ""
    stocked: bool = True
    sellable: bool = False
    group: str = "place"


@dataclass(frozen=True)
class Cell:
    """Pieces in a state and their value."""

    quantity: int
    value_minor: int


@dataclass(frozen=True)
class MatrixRow:
    """Stock of one SKU at one node, or of one of both; `states` has what is there, by stock state.

    `node` is empty for goods that are between nodes. `available` is what may be promised. Amounts in minor units.
    """

    item_id: int
    sku: str
    name: str
    family: str
    node_id: int
    node: str
    pool: str
    entity: str
    currency: str
    owner: str
    on_hand: int
    sellable: int
    held: int
    reserved: int
    available: int
    value_minor: int
    states: Mapping[str, Cell]
    place: str = field(compare=False, default="")


# Accounts of goods that the filters leave, with the names that a reader knows.
ASKED = """
asked AS (
    SELECT a.id, a.item_id, a.node_id, a.owner, a.state, a.custodian, a.lot, a.bucket, b.code AS entity, b.currency,
           i.sku, i.name, i.family, coalesce(n.code, '') AS node, coalesce(n.pool, '') AS pool, s.on_hand, s.sellable
    FROM ledger_account a
    JOIN ledger_state s ON s.state = a.state AND s.guarded
    JOIN ledger_entity b ON b.id = a.entity_id
    JOIN catalog_item i ON i.id = a.item_id
    LEFT JOIN facilities_node n ON n.id = a.node_id
    WHERE (%(node)s::text = '' OR n.code = %(node)s::text)
      AND (%(state)s::text = '' OR a.state = %(state)s::text)
      AND (%(family)s::text = '' OR i.family = %(family)s::text)
      AND (%(owner)s::text = '' OR a.owner = %(owner)s::text)
      AND (%(entity)s::text = '' OR b.code = %(entity)s::text)
      AND (%(sku)s::text = '' OR i.sku = %(sku)s::text)
      AND (%(search)s::text = '' OR i.sku ILIKE %(starts)s::text OR i.name ILIKE %(within)s::text
           OR i.gtin LIKE %(ends)s::text)
      AND (s.sellable OR NOT %(sellable)s::boolean)
)"""


def held(axis: Axis) -> str:
    """`asked` accounts with what each holds, what lies over it, and what is free of it."""
    return f"""
WITH {ASKED}, stock AS (
    SELECT a.*, h.quantity, h.cost + h.allowance AS value, coalesce(o.held, 0) AS held,
           coalesce(o.reserved, 0) AS reserved
    FROM ({HELD[axis]}) h JOIN asked a ON a.id = h.account_id
    LEFT JOIN ({OVERLAID}) o ON o.account_id = a.id
)"""


_FREE = "CASE WHEN sellable AND owner = 'us' THEN greatest(quantity - held - reserved, 0) ELSE 0 END"
_ROWS = """, cells AS (
    SELECT CASE %(group)s::text WHEN 'node' THEN 0 ELSE item_id END AS item_id,
           CASE %(group)s::text WHEN 'item' THEN 0 ELSE node_id END AS node_id,
           entity, currency, owner, state, on_hand, sellable, sum(quantity) AS quantity, sum(value) AS value,
           sum(held) AS held, sum(reserved) AS reserved, sum({free}) AS free
    FROM stock GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
), rows AS (
    SELECT c.item_id, c.node_id, c.entity, c.currency, c.owner,
           coalesce(sum(c.quantity) FILTER (WHERE c.on_hand), 0)::bigint AS on_hand,
           coalesce(sum(c.quantity) FILTER (WHERE c.sellable), 0)::bigint AS sellable,
           coalesce(sum(c.held) FILTER (WHERE c.sellable), 0)::bigint AS held,
           coalesce(sum(c.reserved) FILTER (WHERE c.sellable), 0)::bigint AS reserved,
           sum(c.free)::bigint AS free, sum(c.value)::bigint AS value,
           jsonb_object_agg(c.state, jsonb_build_array(c.quantity, c.value)) AS states
    FROM cells c GROUP BY 1, 2, 3, 4, 5
    HAVING NOT %(stocked)s::boolean OR bool_or(c.quantity <> 0 OR c.value <> 0)
), named AS (
    SELECT r.*, coalesce(i.sku, '') AS sku, coalesce(i.name, '') AS name, coalesce(i.family, '') AS family,
           coalesce(n.code, '') AS node, coalesce(n.pool, '') AS pool,
           CASE %(order)s::text WHEN 'pieces' THEN r.on_hand WHEN 'ats' THEN r.free WHEN 'value' THEN r.value
                ELSE 0 END AS amount,
           CASE %(order)s::text WHEN 'node' THEN coalesce(n.code, '') ELSE '' END AS first
    FROM rows r LEFT JOIN catalog_item i ON i.id = r.item_id LEFT JOIN facilities_node n ON n.id = r.node_id
)
SELECT v.item_id, v.sku, v.name, v.family, v.node_id, v.node, v.pool, v.entity, v.currency, v.owner, v.on_hand,
       v.sellable, v.held, v.reserved, v.free AS available, v.value AS value_minor, v.states,
       concat_ws('.', v.amount, v.item_id, v.node_id, v.entity, v.owner) AS place
FROM named v
WHERE %(after)s::boolean IS NOT TRUE OR (v.amount, v.first, v.sku, v.node, v.entity, v.owner) {beyond} (
    %(after_amount)s::bigint,
    coalesce((SELECT code FROM facilities_node WHERE id = %(after_node)s::bigint AND %(order)s::text = 'node'), ''),
    coalesce((SELECT sku FROM catalog_item WHERE id = %(after_item)s::bigint), ''),
    coalesce((SELECT code FROM facilities_node WHERE id = %(after_node)s::bigint), ''),
    %(after_entity)s::text, %(after_owner)s::text)
ORDER BY v.amount {way}, v.first {way}, v.sku {way}, v.node {way}, v.entity {way}, v.owner {way}
LIMIT %(limit)s
"""


def matrix(
    *, which: Which, when: When = NOW, sort: str = "sku", place: str | None = None, limit: int = 50
) -> list[MatrixRow]:
    """Stock by SKU and node in a stated order; `sort` with a minus turns it, `place` is that of the last row seen.

    One statement. Its cost is that of the places that the filters leave and, for the past, of the time since then.
    """
    down, name = sort.startswith("-"), sort.lstrip("-")
    params = params_of(which, when) | {"order": name if name in ORDERS else "sku", "limit": limit} | _after(place)
    rows = _ROWS.format(free=_FREE, beyond="<" if down else ">", way="DESC" if down else "ASC")
    return [_row(row) for row in db.rows(held(when.axis) + rows, params)]


def _row(row: Any) -> MatrixRow:
    states = {state: Cell(int(cell[0]), int(cell[1])) for state, cell in row.states.items() if cell[0] or cell[1]}
    return MatrixRow(**{**row._asdict(), "states": states})


def params_of(which: Which, when: When) -> dict[str, Any]:
    """Parameters of `held`."""
    return {
        **when.params(),
        "node": which.node,
        "state": which.state,
        "family": which.family,
        "owner": which.owner,
        "entity": which.entity,
        "sku": which.sku,
        "search": which.search,
        "starts": f"{literal(which.search)}%",
        "within": f"%{literal(which.search)}%",
        "ends": f"%{literal(which.search)}",
        "stocked": which.stocked,
        "sellable": which.sellable,
        "group": which.group if which.group in GROUPS else "place",
    }


def _after(place: str | None) -> dict[str, Any]:
    """Where a page begins, read from the place of the last row of the page before; nonsense begins at the start."""
    parts = (place or "").split(".", 4)
    numbers = [part for part in parts[:3] if id_of(part.removeprefix("-")) is not None]
    valid = len(parts) == 5 and len(numbers) == 3
    amount, item, node = (int(part) for part in numbers) if valid else (0, 0, 0)
    owner = parts[4] if valid else ""
    entity = parts[3] if valid else ""
    return {
        "after": valid,
        "after_amount": amount,
        "after_item": item,
        "after_node": node,
        "after_entity": entity,
        "after_owner": owner,
    }


@dataclass(frozen=True)
class TotalRow:
    """All that the filters leave, by books, owner, channel pool and state."""

    entity: str
    currency: str
    owner: str
    pool: str
    state: str
    on_hand: bool
    sellable: bool
    quantity: int
    value_minor: int
    held: int
    reserved: int
    available: int


_TOTALS = f"""
SELECT entity, currency, owner, pool, state, on_hand, sellable, sum(quantity)::bigint AS quantity,
       sum(value)::bigint AS value, sum(held)::bigint AS held, sum(reserved)::bigint AS reserved,
       sum({_FREE})::bigint AS free
FROM stock GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(quantity) <> 0 OR sum(value) <> 0 ORDER BY 1, 3, 4, 5
"""


def totals(*, which: Which, when: When = NOW) -> list[TotalRow]:
    """The sums under the matrix. One statement."""
    return [TotalRow(*row) for row in db.rows(held(when.axis) + _TOTALS, params_of(which, when))]


def families() -> list[str]:
    """Product families that items have. One statement."""
    return [row.family for row in db.rows("SELECT DISTINCT family FROM catalog_item WHERE family <> '' ORDER BY 1")]


def sealed_before(*, at: datetime) -> datetime | None:
    """Up to when the journal that was known at an instant is sealed; None where no month of it is. One statement."""
    found: datetime | None = db.rows(
        "SELECT max((month + interval '1 month') AT TIME ZONE 'UTC') AS until FROM ledger_seal"
        " WHERE (month + interval '1 month') AT TIME ZONE 'UTC' <= %s::timestamptz",
        [at],
    )[0].until
    return found
