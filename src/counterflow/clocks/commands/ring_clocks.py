"""Ring the clocks that warn or are late by now."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.clocks.commands.keeping import keep
from counterflow.kernel.commands import Batch, Done, command
from counterflow.kernel.context import Context


@dataclass(frozen=True)
class RingClock:
    """A return, parcel, unit, payout or case one of whose clocks may ring."""

    subject_id: int


@command(needs="clocks.edit")
def ring_clocks(ctx: Context, *, items: Sequence[RingClock]) -> Batch:
    """Put right the clocks of each subject; then those that run warn once, and are told to be late once.

    What is late gets a cause and goes to the role that the SLA table names; where the table says so, it opens its case.
    Two that ring at once have one effect: the second finds it done. The number of statements does not depend on the
    batch.
    """
    keep(ctx, [item.subject_id for item in items], ringing=True)
    return Batch([Done(str(item.subject_id)) for item in items])
