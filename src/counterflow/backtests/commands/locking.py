"""Runs under lock, and their states written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from counterflow.backtests import totals
from counterflow.backtests.events import BACKTEST_ENDED
from counterflow.backtests.models import Backtest
from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import NotFound
from counterflow.kernel.events import Event, emit

_LOCK = """
SELECT id, state, fault, ended_at FROM backtests_backtest WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE
"""


class BacktestNotFound(NotFound):
    """There is no back-test with the id {backtest_id}."""


@dataclass
class Run:
    """A run as a batch has left it."""

    id: int
    state: str
    fault: str
    ended_at: datetime | None
    changed: bool = False

    def end(self, state: str, at: datetime) -> None:
        """Bring it to its end."""
        self.state, self.ended_at, self.changed = str(state), at, True


def lock_backtests(ctx: Context, ids: Sequence[int]) -> dict[int, Run]:
    """Lock runs by id; one statement."""
    return {row.id: Run(*row) for row in db.lock(ctx, Rank.WORK, _LOCK, [sorted(set(ids))])}


def require(runs: dict[int, Run], backtest_id: int) -> Run:
    """The run of an id. Raises `BacktestNotFound`."""
    found = runs.get(backtest_id)
    if found is None:
        raise BacktestNotFound(backtest_id=backtest_id)
    return found


def write_states(ctx: Context, runs: dict[int, Run]) -> None:
    """Write the runs that ended, with what their finished chunks come to, and tell. Two statements, none for none."""
    ended = [run for _, run in sorted(runs.items()) if run.changed]
    if not ended:
        return
    found = {run.id: totals.empty() for run in ended}
    for row in db.rows(_CHUNKS, [sorted(found)]):
        totals.merge(found[row.backtest_id], row.totals)
    db.update(
        Backtest,
        [
            {
                "id": run.id,
                "state": run.state,
                "fault": run.fault,
                "ended_at": run.ended_at,
                "totals": totals.bounded(found[run.id]),
            }
            for run in ended
        ],
    )
    emit(ctx, [Event(BACKTEST_ENDED, run.id, facts={"state": run.state}) for run in ended])


_CHUNKS = """
SELECT backtest_id, totals FROM backtests_chunk
WHERE backtest_id = ANY(%s::bigint[]) AND totals IS NOT NULL ORDER BY id
"""
