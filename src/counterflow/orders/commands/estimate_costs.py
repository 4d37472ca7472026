"""Estimate what shipments of history cost, where nobody knows."""

from collections.abc import Sequence
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import DomainError, NotFound, Refusal
from counterflow.orders.models import ShipmentLine
from counterflow.orders.states import CostBasis


class ShipmentLineUnknown(NotFound):
    """There is no shipment line {shipment_line}."""


class CostKnown(Refusal):
    """The ledger issued shipment line {shipment_line}, so its cost is known and not estimated."""


class NoStandardCost(Refusal):
    """{sku} has no standard cost in {currency} from which shipment line {shipment_line} could be estimated."""


class ReturnsUnderWay(Refusal):
    """Pieces of shipment line {shipment_line} are on their way back already; their value stays as it is."""


_LINES = """
SELECT s.id, s.quantity, s.cost_basis, s.issued_cost_minor, s.authorised_qty + s.allocated_qty AS moving, l.sku,
       e.currency, CASE WHEN i.currency = e.currency THEN i.standard_cost_minor END AS standard
FROM orders_shipmentline s
JOIN orders_orderline l ON l.id = s.order_line_id
JOIN orders_order o ON o.id = l.order_id
JOIN orders_channel c ON c.id = o.channel_id
JOIN ledger_entity e ON e.id = c.entity_id
JOIN catalog_item i ON i.id = s.item_id
WHERE s.id = ANY(%s::bigint[]) ORDER BY s.id FOR NO KEY UPDATE OF s
"""


@command(needs="orders.record")
def estimate_costs(ctx: Context, *, items: Sequence[int]) -> Batch:
    """Give shipment lines (by id) without a known cost the standard cost their item has now, once.

    Books of history tell no costs. What comes back of such a line re-enters at this estimate, and says that
    it is one. Refuses `ShipmentLineUnknown`, `CostKnown`, `NoStandardCost`, `ReturnsUnderWay`. Two statements.
    """
    known = {row.id: row for row in db.lock(ctx, Rank.SHIPMENT_LINE, _LINES, [sorted(set(items))])}
    estimated: dict[int, int] = {}
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_estimate(item, known.get(item), estimated))
        except DomainError as error:
            results.append(Refused.of(str(item), error))
    basis = str(CostBasis.ESTIMATED)
    db.update(
        ShipmentLine, [{"id": i, "issued_cost_minor": c, "cost_basis": basis} for i, c in sorted(estimated.items())]
    )
    return Batch(results)


def _estimate(item: int, row: Any, estimated: dict[int, int]) -> Done:
    if row is None:
        raise ShipmentLineUnknown(shipment_line=item)
    if item in estimated or row.cost_basis == CostBasis.ESTIMATED:
        cost = estimated.get(item, row.issued_cost_minor)
        return Done(str(item), {"cost_minor": cost}, replayed=True)
    if row.cost_basis == CostBasis.ISSUED:
        raise CostKnown(shipment_line=item)
    if row.standard is None:
        raise NoStandardCost(sku=row.sku, currency=row.currency, shipment_line=item)
    if row.moving:
        raise ReturnsUnderWay(shipment_line=item)
    estimated[item] = row.standard * row.quantity
    return Done(str(item), {"cost_minor": estimated[item]})
