"""A review of signals of fraud is seen and worked by those who may see scores, and by nobody else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from casework import cases_about
from counterflow.workqueue import queries, queries_lists
from counterflow.workqueue.commands import (
    AssignCase,
    CloseCase,
    CommentCase,
    EscalateCase,
    MergeCases,
    ReopenCase,
    SnoozeCase,
    TakeCases,
    assign_cases,
    close_cases,
    comment_cases,
    escalate_cases,
    merge_cases,
    reopen_cases,
    snooze_cases,
    take_cases,
)
from counterflow.workqueue.questions import Asker, Question, meant

pytestmark = pytest.mark.usefixtures("database_copy")
CLERK = ("workqueue.view", "workqueue.work")


@pytest.fixture
def review(ctx: Any) -> int:
    """A review of signals."""
    return cases_about(ctx, kind="fraud_review", money=9_000)[0]


def test_lists_counts_and_sums_leave_it_out(review: int, ctx: Any) -> None:
    (other,) = cases_about(ctx)
    at = datetime.now(UTC)
    for asker, seen in ((Asker("user:7", ("clerk",)), False), (Asker("user:7", ("agent",)), True)):
        wanted = meant(Question(), asker=asker, at=at)
        assert {row.id for row in queries.found(wanted, limit=500)} & {review, other} == (
            {review, other} if seen else {other}
        )
        assert (review in queries_lists.chosen(wanted).ids) is seen
        all_of_them = queries_lists.counts([meant(Question(kind="fraud_review"), asker=asker, at=at)])[0]
        assert (all_of_them > 0) is seen
    token = Asker("user:7", ("agent",), frozenset(CLERK))
    assert review not in queries_lists.chosen(meant(Question(), asker=token, at=at)).ids


def test_it_is_not_there_for_who_may_not_see_it(review: int) -> None:
    with pytest.raises(queries.CaseNotFound):
        queries.case(review, may=CLERK.__contains__)
    assert queries.case(review, may=(*CLERK, "risk.view").__contains__).case.id == review
    assert queries.named(str(review), may=CLERK.__contains__) == []
    assert not queries.seen(review, may=CLERK.__contains__)
    assert queries.seen(review, may="risk.view".__eq__)


def test_nobody_works_what_is_kept_from_them(review: int, ctx: Any, worker: Any) -> None:
    (other,) = cases_about(ctx)
    later = datetime.now(UTC) + timedelta(days=1)
    clerk, ann = ctx(*CLERK), worker("ann")
    acts = [
        assign_cases(ctx(*CLERK), items=[AssignCase(review, ann)]),
        close_cases(ctx(*CLERK), items=[CloseCase(review, "cleared")]),
        comment_cases(ctx(*CLERK), items=[CommentCase(review, "Fine.", "1")]),
        escalate_cases(ctx(*CLERK), items=[EscalateCase(review, "agent", "late", 1)]),
        merge_cases(ctx(*CLERK), items=[MergeCases(review, (other,))]),
        merge_cases(ctx(*CLERK), items=[MergeCases(other, (review,))]),
        reopen_cases(ctx(*CLERK), items=[ReopenCase(review, "undo")]),
        snooze_cases(ctx(*CLERK), items=[SnoozeCase(review, later, "later")]),
    ]
    assert [batch.refused[0].code for batch in acts] == ["case_not_found"] * len(acts)
    assert take_cases(clerk, items=[TakeCases(kind="fraud_review", assignee=ann)]).refused[0].code == "nothing_waits"
    assert queries.case(review).case.state == "open"


def test_it_is_given_to_nobody_who_may_not_see_it(review: int, ctx: Any, worker: Any) -> None:
    clerk, agent = worker("cleo", "clerk"), worker("ann")
    assert assign_cases(ctx(), items=[AssignCase(review, clerk)]).refused[0].code == "assignee_unknown"
    assert assign_cases(ctx(), items=[AssignCase(review, None, "clerk")]).refused[0].code == "role_unknown"
    refused = escalate_cases(ctx(), items=[EscalateCase(review, "clerk", "late")]).refused[0]
    assert refused.code == "role_unknown"
    assert "agent" in refused.message
    assert "clerk," not in refused.message
    wish = TakeCases(kind="fraud_review", assignee=clerk)
    assert take_cases(ctx(), items=[wish]).refused[0].code == "nothing_waits"
    assert assign_cases(ctx(), items=[AssignCase(review, agent)]).done
