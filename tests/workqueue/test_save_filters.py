"""People keep questions about cases, for themselves and for those of their role."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from counterflow.kernel import db
from counterflow.kernel.clock import now
from counterflow.workqueue import queries_lists
from counterflow.workqueue.questions import Asker, Question, meant, question_of

pytestmark = pytest.mark.usefixtures("database_copy")
AT = datetime(2026, 6, 10, 22, 30, tzinfo=UTC)


@pytest.fixture
def save(ctx: Callable[..., Any]) -> Callable[..., Any]:
    """Keep filters; the results."""
    from counterflow.workqueue.commands import SaveFilter, save_filters

    def run(actor: str, *items: dict[str, Any], permissions: tuple[str, ...] = ("access.own",)) -> list[Any]:
        return save_filters(ctx(*permissions, actor=actor), items=[SaveFilter(**item) for item in items]).results

    return run


@pytest.fixture
def drop(ctx: Callable[..., Any]) -> Callable[..., Any]:
    """Let go of filters; the results."""
    from counterflow.workqueue.commands import DropFilter, drop_filters

    def run(actor: str, *items: dict[str, Any]) -> list[Any]:
        return drop_filters(ctx(actor=actor), items=[DropFilter(**item) for item in items]).results

    return run


def _names(actor: str, *roles: str) -> list[tuple[str, str]]:
    return [(row.owner, row.name) for row in queries_lists.saved(asker=Asker(actor, roles))]


def test_what_is_kept_is_seen_by_its_owner_and_its_role(save: Any, worker: Any) -> None:
    ann, bob = worker("ann"), worker("bob", "finance")
    asked = {"queue": "dock", "due": "overdue", "money_from_minor": 10_000, "sort": "money"}
    results = save(
        ann, {"name": " Dear ", "question": asked, "columns": ("case", "money")}, {"name": "Ours", "role": "agent"}
    )
    assert [result.facts["owner"] for result in results] == [ann, "role:agent"]
    assert _names(ann, "agent") == [(ann, "Dear"), ("role:agent", "Ours")]
    assert _names(bob, "finance") == []
    dear = queries_lists.saved(asker=Asker(ann))[0]
    assert (dear.question, dear.columns) == (asked, ("case", "money"))
    assert question_of(dear.question).told == asked
    assert queries_lists.asker_of(ann, at=now()) == Asker(ann, ("agent",))


def test_the_same_name_is_replaced_and_the_same_again_is_a_replay(save: Any, drop: Any, worker: Any) -> None:
    cat = worker("cat")
    first, again, other = save(cat, {"name": "A"}, {"name": "A"}, {"name": "A", "question": {"queue": "dock"}})
    assert [r.replayed for r in (first, again, other)] == [False, True, False]
    assert queries_lists.saved(asker=Asker(cat))[0].question == {"queue": "dock"}
    gone, missing = drop(cat, {"name": "A"}, {"name": "A"})
    assert (gone.replayed, missing.code, _names(cat)) == (False, "filter_missing", [])


def test_what_cannot_be_kept_is_refused(save: Any, worker: Any) -> None:
    results = save(
        worker("dan"),
        {"name": " "},
        {"name": "x" * 61},
        {"name": "a\0"},
        {"name": "a", "columns": ("case", "case")},
        {"name": "a", "columns": ("No code!",)},
        {"name": "a", "question": {"colour": "red"}},
        {"name": "a", "question": {"queue": 7}},
        {"name": "a", "question": {"severity": True}},
        {"name": "a", "question": {"search": "x\0"}},
        {"name": "a", "question": {"due": "whenever"}},
        {"name": "a", "question": {"age_days": -1}},
        {"name": "a", "question": {"sort": "colour"}},
        {"name": "a", "question": {"state": "gone"}},
        {"name": "a", "role": "finance"},
        {"name": "a", "role": "executive"},
    )
    assert [r.code for r in results] == [
        *["filter_malformed"] * 5,
        *["question_unreadable"] * 4,
        "due_unknown",
        "age_impossible",
        "sort_unknown",
        "state_unknown",
        "role_not_held",
        "role_unknown",
    ]


def test_nobody_keeps_without_end(save: Any, worker: Any) -> None:
    eve = worker("eve")
    results = save(eve, *[{"name": f"n{n}"} for n in range(51)])
    assert [getattr(r, "code", "done") for r in results[49:]] == ["done", "too_many_filters"]


def test_many_cost_the_statements_of_one(save: Any, worker: Any) -> None:
    fay = worker("fay")
    with db.counting() as one:
        save(fay, {"name": "one"})
    with db.counting() as many:
        save(fay, *[{"name": f"many {n}"} for n in range(40)])
    assert many == one


def test_words_mean_what_they_say_to_whoever_asks() -> None:
    asker = Asker("user:7", ("agent", "finance"))
    found = meant(Question(role="mine", whose="mine", due="today", age_days=3, state="any"), asker=asker, at=AT)
    assert (found.owner_roles, found.assignee, found.state) == (("agent", "finance"), "user:7", "")
    assert found.due_to == datetime(2026, 6, 11, tzinfo=UTC)
    assert found.opened_to == datetime(2026, 6, 7, 22, 30, tzinfo=UTC)
    berlin = meant(Question(due="today"), asker=asker, at=AT, zone=ZoneInfo("Europe/Berlin"))
    assert berlin.due_to == datetime(2026, 6, 11, 22, tzinfo=UTC)
    assert meant(Question(due="overdue"), asker=asker, at=AT).due_to == AT
    assert meant(Question(due="week"), asker=asker, at=AT).due_to == datetime(2026, 6, 17, tzinfo=UTC)
    assert meant(Question(role="mine"), asker=Asker("user:7"), at=AT).owner_roles == ("none",)


def test_lists_at_hand_are_counted_no_further_than_needed(work: Any, draft: Any, worker: Any, ctx: Any) -> None:
    from counterflow.workqueue.commands import AssignCase, assign_cases

    ann = worker("ann")
    work(*[draft(n, due_at=AT if n < 20 else None) for n in range(600)])
    ids = [row.id for row in db.rows("SELECT id FROM workqueue_case ORDER BY id LIMIT 3")]
    assign_cases(ctx(), items=[AssignCase(case_id, ann) for case_id in ids])
    with db.counting() as statements:
        found = {v.code: (v.count, v.more) for v in queries_lists.views(asker=Asker(ann, ("agent",)), at=AT)}
    assert len(statements) == 1
    assert found == {
        "all": (500, True),
        "mine": (3, False),
        "role": (500, True),
        "unassigned": (500, True),
        "overdue": (0, False),
        "today": (20, False),
        "money": (None, False),
        "snoozed": (0, False),
    }
