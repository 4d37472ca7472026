"""A batch gives what its items would give one by one, in order, whatever is done with cases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from counterflow.workqueue import queries

pytestmark = pytest.mark.usefixtures("database_copy")
CASES, ITEMS = 5, 30
LATER = datetime.now(UTC) + timedelta(days=2)


def told(result: Any) -> str:
    """How an act went, in a word."""
    return getattr(result, "code", None) or ("replayed" if result.replayed else "done")


def makers(dice: Random, people: list[str]) -> dict[str, tuple[Any, Callable[[list[int]], Any]]]:
    """Every act with a way to make an item of it, about one of these cases."""
    from counterflow.workqueue import commands as c

    def some(ids: list[int]) -> int:
        return dice.choice([*ids, 0])

    return {
        "assign": (
            c.assign_cases,
            lambda ids: c.AssignCase(some(ids), dice.choice([None, *people, "x"]), dice.choice(["", "finance"])),
        ),
        "snooze": (
            c.snooze_cases,
            lambda ids: c.SnoozeCase(some(ids), dice.choice([None, LATER]), dice.choice(["later", ""])),
        ),
        "escalate": (
            c.escalate_cases,
            lambda ids: c.EscalateCase(
                some(ids), dice.choice(["finance", "agent", "x"]), "late", dice.choice([None, 1, 2, 4, 9])
            ),
        ),
        "close": (c.close_cases, lambda ids: c.CloseCase(some(ids), dice.choice(["found", "resolved", "x"]))),
        "merge": (c.merge_cases, lambda ids: c.MergeCases(some(ids), tuple(dice.sample(ids, dice.randint(1, 2))))),
        "reopen": (c.reopen_cases, lambda ids: c.ReopenCase(some(ids), dice.choice(["undo", ""]))),
    }


def outline(ids: list[int]) -> list[tuple[Any, ...]]:
    """What cases look like, with their ids as places in a row."""
    rows = [queries.case(case_id).case for case_id in ids]
    ends = [(r.state, r.outcome, ids.index(r.merged_into) if r.merged_into else None) for r in rows]
    owners = [(r.assignee, r.owner_role, r.severity, r.snoozed_until) for r in rows]
    places = [(r.money_at_risk_minor, r.rank_at - r.opened_at) for r in rows]
    return list(zip(ends, owners, places, strict=True))


@pytest.mark.parametrize("seed", range(4))
def test_a_batch_is_its_items_in_order(seed: int, work: Any, draft: Any, ctx: Callable[..., Any], worker: Any) -> None:
    people = [worker("ann"), worker("bob")]
    subjects = [[10_000 * (seed + 1) + 100 * twin + n for n in range(CASES)] for twin in (0, 1)]
    at = datetime.now(UTC)
    for twin in subjects:
        work(*[draft(n, money_at_risk_minor=10 ** (n % 5), currency="EUR") for n in twin], at=at)
    ids = [sorted(row.id for row in queries.cases(subject_ids=twin)) for twin in subjects]
    order = ["assign", "snooze", "escalate", "merge", "close", "reopen", "assign", "merge", "escalate"]
    for turn, name in enumerate(order):
        answers = []
        for which, alone in ((0, False), (1, True)):
            command, make = makers(Random(seed * 100 + turn), people)[name]
            items = [make(ids[which]) for _ in range(ITEMS)]
            if alone:
                answers.append([told(result) for item in items for result in command(ctx(at=at), items=[item])])
            else:
                answers.append([told(result) for result in command(ctx(at=at), items=items)])
        assert answers[0] == answers[1], name
        assert outline(ids[0]) == outline(ids[1]), name
