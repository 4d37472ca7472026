"""Files of records that can be read back: CSV and Excel with the columns of the kind."""

import tempfile
from collections.abc import Iterator
from itertools import chain
from typing import IO, Any

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from counterflow.console.master.fields import Field
from counterflow.console.master.kinds import Kind
from counterflow.kernel.sheets import closed, csv_text

ROWS_MAX = 100_000
STEP = 1_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def exported(kind: Kind, *, private: bool) -> list[Field]:
    """The fields of a file; what is about people only for those who may change it. The key is always there."""
    return [f for f in kind.fields if private or not f.private or f.name in kind.key]


def records(kind: Kind, *, search: str = "", chosen: dict[str, str] | None = None, sort: str = "") -> Iterator[Any]:
    """All records that a search finds, read in steps; at most `ROWS_MAX`."""
    after, left = "", ROWS_MAX
    while left > 0:
        rows = kind.find(search=search, chosen=chosen or {}, sort=sort, after=after, limit=min(STEP, left))
        if kind.deep and rows:
            whole = kind.read([kind.key_of(row) for row in rows])
            yield from (whole.get(kind.key_of(row), row) for row in rows)
        else:
            yield from rows
        if len(rows) < min(STEP, left):
            return
        left, after = left - len(rows), kind.place(rows[-1])


def csv_lines(kind: Kind, fields: list[Field], rows: Iterator[Any]) -> Iterator[str]:
    """The lines of a CSV file, a piece at a time."""
    texts = map(kind.shown, rows)
    return csv_text(chain([[f.column for f in fields]], ([told[f.name] for f in fields] for told in texts)))


def xlsx_into(file: IO[bytes], kind: Kind, fields: list[Field], rows: Iterator[Any]) -> int:
    """Write a workbook in which every cell is text, so that numbers keep their zeros; the number of rows."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(kind.many[:31])
    sheet.freeze_panes = "A2"
    for n, f in enumerate(fields):
        sheet.column_dimensions[_letter(n)].width = max(12, min(40, len(f.label) + 6))
    heads = []
    for f in fields:
        head = WriteOnlyCell(sheet, value=f.column)
        head.font = Font(bold=True)
        heads.append(head)
    sheet.append(heads)
    count = 0
    for row in rows:
        texts = kind.shown(row)
        sheet.append([_cell(sheet, closed(texts[f.name])) for f in fields])
        count += 1
    book.save(file)
    return count


def _cell(sheet: Any, text: str) -> Any:
    if not text:
        return None
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    cell.number_format = "@"
    return cell


def _letter(n: int) -> str:
    return (chr(64 + n // 26) if n >= 26 else "") + chr(65 + n % 26)


def answer(kind: Kind, form: str, fields: list[Field], rows: Iterator[Any]) -> HttpResponseBase:
    """The file as a download."""
    if form == "xlsx":
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it when it is sent
        xlsx_into(file, kind, fields, rows)
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=f"{kind.name}.xlsx", content_type=XLSX)
    sent = StreamingHttpResponse(csv_lines(kind, fields, rows), content_type="text/csv; charset=utf-8")
    sent["Content-Disposition"] = f'attachment; filename="{kind.name}.csv"'
    return sent
