"""What the worker does for evidence by the clock: take away files that no row names."""

from datetime import UTC, datetime, timedelta
from typing import Final

from counterflow.evidence import storing
from counterflow.evidence.queries import named_by_rows
from counterflow.kernel.tasks import jobs

# A file is written before the transaction that names it; a day is longer than any transaction.
KEPT_FOR: Final = timedelta(days=1)


@jobs.periodic(cron="23 3 * * *")
@jobs.task(name="evidence.sweep", queue="flows", queueing_lock="evidence.sweep")
def sweep(timestamp: int) -> None:
    """Take away the files that calls left behind which came to nothing, and those of what was erased."""
    sweep_before(datetime.fromtimestamp(timestamp, UTC) - KEPT_FOR)


def sweep_before(at: datetime) -> int:
    """Take away nobody's files that were stored before an instant; how many photos and documents they were."""
    dropped = 0
    for shard in storing.shards():
        names = storing.older(shard, at)
        nobodys = sorted(set(names) - named_by_rows(names))
        storing.drop(nobodys)
        dropped += len(nobodys)
    return dropped
