"""Reads order books written as Excel workbooks, row by row; each sheet with the right columns is a part."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import pyarrow as pa
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from counterflow.orders.importing.chunks import CHUNK_ROWS, Chunk, Part, Read
from counterflow.orders.importing.layouts import Header, recognise
from counterflow.orders.importing.problems import ColumnsMissing, FileEmpty, FileUnreadable, SheetMissing

MAGIC = b"PK\x03\x04"


def parts(path: Path, *, read: Read, encoding: str) -> Iterator[Part]:
    """The sheets that are order books. Raises `FileUnreadable`, `SheetMissing`, `ColumnsMissing`."""
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
        raise FileUnreadable(path=path.name, kind="an Excel workbook", detail=str(error)[:200]) from error
    share = path.stat().st_size / max(sum(sheet.max_row or 0 for sheet in book.worksheets), 1)
    found = 0
    for sheet in book.worksheets:
        rows = sheet.iter_rows(values_only=True)
        try:
            header = recognise(f"{path.name}[{sheet.title}]", [_text(cell) or "" for cell in next(rows, ())])
        except (ColumnsMissing, FileEmpty):
            if len(book.worksheets) == 1:
                raise
            continue
        found += 1
        yield Part(
            f"{path.name}[{sheet.title}]", header, _chunks(rows, header, lambda count: read(round(count * share)))
        )
    if not found:
        raise SheetMissing(path=path.name, sheets=", ".join(sheet.title for sheet in book.worksheets))


def _chunks(rows: Iterator[tuple[Any, ...]], header: Header, read: Read) -> Iterator[Chunk]:
    first = 2
    while taken := list(islice(rows, CHUNK_ROWS)):
        numbered = [(line, row) for line, row in enumerate(taken, first) if any(cell is not None for cell in row)]
        lines = pa.array([line for line, _ in numbered], pa.int64())
        columns = {
            field: pa.array([_text(row[i]) if i < len(row) else None for _, row in numbered], pa.string())
            for field, i in header.positions.items()
        }
        yield Chunk(lines, columns)
        first += len(taken)
        read(len(taken))


def _text(cell: Any) -> str | None:
    """A cell as a CSV would have it; whole numbers without decimals, instants in ISO form."""
    if cell is None:
        return None
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, (datetime, date)):
        return cell.isoformat(sep=" ") if isinstance(cell, datetime) else cell.isoformat()
    return str(cell)
