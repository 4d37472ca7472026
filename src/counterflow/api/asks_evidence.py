"""Questions of programs about photos and documents; those of a case that is kept from the caller are not there."""

from counterflow.api.reading import Read
from counterflow.evidence import queries
from counterflow.evidence.rules import DocumentMissing
from counterflow.workqueue.queries import seen


def _kept(subject_kind: str, subject_id: int, permissions: frozenset[str]) -> bool:
    """Whether a subject is a case that the caller may not see, or none at all."""
    return subject_kind == "case" and not seen(subject_id, may=permissions.__contains__)


def photos(*, subject_kind: str, subject_id: int, permissions: frozenset[str]) -> list[queries.PhotoRow]:
    """The photos of one subject, oldest first."""
    if _kept(subject_kind, subject_id, permissions):
        return []
    return queries.photos_of(subject_kind=subject_kind, subject_id=subject_id)


def documents(*, subject_kind: str, subject_id: int, permissions: frozenset[str]) -> list[queries.DocumentRow]:
    """The documents of one case, oldest first, with who kept each."""
    if _kept(subject_kind, subject_id, permissions):
        return []
    return queries.documents_of(subject_kind=subject_kind, subject_id=subject_id)


def document(*, document_id: int, permissions: frozenset[str]) -> queries.DocumentContent:
    """A document with its content as base64. Raises `DocumentMissing`."""
    row = queries.document(document_id)
    if _kept(row.subject_kind, row.subject_id, permissions):
        raise DocumentMissing(document_id=document_id)
    return queries.document_content(document_id=document_id)


_OF = ("subject_kind", "subject_id")
READS: list[Read] = [
    Read("/photos", photos, "evidence.view", "evidence", _OF, may="permissions"),
    Read("/documents", documents, "evidence.view", "evidence", _OF, may="permissions"),
    Read("/documents/{document_id}", document, "evidence.view", "evidence", may="permissions"),
]
