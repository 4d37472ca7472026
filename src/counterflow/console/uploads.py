"""Files that people send with a form, as photos to be kept. One bad file spoils none of the others."""

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from counterflow.console.page import context
from counterflow.evidence.commands.keep_photos import KeepPhoto, keep_photos
from counterflow.evidence.rules import PHOTOS_MAX, PhotoTooLarge, TooManyPhotos
from counterflow.kernel.commands import Refused
from counterflow.kernel.errors import DomainError

NAME_SHOWN_MAX = 60
READ_MAX = 64 * 2**20


def keep_sent(request: HttpRequest, subject_kind: str, subject_id: int, *, field: str = "photos") -> int:
    """Keep the photos sent with a form as those of a subject; how many are kept now.

    Each file that cannot be kept is told to the user by its name, with the reason. The form's own transport
    key is for the form's own command: these go under one made from it.
    """
    sent = [(file, KeepPhoto(subject_kind, subject_id, _body(file))) for file in files(request, field)]
    if not sent:
        return 0
    ctx = context(request)
    try:
        batch = keep_photos(
            type(ctx).make(ctx.actor, ctx.permissions, ctx.at, key=f"{ctx.key}:photos", source=ctx.source),
            items=[item for _, item in sent],
        )
    except DomainError as error:
        messages.error(request, error.message)
        return 0
    for (file, _), result in zip(sent, batch, strict=True):
        if isinstance(result, Refused):
            messages.error(request, f"{_name(file)}: {result.message}")
    return len(batch.done)


def files(request: HttpRequest, field: str = "photos") -> list[UploadedFile]:
    """The files of a field that are worth reading; of the others the user is told."""
    sent = request.FILES.getlist(field)
    if len(sent) > PHOTOS_MAX:
        messages.error(request, TooManyPhotos(most=PHOTOS_MAX, count=len(sent)).message)
    kept = []
    for file in sent[:PHOTOS_MAX]:
        if (file.size or 0) > READ_MAX:
            error = PhotoTooLarge(most_mb=READ_MAX // 2**20, mb=f"{(file.size or 0) / 2**20:.1f}")
            messages.error(request, f"{_name(file)}: {error.message}")
        else:
            kept.append(file)
    return kept


def _body(file: UploadedFile) -> bytes:
    return bytes(file.read())


def _name(file: UploadedFile) -> str:
    return (file.name or "A file")[:NAME_SHOWN_MAX]
