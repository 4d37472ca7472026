"""Cancel lots and pallets."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context
from counterflow.recovery.commands.moving import move_loads


@dataclass(frozen=True)
class CancelLoad:
    """A lot or pallet, by its number."""

    load: str


@command(needs="recovery.load")
def cancel_loads(ctx: Context, *, items: Sequence[CancelLoad]) -> Batch:
    """Each lot or pallet is given up while it is empty.

    Refuses `LoadNotFound`, `MoveNotAllowed`, `StillFull`. SQL: two look-ups, one write.
    """
    return move_loads(ctx, "cancel", [item.load for item in items])
