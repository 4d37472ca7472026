"""Keep documents: look what each file is, store it as it was sent, then record it.

Files are stored before the transaction begins, because a storage may be on the network. What the transaction does not
record is taken away again; what a crash leaves is swept later.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from django.conf import settings

from counterflow.evidence import documents, rules, storing
from counterflow.evidence.commands.keeping import Place, Subjects, recorded
from counterflow.evidence.models import Document
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, PermissionDenied


@dataclass(frozen=True)
class KeepDocument:
    """A file as it was sent, and what it was called; JSON carries the bytes as base64."""

    subject_kind: str
    subject_id: int
    body: bytes = field(repr=False)
    name: str = ""


@dataclass(frozen=True)
class StoredDocument:
    """A document that lies in the storage; or why it does not."""

    subject_kind: str
    subject_id: int
    sha256: str
    title: str = ""
    sort: str = ""
    size: int = 0
    place: Place | None = None
    refused: Refused | None = None

    @property
    def identity(self) -> str:
        """One document for each subject and content, for ever."""
        return f"{self.subject_kind}:{self.subject_id}:{self.sha256[:16]}"


def keep_documents(ctx: Context, *, items: Sequence[KeepDocument]) -> Batch:
    """Keep each document as it is; the same content for the same subject again is a replay, whatever its name.

    Takes 1 to 20 documents, and keeps at most 50 of one subject. Refuses `DocumentKindUnknown`, `SubjectInvalid`,
    `SubjectMissing`, `DocumentEmpty`, `DocumentTooLarge`, `DocumentUnreadable`, `DocumentErased`, `DocumentsFull`.
    """
    if not ctx.may("evidence.keep"):
        raise PermissionDenied(permission="evidence.keep", actor=ctx.actor)
    if not 1 <= len(items) <= rules.DOCUMENTS_MAX:
        raise rules.TooManyDocuments(most=rules.DOCUMENTS_MAX, count=len(items))
    subjects = Subjects([(item.subject_kind, item.subject_id) for item in items])
    stored = [_stored(item, subjects) for item in items]
    return recorded([item.place for item in stored if item.place], lambda: record_documents(ctx, items=stored))


def _stored(item: KeepDocument, subjects: Subjects) -> StoredDocument:
    told = StoredDocument(item.subject_kind[:40], item.subject_id, sha256(item.body).hexdigest())
    try:
        rules.require_document_subject(item.subject_kind, item.subject_id)
        subjects.require(item.subject_kind, item.subject_id)
        sort = documents.sort_of(item.body, bytes_max=settings.DOCUMENT_BYTES_MAX)
    except DomainError as error:
        return replace(told, refused=Refused.of(told.identity, error))
    title, place = documents.title_of(item.name, sort), Place(storing.put_document(item.body))
    return replace(told, title=title, sort=sort.code, size=len(item.body), place=place)


_KNOWN = """
SELECT id, subject_kind, subject_id, encode(sha256, 'hex') AS sha256, erased_at IS NOT NULL AS erased
FROM evidence_document WHERE subject_id = ANY(%s::bigint[]) ORDER BY id
"""


@command(needs="evidence.keep")
def record_documents(ctx: Context, *, items: Sequence[StoredDocument]) -> Batch:
    """Record documents that are stored. Two statements, whatever the batch."""
    rows = db.rows(_KNOWN, [sorted({item.subject_id for item in items if item.place})])
    known = {(row.subject_kind, row.subject_id, row.sha256): (row.id, row.erased) for row in rows}
    kept = Counter((row.subject_kind, row.subject_id) for row in rows if not row.erased)
    fresh: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        subject = (item.subject_kind, item.subject_id)
        document_id, erased = known.get((*subject, item.sha256), (0, False))
        if item.refused is not None or item.place is None:
            results.append(item.refused or Refused.of(item.identity, rules.DocumentUnreadable()))
        elif erased:
            results.append(Refused.of(item.identity, rules.DocumentErased()))
        elif document_id:
            results.append(Done(item.identity, {"document_id": document_id}, replayed=True))
        elif kept[subject] >= rules.DOCUMENTS_OF_ONE_MAX:
            results.append(Refused.of(item.identity, rules.DocumentsFull(most=rules.DOCUMENTS_OF_ONE_MAX)))
        else:
            row = _row(ctx, item, item.place.name)
            fresh.append(row)
            kept[subject] += 1
            known[(*subject, item.sha256)] = (row["id"], False)
            results.append(Done(item.identity, {"document_id": row["id"], "sort": item.sort}))
    db.insert(Document, fresh)
    return Batch(results)


def _row(ctx: Context, item: StoredDocument, name: str) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "subject_kind": item.subject_kind,
        "subject_id": item.subject_id,
        "sha256": bytes.fromhex(item.sha256),
        "name": name,
        "title": item.title,
        "sort": item.sort,
        "size": item.size,
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
        "erased_at": None,
    }
