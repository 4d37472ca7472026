"""A case is closed once, with one outcome."""

from collections.abc import Callable
from typing import Any

import pytest

from counterflow.kernel import db
from counterflow.kernel.errors import PermissionDenied
from counterflow.workqueue import queries

pytestmark = pytest.mark.usefixtures("database_copy")


@pytest.fixture
def close(ctx: Callable[..., Any]) -> Callable[..., list[Any]]:
    """Close cases, given as (id, outcome); the results."""
    from counterflow.workqueue.commands import CloseCase, close_cases

    def run(*pairs: tuple[int, str], **more: Any) -> list[Any]:
        return close_cases(ctx(**more), items=[CloseCase(*pair) for pair in pairs]).results

    return run


def test_closing_keeps_outcome_time_and_person(opened: Any, close: Any, steps: Any) -> None:
    case_id = opened(10)
    close((case_id, "customer_told"), actor="user:7")
    case = queries.case(case_id).case
    assert (case.state, case.outcome, case.closed_by, case.actions) == ("closed", "customer_told", "user:7", ["reopen"])
    assert case.outcome_words == "The customer knows that less is credited"
    assert steps(case_id) == [("close", "user:7")]


def test_twice_is_once_and_another_outcome_is_refused(opened: Any, close: Any) -> None:
    case_id = opened(20)
    results = close((case_id, "found"), (case_id, "found"), (case_id, "resolved"))
    again = close((case_id, "found"))
    assert [getattr(r, "code", r) and getattr(r, "replayed", r.__class__.__name__) for r in results] == [
        False,
        True,
        "Refused",
    ]
    assert results[2].code == "identity_reused"
    assert again[0].replayed


def test_the_same_key_is_answered_word_for_word(opened: Any, close: Any) -> None:
    case_id = opened(25)
    first = close((case_id, "found"), (1, "found"), key="close-25")
    assert close((case_id, "found"), (1, "found"), key="close-25") == first


def test_what_cannot_be_closed_is_refused_and_the_rest_is_done(opened: Any, close: Any) -> None:
    case_id = opened(30)
    results = close(
        (1, "found"), (case_id, "Kept it!\0"), (case_id, "refund_stands"), (case_id, "found", "x\0"), (case_id, "found")
    )
    codes = [getattr(r, "code", "done") for r in results]
    assert codes == ["case_not_found", "outcome_unknown", "outcome_unknown", "note_malformed", "done"]
    assert "found, customer_told" in results[1].message


def test_a_note_is_kept_where_it_can_be_erased(opened: Any, close: Any) -> None:
    case_id = opened(35)
    close((case_id, "found", " Behind the rack. "), (case_id, "found", "again"))
    (said,) = queries.case(case_id).comments
    assert (said.text, said.by) == ("Behind the rack.", "user:1")


def test_every_case_may_end_as_all_do(opened: Any, close: Any) -> None:
    for number, outcome in enumerate(("resolved", "accepted", "written_off", "duplicate", "no_problem")):
        (done,) = close((opened(300 + number), outcome))
        assert done.facts["outcome"] == outcome


def test_closing_needs_its_permission(close: Any, ctx: Callable[..., Any]) -> None:
    from counterflow.workqueue.commands import CloseCase, close_cases

    with pytest.raises(PermissionDenied):
        close_cases(ctx("workqueue.view"), items=[CloseCase(1, "found")])


def test_a_thousand_cost_the_statements_of_one(work: Any, draft: Any, close: Any) -> None:
    work(*[draft(n) for n in range(1_000, 2_001)])
    ids = [row.id for row in db.rows("SELECT id FROM workqueue_case WHERE subject_id >= 1000 ORDER BY id")]
    with db.counting() as one:
        close((ids[0], "found"))
    with db.counting() as many:
        close(*[(case_id, "found") for case_id in ids[1:]])
    assert many == one
