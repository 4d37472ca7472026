"""Rows of text into typed rows and refusals; what a line of an online-retail book is."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterflow.orders.importing import layouts, values
from counterflow.orders.importing.check import CHECKS, Terms
from counterflow.orders.importing.chunks import Chunk
from counterflow.orders.importing.problems import MENDS
from counterflow.orders.states import LineClass

AT = datetime(2026, 1, 1, tzinfo=UTC)
TERMS = Terms("GBP", "Europe/London", AT)
RETAIL = {
    "number": "500001",
    "sku": "10001",
    "description": "LAMP",
    "quantity": "5",
    "happened_at": "2010-06-01 10:00:00",
    "price": "2.50",
    "customer": "12345",
    "country": "United Kingdom",
}
OURS = {
    "number": "A-1",
    "line_no": "1",
    "happened_at": "2010-06-01T10:00:00Z",
    "currency": "EUR",
    "sku": "Tee-1",
    "quantity": "2",
    "price": "10.00",
}


def check(layout, *rows):
    """Rows (as changes of the layout's plain row) checked; the good ones and the codes of the others."""
    base = RETAIL if layout == "online-retail" else OURS
    full = [{**base, **row} for row in rows]
    names = list(dict.fromkeys(name for row in full for name in row))
    columns = {name: pa.array([row.get(name) for row in full], pa.string()) for name in names}
    checked = CHECKS[layout](Chunk(pa.array(range(2, len(rows) + 2), pa.int64()), columns), TERMS)
    return checked.table.to_pylist(), [(r.line, r.code) for r in checked.refused]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, LineClass.SALE),
        ({"customer": ""}, LineClass.SALE),
        ({"price": "0"}, LineClass.FREE),
        ({"sku": "POST"}, LineClass.SERVICE),
        ({"sku": "m"}, LineClass.SERVICE),
        ({"sku": "gift_0001_50"}, LineClass.SERVICE),
        ({"sku": "B", "number": "A506401", "price": "-53594.36", "customer": ""}, LineClass.SERVICE),
        ({"number": "C500001", "quantity": "-5"}, LineClass.RETURN),
        ({"number": "C500001", "quantity": "-1", "sku": "D"}, LineClass.RETURN),
        ({"quantity": "-5", "price": "0.0", "customer": "", "description": "wet pallet"}, LineClass.ADJUSTMENT),
        ({"quantity": "5", "price": "0.0", "customer": "", "description": "found"}, LineClass.ADJUSTMENT),
    ],
)
def test_a_line_of_a_book_is_what_it_is(change, expected):
    good, refused = check("online-retail", change)
    assert refused == []
    assert good[0]["class"] == expected


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"number": " "}, "number_missing"),
        ({"sku": ""}, "sku_missing"),
        ({"sku": "x" * 65}, "cell_too_long"),
        ({"description": "x" * 1001}, "cell_too_long"),
        ({"description": "a\0b"}, "control_character"),
        ({"quantity": "five"}, "quantity_malformed"),
        ({"quantity": ""}, "quantity_malformed"),
        ({"quantity": "1.5"}, "quantity_malformed"),
        ({"quantity": "1,000"}, "quantity_malformed"),
        ({"quantity": "0"}, "quantity_zero"),
        ({"quantity": "1000001"}, "quantity_absurd"),
        ({"quantity": "9" * 30}, "quantity_malformed"),
        ({"quantity": "-5"}, "quantity_negative"),
        ({"number": "C500001"}, "cancellation_positive"),
        ({"price": "free"}, "price_malformed"),
        ({"price": "NaN"}, "price_malformed"),
        ({"price": "1e400"}, "price_malformed"),
        ({"price": "£2.50"}, "price_malformed"),
        ({"price": "0.001"}, "price_too_precise"),
        ({"price": "-2.50"}, "price_negative"),
        ({"price": "10000000.01"}, "price_absurd"),
        ({"happened_at": "01/12/2010 08:26"}, "date_malformed"),
        ({"happened_at": "2010-02-30 08:26:00"}, "date_malformed"),
        ({"happened_at": "1899-12-30 00:00:00"}, "date_absurd"),
        ({"happened_at": str(AT.date() + timedelta(days=3))}, "date_absurd"),
    ],
)
def test_a_bad_line_is_refused_alone(change, code):
    good, refused = check("online-retail", {}, change, {})
    assert refused == [(3, code)]
    assert [row["line"] for row in good] == [2, 4]
    assert MENDS[code]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"currency": "GBX"}, "currency_unknown"),
        ({"currency": ""}, "currency_unknown"),
        ({"kind": "gift"}, "kind_unknown"),
        ({"line_no": "0"}, "line_no_malformed"),
        ({"line_no": "x"}, "line_no_malformed"),
        ({"quantity": "-2"}, "quantity_negative"),
        ({"price": "-1"}, "price_negative"),
        ({"price": "1.005"}, "price_too_precise"),
        ({"discount": "-1"}, "amount_malformed"),
        ({"discount": "20.01"}, "amount_malformed"),
        ({"tax": "abc"}, "amount_malformed"),
        ({"tax": "20.01"}, "amount_malformed"),
        ({"cost": "1.234"}, "amount_malformed"),
        ({"shipped_at": "yesterday"}, "date_malformed"),
    ],
)
def test_a_bad_line_of_our_layout_is_refused_alone(change, code):
    good, refused = check("counterflow", {}, change, {"line_no": "3"})
    assert refused == [(3, code)]
    assert len(good) == 2
    assert MENDS[code]


def test_amounts_are_exact_in_every_currency():
    rows = [
        {"currency": "EUR", "price": "10.10", "tax": "1.61", "discount": "0.1", "cost": "4"},
        {"currency": "JPY", "price": "1200"},
        {"currency": "KWD", "price": "1.005"},
        {"currency": "JPY", "price": "1200.5"},
    ]
    good, refused = check("counterflow", *rows)
    assert [row["price_minor"] for row in good] == [1010, 1200, 1005]
    assert (good[0]["tax_minor"], good[0]["discount_minor"], good[0]["cost_minor"]) == (161, 10, 400)
    assert (good[1]["tax_minor"], good[1]["discount_minor"], good[1]["cost_minor"]) == (None, 0, None)
    assert refused == [(5, "price_too_precise")]


def test_retail_codes_are_folded_and_spreadsheet_numbers_mended():
    good, _ = check("online-retail", {"sku": " 85123a ", "customer": "17850.0", "description": "nan"})
    assert (good[0]["sku"], good[0]["customer"], good[0]["description"]) == ("85123A", "17850", None)
    assert good[0]["country"] == "GB"
    assert check("online-retail", {"country": "Channel Islands"})[0][0]["country"] == "Channel Islands"


def test_times_without_a_zone_are_of_the_channels_zone():
    good, _ = check("online-retail", {}, {"happened_at": "2010-12-01 10:00:00"})
    assert [row["happened_at"].hour for row in good] == [9, 10]


def test_a_bad_neighbour_does_not_change_how_a_time_is_read():
    hours = ("2010-10-31 01:30:00", "2010-03-28 01:30:00", "2010-06-01 10:00:00")
    alone, _ = check("online-retail", *({"happened_at": at} for at in hours))
    beside, _ = check("online-retail", *({"happened_at": at} for at in hours), {"happened_at": "bad"})
    assert [row["happened_at"] for row in alone] == [row["happened_at"] for row in beside]


@given(st.integers(-(10**14), 10**14), st.integers(0, 4))
def test_minor_units_are_exact(amount, places):
    sign, digits = "-" if amount < 0 else "", str(abs(amount)).zfill(places + 1)
    shown = f"{sign}{digits[: len(digits) - places]}" + (f".{digits[-places:]}" if places else "")
    column = values.decimal(pa.array([shown]))
    if len(digits) - places <= 13:
        assert values.minor(column, places).to_pylist() == [amount]


def test_the_documented_layout_is_the_one_that_is_read():
    page = (Path(__file__).parents[2] / "docs" / "reference" / "order-files.md").read_text(encoding="utf-8")
    table = page.split("## Our layout")[1].split("```csv")[0]
    rows = [row.split("|") for row in table.splitlines() if row.startswith("| `")]
    documented = {layouts.folded(name): "yes" in row[2] for row in rows for name in re.findall(r"`(\w+)`", row[1])}
    known = {layouts.OURS.columns[field][0]: field in layouts.OURS.required for field in layouts.OURS.columns}
    assert documented == known
    example = page.split("```csv\n")[1].split("```")[0].splitlines()
    assert layouts.recognise("example", example[0].split(",")).layout is layouts.OURS
