"""What goods are worth after work, what a lot's lines bring, and numbers of pallets."""

import pytest
from biip.sscc import Sscc
from hypothesis import given
from hypothesis import strategies as st

from counterflow.recovery.rules import PrefixMissing, shares, sscc, worth_after
from counterflow.recovery.states import Outcome

MONEY = st.integers(0, 10**9)


@given(MONEY, MONEY, MONEY, st.sampled_from(["available", "secondary"]))
def test_goods_are_never_carried_above_what_can_be_got_and_the_rest_is_written_down(cost, down, net, outcome):
    allowance = -min(cost, down)
    worth = worth_after(cost, allowance, outcome, net)
    assert worth.value <= max(net, 0)
    assert worth.value + worth.written_down == cost + allowance
    assert worth.allowance <= 0 <= worth.value
    assert worth.written_down == 0 or worth.value == net


def test_what_is_scrapped_is_not_written_down_first():
    assert worth_after(900, -100, Outcome.SCRAPPED, None).written_down == 0


@given(MONEY, st.lists(st.tuples(MONEY, st.integers(1, 50)), min_size=1, max_size=40))
def test_a_lot_brings_what_its_lines_bring(proceeds, lines):
    shared = shares(proceeds, [value for value, _ in lines], [pieces for _, pieces in lines])
    assert sum(shared) == proceeds
    assert all(part >= 0 for part in shared)


def test_where_nothing_is_worth_anything_pieces_count():
    assert shares(100, [0, 0], [1, 3]) == [25, 75]
    assert shares(100, [30, 10], [1, 3]) == [75, 25]


@given(st.from_regex(r"[0-9]{4,12}", fullmatch=True), st.integers(0, 9999))
def test_an_sscc_has_18_digits_the_prefix_and_a_check_digit(prefix, serial):
    number = sscc(prefix, serial)
    assert (len(number), number[1 : 1 + len(prefix)]) == (18, prefix)
    assert Sscc.parse(number).value == number


def test_known_numbers_have_their_check_digit():
    # The example of the GS1 General Specifications for the check digit calculation of 18 digits.
    assert sscc("7610425", 3_002_123_456) == "376104250021234569"
    assert sscc("9521234", 0) == "095212340000000006"


@pytest.mark.parametrize("prefix", ["", "123", "abcdefg", "1234567890123"])
def test_what_is_no_company_prefix_numbers_nothing(prefix):
    with pytest.raises(PrefixMissing):
        sscc(prefix, 1)


def test_serial_numbers_go_on_in_the_extension_digit_and_end():
    assert sscc("952123456789", 9999)[0] == "0"
    assert sscc("952123456789", 10000)[0] == "1"
    with pytest.raises(PrefixMissing):
        sscc("952123456789", 100_000)
