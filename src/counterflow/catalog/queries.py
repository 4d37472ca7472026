"""Questions to the catalog about items and reasons; brands, suppliers and mappings are in `partners.py`."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel import db
from counterflow.kernel.found import Found, between, unique
from counterflow.registry.paging import contains, listed
from counterflow.scans.digits import plain_digits


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
    more_gtins: tuple[str, ...]
    weight_g: int | None
    lot_tracked: bool
    hazmat: bool
    final_sale: bool
    warranty_months: int | None
    version: int


_ITEMS = """
SELECT i.id, i.sku, i.name, i.gtin, i.family, b.code AS brand, s.code AS supplier, i.standard_cost_minor,
       i.currency, i.serial_tracked, i.active, i.provisional, coalesce(i.more_gtins, '{}') AS more_gtins, i.weight_g,
       i.lot_tracked, i.hazmat, i.final_sale, i.warranty_months, i.version
FROM catalog_item i LEFT JOIN catalog_brand b ON b.id = i.brand_id LEFT JOIN catalog_supplier s ON s.id = i.supplier_id
"""
_ITEM_SORTS = {"name": "name", "family": "family", "supplier": "coalesce(supplier, '')", "brand": "coalesce(brand, '')"}


def items(
    *,
    search: str = "",
    family: str = "",
    brand: str = "",
    supplier: str = "",
    active: bool | None = None,
    provisional: bool | None = None,
    sort: str = "",
    after: str = "",
    limit: int = 50,
) -> list[ItemRow]:
    """Items by SKU, or sorted by name, family, brand or supplier (`-name` the other way round).

    `search` finds in SKU, GTINs and name; `after` is the last SKU of the page before. One statement.
    """
    found = listed(
        _ITEMS,
        key="sku",
        where=[
            ("(sku ILIKE %s OR name ILIKE %s OR gtin LIKE %s OR more_gtins @> ARRAY[%s::varchar])", _search(search)),
            ("family = %s", family or None),
            ("brand = %s", brand or None),
            ("supplier = %s", supplier or None),
            ("active = %s", active),
            ("provisional = %s", provisional),
        ],
        sorts=_ITEM_SORTS,
        sort=sort,
        after=after,
        limit=limit,
    )
    return [_item(row) for row in found]


def _search(text: str) -> list[str] | None:
    if not text:
        return None
    anywhere = contains(text)
    return [anywhere, anywhere, anywhere[:-1], text.zfill(14) if text.isdigit() else text]


def _item(row: db.Row) -> ItemRow:
    return ItemRow(**{**row._asdict(), "more_gtins": tuple(row.more_gtins)})


def items_by_sku(*, skus: Sequence[str]) -> dict[str, ItemRow]:
    """The items that exist among these SKUs."""
    return {row.sku: _item(row) for row in db.rows(_ITEMS + "WHERE i.sku = ANY(%s) ORDER BY i.sku", [list(skus)])}


def items_by_id(*, ids: Sequence[int]) -> dict[int, ItemRow]:
    """The items that exist among these ids."""
    return {row.id: _item(row) for row in db.rows(_ITEMS + "WHERE i.id = ANY(%s) ORDER BY i.id", [list(ids)])}


def families() -> list[str]:
    """The families that items belong to, by name."""
    sql = """
        WITH RECURSIVE f AS (
            (SELECT family FROM catalog_item WHERE family > '' ORDER BY family LIMIT 1)
            UNION ALL
            SELECT (SELECT i.family FROM catalog_item i WHERE i.family > f.family ORDER BY i.family LIMIT 1)
            FROM f WHERE f.family IS NOT NULL)
        SELECT family FROM f WHERE family IS NOT NULL LIMIT 500
    """
    return [row.family for row in db.rows(sql)]


@dataclass(frozen=True)
class ReasonRow:
    """A reason code; one that is not active is chosen no more, and what was recorded under it stays."""

    id: int
    kind: str
    code: str
    label: str
    active: bool
    version: int
    needs_note: bool

    @property
    def key(self) -> str:
        """Where a list goes on after this row."""
        return f"{self.kind}:{self.code}"


_REASONS = "SELECT id, kind, code, label, active, version, needs_note FROM catalog_reasoncode"


def reasons(*, kind: str, active: bool | None = None) -> list[ReasonRow]:
    """Reason codes of a kind, by code."""
    found = db.rows(
        f"{_REASONS} WHERE kind = %s AND (%s::boolean IS NULL OR active = %s) ORDER BY code", [kind, active, active]
    )
    return [ReasonRow(*row) for row in found]


def reason_codes(
    *, search: str = "", kind: str = "", active: bool | None = None, sort: str = "", after: str = "", limit: int = 50
) -> list[ReasonRow]:
    """Reason codes of every kind, by kind and code; `after` is `kind:code` of the last row. One statement."""
    found = listed(
        "SELECT id, kind, code, label, active, version, needs_note, kind || ':' || code AS key FROM catalog_reasoncode",
        key="key",
        where=[
            ("(code ILIKE %s OR label ILIKE %s)", [contains(search)] * 2 if search else None),
            ("kind = %s", kind or None),
            ("active = %s", active),
        ],
        sorts={"code": "code", "label": "label"},
        sort=sort,
        after=after,
        limit=limit,
    )
    return [ReasonRow(*row[:-1]) for row in found]


def mapped_reasons(*, source: str) -> dict[str, int]:
    """Id of the reason that each text of a source means, by the text's normal form."""
    found = db.rows("SELECT text, reason_id FROM catalog_reasonmapping WHERE source = %s ORDER BY text", [source])
    return {row.text: row.reason_id for row in found}


_NAMED = """
SELECT i.sku, i.name, i.gtin, f.exact FROM (
    SELECT id, true AS exact FROM catalog_item WHERE sku = ANY(%(skus)s::text[])
    UNION ALL SELECT id, true FROM catalog_item WHERE gtin = %(gtin)s
    UNION ALL SELECT id, true FROM catalog_item WHERE more_gtins @> ARRAY[%(gtin)s]::varchar(14)[]
    UNION ALL (SELECT id, false FROM catalog_item WHERE sku ~>=~ %(first)s AND sku ~<=~ %(last)s
               ORDER BY sku USING ~<~ LIMIT %(limit)s)
) f JOIN catalog_item i ON i.id = f.id ORDER BY f.exact DESC, i.sku
"""


def named(words: str, *, limit: int = 5) -> list[Found]:
    """Items by SKU, by how it begins, or by a GTIN of 8 to 14 digits. One statement."""
    first, last = between(words.upper())
    gtin = words.zfill(14) if plain_digits(words) and 8 <= len(words) <= 14 else None
    params = {"skus": [words, words.upper()], "gtin": gtin, "first": first, "last": last, "limit": limit}
    found = [
        Found("item", row.sku, row.name or row.sku, row.sku if row.name else "", row.exact)
        for row in db.rows(_NAMED, params)
    ]
    return unique(found)[:limit]
