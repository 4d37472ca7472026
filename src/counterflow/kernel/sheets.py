"""CSV for spreadsheets: texts that a spreadsheet would run as formulas go out marked, and come in without the mark.

OWASP calls the attack CSV injection. Every CSV file that we write goes through `closed`.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

Cell = TypeVar("Cell")
MARK: Final = "'"
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
PIECE: Final = 32_000


def closed(value: Cell) -> Cell | str:
    """A cell that a spreadsheet would run as a formula, marked as text. Numbers stay as they are."""
    if not isinstance(value, str) or not value.startswith(FORMULA):
        return value
    return value if value.removeprefix("-").replace(".", "", 1).isdecimal() else f"{MARK}{value}"


def opened(text: str) -> str:
    """A cell without the mark."""
    return text[1:] if text.startswith(MARK) and text[1:].startswith(FORMULA) else text


def csv_text(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The rows as CSV, a piece of some kilobytes at a time."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([closed(cell) for cell in row])
        if buffer.tell() > PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()
