"""Changes of policy in the demo: one that is agreed to and decides silently, one that is still written.

Both are replayed over the last months, as their owners would before they let them begin.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from counterflow.approvals.commands.delegate_approvals import DelegateApproval, delegate_approvals
from counterflow.backtests.commands.start_backtests import StartBacktest, start_backtests
from counterflow.backtests.tasks import finish
from counterflow.config.demo.agreeing import address, colleagues
from counterflow.config.demo.desk import Desk
from counterflow.kernel import db
from counterflow.policies.commands.draft_policies import DraftPolicy, draft_policies
from counterflow.policies.commands.review_policies import ReviewPolicy, review_policies
from counterflow.policies.commands.start_shadows import StartShadow, start_shadows
from counterflow.policies.commands.submit_drafts import SubmitDraft, submit_drafts
from counterflow.policies.examples import shipped_examples
from counterflow.policies.tables import Table, shipped

SILENT_FROM: Final = 40
"""The week in which the agreed one begins to decide silently."""
AWAY: Final = timedelta(days=14)
REPLAYED: Final = timedelta(days=180)
DAY_31: Final = "Apparel, day 31: a person may be kind"
WRITER, OWNER = ("finance", 2), ("executive", 2)


def longer_for_apparel() -> Table:
    """Apparel may come back for 45 days."""
    return _changed("eligibility", "Apparel for 45 days", "apparel", {"order_age_days": "<= 45"}, {"window_days": 45})


def fee_for_business() -> Table:
    """Business customers are charged a tenth for restocking."""
    return _changed("refund", "A lower fee for business customers", "b2b", {}, {"restocking_fee_bp": 1000})


def _changed(kind: str, name: str, row_id: str, when: Mapping[str, str], then: Mapping[str, Any]) -> Table:
    """The shipped table with one row that differs."""
    table = shipped(kind)
    rows = [
        replace(row, when={**row.when, **when}, then={**row.then, **then}) if row.id == row_id else row
        for row in table.rows
    ]
    return replace(table, name=name, rows=tuple(rows))


def propose(desk: Desk, *, at: datetime) -> None:
    """One version is drafted, proposed, agreed to by its owner, and decides silently from now on."""
    people = colleagues(at)
    writer, owner = people[WRITER], people[OWNER]
    version = _draft(desk, longer_for_apparel(), "executive", writer, at, {DAY_31: {"answer": "yes"}})
    for command, item, who in (
        (submit_drafts, SubmitDraft(version, 1), writer),
        (review_policies, ReviewPolicy(version, 1, "approve"), owner),
        (start_shadows, StartShadow(version, 1), writer),
    ):
        desk.must(command, [item], at=at, step=f"draft:{command.__name__}", actor=who)


def replay_them(desk: Desk, *, at: datetime) -> None:
    """Another is drafted; it and the one that decides silently are replayed, and somebody stands in for its writer."""
    writer = colleagues(at)[WRITER]
    # Still written: an example of the shipped version says another fee.
    drafted = _draft(desk, fee_for_business(), "finance", writer, at, {})
    silent = [row.version_id for row in db.rows("SELECT version_id FROM policies_shadow WHERE ended_at IS NULL")]
    items = [StartBacktest(f"demo:{version}", version, at - REPLAYED, at) for version in (*silent, drafted)]
    for done in desk.must(start_backtests, items, at=at, step="backtests", actor=writer):
        finish(done.facts["backtest_id"], now=lambda: at, progress=lambda done, total: None)
    away = DelegateApproval("demo:away", address("finance", 3), "finance", at + AWAY, at)
    desk.must(delegate_approvals, [away], at=at, step="away", actor=writer)


def _draft(
    desk: Desk, table: Table, owner_role: str, writer: str, at: datetime, restated: Mapping[str, Mapping[str, Any]]
) -> int:
    """The id of a draft with the examples of the shipped version, of which some are to come out otherwise, by name."""
    examples = [{**one, "then": restated.get(one["name"], one["then"])} for one in shipped_examples(table.kind)]
    item = DraftPolicy(f"demo:{table.kind}", table.kind, table.as_json(), owner_role, examples=examples)
    (done,) = desk.must(draft_policies, [item], at=at, step=f"draft:{table.kind}", actor=writer)
    return int(done.facts["version_id"])
