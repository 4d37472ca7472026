"""A case that is put off leaves the lists and comes back by itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from counterflow.kernel import db
from counterflow.workqueue import queries
from counterflow.workqueue.filters import CaseFilter

pytestmark = pytest.mark.usefixtures("database_copy")
NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=2)


@pytest.fixture
def snooze(ctx: Callable[..., Any]) -> Callable[..., Any]:
    """Put cases off, given as (id, until, reason); the results."""
    from counterflow.workqueue.commands import SnoozeCase, snooze_cases

    def run(*items: tuple[Any, ...], **more: Any) -> list[Any]:
        return snooze_cases(ctx(**more), items=[SnoozeCase(*item) for item in items]).results

    return run


def _listed(at: datetime, case_id: int, **more: Any) -> bool:
    return case_id in [row.id for row in queries.found(CaseFilter(**more), at=at)]


def test_it_leaves_and_comes_back_without_anybody_doing_anything(opened: Any, snooze: Any, steps: Any) -> None:
    case_id = opened(10)
    before = queries.case(case_id).case
    snooze((case_id, LATER, "waits_for_customer"))
    assert not _listed(NOW, case_id)
    assert _listed(NOW, case_id, snoozed="only")
    assert _listed(NOW, case_id, snoozed="any")
    assert _listed(LATER, case_id)
    assert not _listed(LATER, case_id, snoozed="only")
    after = queries.case(case_id).case
    assert (after.rank_at, after.snooze_reason, after.state) == (before.rank_at, "waits_for_customer", "open")
    assert steps(case_id) == [("snooze", "user:1")]


def test_it_can_be_taken_back_at_once(opened: Any, snooze: Any) -> None:
    case_id = opened(20)
    snooze((case_id, LATER, "later"))
    (back,) = snooze((case_id, None))
    (again,) = snooze((case_id, None))
    assert (back.replayed, again.replayed) == (False, True)
    assert _listed(NOW, case_id)


def test_what_cannot_be_put_off_is_refused(opened: Any, snooze: Any, ctx: Any) -> None:
    from counterflow.workqueue.commands import CloseCase, close_cases

    case_id, closed = opened(30), opened(31)
    close_cases(ctx(), items=[CloseCase(closed, "found")])
    results = snooze(
        (1, LATER, "later"),
        (case_id, NOW - timedelta(hours=1), "later"),
        (case_id, NOW + timedelta(days=400), "later"),
        (case_id, LATER, ""),
        (case_id, LATER, "two words\0"),
        (closed, LATER, "later"),
    )
    assert [r.code for r in results] == [
        "case_not_found",
        "snooze_not_ahead",
        "snooze_not_ahead",
        "reason_malformed",
        "reason_malformed",
        "move_not_allowed",
    ]


def test_a_thousand_cost_the_statements_of_one(work: Any, draft: Any, snooze: Any) -> None:
    work(*[draft(n) for n in range(1_000, 2_001)])
    ids = [row.id for row in db.rows("SELECT id FROM workqueue_case WHERE subject_id >= 1000 ORDER BY id")]
    with db.counting() as one:
        snooze((ids[0], LATER, "later"))
    with db.counting() as many:
        snooze(*[(case_id, LATER, "later") for case_id in ids[1:]])
    assert many == one
