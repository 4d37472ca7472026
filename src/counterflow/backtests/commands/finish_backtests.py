"""Finish back-tests whose chunks are all done: what they came to is summed."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.backtests.commands.locking import lock_backtests, require, write_states
from counterflow.backtests.states import BACKTEST
from counterflow.backtests.states import Backtest as State
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Refusal

_LEFT = """
SELECT backtest_id, count(*) AS total, count(*) FILTER (WHERE totals IS NULL) AS missing FROM backtests_chunk
WHERE backtest_id = ANY(%s::bigint[]) GROUP BY 1
"""


class ChunksLeft(Refusal):
    """{left} of {total} chunks of the back-test {backtest_id} are not done yet."""


@dataclass(frozen=True)
class FinishBacktest:
    """A run whose chunks are done."""

    backtest_id: int


@command(needs="policies.test")
def finish_backtests(ctx: Context, *, items: Sequence[FinishBacktest]) -> Batch:
    """Sum the chunks of each run and end it. Finished before is a replay.

    Refuses `BacktestNotFound`, `ChunksLeft`, `MoveNotAllowed`. Four SQL statements, whatever the batch.
    """
    runs = lock_backtests(ctx, [item.backtest_id for item in items])
    chunks = {row.backtest_id: row for row in db.rows(_LEFT, [sorted(runs)])}
    results: list[Done | Refused] = []
    for item in items:
        try:
            run = require(runs, item.backtest_id)
            replayed = run.state == State.DONE
            if not replayed:
                state = BACKTEST.move("finish", run.state)
                part = chunks.get(run.id)
                if part is not None and part.missing:
                    raise ChunksLeft(backtest_id=run.id, left=part.missing, total=part.total)
                run.end(state, ctx.at)
            results.append(Done(str(item.backtest_id), {"state": run.state}, replayed=replayed))
        except DomainError as error:
            results.append(Refused.of(str(item.backtest_id), error))
    write_states(ctx, runs)
    return Batch(results)
