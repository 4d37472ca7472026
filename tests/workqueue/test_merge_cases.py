"""Cases about one thing become one, and can be taken apart again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterflow.kernel import db
from counterflow.workqueue import queries

pytestmark = pytest.mark.usefixtures("database_copy")


@pytest.fixture
def merge(ctx: Callable[..., Any]) -> Callable[..., Any]:
    """Merge cases, given as (into, *others); the results."""
    from counterflow.workqueue.commands import MergeCases, merge_cases

    def run(*items: tuple[int, ...], **more: Any) -> list[Any]:
        return merge_cases(ctx(**more), items=[MergeCases(into, tuple(others)) for into, *others in items]).results

    return run


@pytest.fixture
def reopen(ctx: Callable[..., Any]) -> Callable[..., Any]:
    """Open cases again; the results."""
    from counterflow.workqueue.commands import ReopenCase, reopen_cases

    def run(*ids: int, reason: str = "undo") -> list[Any]:
        return reopen_cases(ctx(), items=[ReopenCase(case_id, reason) for case_id in ids]).results

    return run


def test_one_goes_on_and_is_as_urgent_as_any(opened: Any, merge: Any, steps: Any) -> None:
    due = datetime(2026, 6, 1, tzinfo=UTC)
    into = opened(10, money_at_risk_minor=100, currency="EUR")
    part = opened(11, "chargeback", money_at_risk_minor=900, currency="EUR", due_at=due)
    other = opened(12, "over", money_at_risk_minor=5_000, currency="USD")
    merge((into, part, other))
    on = queries.case(into).case
    assert (on.severity, on.due_at, on.money_at_risk_minor, on.currency) == (1, due, 5_000, "USD")
    assert on.rank_at == on.priority.act_by
    for case_id in (part, other):
        closed = queries.case(case_id).case
        assert (closed.state, closed.outcome, closed.merged_into) == ("closed", "merged", into)
        assert steps(case_id) == [("merge", "user:1")]
    assert steps(into) == [("absorb", "user:1")]


AMOUNTS = st.none() | st.tuples(st.sampled_from([5, 1_000, 99_999, 10**7]), st.sampled_from(["EUR", "USD", "JPY"]))
KNOWN = st.tuples(
    st.sampled_from(["short", "chargeback", "closed_period_fact"]), AMOUNTS, st.none() | st.integers(-90, 900)
)


@given(st.lists(KNOWN, min_size=2, max_size=4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_goes_on_stands_no_later_than_any_that_it_took(opened: Any, merge: Any, known: Any) -> None:
    from company import ids

    cases = []
    for (kind, money, hours), subject in zip(known, ids(len(known)), strict=True):
        at_risk = {"money_at_risk_minor": money[0], "currency": money[1]} if money else {}
        due = None if hours is None else datetime.now(UTC) + timedelta(hours=hours)
        cases.append(opened(-subject, kind, due_at=due, **at_risk))
    before = [queries.case(case_id).case for case_id in cases]
    (done,) = merge(tuple(cases))
    on = queries.case(cases[0]).case
    assert done.facts["merged"] == cases[1:]
    assert on.rank_at <= min(row.rank_at for row in before)
    assert on.money_at_risk_minor == max((r.money_at_risk_minor for r in before if r.currency), default=None)
    assert on.rank_at == on.priority.act_by


def test_one_that_was_put_off_is_back_where_it_becomes_more_urgent(opened: Any, merge: Any, ctx: Any) -> None:
    from counterflow.workqueue.commands import SnoozeCase, snooze_cases

    asleep, plain, urgent = opened(90), opened(91), opened(92, "chargeback")
    until = datetime.now(UTC) + timedelta(days=9)
    assert snooze_cases(ctx(), items=[SnoozeCase(asleep, until, "later")]).done
    merge((asleep, plain))
    assert queries.case(asleep).case.snoozed_until == until
    merge((asleep, urgent))
    assert queries.case(asleep).case.snoozed_until is None


def test_a_cause_that_is_gone_does_not_close_what_was_merged_with_it(
    opened: Any, merge: Any, work: Any, steps: Any
) -> None:
    into, part = opened(95), opened(96)
    merge((into, part))
    work(settle=["short:95"], actor="flow:receipts")
    assert queries.case(into).case.state == "open"
    assert steps(into) == [("absorb", "user:1"), ("gone", "flow:receipts")]
    work(settle=["short:96"])
    assert queries.case(part).case.outcome == "merged"


def test_what_was_inherited_is_given_back_when_all_are_out_again(
    opened: Any, merge: Any, reopen: Any, steps: Any, ctx: Any
) -> None:
    from counterflow.workqueue.commands import EscalateCase, escalate_cases

    due = datetime.now(UTC) + timedelta(hours=1)
    into = opened(-1, money_at_risk_minor=100, currency="EUR")
    part, other = opened(-2, "chargeback", due_at=due), opened(-3, money_at_risk_minor=9_000, currency="GBP")
    before = queries.case(into).case
    merge((into, part, other))
    reopen(part)
    assert queries.case(into).case.money_at_risk_minor == 9_000
    reopen(other)
    after = queries.case(into).case
    assert (after.severity, after.due_at, after.money_at_risk_minor, after.currency, after.rank_at) == (
        before.severity,
        before.due_at,
        100,
        "EUR",
        before.rank_at,
    )
    assert [action for action, _ in steps(into)] == ["absorb", "give_back"]
    merge((into, part))
    assert escalate_cases(ctx(), items=[EscalateCase(into, "finance", "late")]).done
    reopen(part)
    changed = queries.case(into).case
    assert (changed.owner_role, changed.severity, changed.due_at) == ("finance", before.severity, before.due_at)
    merge((into, other))
    assert escalate_cases(ctx(), items=[EscalateCase(into, "finance", "late", 1)]).done
    reopen(other)
    assert (queries.case(into).case.severity, queries.case(into).case.money_at_risk_minor) == (1, 9_000)


def test_twice_is_once(opened: Any, merge: Any) -> None:
    into, part = opened(20), opened(21)
    first, again = merge((into, part), (into, part))
    assert (first.replayed, again.replayed) == (False, True)


def test_an_item_is_whole_or_nothing(opened: Any, merge: Any, ctx: Any) -> None:
    from counterflow.workqueue.commands import CloseCase, close_cases

    into, part, closed = opened(30), opened(31), opened(32)
    close_cases(ctx(), items=[CloseCase(closed, "found")])
    results = merge((into, part, 1), (into, part, closed), (closed, part), (into, into), (into,))
    codes = ["case_not_found", "case_closed", "case_closed", "merges_nothing", "merges_nothing"]
    assert [r.code for r in results] == codes
    assert queries.case(part).case.state == "open"


def test_a_cause_in_hand_opens_no_other_case(work: Any, draft: Any, opened: Any, merge: Any, ctx: Any) -> None:
    from counterflow.workqueue.commands import CloseCase, close_cases

    first, second, third = opened(40), opened(41), opened(42)
    merge((second, first))
    merge((third, second))
    work(draft(40), draft(43))
    assert [row.subject_id for row in queries.cases(subject_ids=[40, 43])] == [43]
    close_cases(ctx(), items=[CloseCase(third, "found")])
    work(draft(40))
    assert [row.subject_id for row in queries.cases(subject_ids=[40])] == [40]


def test_a_merged_case_can_be_its_own_again(opened: Any, merge: Any, reopen: Any, steps: Any) -> None:
    into, part = opened(50), opened(51)
    merge((into, part))
    (done,) = reopen(part)
    case = queries.case(part).case
    assert (done.replayed, case.state, case.merged_into, case.outcome) == (False, "open", None, None)
    assert steps(part) == [("merge", "user:1"), ("reopen", "user:1")]


def test_reopening_is_refused_where_the_cause_has_another_case(
    work: Any, draft: Any, opened: Any, reopen: Any, ctx: Any
) -> None:
    from counterflow.workqueue.commands import CloseCase, close_cases

    first = opened(60)
    close_cases(ctx(), items=[CloseCase(first, "found")])
    second = opened(60)
    close_cases(ctx(), items=[CloseCase(second, "found")])
    results = reopen(first, second, 1, first)
    assert [getattr(r, "code", "done") for r in results] == ["done", "cause_open_again", "case_not_found", "done"]
    assert results[3].replayed
    assert reopen(second, reason="no reason\0")[0].code == "reason_malformed"


def test_many_cost_the_statements_of_one(work: Any, draft: Any, merge: Any, reopen: Any) -> None:
    work(*[draft(n) for n in range(1_000, 1_401)])
    ids = [row.id for row in db.rows("SELECT id FROM workqueue_case WHERE subject_id >= 1000 ORDER BY id")]
    with db.counting() as one:
        merge((ids[0], ids[1]))
    with db.counting() as many:
        merge(*[(ids[n], ids[n + 1]) for n in range(2, 400, 2)])
    assert many == one
    with db.counting() as one:
        reopen(ids[1])
    with db.counting() as many:
        reopen(*ids[3:400:2])
    assert many == one
