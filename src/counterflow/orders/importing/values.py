"""Columns of text into columns of numbers and instants.

A whole column is cast at once; only a column with something odd in it is read value by value. What
cannot be read becomes null, and the caller says why. Amounts pass through decimals, never floats.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

WHOLE = re.compile(r"[+-]?\d{1,15}(\.0+)?")
AMOUNT = re.compile(r"[+-]?(\d{1,13}(\.\d{0,12})?|\.\d{1,12})")
DECIMAL = pa.decimal128(26, 12)
"""Thirteen digits before the point and twelve after it: more than any price has."""

INSTANT = pa.timestamp("s", "UTC")


def text(column: Any) -> Any:
    """The column without blanks around its values, and null where nothing is left."""
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def reference(column: Any) -> Any:
    """Identifiers; a number that went through a spreadsheet ("17850.0") loses its decimals."""
    trimmed = text(column)
    if not pc.any(pc.match_substring(trimmed, ".0")).as_py():
        return trimmed
    return pc.replace_substring_regex(trimmed, r"^(\d+)\.0+$", r"\1")


def whole(column: Any) -> Any:
    """Whole numbers as int64; null where the text is none."""
    try:
        return pc.cast(column, pa.int64())
    except pa.ArrowInvalid:
        return pa.array([_whole(value) for value in column.to_pylist()], pa.int64())


def _whole(value: str | None) -> int | None:
    found = WHOLE.fullmatch(value.strip()) if value else None
    return int(found[0].partition(".")[0]) if found else None


def decimal(column: Any) -> Any:
    """Plain decimal numbers; null where the text is none or has more digits than a price can have."""
    try:
        return pc.cast(column, DECIMAL)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([_decimal(value) for value in column.to_pylist()], DECIMAL)


def _decimal(value: str | None) -> Decimal | None:
    found = AMOUNT.fullmatch(value.strip()) if value else None
    try:
        return Decimal(found[0]) if found else None
    except InvalidOperation:
        return None


def minor(amounts: Any, places: int) -> Any:
    """Exact minor units as int64; null where an amount has more decimals than `places`."""
    factor = pa.scalar(Decimal(10) ** places, pa.decimal128(places + 1, 0))
    scaled = pc.multiply(amounts, factor)
    cut = pc.cast(scaled, pa.int64(), safe=False)
    wide = pa.decimal128(38, DECIMAL.scale)
    exact = pc.equal(pc.cast(cut, wide), pc.cast(scaled, wide))
    return pc.if_else(exact, cut, pa.scalar(None, pa.int64()))


def instant(column: Any, zone: str) -> Any:
    """Instants in UTC, to the second; times without a zone are of `zone`. Null where the text is none.

    The hour that occurs twice in autumn is taken as its first pass, the one that never occurs in spring
    as the hour after it.
    """
    try:
        return _placed(pc.cast(column, pa.timestamp("s")), zone)
    except pa.ArrowInvalid:
        moments = [_moment(value) for value in column.to_pylist()]
    naive = [None if moment is None or moment.tzinfo else moment for moment in moments]
    aware = [moment.astimezone(UTC) if moment and moment.tzinfo else None for moment in moments]
    return pc.coalesce(
        pc.cast(pa.array(aware, pa.timestamp("us", "UTC")), INSTANT, safe=False),
        _placed(pc.cast(pa.array(naive, pa.timestamp("us")), pa.timestamp("s"), safe=False), zone),
    )


def _placed(naive: Any, zone: str) -> Any:
    local = pc.assume_timezone(naive, zone, ambiguous="earliest", nonexistent="latest")
    return pc.cast(local, INSTANT)


def _moment(value: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat((value or "").strip())
    except ValueError:
        return None


def longer_than(column: Any, most: int) -> Any:
    """Which values have more characters than `most`; none where even their bytes are no more."""
    if (pc.max(pc.binary_length(column)).as_py() or 0) <= most:
        return pa.nulls(len(column), pa.bool_()).fill_null(False)
    return pc.fill_null(pc.greater(pc.utf8_length(column), most), False)
