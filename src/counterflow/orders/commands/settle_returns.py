"""Settle imported returns: history that needs no replay."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import DomainError, NotFound, Refusal
from counterflow.orders.models import ImportedReturn, ShipmentLine


class ReturnUnknown(NotFound):
    """There is no imported return {imported_return}."""


class PiecesInUse(Refusal):
    """{wanted} pieces of shipment line {shipment_line} were to be settled, and {left} are not back or asked back."""


_LINES = """
SELECT s.id, s.quantity - s.history_qty - s.authorised_qty - s.allocated_qty AS left_qty
FROM orders_shipmentline s WHERE s.id IN (
    SELECT m.shipment_line_id FROM orders_importedreturnmatch m WHERE m.imported_return_id = ANY(%s::bigint[])
) ORDER BY s.id FOR NO KEY UPDATE
"""
_RETURNS = """
SELECT r.id, r.settled, m.shipment_line_id, m.quantity
FROM orders_importedreturn r LEFT JOIN orders_importedreturnmatch m ON m.imported_return_id = r.id
WHERE r.id = ANY(%s::bigint[]) ORDER BY r.id, m.id
"""


@command(needs="orders.record")
def settle_returns(ctx: Context, *, items: Sequence[int]) -> Batch:
    """Let imported returns (by id) be history: what they matched counts as back, and nothing is replayed.

    For cancelled services, and for orders that were cancelled before anything left. Refuses `ReturnUnknown`,
    `PiecesInUse`. Four statements.
    """
    wanted = sorted(set(items))
    left = {row.id: row.left_qty for row in db.lock(ctx, Rank.SHIPMENT_LINE, _LINES, [wanted])}
    known: dict[int, list[Any]] = defaultdict(list)
    for row in db.rows(_RETURNS, [wanted]):
        known[row.id].append(row)
    settled: list[int] = []
    moved: dict[int, int] = defaultdict(int)
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_settle(item, known.get(item, []), left, moved, settled))
        except DomainError as error:
            results.append(Refused.of(str(item), error))
    db.add(ShipmentLine, [{"id": i, "history_qty": q} for i, q in sorted(moved.items())])
    db.update(ImportedReturn, [{"id": i, "settled": True} for i in sorted(settled)])
    return Batch(results)


def _settle(item: int, rows: list[Any], left: dict[int, int], moved: dict[int, int], settled: list[int]) -> Done:
    if not rows:
        raise ReturnUnknown(imported_return=item)
    matched = [row for row in rows if row.shipment_line_id is not None]
    pieces = sum(row.quantity for row in matched)
    if rows[0].settled or item in settled:
        return Done(str(item), {"pieces": pieces}, replayed=True)
    for row in matched:
        if row.quantity > left[row.shipment_line_id]:
            raise PiecesInUse(wanted=row.quantity, shipment_line=row.shipment_line_id, left=left[row.shipment_line_id])
    for row in matched:
        left[row.shipment_line_id] -= row.quantity
        moved[row.shipment_line_id] += row.quantity
    settled.append(item)
    return Done(str(item), {"pieces": pieces})
