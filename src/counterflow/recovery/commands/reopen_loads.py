"""Reopen lots and pallets."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context
from counterflow.recovery.commands.moving import move_loads


@dataclass(frozen=True)
class ReopenLoad:
    """A lot or pallet, by its number."""

    load: str


@command(needs="recovery.load")
def reopen_loads(ctx: Context, *, items: Sequence[ReopenLoad]) -> Batch:
    """Each lot or pallet is open again, as long as nothing was sold or shipped.

    Refuses `LoadNotFound`, `MoveNotAllowed`. SQL: two look-ups, one write.
    """
    return move_loads(ctx, "reopen", [item.load for item in items])
