"""Numbers for what repeats: the heading and the thing of a line stand once, and lines carry their numbers.

A heading is what the lines of an order have in common, a thing is what is sold. A book has some twenty
times fewer of them than lines, so the database reads, joins and compares whole numbers, not texts.
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from counterflow.orders.states import LineClass, LineKind

HEADING = ("number", "customer", "country", "currency", "happened_at", "product")
THING = ("sku", "description", "kind")
LINE = (
    "line",
    "class",
    "quantity",
    "price_minor",
    "line_no",
    "discount_minor",
    "tax_minor",
    "cost_minor",
    "shipped_at",
    "shipment",
    "tender",
    "tender_reference",
)
APART = (
    "line",
    "class",
    "number",
    "sku",
    "description",
    "kind",
    "quantity",
    "happened_at",
    "price_minor",
    "customer",
)
"""What returns and adjustments keep: they are few and stand for themselves."""

SPACE = 2**62
"""Combinations that fit an int64."""


class Coder:
    """Numbers the headings and things of one book, chunk after chunk, in the order in which they come."""

    def __init__(self) -> None:
        self._headings: dict[tuple[Any, ...], int] = {}
        self._things: dict[tuple[Any, ...], int] = {}

    def code(self, checked: Any) -> dict[str, Any]:
        """Checked rows as the rows of each staging table, by its name; what is new comes before what names it."""
        table = checked.append_column("product", pc.equal(checked["kind"], str(LineKind.PRODUCT))).combine_chunks()
        ordered = pc.less_equal(table["class"], int(LineClass.SERVICE))
        rows = pc.indices_nonzero(ordered)
        heading, headings = _coded(table, rows, "heading", HEADING, self._headings)
        thing, things = _coded(table, rows, "thing", THING, self._things)
        lines = table.select(_present(table, LINE)).take(rows)
        return {
            "staged_headings": headings,
            "staged_things": things,
            "staged": lines.append_column("heading", heading).append_column("thing", thing),
            "staged_apart": table.select(APART).filter(pc.invert(ordered)),
        }


def _present(table: Any, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name in table.column_names]


def _coded(table: Any, rows: Any, name: str, keys: tuple[str, ...], known: dict[tuple[Any, ...], int]) -> Any:
    """The number of the combination of keys in each of these rows, and the first row of each new combination."""
    keys = tuple(_present(table, keys))
    mixed = pc.take(_mixed(table, keys), rows)
    first = pa.table({"mixed": mixed, "row": rows}).group_by("mixed", use_threads=False).aggregate([("row", "min")])
    found = table.select(["line", *keys]).take(first["row_min"])
    before = len(known)
    values = zip(*(_plain(found[key]).to_pylist() for key in keys), strict=True)
    codes = pa.array([known.setdefault(value, len(known)) for value in values], pa.int32())
    fresh = pc.greater_equal(codes, before)
    numbers = pc.take(codes, pc.index_in(mixed, first["mixed"].combine_chunks()))
    return numbers, found.append_column(name, codes).filter(fresh)


def _mixed(table: Any, keys: tuple[str, ...]) -> Any:
    """One int64 a row that is equal where all keys are equal."""
    mixed, most = pa.repeat(pa.scalar(0, pa.int64()), len(table)), 1
    for key in keys:
        column = _one(_plain(table[key])).dictionary_encode(null_encoding="encode")
        if most * len(column.dictionary) > SPACE:
            found = mixed.dictionary_encode()
            mixed, most = pc.cast(found.indices, pa.int64()), len(found.dictionary)
        mixed = pc.add(pc.multiply(mixed, len(column.dictionary)), pc.cast(column.indices, pa.int64()))
        most *= len(column.dictionary)
    return mixed


def _one(column: Any) -> Any:
    """A column of a table as the one array it is."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _plain(column: Any) -> Any:
    """Instants as whole numbers, which are quicker to compare; all else as it is."""
    return pc.cast(column, pa.int64()) if pa.types.is_timestamp(column.type) else column
