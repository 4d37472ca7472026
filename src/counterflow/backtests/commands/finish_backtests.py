"""Finish back-tests whose chunks are all done: what they came to is summed."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.backtests import totals
from counterflow.backtests.commands.locking import lock_backtests, require, write_states
from counterflow.backtests.models import Backtest
from counterflow.backtests.states import BACKTEST
from counterflow.backtests.states import Backtest as State
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Refusal

_CHUNKS = "SELECT backtest_id, totals FROM backtests_chunk WHERE backtest_id = ANY(%s::bigint[]) ORDER BY id"


class ChunksLeft(Refusal):
    """{left} of {total} chunks of the back-test {backtest_id} are not done yet."""


@dataclass(frozen=True)
class FinishBacktest:
    """A run whose chunks are done."""

    backtest_id: int


@command(needs="policies.test")
def finish_backtests(ctx: Context, *, items: Sequence[FinishBacktest]) -> Batch:
    """Sum the chunks of each run and end it. Finished before is a replay.

    Refuses `BacktestNotFound`, `ChunksLeft`, `MoveNotAllowed`. Three SQL statements, whatever the batch.
    """
    runs = lock_backtests(ctx, [item.backtest_id for item in items])
    parts: dict[int, list[totals.Tree | None]] = {run_id: [] for run_id in runs}
    for row in db.rows(_CHUNKS, [sorted(runs)]):
        parts[row.backtest_id].append(row.totals)
    sums: dict[int, totals.Tree] = {}
    results: list[Done | Refused] = []
    for item in items:
        try:
            run = require(runs, item.backtest_id)
            replayed = run.state == State.DONE
            if not replayed:
                state = BACKTEST.move("finish", run.state)
                sums[run.id] = _summed(run.id, parts[run.id])
                run.end(state, ctx.at)
            results.append(Done(str(item.backtest_id), {"state": run.state}, replayed=replayed))
        except DomainError as error:
            results.append(Refused.of(str(item.backtest_id), error))
    db.update(Backtest, [{"id": run_id, "totals": found} for run_id, found in sorted(sums.items())])
    write_states(ctx, runs)
    return Batch(results)


def _summed(run_id: int, parts: Sequence[totals.Tree | None]) -> totals.Tree:
    """The sum of all chunks. Raises `ChunksLeft`."""
    if left := sum(part is None for part in parts):
        raise ChunksLeft(backtest_id=run_id, left=left, total=len(parts))
    whole = totals.empty()
    for part in parts:
        totals.merge(whole, part or {})
    return totals.bounded(whole)
