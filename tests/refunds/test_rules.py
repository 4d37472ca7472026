"""Amounts, rates and spreads: pure integers that add up."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from counterflow.refunds.rules import TenderState, amounts, convert, spread


def tender(seq, captured, committed=0, away=0):
    return TenderState(seq, 1, seq, "GBP", captured, committed, away, 0)


@given(
    net=st.integers(0, 10**9),
    tax=st.integers(0, 10**8),
    pieces=st.integers(1, 50),
    data=st.data(),
)
def test_any_cut_of_a_line_sums_to_its_invoice(net, tax, pieces, data):
    done, total_net, total_tax = 0, 0, 0
    while done < pieces:
        take = data.draw(st.integers(1, pieces - done))
        part = amounts(invoiced=net + tax, tax=tax, shipped=pieces, credited=done, take=take, fee_bp=0)
        assert part.net >= 0
        assert part.tax >= 0
        done, total_net, total_tax = done + take, total_net + part.net, total_tax + part.tax
    assert (total_net, total_tax) == (net, tax)


@given(net=st.integers(0, 10**9), fee=st.integers(0, 10_000))
def test_a_fee_is_a_part_of_net_in_the_customers_favour(net, fee):
    part = amounts(invoiced=net, tax=0, shipped=1, credited=0, take=1, fee_bp=fee)
    assert 0 <= part.fee <= part.net
    assert part.fee * 10_000 <= net * fee


def test_three_ways_of_a_hundred():
    parts = [amounts(invoiced=100, tax=10, shipped=3, credited=n, take=1, fee_bp=0) for n in range(3)]
    assert [(p.net, p.tax) for p in parts] == [(30, 3), (30, 3), (30, 4)]


def test_currencies_have_their_own_number_of_places():
    assert convert(1000, "JPY", "GBP", Decimal("0.0052")) == 520
    assert convert(100, "GBP", "JPY", Decimal("191.5")) == 192
    assert convert(1000, "KWD", "GBP", Decimal("2.5")) == 250
    assert convert(-150, "GBP", "GBP", Decimal(1)) == -150


def test_a_spread_takes_each_tender_up_to_what_is_left():
    first, second = tender(1, 100, committed=30), tender(2, 50, away=20)
    assert [(t.seq, part) for t, part in spread(80, [first, second])] == [(1, 70), (2, 10)]
    assert [(t.seq, part) for t, part in spread(500, [first, second])] == [(1, 70), (2, 30)]
    assert spread(10, [tender(1, 5, committed=5)]) == []
