"""What a document is, told by its bytes and never by its name: a PDF, an e-mail, a table or plain text.

A PDF begins and ends as ISO 32000 says, an e-mail has the header fields of RFC 5322, a table has rows of as many cells
each, and text is whatever has no control characters. Anything else is refused. A document is kept as it was sent, and
nothing in it is ever run or shown by us: it is only given back as a file to be saved.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from counterflow.evidence import rules

NAME_MAX: Final = 120
ROWS_LOOKED_AT: Final = 50
HEADER_LINES_MAX: Final = 2_000


@dataclass(frozen=True)
class Sort:
    """A sort of documents: what people call it, what browsers are told it is, and how its name ends."""

    code: str
    words: str
    content_type: str
    ending: str


SORTS: Final[dict[str, Sort]] = {
    sort.code: sort
    for sort in (
        Sort("pdf", "PDF", "application/pdf", ".pdf"),
        Sort("email", "E-mail", "message/rfc822", ".eml"),
        Sort("csv", "CSV table", "text/csv", ".csv"),
        Sort("text", "Plain text", "text/plain", ".txt"),
    )
}
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_FIELD: Final = re.compile(rb"([!-9;-~]+):")
_BOMS: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def sort_of(body: bytes, *, bytes_max: int) -> Sort:
    """What a document is. Raises `DocumentEmpty`, `DocumentTooLarge`, `DocumentUnreadable`."""
    if not body:
        raise rules.DocumentEmpty()
    if len(body) > bytes_max:
        raise rules.DocumentTooLarge(most_mb=bytes_max // 2**20, mb=f"{len(body) / 2**20:.1f}")
    if body.startswith(b"%PDF-") and b"%%EOF" in body[-1_024:]:
        return SORTS["pdf"]
    if _is_email(body):
        return SORTS["email"]
    text = _text(body)
    if text is None or not text.strip():
        raise rules.DocumentUnreadable()
    return SORTS["csv" if _is_table(text) else "text"]


def title_of(name: str, sort: Sort) -> str:
    """A file's name as it may be shown and saved under: no folders, nothing invisible, and the ending of what it is."""
    last = re.split(r"[\\/]", name)[-1]
    plain = "".join(char for char in last if char.isprintable()).strip(" .") or "document"
    stem = plain[: -len(sort.ending)] if plain.lower().endswith(sort.ending) else plain
    return f"{stem[: NAME_MAX - len(sort.ending)].strip(' .') or 'document'}{sort.ending}"


def _is_email(body: bytes) -> bool:
    """Whether a file begins with the header of a message: who sent it, and when or under which number."""
    if b"\0" in body:
        return False
    names: set[bytes] = set()
    for line in islice(io.BytesIO(body), HEADER_LINES_MAX):
        if not line.strip():
            break
        if line[:1] in b" \t" and names:
            continue
        field = _FIELD.match(line)
        if field is None:
            return False
        names.add(field[1].lower())
    return b"from" in names and bool(names & {b"date", b"message-id", b"received"})


def _text(body: bytes) -> str | None:
    """The file as text, in UTF-8, UTF-16 with its mark, or as Windows writes in western Europe; None for other bytes.

    Text has no control characters but those that move on, which programs, archives and pictures are full of.
    """
    for encoding in (_BOMS.get(body[:2], "utf-8-sig"), "cp1252"):
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROL.search(text) else text
    return None


def _is_table(text: str) -> bool:
    """Whether the first rows have as many cells each, at least two of both."""
    for delimiter in ",;\t":
        try:
            widths = [len(row) for row in islice(_rows(text, delimiter), ROWS_LOOKED_AT)]
        except csv.Error:
            continue
        if len(widths) > 1 and len(set(widths)) == 1 and widths[0] > 1:
            return True
    return False


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows that say something."""
    return (row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if row)
