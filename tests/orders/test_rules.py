"""The pure rules: LIFO matching against a rule that goes piece by piece, and what an order may be."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterflow.kernel.errors import DomainError
from counterflow.orders.documents import NewLine, NewOrder, NewShipment, NewTender
from counterflow.orders.rules import CameBack, Match, Sold, check_order, match_lifo

START = datetime(2010, 1, 1, tzinfo=UTC)
ORDER = NewOrder("shop", "A-1", START, "GBP", (NewLine(1, "TEE", 3, 1000),))

events = st.lists(st.tuples(st.booleans(), st.integers(0, 12), st.integers(1, 6)), max_size=14)


def split(drawn):
    sales = [Sold(n, START + timedelta(hours=h), q, (n,)) for n, (sold, h, q) in enumerate(drawn) if sold]
    backs = [CameBack(n, START + timedelta(hours=h), q, (n,)) for n, (sold, h, q) in enumerate(drawn) if not sold]
    return sales, backs


def piece_by_piece(sales, backs):
    """The same by the definition: each piece returned is the latest piece sold before and still out."""
    out, found = [], Counter()
    for _, _, _, event in sorted(
        [(s.at, 0, s.place, s) for s in sales] + [(b.at, 1, b.place, b) for b in backs], key=lambda e: e[:3]
    ):
        for _ in range(event.quantity):
            if isinstance(event, Sold):
                out.append(event.id)
            elif out:
                found[event.id, out.pop()] += 1
    return found


@given(events)
def test_lifo_matches_as_its_definition_does(drawn):
    sales, backs = split(drawn)
    matches = match_lifo(sales, backs)
    assert Counter({(m.returned, m.sold): m.quantity for m in matches}) == piece_by_piece(sales, backs)
    assert len({(m.returned, m.sold) for m in matches}) == len(matches)


@given(events, st.randoms())
def test_lifo_does_not_depend_on_the_order_it_is_told_in(drawn, random):
    sales, backs = split(drawn)
    expected = sorted(match_lifo(sales, backs), key=lambda m: (m.returned, m.sold))
    random.shuffle(sales)
    random.shuffle(backs)
    assert sorted(match_lifo(sales, backs), key=lambda m: (m.returned, m.sold)) == expected


def test_a_return_is_split_over_the_latest_sales_and_its_rest_is_blind():
    sales = [Sold(1, START, 2, ("a",)), Sold(2, START + timedelta(days=1), 3, ("b",))]
    back = CameBack(9, START + timedelta(days=2), 7, ("c",))
    assert match_lifo(sales, [back]) == [Match(9, 2, 3), Match(9, 1, 2)]


def test_a_later_sale_does_not_explain_an_earlier_return():
    assert match_lifo([Sold(1, START + timedelta(minutes=1), 1, ("a",))], [CameBack(2, START, 1, ("b",))]) == []
    assert match_lifo([Sold(1, START, 1, ("a",))], [CameBack(2, START, 1, ("b",))]) == [Match(2, 1, 1)]


def test_a_plain_order_is_right():
    check_order(ORDER)


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (replace(ORDER, number=" "), "order_incomplete"),
        (replace(ORDER, lines=()), "order_incomplete"),
        (replace(ORDER, placed_at=START.replace(tzinfo=None)), "order_incomplete"),
        (replace(ORDER, currency="GBX"), "unknown_currency"),
        (replace(ORDER, lines=(NewLine(1, "A", 1, 1), NewLine(1, "B", 1, 1))), "line_invalid"),
        (replace(ORDER, lines=(NewLine(0, "A", 1, 1),)), "line_invalid"),
        (replace(ORDER, lines=(NewLine(1, "A", 0, 1),)), "line_invalid"),
        (replace(ORDER, lines=(NewLine(1, "A", -1, 1),)), "line_invalid"),
        (replace(ORDER, lines=(NewLine(1, " ", 1, 1),)), "line_invalid"),
        (replace(ORDER, lines=(NewLine(1, "A", 1, -1),)), "line_invalid"),
        (replace(ORDER, lines=(NewLine(1, "A", 1, 5, discount_minor=6),)), "line_invalid"),
        (replace(ORDER, lines=(NewLine(1, "A", 1, 5, discount_minor=-1),)), "line_invalid"),
        (replace(ORDER, lines=(NewLine(1, "A", 1, 5, tax_minor=6),)), "line_invalid"),
        (replace(ORDER, lines=(NewLine(1, "A", 1, 5, unit_cost_minor=-6),)), "line_invalid"),
        (replace(ORDER, lines=(NewLine(1, "A", 1, 5, kind="gift"),)), "line_invalid"),
        (replace(ORDER, lines=(NewLine(1, "A", 1, 5, cost_basis="guess"),)), "line_invalid"),
        (replace(ORDER, tenders=(NewTender("card", -1),)), "tender_invalid"),
        (replace(ORDER, tenders=(NewTender("", 1),)), "tender_invalid"),
        (replace(ORDER, shipments=(NewShipment("1", START, ((1, 4),)),)), "shipment_invalid"),
        (replace(ORDER, shipments=(NewShipment("1", START, ((2, 1),)),)), "shipment_invalid"),
        (replace(ORDER, shipments=(NewShipment("1", START, ((1, 2), (1, 2))),)), "shipment_invalid"),
        (replace(ORDER, shipments=(NewShipment("1", START.replace(tzinfo=None), ((1, 1),)),)), "shipment_invalid"),
        (replace(ORDER, shipments=(NewShipment("1", START, ((1, 1),)),) * 2), "shipment_invalid"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(order, code):
    with pytest.raises(DomainError) as found:
        check_order(order)
    assert found.value.code == code
