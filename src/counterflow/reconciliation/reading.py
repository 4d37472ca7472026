"""Read an on-hand statement from a CSV file: any of the usual headers, delimiters and encodings.

Needs columns for SKU, state and quantity, in any order; others are ignored. Rows are handed on as they
are; `rules.check_rows` says which of them can be used.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from counterflow.kernel.errors import Invalid
from counterflow.reconciliation.rules import CELL_MAX, ROWS_MAX, TooManyRows
from counterflow.reconciliation.words import word

HEADERS: dict[str, frozenset[str]] = {
    "sku": frozenset(
        {"sku", "item", "item number", "item code", "item sku", "article", "article number", "product"}
        | {"product code", "product sku", "stock code", "stockcode", "seller sku", "merchant sku", "material"}
    ),
    "state": frozenset(
        {"state", "status", "condition", "disposition", "stock state", "stock status", "stock type"}
        | {"stock condition", "inventory status", "inventory type", "quality", "quality status"}
    ),
    "quantity": frozenset(
        {"quantity", "qty", "on hand", "onhand", "quantity on hand", "qty on hand", "qoh", "units", "pieces"}
        | {"pcs", "count", "stock", "stock quantity"}
    ),
}
BYTES_MAX = 200_000_000
DELIMITERS = ",;\t|"


class NotReadable(Invalid):
    """{name} cannot be read: {reason}."""


class HeaderMissing(Invalid):
    """{name} has no column for {missing}; its first line says: {found}."""


class HeaderTwice(Invalid):
    """{name} has two columns that could be {column}: {found}; keep one of them."""


@dataclass(frozen=True)
class StatementFile:
    """What a file says: (line, SKU, state's word, quantity) row by row, and the digest of its bytes."""

    sha256: str
    rows: tuple[tuple[int, str, str, str], ...]


def read_statement(path: Path) -> StatementFile:
    """Read a CSV file, plain or gzipped. Raises `NotReadable`, `HeaderMissing`, `HeaderTwice`, `TooManyRows`."""
    return parse_statement(path.read_bytes(), name=path.name)


def parse_statement(content: bytes, *, name: str) -> StatementFile:
    """The same for bytes that were uploaded."""
    return StatementFile(sha256(content).hexdigest(), tuple(_rows(table(content, name), name)))


def table(content: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file that are not empty, with the line each begins on. Raises `NotReadable`."""
    text = decoded(unpacked(content, name), name)
    first = text.lstrip("\r\n").partition("\n")[0]
    if not first.strip():
        raise NotReadable(name=name, reason="it is empty")
    # A cell may be longer than Python's default allows; such a row is refused, and the file goes on.
    csv.field_size_limit(BYTES_MAX)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=first.count))
    before = 0
    try:
        for cells in lines:
            number, before = before + 1, lines.line_num
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise NotReadable(name=name, reason=f"line {lines.line_num}: {error}") from error


def unpacked(content: bytes, name: str) -> bytes:
    """The content, out of gzip where it is in it. Raises `NotReadable`."""
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            plain = packed.read(BYTES_MAX + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise NotReadable(name=name, reason="the gzip file is damaged or ends too early") from error
    if len(plain) > BYTES_MAX:
        raise NotReadable(name=name, reason=f"it unpacks to more than {BYTES_MAX:,} bytes")
    return plain


def decoded(content: bytes, name: str) -> str:
    """The text of a file. Raises `NotReadable`."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = "UTF-16" if encoding == "utf-16" else "UTF-8"
        raise NotReadable(name=name, reason=f"line {line} is not {what} text") from error
    if "\0" in text:
        raise NotReadable(name=name, reason="it is not a text file")
    return text


def _rows(numbered: Iterator[tuple[int, list[str]]], name: str) -> Iterator[tuple[int, str, str, str]]:
    header: list[int] | None = None
    for count, (number, cells) in enumerate(numbered):
        if header is None:
            header = _header(cells, name)
            continue
        if count > ROWS_MAX:
            raise TooManyRows(count=f"more than {ROWS_MAX:,}", most=ROWS_MAX)
        # One character more than allowed is enough to have the cell refused.
        sku, state, quantity = (cells[n][: CELL_MAX + 1] if n < len(cells) else "" for n in header)
        yield number, sku, state, quantity


def _header(cells: list[str], name: str) -> list[int]:
    """Places of SKU, state and quantity."""
    found = [word(cell[:CELL_MAX]) for cell in cells]
    places = []
    for column, words in HEADERS.items():
        fitting = [n for n, text in enumerate(found) if text in words]
        exact = [n for n in fitting if found[n] == column]
        if not fitting:
            shown = ", ".join(cell.strip()[:20] for cell in cells[:10])
            raise HeaderMissing(name=name, missing=column, found=shown)
        if len(fitting) > 1 and len(exact) != 1:
            raise HeaderTwice(name=name, column=column, found=", ".join(cells[n].strip() for n in fitting))
        places.append(exact[0] if exact else fitting[0])
    return places
