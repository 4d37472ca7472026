"""The same cause opens one case, whoever tells of it and however often, and settling it closes it."""

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest

from counterflow.kernel import db
from counterflow.kernel.errors import InvariantBroken
from counterflow.workqueue import queries

pytestmark = pytest.mark.usefixtures("database_copy")
Draft = Callable[..., Any]
Work = Callable[..., list[str]]


def _of(*subjects: int, state: str | None = "open") -> list[queries.CaseRow]:
    return queries.cases(state=state, subject_ids=subjects)


def test_a_case_takes_queue_owner_and_severity_from_its_kind(work: Work, draft: Draft) -> None:
    due = datetime(2026, 6, 1, tzinfo=UTC)
    work(draft(10, "exposure", money_at_risk_minor=4_500, currency="EUR", entity_id=3, due_at=due, facts={"pieces": 2}))
    (case,) = _of(10)
    assert (case.queue, case.owner_role, case.severity, case.urgency) == ("money", "finance", 1, "critical")
    assert (case.money_at_risk_minor, case.currency, case.entity_id, case.due_at) == (4_500, "EUR", 3, due)
    assert (case.facts, case.state, case.assignee, case.actions) == (
        {"pieces": 2},
        "open",
        None,
        ["assign", "snooze", "escalate", "merge", "close", "settle"],
    )
    assert case.meaning.startswith("Money left")


def test_one_cause_one_open_case(work: Work, draft: Draft) -> None:
    work(draft(20), draft(20), draft(21))
    work(draft(20))
    assert [case.subject_id for case in _of(20, 21)] == [20, 21]


def test_a_cause_that_comes_back_opens_another_case(work: Work, draft: Draft) -> None:
    work(draft(30))
    work(settle=["short:30"], outcome="found")
    work(draft(30))
    assert [case.state for case in _of(30, state=None)] == ["open", "closed"]


def test_settling_says_how_it_ended_and_who_did_it(work: Work, draft: Draft, ctx: Callable[..., Any]) -> None:
    work(draft(40), draft(41))
    work(settle=["short:40", "short:404"], outcome="late_arrival", actor="flow:receipts")
    (closed,) = _of(40, state="closed")
    assert (closed.outcome, closed.closed_by) == ("late_arrival", "flow:receipts")
    assert [case.subject_id for case in _of(40, 41)] == [41]


def test_settling_is_a_step_of_the_case(work: Work, draft: Draft, steps: Any) -> None:
    work(draft(45))
    (case,) = _of(45)
    work(settle=["short:45"], actor="flow:receipts")
    assert steps(case.id) == [("settle", "flow:receipts")]


def test_numbers_of_a_case_are_found_as_they_stand_on_paper(work: Work, draft: Draft) -> None:
    work(draft(46, facts={"rma": "RMA-46", "order": "A 7", "pieces": 46, "skus": ["TEE-1"], "tracking": "1ZX"}))
    for search in ("RMA-46", "rma-46", " a 7 ", "tee-1", "1zx"):
        assert [case.subject_id for case in queries.cases(search=search)] == [46], search
    assert queries.cases(search="46") == []
    (case,) = _of(46)
    for search in (str(case.id), f"#{case.id}", f"case {case.id}"):
        assert [found.id for found in queries.cases(search=search)] == [case.id], search


def test_a_due_time_moves_the_case(work: Work, draft: Draft, ctx: Any, steps: Any) -> None:
    from counterflow.kernel.commands import Batch, Done, command
    from counterflow.workqueue.cases import set_due

    @command(needs="workqueue.work")
    def clock(inner: Any, *, items: Any) -> Batch:
        for item in items:
            set_due(inner, item)
        return Batch([Done("x")])

    work(draft(47), draft(48), draft(49, due_at=datetime(2026, 6, 1, tzinfo=UTC)))
    first, second, third = sorted(_of(47, 48, 49), key=lambda row: row.subject_id)
    due = datetime(2026, 5, 1, tzinfo=UTC)
    with db.counting() as statements:
        clock(
            ctx(), items=[{first.id: datetime(2027, 1, 1, tzinfo=UTC)}, {first.id: due, second.id: due, third.id: None}]
        )
    assert len([text for text in statements if "workqueue_case" in text]) == 1
    moved = {row.subject_id: row for row in _of(47, 48, 49)}
    assert [moved[n].due_at for n in (47, 48, 49)] == [due, due, None]
    for row in moved.values():
        assert row.rank_at == row.priority.act_by
    assert steps(first.id) == [("due", "user:1")]
    work(settle=["short:47"])
    clock(ctx(), items=[{first.id: None}])
    assert queries.case(first.id).case.due_at == due


def test_opening_and_settling_in_one_command(work: Work, draft: Draft) -> None:
    """Written in the order they were asked for: opened, then settled."""
    work(draft(50), settle=["short:50"])
    assert [case.state for case in _of(50, state=None)] == ["closed"]


def test_money_of_no_currency_is_no_money(work: Work, draft: Draft) -> None:
    work(
        draft(60, money_at_risk_minor=300), draft(61, currency="EUR"), draft(62, money_at_risk_minor=-7, currency="EUR")
    )
    assert [(case.money_at_risk_minor, case.currency) for case in _of(60, 61, 62)] == [
        (None, None),
        (None, None),
        (7, "EUR"),
    ]


def test_a_kind_without_a_row_is_a_defect(work: Work, draft: Draft) -> None:
    with pytest.raises(InvariantBroken, match=r"kinds\.py"):
        work(draft(70, "mystery"))
    assert _of(70) == []


def test_a_thousand_cases_cost_the_statements_of_one(work: Work, draft: Draft) -> None:
    one = work(draft(1_000), settle=["short:1000"])
    many = work(*[draft(n) for n in range(2_000, 3_000)], settle=[f"short:{n}" for n in range(2_000, 3_000)])
    assert many == one
    assert len([text for text in one if "workqueue_case" in text]) == 2


def test_a_case_that_opens_is_told_once(work: Work, draft: Draft) -> None:
    work(draft(80, "chargeback"))
    work(draft(80, "chargeback"))
    told = db.rows(
        "SELECT e.facts ->> 'kind' AS kind, e.facts ->> 'subject_id' AS subject FROM kernel_eventrecord e"
        " JOIN workqueue_case c ON c.id = e.subject_id WHERE e.kind = 'CaseOpened' AND c.subject_id = 80"
    )
    assert [(row.kind, row.subject) for row in told] == [("chargeback", "80")]


def test_many_telling_of_the_same_causes_at_once_open_each_once(work: Work, draft: Draft) -> None:
    """In opposite orders, so that waiting for each other in a circle would show."""
    # At the top of the file pytest would look into this proxy, and so connect, before there is a database.
    from django.db import connection

    barrier = Barrier(4)
    subjects = list(range(5_000, 5_060))

    def tell(order: list[int]) -> None:
        barrier.wait()
        work(*[draft(n) for n in order])
        connection.close()

    threads = [Thread(target=tell, args=(order,)) for order in (subjects, subjects[::-1]) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (count,) = db.rows("SELECT count(*) AS n FROM workqueue_case WHERE subject_id BETWEEN 5000 AND 5059")
    assert count.n == 60
