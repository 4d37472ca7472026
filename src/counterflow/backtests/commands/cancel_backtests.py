"""Cancel back-tests that are not ended; what was found so far stays to be seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.backtests.commands.locking import lock_backtests, require, write_states
from counterflow.backtests.states import BACKTEST
from counterflow.backtests.states import Backtest as State
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError


@dataclass(frozen=True)
class CancelBacktest:
    """A run that shall stop."""

    backtest_id: int


@command(needs="policies.test")
def cancel_backtests(ctx: Context, *, items: Sequence[CancelBacktest]) -> Batch:
    """Stop each run; a chunk that is under way is finished first. Cancelled before is a replay.

    What its finished chunks come to is its result. Refuses `BacktestNotFound`, `MoveNotAllowed`. Three SQL statements,
    whatever the batch.
    """
    runs = lock_backtests(ctx, [item.backtest_id for item in items])
    results: list[Done | Refused] = []
    for item in items:
        try:
            run = require(runs, item.backtest_id)
            replayed = run.state == State.CANCELLED
            if not replayed:
                run.end(BACKTEST.move("cancel", run.state), ctx.at)
            results.append(Done(str(item.backtest_id), {"state": run.state}, replayed=replayed))
        except DomainError as error:
            results.append(Refused.of(str(item.backtest_id), error))
    write_states(ctx, runs)
    return Batch(results)
