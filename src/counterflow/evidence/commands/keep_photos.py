"""Keep photos: make each file a picture, store it, then record it.

Pictures are made and stored before the transaction begins, because both take long and a storage may be on the
network. What the transaction does not record is taken away again; what a crash leaves is swept later.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings

from counterflow.evidence import pictures, rules, storing
from counterflow.evidence.commands.keeping import Place, Subjects, recorded
from counterflow.evidence.models import Photo
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, PermissionDenied


@dataclass(frozen=True)
class KeepPhoto:
    """A file as it was sent, and what it shows; JSON carries the bytes as base64."""

    subject_kind: str
    subject_id: int
    body: bytes = field(repr=False)
    happened_at: datetime | None = None


@dataclass(frozen=True)
class Stored:
    """A file that became a picture and lies in the storage; or why it did not."""

    subject_kind: str
    subject_id: int
    sha256: str
    happened_at: datetime | None
    place: Place | None = None
    width: int = 0
    height: int = 0
    size: int = 0
    refused: Refused | None = None

    @property
    def identity(self) -> str:
        """One photo for each subject and content, for ever."""
        return f"{self.subject_kind}:{self.subject_id}:{self.sha256[:16]}"


def keep_photos(ctx: Context, *, items: Sequence[KeepPhoto]) -> Batch:
    """Keep each photo, small enough and without metadata; the same photo of the same subject again is a replay.

    Takes 1 to 20 photos. Refuses `SubjectKindUnknown`, `SubjectInvalid`, `SubjectMissing`, `PhotoEmpty`,
    `PhotoTooLarge`, `PhotoTooDetailed`, `PhotoUnreadable`, `PhotoErased`.
    """
    if not ctx.may("evidence.keep"):
        raise PermissionDenied(permission="evidence.keep", actor=ctx.actor)
    if not 1 <= len(items) <= rules.PHOTOS_MAX:
        raise rules.TooManyPhotos(most=rules.PHOTOS_MAX, count=len(items))
    subjects = Subjects([(item.subject_kind, item.subject_id) for item in items])
    stored = [_stored(item, subjects) for item in items]
    return recorded([item.place for item in stored if item.place], lambda: record_photos(ctx, items=stored))


def _stored(item: KeepPhoto, subjects: Subjects) -> Stored:
    told = Stored(item.subject_kind[:40], item.subject_id, sha256(item.body).hexdigest(), item.happened_at)
    try:
        rules.require_subject(item.subject_kind, item.subject_id)
        subjects.require(item.subject_kind, item.subject_id)
        picture = pictures.picture_of(item.body, bytes_max=settings.EVIDENCE_BYTES_MAX)
    except DomainError as error:
        return Stored(**{**told.__dict__, "refused": Refused.of(told.identity, error)})
    found = {"place": Place(storing.put(picture)), "width": picture.width, "height": picture.height}
    return Stored(**{**told.__dict__, **found, "size": len(picture.body)})


@command(needs="evidence.keep")
def record_photos(ctx: Context, *, items: Sequence[Stored]) -> Batch:
    """Record photos whose pictures are stored. Two statements, whatever the batch."""
    known = {
        (row.subject_kind, row.subject_id, row.sha256): (row.id, row.erased)
        for row in db.rows(
            "SELECT id, subject_kind, subject_id, encode(sha256, 'hex') AS sha256, erased_at IS NOT NULL AS erased"
            " FROM evidence_photo WHERE subject_id = ANY(%s::bigint[]) ORDER BY id",
            [sorted({item.subject_id for item in items if item.place})],
        )
    }
    fresh: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        key = (item.subject_kind, item.subject_id, item.sha256)
        photo_id, erased = known.get(key, (0, False))
        if item.refused is not None or item.place is None:
            results.append(item.refused or Refused.of(item.identity, rules.PhotoUnreadable()))
        elif erased:
            results.append(Refused.of(item.identity, rules.PhotoErased()))
        elif photo_id:
            results.append(Done(item.identity, {"photo_id": photo_id}, replayed=True))
        else:
            row = _row(ctx, item, item.place.name)
            fresh.append(row)
            known[key] = (row["id"], False)
            results.append(Done(item.identity, {"photo_id": row["id"]}))
    db.insert(Photo, fresh)
    return Batch(results)


def _row(ctx: Context, item: Stored, name: str) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "subject_kind": item.subject_kind,
        "subject_id": item.subject_id,
        "sha256": bytes.fromhex(item.sha256),
        "name": name,
        "content_type": pictures.CONTENT_TYPE,
        "width": item.width,
        "height": item.height,
        "size": item.size,
        "happened_at": ctx.when(item.happened_at),
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
        "erased_at": None,
    }
