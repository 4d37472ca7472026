"""Amounts read as people write them, whatever the currency's places."""

import pytest

from counterflow.console import cells


@pytest.mark.parametrize(
    ("minor", "currency", "shown", "plain"),
    [
        (123450, "GBP", "£1,234.50", "1234.50"),
        (-5, "EUR", "\u2212€0.05", "-0.05"),
        (1234, "JPY", "JP¥1,234", "1234"),
        (1, "KWD", "KWD0.001", "0.001"),
        (1250, "RSD", "RSD12.50", "12.50"),
    ],
)
def test_money(minor, currency, shown, plain):
    cell = cells.money(minor, currency)
    assert (cell.text, cell.plain) == (shown, plain)


def test_nothing_is_blank_and_zero_is_not():
    assert cells.money(None, "GBP").blank
    assert cells.number(None).blank
    assert cells.instant(None).blank
    assert not cells.number(0).blank
