"""Questions to the catalog."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel import db


@dataclass(frozen=True)
class ItemRow:
    """An item with the codes of its brand and supplier; the cost is of one piece."""

    id: int
    sku: str
    name: str
    gtin: str | None
    family: str
    brand: str | None
    supplier: str | None
    standard_cost_minor: int | None
    currency: str
    serial_tracked: bool
    active: bool
    provisional: bool


_ITEMS = """
SELECT i.id, i.sku, i.name, i.gtin, i.family, b.code AS brand, s.code AS supplier, i.standard_cost_minor,
       i.currency, i.serial_tracked, i.active, i.provisional
FROM catalog_item i LEFT JOIN catalog_brand b ON b.id = i.brand_id LEFT JOIN catalog_supplier s ON s.id = i.supplier_id
"""


def items(*, search: str = "", provisional: bool | None = None, after: str = "", limit: int = 50) -> list[ItemRow]:
    """Items by SKU; `search` finds in SKU, GTIN and name, `after` is the last SKU of the page before."""
    found = db.rows(
        _ITEMS + "WHERE i.sku > %s AND (%s = '' OR i.sku ILIKE %s OR i.name ILIKE %s OR i.gtin LIKE %s) "
        "AND (%s::boolean IS NULL OR i.provisional = %s) ORDER BY i.sku LIMIT %s",
        [after, search, f"{search}%", f"%{search}%", f"%{search}", provisional, provisional, limit],
    )
    return [ItemRow(*row) for row in found]


def items_by_sku(*, skus: Sequence[str]) -> dict[str, ItemRow]:
    """The items that exist among these SKUs."""
    return {row.sku: ItemRow(*row) for row in db.rows(_ITEMS + "WHERE i.sku = ANY(%s) ORDER BY i.sku", [list(skus)])}


def items_by_id(*, ids: Sequence[int]) -> dict[int, ItemRow]:
    """The items that exist among these ids."""
    return {row.id: ItemRow(*row) for row in db.rows(_ITEMS + "WHERE i.id = ANY(%s) ORDER BY i.id", [list(ids)])}


@dataclass(frozen=True)
class ReasonRow:
    """A reason code."""

    id: int
    kind: str
    code: str
    label: str


def reasons(*, kind: str) -> list[ReasonRow]:
    """Reason codes of a kind, by code."""
    found = db.rows("SELECT id, kind, code, label FROM catalog_reasoncode WHERE kind = %s ORDER BY code", [kind])
    return [ReasonRow(*row) for row in found]


def mapped_reasons(*, source: str) -> dict[str, int]:
    """Id of the reason that each text of a source means, by the text's normal form."""
    found = db.rows("SELECT text, reason_id FROM catalog_reasonmapping WHERE source = %s ORDER BY text", [source])
    return {row.text: row.reason_id for row in found}
