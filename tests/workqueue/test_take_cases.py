"""Whoever asks for work gets the most urgent case that is nobody's, and nobody gets another's."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from counterflow.kernel import db
from counterflow.workqueue import queries

pytestmark = pytest.mark.usefixtures("database_copy")


@pytest.fixture
def take(ctx: Callable[..., Any]) -> Callable[..., Any]:
    """Take cases; one wish from its fields."""
    from counterflow.workqueue.commands import TakeCases, take_cases

    def run(*wishes: dict[str, Any], **more: Any) -> list[Any]:
        return take_cases(ctx(**more), items=[TakeCases(**wish) for wish in wishes]).results

    return run


def test_the_most_urgent_of_a_queue_is_taken(work: Any, draft: Any, take: Any, worker: Any, steps: Any) -> None:
    work(draft(1), draft(2, "chargeback"), draft(3, "wrong_serial"))
    ann = worker("ann")
    (done,) = take({"queue": "dock"}, actor=ann)
    (case_id,) = done.facts["cases"]
    case = queries.case(case_id).case
    assert (case.kind, case.assignee, steps(case_id)) == ("wrong_serial", ann, [("assign", ann)])
    (next_one,) = take({"kind": "short", "owner_role": "agent"}, actor=ann)
    assert queries.case(next_one.facts["cases"][0]).case.subject_id == 1
    (none,) = take({"queue": "dock"}, actor=ann)
    assert none.code == "nothing_waits"


def test_wishes_of_one_call_get_different_cases(work: Any, draft: Any, take: Any, worker: Any) -> None:
    work(*[draft(n, "over") for n in range(10, 15)])
    results = take(
        {"kind": "over", "count": 2, "assignee": worker("ann")},
        {"kind": "over", "count": 2, "assignee": worker("bob")},
        {"queue": "dock", "kind": "over", "count": 9, "assignee": worker("bob")},
    )
    taken = [case_id for result in results for case_id in result.facts["cases"]]
    assert [len(result.facts["cases"]) for result in results] == [2, 2, 1]
    assert len(set(taken)) == 5


def test_only_named_cases_are_taken(work: Any, draft: Any, take: Any, worker: Any, opened: Any) -> None:
    first, second, other = opened(16, "late_shipment"), opened(17, "late_shipment"), opened(18, "late_shipment")
    ann, bob = worker("ann"), worker("bob")
    assert take({"case_ids": (second, other)}, actor=ann)[0].facts["cases"] == [second]
    results = take({"case_ids": (second,), "assignee": ann}, {"kind": "late_shipment", "assignee": bob})
    assert (results[0].code, results[1].facts["cases"]) == ("nothing_waits", [first])
    assert take({"case_ids": (0,)}, actor=ann)[0].code == "nothing_waits"


def test_snoozed_cases_are_not_taken(work: Any, draft: Any, take: Any, worker: Any, opened: Any, ctx: Any) -> None:
    from counterflow.workqueue.commands import SnoozeCase, snooze_cases

    case_id, ann, now = opened(20, "dispute"), worker("ann"), datetime.now(UTC)
    assert snooze_cases(ctx(), items=[SnoozeCase(case_id, now + timedelta(days=2), "waits_for_customer")]).done
    assert take({"kind": "dispute"}, actor=ann)[0].code == "nothing_waits"
    (done,) = take({"kind": "dispute"}, actor=ann, at=now + timedelta(days=3))
    assert done.facts["cases"] == [case_id]


def test_who_cannot_take_is_told(opened: Any, take: Any, worker: Any) -> None:
    from counterflow.workqueue.commands.take_cases import TakesTooMany

    opened(30, "rejected")
    results = take(
        {"kind": "rejected", "assignee": "somebody"}, {"kind": "rejected", "assignee": worker("eve", "executive")}
    )
    assert [result.code for result in results] == ["assignee_malformed", "assignee_unknown"]
    for count in (0, 101):
        with pytest.raises(TakesTooMany):
            take({"kind": "rejected", "count": count}, actor=worker("ann"))


def test_two_who_ask_at_once_get_different_cases(work: Any, draft: Any, take: Any, worker: Any) -> None:
    from django.db import connection

    work(*[draft(n, "blind_return") for n in range(100, 140)])
    people = [worker("ann"), worker("bob"), worker("cat"), worker("dan")]
    barrier = Barrier(len(people))
    taken: dict[str, list[int]] = {person: [] for person in people}

    def ask(person: str) -> None:
        barrier.wait()
        for _ in range(10):
            (done,) = take({"kind": "blind_return"}, actor=person)
            taken[person] += done.facts["cases"]
        connection.close()

    threads = [Thread(target=ask, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = [case_id for ids in taken.values() for case_id in ids]
    assert len(every) == len(set(every)) == 40
    for person in people:
        assert {row.id for row in queries.cases(kind="blind_return", assignee=person)} == set(taken[person])


def test_many_wishes_cost_the_statements_of_one(work: Any, draft: Any, take: Any, worker: Any) -> None:
    work(*[draft(n, "not_ours") for n in range(200, 300)])
    ann = worker("ann")
    with db.counting() as one:
        take({"kind": "not_ours"}, actor=ann)
    with db.counting() as many:
        take(*[{"kind": "not_ours"}] * 50, actor=ann)
    assert many == one
