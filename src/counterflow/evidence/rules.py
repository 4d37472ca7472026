"""What may be kept, and how large: pure decisions over plain data."""

from typing import Final

from counterflow.kernel.errors import Invalid, NotFound, Refusal

# What photos may be of; ids are of the common number line, so a kind only says what to call it.
SUBJECT_KINDS: Final[dict[str, str]] = {
    "item": "an item of the catalog",
    "unit": "a unit",
    "parcel": "a parcel",
    "case": "a case",
}
PHOTOS_MAX: Final = 20
PIXELS_MAX: Final = 60_000_000
LONG_SIDE: Final = 2_000
SMALL_SIDE: Final = 320
DOCUMENTS_MAX: Final = 20
"""How many documents one call keeps."""
DOCUMENTS_OF_ONE_MAX: Final = 50
"""How many are kept of one subject."""
# What documents may be of. Goods are shown by photos; words about them belong to a case.
DOCUMENT_KINDS: Final[dict[str, str]] = {"case": SUBJECT_KINDS["case"]}


class SubjectKindUnknown(Invalid):
    """{kind} is not something photos are kept of; the choices are: {choices}."""


class SubjectInvalid(Invalid):
    """{subject_id} is not the id of anything."""


class TooManyPhotos(Invalid):
    """A call takes 1 to {most} photos, and this one has {count}; send the others after it."""


class PhotoEmpty(Invalid):
    """The file is empty; take the photo again."""


class PhotoTooLarge(Invalid):
    """A photo has at most {most_mb} MB, and this one has {mb}; take it at a lower resolution."""


class PhotoTooDetailed(Invalid):
    """A photo has at most {most} million pixels, and this one says it has more; take a smaller one."""


class PhotoUnreadable(Invalid):
    """This is not a picture that can be read; send a JPEG, PNG or WebP file."""


class PhotoErased(Refusal):
    """This photo was erased and is not kept again; take another one if it is needed."""


class PhotoMissing(NotFound):
    """There is no photo {photo_id}, or it was erased."""


class DocumentKindUnknown(Invalid):
    """{kind} is not something documents are kept of; the choices are: {choices}."""


class TooManyDocuments(Invalid):
    """A call takes 1 to {most} documents, and this one has {count}; send the others after it."""


class DocumentEmpty(Invalid):
    """The file is empty; save it again and send that."""


class DocumentTooLarge(Invalid):
    """A document has at most {most_mb} MB, and this one has {mb}; send only the pages that matter."""


class DocumentUnreadable(Invalid):
    """This is no whole PDF, e-mail (.eml), CSV table or plain text; save it as a PDF and send that, or send a photo."""


class DocumentsFull(Refusal):
    """{most} documents are kept here already; nothing more is taken until one of them is erased."""


class DocumentErased(Refusal):
    """This document was erased and is not kept again."""


class DocumentMissing(NotFound):
    """There is no document {document_id}, or it was erased."""


class SubjectMissing(NotFound):
    """There is no {kind} {subject_id}; look its id up again."""


def require_subject(kind: str, subject_id: int) -> None:
    """Something that photos are kept of. Raises `SubjectKindUnknown`, `SubjectInvalid`."""
    if kind not in SUBJECT_KINDS:
        raise SubjectKindUnknown(kind=kind[:40], choices=", ".join(SUBJECT_KINDS))
    if not 0 < subject_id < 2**63:
        raise SubjectInvalid(subject_id=subject_id)


def require_document_subject(kind: str, subject_id: int) -> None:
    """Something that documents are kept of. Raises `DocumentKindUnknown`, `SubjectInvalid`."""
    if kind not in DOCUMENT_KINDS:
        raise DocumentKindUnknown(kind=kind[:40], choices=", ".join(DOCUMENT_KINDS))
    if not 0 < subject_id < 2**63:
        raise SubjectInvalid(subject_id=subject_id)
