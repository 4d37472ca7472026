"""What returns bring back: never more than was issued, and all pieces together exactly that."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterflow.kernel.errors import InvariantBroken
from counterflow.logistics.rules import Issue, report
from counterflow.logistics.states import HANDS, PARCEL, Parcel

NOW = datetime(2026, 5, 8, tzinfo=UTC)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    total=st.integers(min_value=0, max_value=1_000),
    pieces=st.integers(min_value=1, max_value=12),
    acts=st.lists(st.tuples(st.booleans(), st.integers(min_value=0, max_value=99)), max_size=40),
)
def test_pieces_that_go_to_and_fro_share_the_issue(total, pieces, acts):
    issue, out = Issue(1, "issued", total, pieces, 0), []
    for comes_back, pick in acts:
        if comes_back and len(out) < pieces:
            out.append(issue.take(1))
        elif out:
            issue.give_back(1, out.pop(pick % len(out)))
        assert sum(out) == issue.back_minor <= total
        assert all(cost >= 0 for cost in out)
    while len(out) < pieces:
        out.append(issue.take(1))
    assert sum(out) == total


def test_more_than_came_cannot_go_back():
    with pytest.raises(InvariantBroken):
        Issue(1, "issued", 100, 2, 0).give_back(1, 0)


def test_reports_count_by_their_own_time_and_the_future_is_now():
    early = report("delivered", NOW, NOW + timedelta(days=9), "b")
    late = report("lost", NOW + timedelta(hours=1), NOW + timedelta(days=9), "a")
    future = report("found", NOW + timedelta(days=900), NOW + timedelta(days=9), "c")
    same = report("lost", NOW, NOW + timedelta(days=9), "a")
    assert early < same < late < future
    assert future.at == NOW + timedelta(days=9)


def test_every_state_says_in_whose_hands_the_goods_are():
    assert set(HANDS) == set(Parcel) == PARCEL.states
