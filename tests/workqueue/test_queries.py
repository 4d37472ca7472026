"""The queue shows what is to be acted on soonest first, page by page, and stays quick with many cases."""

from collections.abc import Callable
from typing import Any

import pytest

from counterflow.kernel import db
from counterflow.workqueue import queries
from counterflow.workqueue.filters import CaseFilter, SnoozedUnknown, SortUnknown, StateUnknown
from counterflow.workqueue.queries import CaseNotFound

pytestmark = pytest.mark.usefixtures("database_copy")


@pytest.fixture
def some(work: Callable[..., Any], draft: Callable[..., Any]) -> None:
    """Cases of several kinds; opened once, whatever the number of tests."""
    kinds = ["closed_period_fact", "short", "chargeback", "dispute", "over", "exposure"]
    work(*[draft(n, kinds[n % 6], entity_id=n % 2) for n in range(1, 13)])


def test_what_has_least_time_comes_first(some: None) -> None:
    found = queries.cases()
    assert [(row.rank_at, row.id) for row in found] == sorted((row.rank_at, row.id) for row in found)
    assert [row.severity for row in found] == sorted(row.severity for row in found)
    assert len(found) == 12


@pytest.mark.parametrize(
    ("state", "sort"),
    [
        ("open", "priority"),
        ("open", "money"),
        ("open", "due"),
        ("open", "oldest"),
        ("open", "newest"),
        (None, "priority"),
    ],
)
def test_pages_join_without_gap_or_repeat(some: None, state: str | None, sort: str) -> None:
    whole = [row.id for row in queries.cases(state=state, sort=sort)]
    pages: list[int] = []
    after = None
    while page := queries.cases(state=state, sort=sort, after=after, limit=5):
        pages += [row.id for row in page]
        after = page[-1].cursor
    assert pages == whole


@pytest.mark.parametrize(
    "cursor", ["", "x", "p1", "p1.", "p.5", "p1.99999999999999999999", "p²5.1", "p1.x", "m5.1", f"p{2**62}.1"]
)
def test_a_cursor_that_is_none_starts_from_the_top(some: None, cursor: str) -> None:
    assert queries.cases(after=cursor, limit=1) == queries.cases(limit=1)


def test_filters_narrow(some: None) -> None:
    assert {row.kind for row in queries.cases(queue="money")} == {"chargeback", "exposure"}
    assert {row.kind for row in queries.cases(owner_role="inventory_controller")} == {"over"}
    assert {row.subject_id for row in queries.cases(kind="short", entity_id=1)} == {1, 7}
    assert [row.subject_id for row in queries.cases(subject_ids=[5, 6, 99])] == [5, 6]
    assert queries.cases(subject_ids=[]) == []
    assert queries.cases(assignee="user:1") == []
    assert len(queries.cases(assignee="nobody")) == 12
    assert {row.severity for row in queries.cases(severity=1)} == {1}
    assert queries.cases(currency="EUR") == queries.cases(money_from_minor=1) == []
    assert len(queries.found(CaseFilter(owner_roles=("agent", "finance")))) == 10


def test_several_roles_are_one_list(some: None) -> None:
    wanted = CaseFilter(owner_roles=("finance", "agent", "finance"))
    whole = [row.id for row in queries.found(wanted)]
    assert whole == [row.id for row in queries.cases() if row.owner_role in wanted.owner_roles]
    first = queries.found(wanted, limit=4)
    assert [row.id for row in queries.found(wanted, after=first[-1].cursor)] == whole[4:]


def test_queues_are_counted(some: None) -> None:
    counts = {row.queue: (row.open, row.critical, row.unassigned) for row in queries.queues()}
    assert counts == {"money": (4, 4, 4), "dock": (4, 0, 4), "stock": (2, 0, 2), "quality": (2, 0, 2)}
    assert [row.queue for row in queries.queues(owner_role="finance")] == ["money", "stock"]


def test_a_case_that_is_not_there() -> None:
    with pytest.raises(CaseNotFound):
        queries.case(1)
    with pytest.raises(StateUnknown):
        queries.cases(state="' OR true --")
    with pytest.raises(SortUnknown):
        queries.cases(sort="id; --")
    with pytest.raises(SnoozedUnknown):
        queries.cases(snoozed="maybe")


def test_a_list_is_one_statement_and_reads_its_page_from_an_index(some: None, owner: Any) -> None:
    with db.counting() as statements:
        queries.cases(queue="money", limit=5)
    assert len(statements) == 1
    owner.execute(
        "INSERT INTO workqueue_case (kind, queue, owner_role, severity, state, subject_kind, subject_id, facts,"
        " dedupe_key, opened_at, command_id, rank_at, numbers)"
        " SELECT 'short', CASE WHEN n % 5 = 0 THEN 'bulk' ELSE 'other' END, 'agent', 1 + n % 4, 'open', 'unit', 0,"
        " '{}', 'bulk:' || n, now(), 0, now(), '{}' FROM generate_series(1, 20000) n"
    )
    owner.execute("ANALYZE workqueue_case")
    shown = statements[0].replace("c.queue = %s", "c.queue = 'bulk'")
    plan = owner.execute("EXPLAIN " + shown.replace("LIMIT %s", "LIMIT 50")).fetchall()
    assert any("workqueue_case_queue" in line for (line,) in plan), plan
