"""What comes first is one instant a case; Python and the database find the same."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterflow.kernel import db
from counterflow.kernel.errors import InvariantBroken
from counterflow.workqueue.rules import NO_DUE_HOURS, NUMBERS_MAX, act_by_sql, money_hours, numbers_of, priority

OPENED = datetime(2026, 6, 1, 12, tzinfo=UTC)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
amounts = st.one_of(st.none(), st.integers(0, 10**12), st.sampled_from([999, 1_000, 9_999, 10_000, 100_000, 10**7]))


def test_a_case_without_a_due_time_counts_as_due_after_three_days() -> None:
    found = priority(due_at=None, opened_at=OPENED, severity=3, money_minor=None)
    assert (found.act_by, found.due_assumed) == (OPENED + timedelta(hours=NO_DUE_HOURS), True)


def test_severity_and_money_count_as_hours() -> None:
    due = OPENED + timedelta(hours=200)
    found = priority(due_at=due, opened_at=OPENED, severity=1, money_minor=124_000)
    assert (found.severity_hours, found.money_hours, found.due_assumed) == (96, 24, False)
    assert found.act_by == due - timedelta(hours=120)
    low = priority(due_at=due, opened_at=OPENED, severity=4, money_minor=None)
    assert low.act_by == due + timedelta(hours=48)


@pytest.mark.parametrize(
    ("minor", "hours"), [(None, 0), (0, 0), (999, 0), (1_000, 6), (99_999, 12), (100_000, 24), (10**12, 96)]
)
def test_money_counts_by_bands(minor: int | None, hours: int) -> None:
    assert money_hours(minor) == hours


@given(moments, moments, st.integers(1, 4), amounts, st.timedeltas(timedelta(0), timedelta(days=900)))
def test_more_at_stake_or_less_time_never_comes_later(
    due: datetime, opened: datetime, severity: int, money: int | None, later: timedelta
) -> None:
    here = priority(due_at=due, opened_at=opened, severity=severity, money_minor=money).act_by
    assert priority(due_at=due + later, opened_at=opened, severity=severity, money_minor=money).act_by >= here
    assert priority(due_at=due, opened_at=opened, severity=min(4, severity + 1), money_minor=money).act_by >= here
    assert priority(due_at=due, opened_at=opened, severity=severity, money_minor=(money or 0) * 10).act_by <= here


@pytest.mark.usefixtures("database_copy")
def test_the_database_ranks_as_python_does() -> None:
    cases = [
        (due, OPENED, severity, money)
        for due in (None, OPENED, datetime(2026, 3, 29, 1, 30, tzinfo=UTC))
        for severity in (1, 2, 3, 4, 9)
        for money in (None, 0, 999, 1_000, 9_999, 10_000, 100_000, 999_999, 10**6, 10**7, 10**12)
    ]
    expression = act_by_sql(due="v.due", opened="v.opened", severity="v.severity", money="v.money")
    rows = db.rows(
        f"SELECT {expression} AS act_by FROM unnest(%s::timestamptz[], %s::timestamptz[], %s::int[], %s::bigint[])"
        " WITH ORDINALITY AS v(due, opened, severity, money, n) ORDER BY v.n",
        [list(column) for column in zip(*cases, strict=True)],
    )
    told = [priority(due_at=d, opened_at=o, severity=s, money_minor=m).act_by for d, o, s, m in cases]
    assert [row.act_by for row in rows] == told


def test_only_names_of_columns_become_sql() -> None:
    with pytest.raises(InvariantBroken):
        act_by_sql(due="now(); --", opened="a", severity="b", money="c")


def test_numbers_are_gathered_once_in_small_letters() -> None:
    assert numbers_of({"rma": "RMA-1", "order": " rma-1 ", "sku": "", "pieces": 7, "lpn": 12, "empty": True}) == [
        "rma-1",
        "12",
    ]
    assert len(numbers_of({"skus": [f"s{n}" for n in range(99)]})) == NUMBERS_MAX
