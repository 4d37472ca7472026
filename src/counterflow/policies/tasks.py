"""What the worker does for policies by the clock: fold what was decided lately into day sums."""

from counterflow.kernel import db
from counterflow.kernel.tasks import jobs


@jobs.periodic(cron="* * * * *")
@jobs.task(name="policies.roll", queue="flows", queueing_lock="policies.roll")
def roll(timestamp: int) -> None:
    """Move the counts of decisions into day sums, so that questions about years of them stay cheap."""
    db.rows("SELECT policies_roll() AS moved")
