"""Returns lived twice: under a late refund and, in another database, with a draft in force from the start.

The order books know no scans, no losses and no mistakes; these lives do. Money that goes out earlier meets them: pieces
that are lost, cancelled or taken back afterwards. A back-test of the draft on the first life comes to what the second
came to, to the penny, the piece and the week.
"""

import os
from dataclasses import asdict, replace

import pytest

from agreeing import nobody_asked
from company import make_company
from counterflow.backtests.commands.start_backtests import StartBacktest, start_backtests
from counterflow.backtests.queries import backtest, differences
from counterflow.backtests.tasks import finish
from counterflow.kernel import clock, db
from counterflow.policies.commands.draft_policies import DraftPolicy, draft_policies
from counterflow.policies.commands.publish_policies import PublishPolicy, publish_policies
from living import SINCE, UNTIL, live
from replays import came_of_the_replay, came_of_the_test, changed, database_of_its_own


def _all(**then):
    """The shipped refund rules with another answer in every row."""
    return changed("refund", lambda rows: [replace(r, then={**r.then, "returnless": False, **then}) for r in rows])


LATE = _all(milestone="inspected", restocking_fee_bp=0, shipping_refundable=False)
DRAFTS = {
    "carrier_scan": _all(milestone="carrier_scan", restocking_fee_bp=0, shipping_refundable=False),
    "carrier_scan_less": _all(milestone="carrier_scan", restocking_fee_bp=1234, shipping_refundable=True),
    "received": _all(milestone="received", restocking_fee_bp=77, shipping_refundable=True),
    "at_once": _all(milestone="authorised", restocking_fee_bp=0, shipping_refundable=True),
    "keep_it": _all(milestone="inspected", restocking_fee_bp=0, shipping_refundable=True, returnless=True),
}


def _publish(ctx, table):
    (row,) = db.rows("SELECT max(version) AS n FROM policies_policyversion WHERE kind = %s", [table.kind])
    item = PublishPolicy(table.kind, row.n + 1, table.as_json(), "finance")
    assert publish_policies(ctx(), items=[item]).done


def _lived(ctx, table):
    """The company, after its returns were lived with a refund policy in force."""
    company = make_company(ctx)
    nobody_asked(ctx)
    _publish(ctx, table)
    live(company)
    return company


def _tested(ctx, table):
    """The id of a back-test of a table on everything there is."""
    (draft,) = draft_policies(
        ctx(), items=[DraftPolicy(f"draft-{table.digest()}", table.kind, table.as_json(), "finance")]
    )
    item = StartBacktest(f"test-{draft.facts['version_id']}", draft.facts["version_id"], SINCE, UNTIL)
    (started,) = start_backtests(ctx(), items=[item])
    finish(started.facts["backtest_id"], now=clock.now, progress=lambda done, total: None)
    return started.facts["backtest_id"]


@pytest.fixture(scope="module")
def base(database_copy):
    """The returns as they were lived with money that waits for the inspection."""
    from datetime import UTC, datetime

    from counterflow.kernel.context import Context

    def ctx(*permissions, key=None, at=None, actor="user:1"):
        return Context.make(actor, permissions or ("*",), at or datetime.now(UTC), key=key, source="test")

    _lived(ctx, LATE)


@pytest.mark.usefixtures("base")
def test_the_table_in_force_changes_nothing(ctx):
    found = backtest(_tested(ctx, LATE))
    assert found.differ == {"lines": 0, "returns": 0}
    assert came_of_the_test(asdict(found.before)) == came_of_the_replay()


@pytest.mark.usefixtures("base")
@pytest.mark.parametrize("name", DRAFTS)
def test_a_back_test_comes_to_what_was_lived_with_the_draft(name, server, ctx):
    run = _tested(ctx, DRAFTS[name])
    found = backtest(run)
    assert found.differ["returns"] > 0
    assert {d.change for d in differences(backtest_id=run, limit=500)} == set(found.changes)
    with database_of_its_own(server, f"cf_lived_{os.getpid()}"):
        _lived(ctx, DRAFTS[name])
        assert came_of_the_test(asdict(found.after)) == came_of_the_replay()
        again = backtest(_tested(ctx, DRAFTS[name]))
        assert again.differ["lines"] == 0
        assert asdict(again.before) == asdict(found.after) | {"unknown": again.before.unknown}
