"""What correcting one place has to know: its node and item, and whether it was corrected before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from counterflow.kernel import db
from counterflow.ledger.naming import SkuNotFound
from counterflow.ledger.rules import Pool
from counterflow.reconciliation.moving import moves_of, places_of
from counterflow.reconciliation.rules import NodeNotFound


class Asked(Protocol):
    """A correction as it is asked for."""

    @property
    def reference(self) -> str: ...
    @property
    def node(self) -> str: ...
    @property
    def sku(self) -> str: ...
    @property
    def from_state(self) -> str: ...
    @property
    def to_state(self) -> str: ...
    @property
    def quantity(self) -> int: ...
    @property
    def unit_cost_minor(self) -> int | None: ...


@dataclass(frozen=True)
class Wish:
    """A correction with the ids of what it names, in the shape that `moving` takes."""

    id: int
    entity_id: int
    node_id: int
    item_id: int
    sku: str
    from_state: str
    to_state: str
    quantity: int
    value_minor: int
    currency: str


@dataclass(frozen=True)
class Known:
    """Nodes and items by code, and corrections by reference."""

    nodes: dict[str, Any]
    items: dict[str, Any]
    before: dict[str, Any]

    def wish(self, item: Asked, wish_id: int) -> Wish:
        """Raises `NodeNotFound`, `SkuNotFound`."""
        node, found = self.nodes.get(item.node), self.items.get(item.sku)
        if node is None:
            raise NodeNotFound(node=item.node[:40])
        if found is None:
            raise SkuNotFound(sku=item.sku[:80])
        standard = found.cost if found.currency == node.currency and found.cost is not None else 0
        cost = item.unit_cost_minor if item.unit_cost_minor is not None else standard
        return Wish(
            wish_id,
            node.entity_id,
            node.id,
            found.id,
            item.sku,
            item.from_state,
            item.to_state,
            item.quantity,
            cost * item.quantity,
            node.currency,
        )


_KNOWN = """
SELECT 'node' AS kind, n.code, n.id, n.entity_id, e.currency, NULL::bigint AS cost
FROM facilities_node n JOIN ledger_entity e ON e.id = n.entity_id WHERE n.code = ANY(%s::text[])
UNION ALL
SELECT 'item', i.sku, i.id, NULL, i.currency, i.standard_cost_minor FROM catalog_item i WHERE i.sku = ANY(%s::text[])
"""
_BEFORE = """
SELECT id, reference, content_hash, entry_id, value_minor FROM reconciliation_adjustment
WHERE reference = ANY(%s::text[])
"""
_HELD = """
SELECT p.quantity, p.cost, p.allowance, w.n
FROM unnest(%s::int[], %s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[],
            %s::text[])
    AS w(n, entity_id, owner, node_id, custodian, state, item_id, lot, bucket)
JOIN ledger_account a USING (entity_id, owner, node_id, custodian, state, item_id, lot, bucket)
JOIN ledger_position p ON p.account_id = a.id WHERE a.gl = ''
"""


def known_of(items: Sequence[Asked]) -> Known:
    """What adjustments name. Two statements."""
    found = db.rows(_KNOWN, [sorted({item.node for item in items}), sorted({item.sku for item in items})])
    before = db.rows(_BEFORE, [sorted({item.reference for item in items})])
    return Known(
        {row.code: row for row in found if row.kind == "node"},
        {row.code: row for row in found if row.kind == "item"},
        {row.reference: row for row in before},
    )


@dataclass(frozen=True)
class Preview:
    """What an adjustment would post now: pieces, their value, and what is there before and after."""

    quantity: int
    value_minor: int
    currency: str
    before: int
    after: int


def preview(item: Asked) -> Preview:
    """What an adjustment would post. Raises `NodeNotFound`, `SkuNotFound`, `PositionChanged`. Four statements."""
    wish = known_of([item]).wish(item, 0)
    places = places_of([wish])
    flat = [place for alike in places.values() for place in alike]
    keys = [place.key() for place in flat]
    columns: list[list[Any]] = [list(range(len(flat))), *(list(column) for n, column in _without_gl(keys))]
    stock = dict.fromkeys(flat, Pool())
    for row in db.rows(_HELD, columns):
        stock[flat[row.n]] = Pool(row.quantity, row.cost, row.allowance)
    seen = wish.to_state if wish.from_state == "unexplained" else wish.from_state
    before = sum(pool.quantity for place, pool in stock.items() if place.state == seen)
    moves = moves_of(wish, places, stock)
    value = sum(move.cost + move.allowance for move in moves)
    after = before + (wish.quantity if wish.from_state == "unexplained" else -wish.quantity)
    return Preview(wish.quantity, value, wish.currency, before, after)


def _without_gl(keys: Sequence[tuple[Any, ...]]) -> list[tuple[int, tuple[Any, ...]]]:
    """The dimensions of places by column, without the one of GL accounts."""
    return [(n, column) for n, column in enumerate(zip(*keys, strict=True)) if n != 1]
