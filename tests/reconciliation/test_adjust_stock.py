"""One place is corrected with a reason: once, at the pool's value, and as it was previewed."""

import pytest

from counterflow.kernel import db
from counterflow.kernel.errors import PermissionDenied
from counterflow.ledger.queries import stock_by_state
from counterflow.reconciliation.commands.adjust_stock import AdjustStock, adjust_stock
from counterflow.reconciliation.lookups_adjusting import preview
from counting import holds
from statements import MORNING
from together import together

pytestmark = pytest.mark.usefixtures("nobody_asked")


def wish(shelves, reference="r", sku="tee", source="available", target="unexplained", pieces=2, **more):
    name = f"{reference} {shelves.company.tag}" if reference else ""
    return AdjustStock(name, shelves.company.node(), shelves.sku(sku), source, target, pieces, "found", **more)


def adjust(shelves, *items):
    return adjust_stock(shelves.ctx(at=MORNING), items=list(items)).results


def stock(shelves, item):
    rows = stock_by_state(items=[shelves.company.items[item]])
    return {row.state: (row.quantity, row.cost_minor) for row in rows}


@pytest.mark.parametrize(
    ("asks", "left", "value"),
    [
        ({}, {"available": (8, 6400), "quarantine": (3, 2400)}, 1600),
        ({"source": "unexplained", "target": "available"}, {"available": (12, 9600), "quarantine": (3, 2400)}, 1600),
        ({"target": "quarantine"}, {"available": (8, 6400), "quarantine": (5, 4000)}, 1600),
        (
            {"source": "unexplained", "target": "inspection", "unit_cost_minor": 55},
            {"available": (10, 8000), "quarantine": (3, 2400), "inspection": (2, 110)},
            110,
        ),
    ],
)
def test_pieces_and_value_move_as_they_were_previewed(shelves, asks, left, value):
    item = wish(shelves, **asks)
    assert preview(item).value_minor == value
    done = adjust(shelves, item)[0]
    assert done.facts["value_minor"] == value
    assert stock(shelves, "tee") == left
    assert holds()


def test_found_where_there_are_none_is_worth_the_standard_cost(shelves):
    adjust(shelves, wish(shelves, sku="cheap", source="unexplained", target="available", pieces=3))
    assert stock(shelves, "cheap") == {"available": (3, 300)}


def test_the_same_again_is_a_replay_and_another_is_refused(shelves):
    first, same, other = adjust(shelves, wish(shelves), wish(shelves), wish(shelves, pieces=1))
    assert (first.replayed, same.replayed, same.facts, other.code) == (False, True, first.facts, "identity_reused")
    again, refused = adjust(shelves, wish(shelves), wish(shelves, pieces=1))
    assert (again.replayed, again.facts, refused.code) == (True, first.facts, "identity_reused")
    assert stock(shelves, "tee")["available"] == (8, 6400)


def test_eight_at_once_have_one_effect(shelves):
    answers = together([lambda: adjust(shelves, wish(shelves))[0] for _ in range(8)])
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 7
    assert stock(shelves, "tee")["available"] == (8, 6400)


@pytest.mark.parametrize(
    ("asks", "code"),
    [
        ({"reference": ""}, "adjustment_invalid"),
        ({"target": "available"}, "states_invalid"),
        ({"target": "customer"}, "states_invalid"),
        ({"source": "unexplained"}, "states_invalid"),
        ({"pieces": 0}, "pieces_invalid"),
        ({"unit_cost_minor": -1}, "pieces_invalid"),
        ({"pieces": 11}, "position_changed"),
        ({"sku": "none"}, "sku_not_found"),
    ],
)
def test_refusals_say_why(shelves, asks, code):
    refused, done = adjust(shelves, wish(shelves, **asks), wish(shelves, "other", pieces=1))
    assert refused.code == code
    assert not done.replayed
    assert holds()


def test_only_who_may(shelves):
    with pytest.raises(PermissionDenied, match=r"ledger\.adjust"):
        adjust_stock(shelves.ctx("reconciliation.post"), items=[wish(shelves)])


def test_as_many_statements_for_one_as_for_many(shelves):
    def spent(number):
        items = [
            wish(shelves, f"n{number}-{n}", pieces=1, source="unexplained", target="available") for n in range(number)
        ]
        with db.counting() as sent:
            assert not adjust_stock(shelves.ctx(at=MORNING), items=items).refused
        return len(sent)

    assert spent(1) == spent(30) <= 8
