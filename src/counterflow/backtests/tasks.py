"""What the worker does for back-tests: a few chunks at a time, so that other work is not held up."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from counterflow.backtests.commands.advance_backtests import AdvanceBacktest, advance_backtests
from counterflow.backtests.commands.fail_backtests import FailBacktest, fail_backtests
from counterflow.backtests.commands.finish_backtests import FinishBacktest, finish_backtests
from counterflow.backtests.queries import Open, next_open
from counterflow.kernel import clock
from counterflow.kernel.commands import Batch, Done
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.kernel.tasks import jobs

PERMISSIONS: Final = frozenset({"policies.test"})
SECONDS_AT_ONCE: Final = 5.0
PAUSE_SECONDS: Final = 0.2


@jobs.periodic(cron="* * * * * */2")
@jobs.task(name="backtests.work", queue="backtests", queueing_lock="backtests.work")
def work(timestamp: int) -> None:
    """Go on with the oldest run for some seconds. A run whose worker died is simply gone on with."""
    until = time.monotonic() + SECONDS_AT_ONCE
    while time.monotonic() < until and step(at=clock.now()):
        pass


def step(*, at: datetime, backtest_id: int | None = None) -> bool:
    """Do what comes next of a run, the oldest one that is open unless one is named; whether something was done.

    What goes wrong ends the run, with its sentence on record.
    """
    found = next_open(backtest_id=backtest_id)
    if found is None or (found.chunk is None and not found.whole):
        return False
    try:
        (result,) = _next(found, _context(at))
    except DomainError as error:
        fail_backtests(_context(at), items=[FailBacktest(found.id, error.message)])
        return True
    except Exception as error:
        fail_backtests(_context(at), items=[FailBacktest(found.id, f"a defect: {type(error).__name__}")])
        raise
    return isinstance(result, Done)


def _next(found: Open, ctx: Context) -> Batch:
    if found.chunk is None:
        return finish_backtests(ctx, items=[FinishBacktest(found.id)])
    return advance_backtests(ctx, items=[AdvanceBacktest(found.id, found.chunk)])


def finish(backtest_id: int, *, now: Callable[[], datetime], progress: Callable[[int, int], None]) -> None:
    """Do everything that is left of a run in this process, beside whoever is at it too."""
    while (found := next_open(backtest_id=backtest_id)) is not None:
        progress(found.done, found.total)
        if not step(at=now(), backtest_id=backtest_id):
            time.sleep(PAUSE_SECONDS)  # others are at what is left


def _context(at: datetime) -> Context:
    return Context.make("worker:backtests", PERMISSIONS, at, source="worker")
