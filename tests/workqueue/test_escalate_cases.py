"""A case that nobody deals with goes to another role, and comes back to the front."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from counterflow.kernel import db
from counterflow.workqueue import queries

pytestmark = pytest.mark.usefixtures("database_copy")


@pytest.fixture
def escalate(ctx: Callable[..., Any]) -> Callable[..., Any]:
    """Escalate cases, given as (id, role, reason) and perhaps a severity; the results."""
    from counterflow.workqueue.commands import EscalateCase, escalate_cases

    def run(*items: tuple[Any, ...], **more: Any) -> list[Any]:
        return escalate_cases(ctx(**more), items=[EscalateCase(*item) for item in items]).results

    return run


def test_it_changes_hands_and_is_more_urgent(opened: Any, escalate: Any, ctx: Any, worker: Any, steps: Any) -> None:
    from counterflow.workqueue.commands import AssignCase, SnoozeCase, assign_cases, snooze_cases

    case_id = opened(10, money_at_risk_minor=5_000, currency="EUR")
    assign_cases(ctx(), items=[AssignCase(case_id, worker("ann"))])
    snooze_cases(ctx(), items=[SnoozeCase(case_id, datetime.now(UTC) + timedelta(days=9), "later")])
    before = queries.case(case_id).case
    escalate((case_id, "finance", "late", 1), actor="flow:clocks")
    after = queries.case(case_id).case
    assert (after.owner_role, after.severity, after.assignee, after.snoozed_until) == ("finance", 1, None, None)
    assert before.rank_at - after.rank_at == timedelta(hours=96)
    assert steps(case_id)[-1] == ("escalate", "flow:clocks")


def test_twice_is_once_and_it_never_gets_less_urgent(opened: Any, escalate: Any, steps: Any) -> None:
    case_id = opened(20)
    first, again, lower = escalate(
        (case_id, "finance", "late", 2), (case_id, "finance", "late", 2), (case_id, "finance", "late", 4)
    )
    assert [r.replayed for r in (first, again, lower)] == [False, True, True]
    assert queries.case(case_id).case.severity == 2
    assert len(steps(case_id)) == 1


def test_what_cannot_be_escalated_is_refused(opened: Any, escalate: Any, ctx: Any) -> None:
    from counterflow.workqueue.commands import CloseCase, close_cases

    case_id, closed = opened(30), opened(31)
    close_cases(ctx(), items=[CloseCase(closed, "found")])
    results = escalate(
        (1, "finance", "late"),
        (case_id, "executive", "late"),
        (case_id, "finance", ""),
        (case_id, "finance", "late", 9),
        (closed, "finance", "late"),
    )
    assert [r.code for r in results] == [
        "case_not_found",
        "role_unknown",
        "reason_malformed",
        "severity_unknown",
        "move_not_allowed",
    ]


def test_a_thousand_cost_the_statements_of_one(work: Any, draft: Any, escalate: Any) -> None:
    work(*[draft(n) for n in range(1_000, 2_001)])
    ids = [row.id for row in db.rows("SELECT id FROM workqueue_case WHERE subject_id >= 1000 ORDER BY id")]
    with db.counting() as one:
        escalate((ids[0], "finance", "late", 1))
    with db.counting() as many:
        escalate(*[(case_id, "finance", "late", 1) for case_id in ids[1:]])
    assert many == one
