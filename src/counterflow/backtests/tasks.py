"""What the worker does for back-tests: a few chunks at a time, so that other work is not held up."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from counterflow.backtests.commands.advance_backtests import AdvanceBacktest, advance_backtests
from counterflow.backtests.commands.fail_backtests import FailBacktest, fail_backtests
from counterflow.backtests.queries import next_open
from counterflow.kernel import clock
from counterflow.kernel.commands import Done
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.kernel.tasks import jobs

PERMISSIONS: Final = frozenset({"policies.test"})
SECONDS_AT_ONCE: Final = 5.0


@jobs.periodic(cron="* * * * * */2")
@jobs.task(name="backtests.work", queue="backtests", queueing_lock="backtests.work")
def work(timestamp: int) -> None:
    """Go on with the oldest run for some seconds. A run whose worker died is simply gone on with."""
    until = time.monotonic() + SECONDS_AT_ONCE
    while time.monotonic() < until and step(at=clock.now()):
        pass


def step(*, at: datetime, backtest_id: int | None = None) -> bool:
    """Do the next chunk of a run, the oldest one that is open unless one is named; whether one was done.

    What goes wrong ends the run, with its sentence on record.
    """
    found = next_open(backtest_id=backtest_id)
    if found is None:
        return False
    try:
        (result,) = advance_backtests(_context(at), items=[AdvanceBacktest(found.id, found.chunk)])
    except DomainError as error:
        fail_backtests(_context(at), items=[FailBacktest(found.id, error.message)])
        return True
    except Exception as error:
        fail_backtests(_context(at), items=[FailBacktest(found.id, f"a defect: {type(error).__name__}")])
        raise
    return isinstance(result, Done)


def finish(backtest_id: int, *, now: Callable[[], datetime], progress: Callable[[int, int], None]) -> None:
    """Do everything that is left of a run in this process."""
    while (found := next_open(backtest_id=backtest_id)) is not None:
        progress(found.done, found.total)
        if not step(at=now(), backtest_id=backtest_id):
            time.sleep(0.5)  # a worker has it just now


def _context(at: datetime) -> Context:
    return Context.make("worker:backtests", PERMISSIONS, at, source="worker")
