"""Match imported returns to the sales they came from."""

from collections import defaultdict
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.kernel.context import Context, Rank
from counterflow.orders.models import ImportedReturnMatch, ShipmentLine
from counterflow.orders.rules import CameBack, Match, Sold, match_lifo

TOUCHED = """
CREATE TEMP TABLE touched ON COMMIT DROP AS
WITH earlier AS MATERIALIZED (
    SELECT customer_id, item_id FROM orders_importedreturn
    WHERE customer_id IS NOT NULL AND item_id IS NOT NULL AND imported_from_id <> %s
)
SELECT customer_id, item_id FROM orders_importedreturn
WHERE customer_id IS NOT NULL AND item_id IS NOT NULL AND imported_from_id = %s
UNION
SELECT e.customer_id, e.item_id
FROM earlier e
WHERE (e.customer_id, e.item_id) IN (
    SELECT o.customer_id, l.item_id FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
    WHERE o.customer_id IN (SELECT customer_id FROM earlier) AND o.id IN (
        SELECT h.order_id FROM pg_temp.heads h WHERE NOT h.known
        UNION SELECT h.order_id FROM pg_temp.staged s
        JOIN pg_temp.staged_headings g ON g.heading = s.heading JOIN pg_temp.heads h ON h.number = g.number
    )
)
"""
SALES = """
SELECT s.id, t.customer_id, t.item_id, s.quantity, s.history_qty,
       (extract(epoch FROM l.placed_at) * 1000000)::bigint AS placed_at, l.number, l.line_no,
       s.authorised_qty + s.allocated_qty + s.credited_qty > 0 AS live
FROM (
    SELECT o.customer_id, o.placed_at, o.number, l.id, l.line_no, l.item_id
    FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
    WHERE o.customer_id IN (SELECT customer_id FROM pg_temp.touched) OFFSET 0
) l
JOIN pg_temp.touched t ON t.customer_id = l.customer_id AND t.item_id = l.item_id
JOIN orders_shipmentline s ON s.order_line_id = l.id
ORDER BY s.id FOR NO KEY UPDATE OF s
"""
"""Instants are whole microseconds: they are only compared, and thousands of dates are slow to make.

The lines of the customers come first (OFFSET 0 keeps it so): all orders of each pair would be many more."""
RETURNS = """
SELECT r.id, r.customer_id, r.item_id, r.quantity,
       (extract(epoch FROM r.happened_at) * 1000000)::bigint AS happened_at, r.number, r.unit_price_minor, r.settled
FROM pg_temp.touched t JOIN orders_importedreturn r ON r.customer_id = t.customer_id AND r.item_id = t.item_id
ORDER BY r.id
"""
Pair = tuple[int, int]


@command(needs="orders.record")
def match_returns(ctx: Context, *, run_id: int) -> Batch:
    """Match afresh every customer and item that this run of an import brought a return or a sale for.

    A sale in a later file may belong to a return of an earlier one, so the pairs are matched as a whole,
    and the order in which files came does not matter. Pairs whose shipment lines our own acts have
    touched stay as they are. Settled returns count on the shipment line as history. Works on the tables
    that `import_book` left in the transaction; seven statements.
    """
    db.execute(TOUCHED, [run_id, run_id])
    db.execute("ANALYZE pg_temp.touched")
    sales = db.lock(ctx, Rank.SHIPMENT_LINE, SALES)
    live = {(sale.customer_id, sale.item_id) for sale in sales if sale.live}
    returns = [row for row in db.rows(RETURNS) if (row.customer_id, row.item_id) not in live]
    matches = _matches(sales, returns)
    settled = {row.id for row in returns if row.settled}
    db.execute(
        "DELETE FROM orders_importedreturnmatch WHERE imported_return_id = ANY(%s)", [[row.id for row in returns]]
    )
    db.insert(ImportedReturnMatch, [_row(match) for match in matches])
    db.update(ShipmentLine, _history(sales, live, [match for match in matches if match.returned in settled]))
    units = sum(match.quantity for match in matches)
    facts = {
        "returns_matched": len({match.returned for match in matches}),
        "units_matched": units,
        "units_blind": sum(row.quantity for row in returns) - units,
        "pairs_in_use": len(live),
    }
    return Batch([Done(str(run_id), facts)])


def _matches(sales: list[Any], returns: list[Any]) -> list[Match]:
    sold: dict[Pair, list[Sold]] = defaultdict(list)
    back: dict[Pair, list[CameBack]] = defaultdict(list)
    for row in sales:
        sale = Sold(row.id, row.placed_at, row.quantity, (row.number, row.line_no))
        sold[row.customer_id, row.item_id].append(sale)
    for row in returns:
        place = (row.number, row.unit_price_minor, row.quantity, row.id)
        back[row.customer_id, row.item_id].append(CameBack(row.id, row.happened_at, row.quantity, place))
    return [match for pair, came in back.items() if pair in sold for match in match_lifo(sold[pair], came)]


def _row(match: Match) -> dict[str, Any]:
    return {"imported_return_id": match.returned, "shipment_line_id": match.sold, "quantity": match.quantity}


def _history(sales: list[Any], live: set[Pair], matches: list[Match]) -> list[dict[str, Any]]:
    """Shipment lines whose units of history are no longer what they were."""
    units: dict[int, int] = defaultdict(int)
    for match in matches:
        units[match.sold] += match.quantity
    return [
        {"id": sale.id, "history_qty": units[sale.id]}
        for sale in sales
        if (sale.customer_id, sale.item_id) not in live and units[sale.id] != sale.history_qty
    ]
