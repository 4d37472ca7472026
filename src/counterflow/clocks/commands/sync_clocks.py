"""Start, stop and move clocks after something happened."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.clocks.commands.keeping import keep
from counterflow.kernel.commands import Batch, Done, command
from counterflow.kernel.context import Context


@dataclass(frozen=True)
class SyncClock:
    """A return, parcel, unit, payout or case whose clocks are to be put right."""

    subject_id: int


@command(needs="clocks.edit")
def sync_clocks(ctx: Context, *, items: Sequence[SyncClock]) -> Batch:
    """Put right the clocks of each subject; one that is none, or waits for nothing, is no error.

    What ended late is told to be late, what was not late after all is taken back, and cases of what moved on are
    settled. What still runs is left to `ring_clocks`. The number of statements does not depend on the batch.
    """
    keep(ctx, [item.subject_id for item in items], ringing=False)
    return Batch([Done(str(item.subject_id)) for item in items])
