"""Questions to evidence: the photos of subjects, and the content of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from counterflow.evidence import storing
from counterflow.evidence.rules import PhotoMissing
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


_PHOTOS = """
SELECT id, subject_kind, subject_id, content_type, width, height, size, happened_at, recorded_at FROM evidence_photo
WHERE subject_id = ANY(%s::bigint[]) AND subject_kind = %s AND erased_at IS NULL ORDER BY id
"""


def photos(*, subject_kind: str, subject_ids: Sequence[int]) -> list[PhotoRow]:
    """The photos of these subjects, oldest first; erased ones are gone. One statement."""
    return [PhotoRow(*row) for row in db.rows(_PHOTOS, [list(subject_ids), subject_kind])]


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
