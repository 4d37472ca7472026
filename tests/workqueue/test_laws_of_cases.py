"""Whatever is done with cases in whatever order, each is what its steps say, and lists lose and repeat none.

Method: a model in plain Python holds what should be; random acts go to the commands and to the model, and after each
the database must agree, and every law must hold.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Barrier, Thread
from typing import Any

import pytest

from counterflow.config.cli_verify import verify
from counterflow.kernel import db
from counterflow.workqueue import queries
from counterflow.workqueue.filters import CaseFilter
from counterflow.workqueue.laws import LAWS

pytestmark = pytest.mark.usefixtures("database_copy")
CASES, ACTS, SEEDS = 8, 60, 12


class Model:
    """Cases as they should be: closed how, into which, and which open one holds a cause."""

    def __init__(self, ids: list[int]) -> None:
        self.ended: dict[int, str] = dict.fromkeys(ids, "")
        self.into: dict[int, int] = {}

    def open(self, case_id: int) -> bool:
        return not self.ended[case_id]

    def close(self, case_id: int, outcome: str) -> str:
        if self.ended[case_id] == outcome:
            return "replayed"
        if not self.open(case_id):
            return "identity_reused"
        self.ended[case_id] = outcome
        return "done"

    def merge(self, into: int, parts: list[int]) -> str:
        fresh = [part for part in parts if self.into.get(part) != into]
        if not fresh:
            return "replayed"
        if not all(self.open(case_id) for case_id in (into, *fresh)):
            return "case_closed"
        for part in fresh:
            self.ended[part], self.into[part] = "merged", into
        return "done"

    def reopen(self, case_id: int) -> str:
        if self.open(case_id):
            return "replayed"
        self.ended[case_id] = ""
        self.into.pop(case_id, None)
        return "done"


def told(result: Any) -> str:
    """How an act went, in a word."""
    return getattr(result, "code", None) or ("replayed" if result.replayed else "done")


def held() -> None:
    """Every law of the queue holds."""
    broken = {verdict.law: verdict.shown for verdict in verify(LAWS, full=False) if verdict.breaches}
    assert not broken


@pytest.mark.parametrize("seed", range(SEEDS))
def test_merging_closing_and_opening_agree_with_a_model(
    seed: int, work: Any, draft: Any, ctx: Callable[..., Any]
) -> None:
    from counterflow.workqueue.commands import (
        CloseCase,
        MergeCases,
        ReopenCase,
        close_cases,
        merge_cases,
        reopen_cases,
    )

    dice = Random(seed)
    subjects = [1_000_000 + seed * 1_000 + n for n in range(CASES)]
    work(*[draft(n, money_at_risk_minor=dice.choice([None, 500, 50_000]), currency="EUR") for n in subjects])
    ids = [row.id for row in queries.cases(subject_ids=subjects, sort="newest")]
    model = Model(ids)
    for _ in range(ACTS):
        case_id = dice.choice(ids)
        match dice.choice(["close", "merge", "reopen"]):
            case "close":
                outcome = dice.choice(["found", "resolved"])
                (result,) = close_cases(ctx(), items=[CloseCase(case_id, outcome)])
                wanted = model.close(case_id, outcome)
            case "merge":
                parts = dice.sample([i for i in ids if i != case_id], dice.randint(1, 3))
                (result,) = merge_cases(ctx(), items=[MergeCases(case_id, tuple(parts))])
                wanted = model.merge(case_id, parts)
            case _:
                (result,) = reopen_cases(ctx(), items=[ReopenCase(case_id, "undo")])
                wanted = model.reopen(case_id)
        assert told(result) == wanted
    rows = {row.id: row for row in queries.cases(subject_ids=subjects, state=None)}
    assert {i: row.outcome or "" for i, row in rows.items()} == model.ended
    assert {i: row.merged_into for i, row in rows.items() if row.merged_into} == model.into
    for case_id in ids:
        family = set(queries.case(case_id).ids)
        assert family == {case_id} | {i for i in ids if _stands_for(model, i) >= {case_id}}
    held()


def _stands_for(model: Model, case_id: int) -> set[int]:
    """The cases that a case went into, one after another."""
    found: set[int] = set()
    while case_id in model.into:
        case_id = model.into[case_id]
        found.add(case_id)
    return found


@pytest.mark.parametrize("sort", ["priority", "money", "due", "oldest"])
def test_pages_lose_and_repeat_nothing_while_others_change(
    sort: str, work: Any, draft: Any, ctx: Callable[..., Any], worker: Any
) -> None:
    from counterflow.workqueue.commands import AssignCase, CloseCase, assign_cases, close_cases

    dice = Random(sort)
    base = {"priority": 2_000_000, "money": 3_000_000, "due": 4_000_000, "oldest": 5_000_000}[sort]
    now = datetime(2026, 6, 1, tzinfo=UTC)

    def more(first: int, count: int) -> list[int]:
        subjects = [base + first + n for n in range(count)]
        work(
            *[
                draft(
                    n,
                    dice.choice(["short", "over", "chargeback"]),
                    dedupe_key=f"page:{n}",
                    entity_id=base,
                    money_at_risk_minor=dice.choice([None, 0, 700, 700, 90_000]),
                    currency="EUR",
                    due_at=dice.choice([None, now, now + timedelta(hours=dice.randint(0, 99))]),
                )
                for n in subjects
            ]
        )
        return subjects

    standing = more(0, 120)
    wanted = CaseFilter(entity_id=base, sort=sort)
    seen: list[int] = []
    gone: set[int] = set()
    after, page, added = None, queries.found(wanted, limit=7), 120
    while page:
        seen += [row.subject_id for row in page]
        after = page[-1].cursor
        victims = [row for row in dice.sample(queries.found(wanted, limit=500), 2) if row.subject_id in standing]
        close_cases(ctx(), items=[CloseCase(row.id, "resolved") for row in victims] or [CloseCase(0, "resolved")])
        gone |= {row.subject_id for row in victims}
        assign_cases(ctx(), items=[AssignCase(page[0].id, worker("ann"))])
        # What is opened meanwhile may come last for ever, so it ends.
        added += len(more(added, 1)) if added < 135 else 0
        page = queries.found(wanted, after=after, limit=7)
    assert len(seen) == len(set(seen))
    assert set(standing) - gone <= set(seen)


def test_two_who_close_at_once_have_one_effect(work: Any, draft: Any, ctx: Callable[..., Any], opened: Any) -> None:
    from django.db import connection

    from counterflow.workqueue.commands import CloseCase, close_cases

    ids = [opened(6_000_000 + n) for n in range(10)]
    barrier = Barrier(4)
    outcomes = ("found", "resolved", "found", "accepted")
    answers: list[list[str]] = [[], [], [], []]

    def close(who: int) -> None:
        barrier.wait()
        items = [CloseCase(case_id, outcomes[who]) for case_id in (ids if who % 2 else ids[::-1])]
        batch = close_cases(ctx(actor=f"user:{who + 1}"), items=items)
        answers[who] = [told(result) for result in batch]
        connection.close()

    threads = [Thread(target=close, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    flat = [word for row in answers for word in row]
    assert flat.count("done") == len(ids)
    assert set(flat) <= {"done", "replayed", "identity_reused"}
    steps = db.rows("SELECT case_id, count(*) AS n FROM workqueue_casestep WHERE case_id = ANY(%s) GROUP BY 1", [ids])
    assert {row.n for row in steps} == {1}
    held()


def test_those_who_close_and_open_at_once_leave_steps_in_the_order_they_happened(ctx: Any, opened: Any) -> None:
    """A command that began first and waited for the other writes its step last, and has the larger number."""
    from django.db import connection

    from counterflow.workqueue.commands import CloseCase, ReopenCase, close_cases, reopen_cases

    ids = [opened(7_000_000 + n) for n in range(4)]
    barrier = Barrier(4)

    def work_on(who: int) -> None:
        barrier.wait()
        for _ in range(12):
            if who % 2:
                close_cases(ctx(), items=[CloseCase(case_id, "found") for case_id in ids])
            else:
                reopen_cases(ctx(), items=[ReopenCase(case_id, "undo") for case_id in ids])
        connection.close()

    threads = [Thread(target=work_on, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for case_id in ids:
        steps = db.rows("SELECT action FROM workqueue_casestep WHERE case_id = %s ORDER BY id", [case_id])
        actions = [row.action for row in steps]
        assert actions == (["close", "reopen"] * len(actions))[: len(actions)]
    held()
