"""Searching recovery by what one has in hand: the number of an order, a lot or a pallet, or an SSCC."""

from counterflow.kernel import db
from counterflow.kernel.found import Found

_NAMED = """
SELECT 'refurbishment' AS kind, o.number, concat_ws(' ', u.lpn, i.name) AS note, o.id
FROM recovery_refurbishment o JOIN receiving_unit u ON u.id = o.unit_id JOIN catalog_item i ON i.id = o.item_id
WHERE o.number = %(number)s
UNION ALL
SELECT w.kind, w.number, concat_ws(' ', nullif(w.buyer, ''), s.name, 'at ' || n.code), w.id
FROM recovery_load w JOIN facilities_node n ON n.id = w.node_id LEFT JOIN catalog_supplier s ON s.id = w.supplier_id
WHERE w.number = %(number)s OR w.sscc = %(sscc)s AND w.sscc <> ''
ORDER BY id LIMIT %(limit)s
"""


def named(words: str, *, limit: int = 5) -> list[Found]:
    """Refurbishment orders, lots and pallets by number or SSCC. One statement."""
    rows = db.rows(_NAMED, {"number": words.upper(), "sscc": words, "limit": limit})
    return [Found(row.kind, row.number, row.number, row.note, True) for row in rows]
