"""The queue shows what is most urgent first, page by page, and stays quick with many cases."""

from collections.abc import Callable
from typing import Any

import pytest

from counterflow.kernel import db
from counterflow.workqueue import queries
from counterflow.workqueue.queries import CaseNotFound, StateUnknown

pytestmark = pytest.mark.usefixtures("database_copy")


@pytest.fixture
def some(work: Callable[..., Any], draft: Callable[..., Any]) -> None:
    """Cases of several kinds; opened once, whatever the number of tests."""
    kinds = ["closed_period_fact", "short", "chargeback", "dispute", "over", "exposure"]
    work(*[draft(n, kinds[n % 6], entity_id=n % 2) for n in range(1, 13)])


def test_the_most_urgent_and_then_the_oldest_first(some: None) -> None:
    found = queries.cases()
    assert [(row.severity, row.id) for row in found] == sorted((row.severity, row.id) for row in found)
    assert len(found) == 12


@pytest.mark.parametrize("state", ["open", None])
def test_pages_join_without_gap_or_repeat(some: None, state: str | None) -> None:
    whole = [row.id for row in queries.cases(state=state)]
    pages: list[int] = []
    after = None
    while page := queries.cases(state=state, after=after, limit=5):
        pages += [row.id for row in page]
        after = page[-1].cursor
    assert pages == whole


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.", ".5", "1.99999999999999999999", "²5.1", "1.x"])
def test_a_cursor_that_is_none_starts_from_the_top(some: None, cursor: str) -> None:
    assert queries.cases(after=cursor, limit=1) == queries.cases(limit=1)


def test_filters_narrow(some: None) -> None:
    assert {row.kind for row in queries.cases(queue="money")} == {"chargeback", "exposure"}
    assert {row.kind for row in queries.cases(owner_role="inventory_controller")} == {"over"}
    assert {row.subject_id for row in queries.cases(kind="short", entity_id=1)} == {1, 7}
    assert [row.subject_id for row in queries.cases(subject_ids=[5, 6, 99])] == [5, 6]
    assert queries.cases(subject_ids=[]) == []
    assert queries.cases(assignee="user:1") == []


def test_queues_are_counted(some: None) -> None:
    counts = {row.queue: (row.open, row.critical, row.unassigned) for row in queries.queues()}
    assert counts == {"money": (4, 4, 4), "dock": (4, 0, 4), "stock": (2, 0, 2), "quality": (2, 0, 2)}
    assert [row.queue for row in queries.queues(owner_role="finance")] == ["money", "stock"]


def test_a_case_that_is_not_there() -> None:
    with pytest.raises(CaseNotFound):
        queries.case(1)
    with pytest.raises(StateUnknown):
        queries.cases(state="' OR true --")


def test_a_list_is_one_statement_and_reads_its_page_from_an_index(some: None, owner: Any) -> None:
    with db.counting() as statements:
        queries.cases(queue="money", limit=5)
    assert len(statements) == 1
    owner.execute(
        "INSERT INTO workqueue_case (kind, queue, owner_role, severity, state, subject_kind, subject_id, facts,"
        " dedupe_key, opened_at, command_id) SELECT 'short', CASE WHEN n % 5 = 0 THEN 'bulk' ELSE 'other' END, 'agent',"
        " 1 + n % 4, 'open', 'unit', 0, '{}',"
        " 'bulk:' || n, now(), 0 FROM generate_series(1, 20000) n"
    )
    owner.execute("ANALYZE workqueue_case")
    shown = statements[0].replace("c.queue = %s", "c.queue = 'bulk'")
    plan = owner.execute("EXPLAIN " + shown.replace("LIMIT %s", "LIMIT 50")).fetchall()
    assert any("workqueue_case_queue" in line for (line,) in plan), plan
