"""Files that people send with a form, to be kept as photos or documents. One bad file spoils none of the others."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from counterflow.console.page import context
from counterflow.evidence.commands.keep_documents import KeepDocument, keep_documents
from counterflow.evidence.commands.keep_photos import KeepPhoto, keep_photos
from counterflow.evidence.rules import DOCUMENTS_MAX, PHOTOS_MAX
from counterflow.kernel.commands import Batch, Refused
from counterflow.kernel.errors import DomainError

Item = TypeVar("Item")
NAME_SHOWN_MAX = 60
READ_MAX = 64 * 2**20


def keep_sent(request: HttpRequest, subject_kind: str, subject_id: int, *, field: str = "photos") -> int:
    """Keep the photos sent with a form as those of a subject; how many are kept now.

    Each file that cannot be kept is told to the user by its name, with the reason. The form's own transport
    key is for the form's own command: these go under one made from it.
    """
    sent = [(file, KeepPhoto(subject_kind, subject_id, _body(file))) for file in files(request, field)]
    return _kept(request, "photos", sent, keep_photos)


def keep_sent_documents(request: HttpRequest, subject_kind: str, subject_id: int) -> int:
    """Keep the documents sent with a form as those of a subject; how many are kept now. Told as photos are."""
    sent = [
        (file, KeepDocument(subject_kind, subject_id, _body(file), file.name or ""))
        for file in files(request, "documents", most=DOCUMENTS_MAX)
    ]
    return _kept(request, "documents", sent, keep_documents)


def _kept(
    request: HttpRequest, what: str, sent: Sequence[tuple[UploadedFile, Item]], keep: Callable[..., Batch]
) -> int:
    if not sent:
        return 0
    ctx = context(request)
    try:
        batch = keep(
            type(ctx).make(ctx.actor, ctx.permissions, ctx.at, key=f"{ctx.key}:{what}", source=ctx.source),
            items=[item for _, item in sent],
        )
    except DomainError as error:
        messages.error(request, error.message)
        return 0
    for (file, _), result in zip(sent, batch, strict=True):
        if isinstance(result, Refused):
            messages.error(request, f"{_name(file)}: {result.message}")
    return len(batch.done)


def files(request: HttpRequest, field: str = "photos", *, most: int = PHOTOS_MAX) -> list[UploadedFile]:
    """The files of a field that are worth reading; of the others the user is told."""
    sent = request.FILES.getlist(field)
    if len(sent) > most:
        messages.error(request, f"One form takes {most} files, and this one had {len(sent)}; send the others again.")
    kept = []
    for file in sent[:most]:
        if (file.size or 0) > READ_MAX:
            size = f"{(file.size or 0) / 2**20:.1f}"
            messages.error(request, f"{_name(file)}: a file has at most {READ_MAX // 2**20} MB, and this one {size}.")
        else:
            kept.append(file)
    return kept


def _body(file: UploadedFile) -> bytes:
    return bytes(file.read())


def _name(file: UploadedFile) -> str:
    return (file.name or "A file")[:NAME_SHOWN_MAX]
