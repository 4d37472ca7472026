"""A case belongs to somebody, or to the queue."""

from collections.abc import Callable
from typing import Any

import pytest

from counterflow.kernel import db
from counterflow.workqueue import queries

pytestmark = pytest.mark.usefixtures("database_copy")


@pytest.fixture
def assign(ctx: Callable[..., Any]) -> Callable[..., list[Any]]:
    """Assign cases, given as (id, assignee); the results."""
    from counterflow.workqueue.commands import AssignCase, assign_cases

    def run(*pairs: tuple[int, str | None]) -> list[Any]:
        return assign_cases(ctx(), items=[AssignCase(*pair) for pair in pairs]).results

    return run


def test_the_last_wish_of_a_batch_counts(opened: Any, assign: Any) -> None:
    case_id = opened(10)
    assign((case_id, "user:7"), (case_id, "user:8"))
    assert queries.case(case_id).case.assignee == "user:8"
    assert [row.id for row in queries.cases(assignee="user:8")] == [case_id]


def test_a_case_goes_back_to_the_queue(opened: Any, assign: Any) -> None:
    case_id = opened(20)
    assign((case_id, "user:7"))
    assign((case_id, None))
    assert queries.case(case_id).case.assignee is None


def test_the_same_again_is_no_change(opened: Any, assign: Any) -> None:
    case_id = opened(30)
    assign((case_id, "user:7"))
    with db.counting() as statements:
        (result,) = assign((case_id, "user:7"))
    assert result.replayed
    assert not [text for text in statements if text.startswith("UPDATE")]


def test_what_cannot_be_assigned_is_refused(opened: Any, assign: Any, ctx: Callable[..., Any]) -> None:
    from counterflow.workqueue.commands import CloseCase, close_cases

    case_id, closed = opened(40), opened(41)
    close_cases(ctx(), items=[CloseCase(closed, "kept")])
    results = assign((1, "user:7"), (case_id, "someone@example.com\0"), (closed, "user:7"))
    assert [r.code for r in results] == ["case_not_found", "assignee_malformed", "move_not_allowed"]


def test_a_thousand_cost_the_statements_of_one(work: Any, draft: Any, assign: Any) -> None:
    work(*[draft(n) for n in range(1_000, 2_001)])
    ids = [row.id for row in db.rows("SELECT id FROM workqueue_case WHERE subject_id >= 1000 ORDER BY id")]
    with db.counting() as one:
        assign((ids[0], "user:7"))
    with db.counting() as many:
        assign(*[(case_id, "user:7") for case_id in ids[1:]])
    assert many == one
