"""Close lots and pallets."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context
from counterflow.recovery.commands.moving import move_loads


@dataclass(frozen=True)
class CloseLoad:
    """A lot or pallet, by its number."""

    load: str


@command(needs="recovery.load")
def close_loads(ctx: Context, *, items: Sequence[CloseLoad]) -> Batch:
    """Each lot or pallet is complete; nothing is put in or taken out any more.

    Refuses `LoadNotFound`, `MoveNotAllowed`, `NothingInThere`. SQL: two look-ups, one write.
    """
    return move_loads(ctx, "close", [item.load for item in items])
