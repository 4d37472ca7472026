"""Erase photos, one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.evidence.commands.erasing import PHOTOS, erase_rows, known_ids
from counterflow.evidence.rules import PhotoMissing
from counterflow.kernel.commands import Batch, Done, Refused, command
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
    wanted = sorted({item.photo_id for item in items})
    known = known_ids(PHOTOS, wanted)
    gone = {row.id for row in erase_rows(ctx, PHOTOS, "p.id = ANY(%s::bigint[])", wanted)}
    results: list[Done | Refused] = []
    for item in items:
        identity = str(item.photo_id)
        if item.photo_id not in known:
            results.append(Refused.of(identity, PhotoMissing(photo_id=item.photo_id)))
        else:
            results.append(Done(identity, {"photo_id": item.photo_id}, replayed=item.photo_id not in gone))
            gone.discard(item.photo_id)
    return Batch(results)
