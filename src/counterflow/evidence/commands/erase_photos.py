"""Erase photos, one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.evidence.commands.erasing import PHOTOS, erase_each
from counterflow.evidence.rules import PhotoMissing
from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context


@dataclass(frozen=True)
class ErasePhoto:
    """A photo that has to go, such as one that shows a person."""

    photo_id: int


@command(needs="access.erase")
def erase_photos(ctx: Context, *, items: Sequence[ErasePhoto]) -> Batch:
    """Erase each photo: the content goes, that it was there and when it went stays known.

    Refuses `PhotoMissing`. Erased again is a replay. Two statements, whatever the batch.
    """
    ids = [item.photo_id for item in items]
    return erase_each(ctx, PHOTOS, ids, fact="photo_id", missing=lambda number: PhotoMissing(photo_id=number))
