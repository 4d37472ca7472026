"""What the worker does for clocks by the clock: ring every minute, and look at everything that waits every night."""

from datetime import UTC, datetime
from typing import Final

from counterflow.clocks.commands.install_default_calendar import install_default_calendar
from counterflow.clocks.commands.ring_clocks import RingClock, ring_clocks
from counterflow.clocks.subjects import out_of_date, ringing, sweepable
from counterflow.kernel.context import Context
from counterflow.kernel.tasks import jobs

PERMISSIONS: Final = frozenset({"clocks.edit", "workqueue.work"})
BATCH: Final = 500
ROUNDS_MAX: Final = 200
"""At most so many batches a run; what is left waits for the next minute."""


@jobs.periodic(cron="* * * * *")
@jobs.task(name="clocks.run", queue="flows", queueing_lock="clocks.run")
def run(timestamp: int) -> None:
    """Warn of what will be late, and tell what is. The first run installs the shipped calendar."""
    at = datetime.fromtimestamp(timestamp, UTC)
    install_default_calendar(_context(at))
    run_clocks(at=at)


@jobs.periodic(cron="41 2 * * *")
@jobs.task(name="clocks.sweep", queue="flows", queueing_lock="clocks.sweep")
def sweep(timestamp: int) -> None:
    """Put right the clocks of everything that waits, also where nothing told of it."""
    sweep_clocks(at=datetime.fromtimestamp(timestamp, UTC))


def run_clocks(*, at: datetime, rounds: int = ROUNDS_MAX) -> int:
    """Look at every clock that rings at an instant, and at those that go by an old calendar; how many subjects."""
    total, last, seen = 0, None, 0
    for _ in range(rounds):
        found = ringing(now=at, after=last, limit=BATCH)
        if not found:
            break
        total, last = total + len(found), found[-1]
        _ring(at, [row.subject_id for row in found])
    for _ in range(rounds):
        stale = out_of_date(after=seen, limit=BATCH)
        if not stale:
            break
        total, seen = total + len(stale), stale[-1]
        _ring(at, stale)
    return total


def sweep_clocks(*, at: datetime) -> int:
    """Put right the clocks of everything that waits, in the order of ids; how many subjects."""
    total, last = 0, 0
    while found := sweepable(after=last, limit=BATCH):
        _ring(at, found)
        total, last = total + len(found), found[-1]
    return total


def _ring(at: datetime, subject_ids: list[int]) -> None:
    ring_clocks(_context(at), items=[RingClock(n) for n in sorted(set(subject_ids))])


def _context(at: datetime) -> Context:
    return Context.make("flow:clocks", PERMISSIONS, at, source="flow")
