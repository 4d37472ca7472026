"""Reading files of records: CSV in the encodings people have, and Excel workbooks; bounded, row by row.

A file that cannot be read is refused with what to do about it; a row that cannot be read is told with its
number and never stops the others.
"""

import codecs
import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from counterflow.console.master.fields import Field, heading_key
from counterflow.console.master.kinds import Kind
from counterflow.kernel.errors import Invalid
from counterflow.kernel.sheets import opened

BYTES_MAX = 20 * 1024 * 1024
UNPACKED_MAX = 400 * 1024 * 1024
ROWS_MAX = 50_000
CELL_MAX = 5_000
COLUMNS_MAX = 200
DELIMITERS = (",", ";", "\t", "|")

csv.field_size_limit(1_000_000)


class FileEmpty(Invalid):
    """The file holds nothing; it needs a first row with the names of its columns, and rows below."""


class FileTooLarge(Invalid):
    """The file has {size} MB; at most {most} MB are taken. Cut it and send the parts."""


class FileUnreadable(Invalid):
    """The file cannot be read: {detail}. Save it as CSV (UTF-8) or as an Excel workbook (.xlsx) and send that."""


class OldWorkbook(Invalid):
    """This is a workbook of the old Excel format (.xls); open it and save it as .xlsx or as CSV (UTF-8)."""


class KeyColumnMissing(Invalid):
    """There is no column {column}; the first row must name the columns, and this one says: {found}."""


class ColumnTwice(Invalid):
    """The columns {one} and {other} both mean {field}; keep one of them."""


class TooManyRows(Invalid):
    """The file has more than {most} rows; cut it and send the parts."""


@dataclass(frozen=True)
class Line:
    """A row of a file: its number as a spreadsheet shows it, and its cells by field."""

    number: int
    cells: dict[str, str]
    wrong: str = ""


@dataclass
class Table:
    """A file as it was understood."""

    sha256: str
    fields: list[Field]
    unknown: list[str]
    notes: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


def read(kind: Kind, content: bytes) -> Table:
    """A file's rows by the fields of a kind. Raises what cannot be read at all."""
    if not content.strip():
        raise FileEmpty()
    if len(content) > BYTES_MAX:
        raise FileTooLarge(size=f"{len(content) / 1024 / 1024:.0f}", most=BYTES_MAX // 1024 // 1024)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise OldWorkbook()
    notes: list[str] = []
    rows = _workbook(content, kind) if content.startswith(b"PK\x03\x04") else _csv(content, notes)
    for _, first in rows:
        if any(cell.strip() for cell in first):
            break
    else:
        raise FileEmpty()
    places, unknown = _columns(kind, first)
    table = Table(sha256(content).hexdigest(), [f for f in kind.fields if f.name in places], unknown, notes)
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(table.lines) == ROWS_MAX:
            raise TooManyRows(most=f"{ROWS_MAX:,}")
        table.lines.append(_line(number, cells, places, len(first)))
    if not table.lines:
        table.notes.append("There are no rows below the first one.")
    return table


def _line(number: int, cells: list[str], places: dict[str, int], width: int) -> Line:
    if any(cell.strip() for cell in cells[width:]):
        return Line(number, {}, f"the row has {len(cells)} cells and the first row {width}; a mark may be missing")
    if any(len(cell) > CELL_MAX for cell in cells):
        return Line(number, {}, f"a cell has more than {CELL_MAX:,} characters")
    return Line(number, {name: opened(cells[n]) if n < len(cells) else "" for name, n in places.items()})


def _columns(kind: Kind, first: list[str]) -> tuple[dict[str, int], list[str]]:
    """Which column holds which field, and the columns that nobody knows."""
    meanings = {heading: f for f in kind.fields for heading in f.headings}
    places: dict[str, int] = {}
    unknown: list[str] = []
    for n, text in enumerate(first[:COLUMNS_MAX]):
        if not text.strip():
            continue
        found = meanings.get(heading_key(text))
        if found is None:
            unknown.append(text.strip()[:60])
        elif found.name in places:
            raise ColumnTwice(one=first[places[found.name]].strip()[:60], other=text.strip()[:60], field=found.label)
        else:
            places[found.name] = n
    for name in kind.key:
        if name not in places:
            found_words = ", ".join(t.strip()[:40] for t in first[:12] if t.strip())
            raise KeyColumnMissing(column=kind.by_name[name].column, found=found_words)
    return places, unknown


def _csv(content: bytes, notes: list[str]) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(content, notes)
    top = next((line for line in text.split("\n") if line.strip()), "")
    delimiter = max(DELIMITERS, key=lambda mark: (top.count(mark), -DELIMITERS.index(mark)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        before = reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise FileUnreadable(detail=f"row {before + 1} cannot be cut into cells ({error})") from error
        yield before + 1, cells


def _decoded(content: bytes, notes: list[str]) -> str:
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16")
        if content[:200].count(0) > len(content[:200]) // 4:
            return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.encoding.startswith("utf-16"):
            raise FileUnreadable(detail="it looks like UTF-16 and is not") from error
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise FileUnreadable(
            detail=f"byte 0x{content[error.start]:02x} in row {row} is text of neither UTF-8, UTF-16 nor Windows-1252"
        ) from error
    notes.append("The file is not UTF-8 and was read as Windows-1252; look whether letters with marks are right.")
    return text


def _workbook(content: bytes, kind: Kind) -> Iterator[tuple[int, list[str]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > UNPACKED_MAX:
                raise FileUnreadable(detail="the workbook unpacks to far more than it shows")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
        raise FileUnreadable(detail="it is no Excel workbook") from error
    known = {heading for f in kind.fields for heading in f.headings}
    sheets = list(book.worksheets)
    chosen = sheets[0]
    for sheet in sheets[1:]:
        top = next(sheet.iter_rows(max_row=1, values_only=True), ())
        first = next(chosen.iter_rows(max_row=1, values_only=True), ())
        if _known(top, known) > _known(first, known):
            chosen = sheet
    for number, row in enumerate(chosen.iter_rows(values_only=True), 1):
        yield number, [_text(cell) for cell in row]


def _known(cells: tuple[Any, ...], known: set[str]) -> int:
    return sum(heading_key(_text(cell)) in known for cell in cells)


def _text(cell: Any) -> str:
    """A cell as people see it: whole numbers without a point, days in ISO form, yes and no for truth."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)
