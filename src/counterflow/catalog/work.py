"""What waits for suppliers: a figure of the first page."""

from dataclasses import dataclass

from counterflow.kernel import db


@dataclass(frozen=True)
class SupplierStock:
    """Pieces of one supplier in one stock state, with what they carry."""

    supplier: str
    name: str
    state: str
    currency: str
    pieces: int
    value_minor: int


_STOCK = """
SELECT coalesce(s.code, '') AS supplier, coalesce(s.name, 'Supplier not known') AS name, a.state, b.currency,
       sum(p.quantity)::bigint, sum(p.cost + p.allowance)::bigint AS value
FROM ledger_account a JOIN ledger_position p ON p.account_id = a.id AND p.quantity > 0
JOIN ledger_entity b ON b.id = a.entity_id
LEFT JOIN catalog_item i ON i.id = a.item_id LEFT JOIN catalog_supplier s ON s.id = i.supplier_id
WHERE a.state IN ('to_supplier', 'at_supplier')
GROUP BY 1, 2, 3, 4 ORDER BY value DESC, 1, 3 LIMIT %s
"""


def supplier_stock(*, limit: int = 12) -> list[SupplierStock]:
    """Goods to go to suppliers and goods with them, those of most value first. One statement."""
    return [SupplierStock(*row) for row in db.rows(_STOCK, [limit])]
