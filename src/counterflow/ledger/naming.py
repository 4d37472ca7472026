"""What people call a stock account: the codes of its node and SKU, resolved to the ids that the journal keeps.

Nodes and items belong to rooms above the ledger. It imports nothing of them; these two look-ups of a code
are all it reads there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from counterflow.kernel import db
from counterflow.kernel.errors import Invalid, NotFound
from counterflow.ledger.chart import TRAITS, State
from counterflow.ledger.posting import OURS, Place


class NodeNotFound(NotFound):
    """There is no node {node}."""


class SkuNotFound(NotFound):
    """There is no item with the SKU {sku}."""


class StateUnknown(Invalid):
    """{state} is not a state in which stock of ours can be."""


class QuantityInvalid(Invalid):
    """A whole number of pieces from 1 to {most} is needed, not {quantity}."""


QUANTITY_MAX = 1_000_000_000


@dataclass(frozen=True)
class NodeName:
    """A node with what matters of its entity's books."""

    id: int
    entity: int
    zone: str
    go_live: date


@dataclass(frozen=True)
class Names:
    """Codes that exist, with their ids."""

    nodes: dict[str, NodeName] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)

    def node(self, code: str) -> NodeName:
        """The node of a code. Raises `NodeNotFound`."""
        if code not in self.nodes:
            raise NodeNotFound(node=code)
        return self.nodes[code]

    def item(self, sku: str) -> int:
        """Id of a SKU. Raises `SkuNotFound`."""
        if sku not in self.items:
            raise SkuNotFound(sku=sku)
        return self.items[sku]

    def place(
        self, node: str, sku: str, state: str, *, lot: str = "", bucket: str = "pool", owner: str = OURS
    ) -> Place:
        """The stock account that codes name. Raises `NodeNotFound`, `SkuNotFound`, `StateUnknown`."""
        if state not in TRAITS or not TRAITS[State(state)].recognised:
            raise StateUnknown(state=state[:40])
        found = self.node(node)
        return Place(found.entity, State(state), self.item(sku), found.id, owner, lot=lot, bucket=bucket)


def look_up(nodes: Iterable[str], skus: Iterable[str]) -> Names:
    """Ids of all that exist among the codes; one statement."""
    names = Names()
    for row in db.rows(_SQL, [sorted(set(nodes)), sorted(set(skus))]):
        if row.entity is None:
            names.items[row.code] = row.id
        else:
            names.nodes[row.code] = NodeName(row.id, row.entity, row.zone, row.go_live)
    return names


_SQL = """
SELECT n.code, n.id, e.id AS entity, e.zone, e.go_live FROM facilities_node n JOIN ledger_entity e ON e.id = n.entity_id
WHERE n.code = ANY(%s::text[])
UNION ALL
SELECT i.sku, i.id, NULL, NULL, NULL FROM catalog_item i WHERE i.sku = ANY(%s::text[])
"""


def require_quantity(quantity: object) -> int:
    """A whole number of pieces within bounds. Raises `QuantityInvalid`."""
    if isinstance(quantity, bool) or not isinstance(quantity, int) or not 1 <= quantity <= QUANTITY_MAX:
        raise QuantityInvalid(quantity=str(quantity)[:40], most=QUANTITY_MAX)
    return quantity
