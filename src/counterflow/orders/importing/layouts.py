"""The layouts of order books: which columns they have and what our names for them are.

A column is recognised by its letters and digits alone, so "Customer ID" and "CustomerID" are the same.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.orders.importing.problems import ColumnsMissing, ColumnsRepeated, FileEmpty


@dataclass(frozen=True)
class Layout:
    """One kind of order book. `columns` maps our field to the spellings of its header."""

    name: str
    columns: dict[str, tuple[str, ...]]
    optional: frozenset[str] = frozenset()

    @property
    def required(self) -> list[str]:
        return [field for field in self.columns if field not in self.optional]


RETAIL = Layout(
    "online-retail",
    {
        "number": ("invoice", "invoiceno"),
        "sku": ("stockcode",),
        "description": ("description",),
        "quantity": ("quantity",),
        "happened_at": ("invoicedate",),
        "price": ("price", "unitprice"),
        "customer": ("customerid",),
        "country": ("country",),
    },
)
OURS = Layout(
    "counterflow",
    {
        "number": ("ordernumber",),
        "line_no": ("lineno",),
        "happened_at": ("placedat",),
        "currency": ("currency",),
        "sku": ("sku",),
        "quantity": ("quantity",),
        "price": ("unitprice",),
        "description": ("description",),
        "kind": ("kind",),
        "customer": ("customerref",),
        "country": ("country",),
        "discount": ("discount",),
        "tax": ("tax",),
        "cost": ("unitcost",),
        "shipped_at": ("shippedat",),
        "shipment": ("shipment",),
        "tender": ("tender",),
        "tender_reference": ("tenderreference",),
    },
    frozenset(
        {
            "description",
            "kind",
            "customer",
            "country",
            "discount",
            "tax",
            "cost",
            "shipped_at",
            "shipment",
            "tender",
            "tender_reference",
        }
    ),
)
LAYOUTS = (OURS, RETAIL)


@dataclass(frozen=True)
class Header:
    """A recognised first line: the layout and the position of each of its fields; what else there is."""

    layout: Layout
    positions: dict[str, int]
    width: int
    ignored: tuple[str, ...]


def folded(name: str) -> str:
    """A column name by its letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def recognise(path: str, names: Sequence[str]) -> Header:
    """The layout of a first line. Raises `FileEmpty`, `ColumnsRepeated`, `ColumnsMissing`."""
    found = [folded(name) for name in names]
    if not any(found):
        raise FileEmpty(path=path)
    layout = max(LAYOUTS, key=lambda candidate: len(_positions(candidate, found)) / len(candidate.required))
    positions = _positions(layout, found)
    missing = [field for field in layout.required if field not in positions]
    if missing:
        wanted = ", ".join(" or ".join(layout.columns[field]) for field in missing)
        shown = ", ".join(name[:40] for name in names[:30])
        raise ColumnsMissing(path=path, missing=wanted, layout=layout.name, found=shown)
    repeated = [
        name
        for spellings in layout.columns.values()
        if sum(found.count(spelling) for spelling in spellings) > 1
        for name, fold in zip(names, found, strict=True)
        if fold in spellings
    ]
    if repeated:
        raise ColumnsRepeated(path=path, repeated=", ".join(repeated))
    taken = set(positions.values())
    ignored = tuple(name for i, name in enumerate(names) if i not in taken and name)
    return Header(layout, positions, len(names), ignored)


def _positions(layout: Layout, found: Sequence[str]) -> dict[str, int]:
    return {
        field: next(found.index(spelling) for spelling in spellings if spelling in found)
        for field, spellings in layout.columns.items()
        if any(spelling in found for spelling in spellings)
    }
