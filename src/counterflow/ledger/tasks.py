"""What the worker does for the ledger by the clock: fold new amounts into day sums."""

from counterflow.kernel import db
from counterflow.kernel.tasks import jobs


@jobs.periodic(cron="* * * * *")
@jobs.task(name="ledger.roll", queue="flows", queueing_lock="ledger.roll")
def roll(timestamp: int) -> None:
    """Move the deltas of postings into day sums, so that questions about balances stay cheap."""
    db.rows("SELECT ledger_roll() AS moved")
