"""Put on record that back-tests cannot go on."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.backtests.commands.locking import lock_backtests, require, write_states
from counterflow.backtests.states import BACKTEST
from counterflow.backtests.states import Backtest as State
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError

FAULT_MAX = 500


@dataclass(frozen=True)
class FailBacktest:
    """A run, and what stopped it, in a sentence without personal data."""

    backtest_id: int
    fault: str


@command(needs="policies.test")
def fail_backtests(ctx: Context, *, items: Sequence[FailBacktest]) -> Batch:
    """End each run as failed. Failed before is a replay. Refuses `BacktestNotFound`, `MoveNotAllowed`.

    Three SQL statements, whatever the batch.
    """
    runs = lock_backtests(ctx, [item.backtest_id for item in items])
    results: list[Done | Refused] = []
    for item in items:
        try:
            run = require(runs, item.backtest_id)
            replayed = run.state == State.FAILED
            if not replayed:
                run.end(BACKTEST.move("fail", run.state), ctx.at)
                run.fault = item.fault[:FAULT_MAX]
            results.append(Done(str(item.backtest_id), {"state": run.state}, replayed=replayed))
        except DomainError as error:
            results.append(Refused.of(str(item.backtest_id), error))
    write_states(ctx, runs)
    return Batch(results)
