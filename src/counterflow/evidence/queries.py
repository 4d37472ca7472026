"""Questions to evidence: the photos and documents of subjects, and the content of one."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from counterflow.evidence import storing
from counterflow.evidence.documents import SORTS
from counterflow.evidence.rules import DocumentMissing, PhotoMissing
from counterflow.kernel import db


@dataclass(frozen=True)
class PhotoRow:
    """A photo that is kept. `size` is in bytes, as stored."""

    id: int
    subject_kind: str
    subject_id: int
    content_type: str
    width: int
    height: int
    size: int
    happened_at: datetime
    recorded_at: datetime


@dataclass(frozen=True)
class PhotoFile:
    """The content of a photo or of its thumbnail."""

    body: bytes
    content_type: str


_KEPT: Final = """
SELECT id, subject_kind, subject_id, content_type, width, height, size, happened_at, recorded_at FROM evidence_photo
WHERE erased_at IS NULL AND {} ORDER BY id
"""
_PHOTOS: Final = _KEPT.format("subject_id = ANY(%s::bigint[]) AND subject_kind = %s")
_PHOTO: Final = _KEPT.format("id = %s")


def photos(*, subject_kind: str, subject_ids: Sequence[int]) -> list[PhotoRow]:
    """The photos of these subjects, oldest first; erased ones are gone. One statement."""
    return [PhotoRow(*row) for row in db.rows(_PHOTOS, [list(subject_ids), subject_kind])]


def photo(photo_id: int) -> PhotoRow:
    """One photo, without its content. Raises `PhotoMissing`. One statement."""
    found = db.rows(_PHOTO, [photo_id])
    if not found:
        raise PhotoMissing(photo_id=photo_id)
    return PhotoRow(*found[0])


def photos_of(*, subject_kind: str, subject_id: int) -> list[PhotoRow]:
    """The photos of one subject, oldest first. One statement."""
    return photos(subject_kind=subject_kind, subject_ids=[subject_id])


def latest(*, subject_kind: str, subject_ids: Sequence[int]) -> dict[int, int]:
    """The id of the newest photo of each of these subjects that has one, such as items to show. One statement."""
    found = db.rows(
        "SELECT subject_id, max(id) AS id FROM evidence_photo"
        " WHERE subject_id = ANY(%s::bigint[]) AND subject_kind = %s AND erased_at IS NULL GROUP BY 1",
        [list(subject_ids), subject_kind],
    )
    return {row.subject_id: row.id for row in found}


def photo_file(*, photo_id: int, small: bool = False) -> PhotoFile:
    """The content of a photo, or of its thumbnail. Raises `PhotoMissing`. One statement."""
    found = db.rows("SELECT name, content_type FROM evidence_photo WHERE id = %s AND erased_at IS NULL", [photo_id])
    body = storing.read(found[0].name, small=small) if found else None
    if body is None:
        raise PhotoMissing(photo_id=photo_id)
    return PhotoFile(body, found[0].content_type)


@dataclass(frozen=True)
class DocumentRow:
    """A document that is kept: what its file is called, what it is (pdf, email, csv or text), who kept it and when.

    `size` is in bytes; `by` is an actor as the audit knows it ("user:7").
    """

    id: int
    subject_kind: str
    subject_id: int
    title: str
    sort: str
    size: int
    recorded_at: datetime
    by: str

    @property
    def words(self) -> str:
        """What it is, in words."""
        return SORTS[self.sort].words


@dataclass(frozen=True)
class DocumentFile:
    """The content of a document, what to call it and what it is."""

    title: str
    content_type: str
    body: bytes


@dataclass(frozen=True)
class DocumentContent:
    """A document as a program reads it; the file is base64."""

    id: int
    title: str
    content_type: str
    file: str


_DOCUMENT: Final = """
SELECT d.id, d.subject_kind, d.subject_id, d.title, d.sort, d.size, d.recorded_at, c.actor AS by{more}
FROM evidence_document d JOIN kernel_commandrecord c ON c.id = d.command_id
WHERE d.erased_at IS NULL AND {which} ORDER BY d.id
"""
_DOCUMENTS: Final = _DOCUMENT.format(more="", which="d.subject_id = ANY(%s::bigint[]) AND d.subject_kind = %s")
_ONE: Final = _DOCUMENT.format(more=", d.name", which="d.id = %s")


def documents(*, subject_kind: str, subject_ids: Sequence[int]) -> list[DocumentRow]:
    """The documents of these subjects, oldest first; erased ones are gone. One statement."""
    return [DocumentRow(*row) for row in db.rows(_DOCUMENTS, [list(subject_ids), subject_kind])]


def documents_of(*, subject_kind: str, subject_id: int) -> list[DocumentRow]:
    """The documents of one subject, oldest first. One statement."""
    return documents(subject_kind=subject_kind, subject_ids=[subject_id])


def document(document_id: int) -> DocumentRow:
    """One document, without its content. Raises `DocumentMissing`. One statement."""
    return DocumentRow(*_found(document_id)[:-1])


def document_file(*, document_id: int) -> DocumentFile:
    """The content of a document. Raises `DocumentMissing`. One statement."""
    row = _found(document_id)
    body = storing.read(row.name)
    if body is None:
        raise DocumentMissing(document_id=document_id)
    return DocumentFile(row.title, SORTS[row.sort].content_type, body)


def document_content(*, document_id: int) -> DocumentContent:
    """A document with its content. Raises `DocumentMissing`. One statement."""
    file = document_file(document_id=document_id)
    return DocumentContent(document_id, file.title, file.content_type, b64encode(file.body).decode())


def _found(document_id: int) -> Any:
    found = db.rows(_ONE, [document_id])
    if not found:
        raise DocumentMissing(document_id=document_id)
    return found[0]


def named_by_rows(names: Sequence[str]) -> set[str]:
    """Those of these names of files that a photo or a document goes by. One statement."""
    found = db.rows(
        "SELECT name FROM evidence_photo WHERE name <> '' AND name = ANY(%s)"
        " UNION ALL SELECT name FROM evidence_document WHERE name <> '' AND name = ANY(%s)",
        [list(names), list(names)],
    )
    return {row.name for row in found}


# Rooms above own these; here it only matters that there is such a thing.
_TABLES: Final = {
    "item": "catalog_item",
    "unit": "receiving_unit",
    "parcel": "logistics_parcel",
    "case": "workqueue_case",
}
_THERE: Final = " UNION ALL ".join(
    f"SELECT '{kind}' AS kind, id FROM {table} WHERE id = ANY(%s::bigint[])" for kind, table in _TABLES.items()
)


def subjects_there(wanted: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
    """Those of these subjects, by kind and id, that exist. One statement."""
    ids = [sorted({subject_id for kind, subject_id in wanted if kind == known}) for known in _TABLES]
    return {(row.kind, row.id) for row in db.rows(_THERE, ids)}
