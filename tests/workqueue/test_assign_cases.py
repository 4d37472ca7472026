"""A case belongs to somebody, or to the queue."""

from collections.abc import Callable
from typing import Any

import pytest

from counterflow.kernel import db
from counterflow.workqueue import queries

pytestmark = pytest.mark.usefixtures("database_copy")


@pytest.fixture
def assign(ctx: Callable[..., Any]) -> Callable[..., list[Any]]:
    """Assign cases, given as (id, assignee) and perhaps a role; the results."""
    from counterflow.workqueue.commands import AssignCase, assign_cases

    def run(*pairs: tuple[Any, ...]) -> list[Any]:
        return assign_cases(ctx(), items=[AssignCase(*pair) for pair in pairs]).results

    return run


def test_the_last_wish_of_a_batch_counts(opened: Any, assign: Any, worker: Any, steps: Any) -> None:
    case_id, ann, bob = opened(10), worker("ann"), worker("bob")
    assign((case_id, ann), (case_id, bob))
    assert queries.case(case_id).case.assignee == bob
    assert [row.id for row in queries.cases(assignee=bob)] == [case_id]
    assert steps(case_id) == [("assign", "user:1")] * 2


def test_a_case_goes_back_to_the_queue(opened: Any, assign: Any, worker: Any) -> None:
    case_id = opened(20)
    assign((case_id, worker("ann")))
    assign((case_id, None))
    assert queries.case(case_id).case.assignee is None


def test_a_case_goes_to_another_role(opened: Any, assign: Any, steps: Any) -> None:
    case_id = opened(25)
    (done,) = assign((case_id, None, "finance"))
    assert (done.facts["owner_role"], queries.case(case_id).case.owner_role) == ("finance", "finance")
    assert steps(case_id) == [("assign", "user:1")]


def test_the_same_again_is_no_change(opened: Any, assign: Any, worker: Any, steps: Any) -> None:
    case_id = opened(30)
    assign((case_id, worker("ann")))
    with db.counting() as statements:
        (result,) = assign((case_id, worker("ann")))
    assert result.replayed
    assert not [text for text in statements if "UPDATE workqueue_case" in text]
    assert len(steps(case_id)) == 1


def test_what_cannot_be_assigned_is_refused(opened: Any, assign: Any, worker: Any, ctx: Callable[..., Any]) -> None:
    from counterflow.workqueue.commands import CloseCase, close_cases

    case_id, closed, ann = opened(40), opened(41), worker("ann")
    close_cases(ctx(), items=[CloseCase(closed, "found")])
    results = assign(
        (1, ann),
        (case_id, "someone@example.com\0"),
        (closed, ann),
        (case_id, worker("eve", "executive")),
        (case_id, "user:123456789"),
        (case_id, None, "executive"),
    )
    assert [r.code for r in results] == [
        "case_not_found",
        "assignee_malformed",
        "move_not_allowed",
        "assignee_unknown",
        "assignee_unknown",
        "role_unknown",
    ]


def test_a_thousand_cost_the_statements_of_one(work: Any, draft: Any, assign: Any, worker: Any) -> None:
    ann = worker("ann")
    work(*[draft(n) for n in range(1_000, 2_001)])
    ids = [row.id for row in db.rows("SELECT id FROM workqueue_case WHERE subject_id >= 1000 ORDER BY id")]
    with db.counting() as one:
        assign((ids[0], ann))
    with db.counting() as many:
        assign(*[(case_id, ann) for case_id in ids[1:]])
    assert many == one
