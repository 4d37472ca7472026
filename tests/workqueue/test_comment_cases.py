"""Words about a case are kept once, where they can be erased."""

from collections.abc import Callable
from typing import Any

import pytest

from counterflow.kernel import db
from counterflow.workqueue import queries

pytestmark = pytest.mark.usefixtures("database_copy")


@pytest.fixture
def comment(ctx: Callable[..., Any]) -> Callable[..., list[Any]]:
    """Comment cases, given as (id, text, reference); the results."""
    from counterflow.workqueue.commands import CommentCase, comment_cases

    def run(*said: tuple[int, str, str]) -> list[Any]:
        return comment_cases(ctx(actor="user:7"), items=[CommentCase(*one) for one in said]).results

    return run


def test_comments_are_read_in_their_order(opened: Any, comment: Any) -> None:
    case_id = opened(10)
    comment((case_id, " Called the customer. ", "a"), (case_id, "No answer.", "b"))
    assert [(c.text, c.by) for c in queries.case(case_id).comments] == [
        ("Called the customer.", "user:7"),
        ("No answer.", "user:7"),
    ]


def test_twice_is_once_and_other_words_are_refused(opened: Any, comment: Any) -> None:
    case_id = opened(20)
    first = comment((case_id, "Called.", "a"), (case_id, "Called.", "a"))
    again = comment((case_id, "Called.", "a"), (case_id, "Wrote.", "a"))
    assert [r.replayed for r in first] == [False, True]
    assert (again[0].replayed, again[1].code) == (True, "identity_reused")
    assert len(queries.case(case_id).comments) == 1


@pytest.mark.parametrize(
    ("text", "reference"), [(" ", "a"), ("x" * 4_001, "a"), ("x", ""), ("x", "r" * 201), ("x\0", "a"), ("x", "a\0")]
)
def test_no_words_or_far_too_many_are_refused(opened: Any, comment: Any, text: str, reference: str) -> None:
    case_id = opened(30)
    results = comment((case_id, text, reference), (1, "x", "a"))
    assert [r.code for r in results] == ["comment_malformed", "case_not_found"]


def test_erased_words_leave_that_something_was_said(opened: Any, comment: Any) -> None:
    case_id = opened(40)
    comment((case_id, "Canary Birdsong rang.", "a"))
    db.execute("UPDATE kernel_payload SET body = NULL WHERE subject_id = %s", [case_id])
    (said,) = queries.case(case_id).comments
    assert (said.text, said.by) == (None, "user:7")


def test_a_thousand_cost_the_statements_of_one(opened: Any, comment: Any) -> None:
    case_id = opened(50)
    with db.counting() as one:
        comment((case_id, "x", "0"))
    with db.counting() as many:
        comment(*[(case_id, "x", str(n)) for n in range(1, 1_000)])
    assert many == one
