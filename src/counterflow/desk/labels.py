"""Labels of carriers: what a file may be, and the labels kept for a return. A label shows a name and an address.

What is taken is a PDF (ISO 32000), a PNG (ISO/IEC 15948) or ZPL, told by its own bytes and not by its name.
"""

from base64 import b64decode
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from counterflow.kernel import db
from counterflow.kernel.errors import Invalid, NotFound, Refusal

BYTES_MAX: Final = 1_000_000
_PNG: Final = b"\x89PNG\r\n\x1a\n"
CONTENT_TYPES: Final = {"pdf": "application/pdf", "png": "image/png", "zpl": "application/octet-stream"}


class LabelUnreadable(Invalid):
    """A label is a whole PDF, PNG or ZPL file; this is none of them."""


class LabelTooLarge(Invalid):
    """A label has at most {most} bytes; this file has {size}."""


class LabelErased(Refusal):
    """This label of {rma} was erased and is not kept again."""


class LabelMissing(NotFound):
    """There is no label {label_id} of {rma}, or it was erased."""


class NotItsParcel(Refusal):
    """No parcel {tracking} of {carrier} is announced for {rma}."""


def sort_of(body: bytes) -> str:
    """What a file is: pdf, png or zpl. Raises `LabelTooLarge`, `LabelUnreadable`."""
    if len(body) > BYTES_MAX:
        raise LabelTooLarge(most=BYTES_MAX, size=len(body))
    if body.startswith(b"%PDF-") and b"%%EOF" in body[-1_024:]:
        return "pdf"
    if body.startswith(_PNG) and body[12:16] == b"IHDR" and body[-8:-4] == b"IEND":
        return "png"
    text = body.strip()
    if text.startswith(b"^XA") and text.endswith(b"^XZ") and b"\x00" not in text:
        return "zpl"
    raise LabelUnreadable()


@dataclass(frozen=True)
class LabelRow:
    """A label that is kept; `tracking` is empty where it is for no parcel yet, `erased` once its content is gone."""

    id: int
    sort: str
    size: int
    carrier: str
    tracking: str
    kept_at: datetime
    erased: bool


@dataclass(frozen=True)
class LabelFile:
    """The content of a label, and what to call it."""

    name: str
    content_type: str
    sort: str
    body: bytes


_LABELS = """
SELECT b.id, b.sort, b.size, coalesce(p.carrier, '') AS carrier, coalesce(p.tracking, '') AS tracking, b.kept_at,
       k.body IS NULL AS erased
FROM returns_rma r JOIN desk_label b ON b.rma_id = r.id
LEFT JOIN logistics_parcel p ON p.id = b.parcel_id LEFT JOIN kernel_payload k ON k.id = b.payload_id
WHERE r.number = %s ORDER BY b.id DESC LIMIT 50
"""
_FILE = """
SELECT b.id, r.number, b.sort, k.body ->> 'file' AS file FROM returns_rma r JOIN desk_label b ON b.rma_id = r.id
JOIN kernel_payload k ON k.id = b.payload_id AND k.body IS NOT NULL
WHERE r.number = %s AND (%s::bigint IS NULL OR b.id = %s::bigint) ORDER BY b.id DESC LIMIT 1
"""


def carrier_labels(*, rma: str) -> list[LabelRow]:
    """The labels of a return, the newest first. One statement."""
    return [LabelRow(*row) for row in db.rows(_LABELS, [rma])]


def newest_label(*, rma: str) -> LabelFile | None:
    """The newest label of a return that was not erased. One statement."""
    return _file(rma, None)


def label_file(*, rma: str, label_id: int) -> LabelFile:
    """One label. Raises `LabelMissing`."""
    found = _file(rma, label_id)
    if found is None:
        raise LabelMissing(rma=rma[:80], label_id=label_id)
    return found


def _file(rma: str, label_id: int | None) -> LabelFile | None:
    found = db.rows(_FILE, [rma, label_id, label_id])
    if not found:
        return None
    row = found[0]
    return LabelFile(f"label-{row.number}.{row.sort}", CONTENT_TYPES[row.sort], row.sort, b64decode(row.file))


@dataclass(frozen=True)
class LabelContent:
    """A label as a program reads it; the file is base64."""

    id: int
    name: str
    content_type: str
    file: str


def label_content(*, rma: str) -> LabelContent | None:
    """The newest label of a return with its content; nothing where there is none. One statement."""
    found = db.rows(_FILE, [rma, None, None])
    if not found:
        return None
    row = found[0]
    return LabelContent(row.id, f"label-{row.number}.{row.sort}", CONTENT_TYPES[row.sort], row.file)
