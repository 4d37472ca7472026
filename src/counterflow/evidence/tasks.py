"""What the worker does for evidence by the clock: take away files that no row names."""

from datetime import UTC, datetime, timedelta
from typing import Final

from counterflow.evidence import storing
from counterflow.kernel import db
from counterflow.kernel.tasks import jobs

# A file is written before the transaction that names it; a day is longer than any transaction.
KEPT_FOR: Final = timedelta(days=1)


@jobs.periodic(cron="23 3 * * *")
@jobs.task(name="evidence.sweep", queue="flows", queueing_lock="evidence.sweep")
def sweep(timestamp: int) -> None:
    """Take away the files that calls left behind which came to nothing, and those of erased photos."""
    sweep_before(datetime.fromtimestamp(timestamp, UTC) - KEPT_FOR)


def sweep_before(at: datetime) -> int:
    """Take away nobody's files that were stored before an instant; how many photos they were."""
    dropped = 0
    for shard in storing.shards():
        names = storing.older(shard, at)
        found = db.rows("SELECT name FROM evidence_photo WHERE name <> '' AND name = ANY(%s)", [names])
        nobodys = sorted(set(names) - {row.name for row in found})
        storing.drop(nobodys)
        dropped += len(nobodys)
    return dropped
