"""Splitting money: parts sum to the whole, whatever the cuts."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterflow.kernel.money import TooPrecise, UnknownCurrency, allocate, places, share, to_decimal, to_minor


@given(st.integers(0, 10**12), st.lists(st.integers(1, 1000), min_size=1, max_size=30))
def test_shares_of_any_cuts_sum_to_the_total(total, cuts):
    of, done, parts = sum(cuts), 0, []
    for take in cuts:
        parts.append(share(total, done=done, take=take, of=of))
        done += take
        assert sum(parts) <= total
    assert sum(parts) == total


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_allocation_sums_to_the_total_and_is_fair_to_one_unit(total, weights):
    parts = allocate(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    if whole:
        assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))


@pytest.mark.parametrize(
    ("currency", "decimals"), [("GBP", 2), ("JPY", 0), ("KWD", 3), ("RSD", 2), ("LBP", 2), ("IQD", 3), ("CLF", 4)]
)
def test_currencies_have_their_own_number_of_places(currency, decimals):
    assert places(currency) == decimals
    assert to_minor(to_decimal(12345, currency), currency) == 12345


@pytest.mark.parametrize("wrong", ["XX", "gbp", "ZZZ", "POUND", ""])
def test_an_unknown_currency_is_refused(wrong):
    with pytest.raises(UnknownCurrency):
        places(wrong)


def test_more_decimals_than_the_currency_has_are_refused():
    with pytest.raises(TooPrecise):
        to_minor(Decimal("1.005"), "GBP")
