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


def require_subject(kind: str, subject_id: int) -> None:
    """Something that photos are kept of. Raises `SubjectKindUnknown`, `SubjectInvalid`."""
    if kind not in SUBJECT_KINDS:
        raise SubjectKindUnknown(kind=kind[:40], choices=", ".join(SUBJECT_KINDS))
    if not 0 < subject_id < 2**63:
        raise SubjectInvalid(subject_id=subject_id)
