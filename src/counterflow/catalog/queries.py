"""Questions to the catalog."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel import db
from counterflow.kernel.found import Found, between, unique


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


_NAMED = """
SELECT i.sku, i.name, i.gtin, f.exact FROM (
    SELECT id, true AS exact FROM catalog_item WHERE sku = ANY(%(skus)s::text[])
    UNION ALL SELECT id, true FROM catalog_item WHERE gtin = %(gtin)s
    UNION ALL (SELECT id, false FROM catalog_item WHERE sku ~>=~ %(first)s AND sku ~<=~ %(last)s
               ORDER BY sku USING ~<~ LIMIT %(limit)s)
) f JOIN catalog_item i ON i.id = f.id ORDER BY f.exact DESC, i.sku
"""


def named(words: str, *, limit: int = 5) -> list[Found]:
    """Items by SKU, by how it begins, or by a GTIN of 8 to 14 digits. One statement."""
    first, last = between(words.upper())
    gtin = words.zfill(14) if words.isdigit() and 8 <= len(words) <= 14 else None
    params = {"skus": [words, words.upper()], "gtin": gtin, "first": first, "last": last, "limit": limit}
    found = [
        Found("item", row.sku, row.name or row.sku, row.sku if row.name else "", row.exact)
        for row in db.rows(_NAMED, params)
    ]
    return unique(found)[:limit]
