"""Seal what is past: chain the digests of whole months, so that nothing recorded then can change unseen."""

from datetime import date

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Refusal


class MonthNotOver(Refusal):
    """Months are sealed when they are over; ask for {latest} or earlier, not {before}."""


@command(needs="ledger.close")
def seal_months(ctx: Context, *, before: date) -> Batch:
    """Seal every month of the journal that ended before a day and is not sealed yet.

    The month is that of recording, in UTC. Refuses `MonthNotOver`. One statement.
    """
    latest = ctx.at.date().replace(day=1)
    if before > latest:
        return Batch([Refused.of(before.isoformat(), MonthNotOver(before=str(before), latest=str(latest)))])
    sealed = db.rows("SELECT ledger_seal_before(%s, %s) AS months", [before, ctx.at])[0].months
    return Batch([Done(before.isoformat(), {"months": sealed}, replayed=sealed == 0)])
