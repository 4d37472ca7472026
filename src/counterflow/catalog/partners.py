"""Questions to the catalog about brands and suppliers, and about what partners' words mean."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from counterflow.kernel import db
from counterflow.registry.paging import contains, listed


@dataclass(frozen=True)
class BrandRow:
    """A brand."""

    id: int
    code: str
    name: str
    active: bool
    version: int


@dataclass(frozen=True)
class SupplierRow:
    """A supplier with its terms; `contact` is about people and is read with one supplier only."""

    id: int
    code: str
    name: str
    terms: str
    rtv_address: str
    return_window_days: int | None
    defect_allowance_bp: int | None
    active: bool
    version: int
    contact: str = field(default="", repr=False)


@dataclass(frozen=True)
class MappingRow:
    """That a source's text, in its normal form, means a reason code."""

    id: int
    source: str
    text: str
    kind: str
    code: str
    label: str

    @property
    def key(self) -> str:
        """Where a list goes on after this row."""
        return f"{self.source}:{self.text}"


_BRANDS = "SELECT id, code, name, active, version FROM catalog_brand"
_SUPPLIERS = """
SELECT id, code, name, terms, rtv_address, return_window_days, defect_allowance_bp, active, version
FROM catalog_supplier
"""
_WITH_CONTACT = """
SELECT s.id, s.code, s.name, s.terms, s.rtv_address, s.return_window_days, s.defect_allowance_bp, s.active, s.version,
       coalesce(p.body ->> 'contact', '') AS contact
FROM catalog_supplier s
LEFT JOIN kernel_payload p ON p.source = 'supplier' AND p.reference = s.id::text AND p.reference <> ''
"""
_MAPPINGS = """
SELECT m.id, m.source, m.text, r.kind, r.code, r.label, m.source || ':' || m.text AS key
FROM catalog_reasonmapping m JOIN catalog_reasoncode r ON r.id = m.reason_id
"""


def brands(
    *, search: str = "", active: bool | None = None, sort: str = "", after: str = "", limit: int = 50
) -> list[BrandRow]:
    """Brands by code; `after` is the last code of the page before. One statement."""
    found = listed(
        _BRANDS,
        key="code",
        where=[_named(search), ("active = %s", active)],
        sorts={"name": "name"},
        sort=sort,
        after=after,
        limit=limit,
    )
    return [BrandRow(*row) for row in found]


def brands_by_code(*, codes: Sequence[str]) -> dict[str, BrandRow]:
    """The brands that exist among these codes."""
    return {row.code: BrandRow(*row) for row in db.rows(f"{_BRANDS} WHERE code = ANY(%s) ORDER BY code", [list(codes)])}


def suppliers(
    *, search: str = "", active: bool | None = None, sort: str = "", after: str = "", limit: int = 50
) -> list[SupplierRow]:
    """Suppliers by code, without contacts; `after` is the last code of the page before. One statement."""
    found = listed(
        _SUPPLIERS,
        key="code",
        where=[_named(search), ("active = %s", active)],
        sorts={"name": "name"},
        sort=sort,
        after=after,
        limit=limit,
    )
    return [SupplierRow(*row) for row in found]


def suppliers_by_code(*, codes: Sequence[str]) -> dict[str, SupplierRow]:
    """The suppliers that exist among these codes, with whom to ask there."""
    found = db.rows(_WITH_CONTACT + "WHERE s.code = ANY(%s) ORDER BY s.code", [list(codes)])
    return {row.code: SupplierRow(*row) for row in found}


def mappings(
    *, search: str = "", source: str = "", kind: str = "", sort: str = "", after: str = "", limit: int = 50
) -> list[MappingRow]:
    """What partners' words mean, by source and text; `after` is `source:text` of the last row. One statement."""
    found = listed(
        _MAPPINGS,
        key="key",
        where=[
            ("(text ILIKE %s OR code ILIKE %s)", [contains(search)] * 2 if search else None),
            ("source = %s", source or None),
            ("kind = %s", kind or None),
        ],
        sorts={"text": "text", "code": "code"},
        sort=sort,
        after=after,
        limit=limit,
    )
    return [MappingRow(*row[:-1]) for row in found]


def mappings_of(*, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], MappingRow]:
    """What these texts (source, normal form) mean."""
    found = db.rows(
        _MAPPINGS + "WHERE (m.source, m.text) IN (SELECT * FROM unnest(%s::text[], %s::text[])) ORDER BY m.id",
        [[source for source, _ in keys], [text for _, text in keys]],
    )
    return {(row.source, row.text): MappingRow(*row[:-1]) for row in found}


def _named(search: str) -> tuple[str, list[str] | None]:
    return "(code ILIKE %s OR name ILIKE %s)", [contains(search)] * 2 if search else None
