"""What the worker does for the ledger by the clock."""

from counterflow.kernel import db
from counterflow.kernel.tasks import jobs
from counterflow.ledger.tasks import roll


def deltas():
    return db.rows("SELECT count(*)::int AS n FROM ledger_balance_delta")[0].n


def test_the_worker_knows_the_task_and_it_folds_what_was_posted(company):
    company.sell()
    assert deltas() > 0
    assert jobs.tasks["ledger.roll"] is roll
    roll(timestamp=0)
    assert deltas() == 0
