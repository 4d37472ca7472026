"""What pieces of a line are entitled to, from its counters alone."""

from types import SimpleNamespace

import pytest

from counterflow.returns.entitlement import cancellable, due, entitled, expected, exposed, reached, undecided


def line(**counters):
    words = "scanned allocated passed failed lost cancelled approved credited"
    zero = {f"{word}_qty": 0 for word in words.split()}
    terms = {"quantity": 5, "authorised_qty": 5, "resolution": "refund", "milestone": "received", "returnless": False}
    return SimpleNamespace(**{**zero, **terms, **counters})


@pytest.mark.parametrize(
    ("counters", "pieces"),
    [
        ({"milestone": "authorised"}, 5),
        ({"returnless": True, "milestone": "inspected"}, 5),
        ({"milestone": "carrier_scan"}, 0),
        ({"milestone": "carrier_scan", "scanned_qty": 2}, 2),
        ({"milestone": "carrier_scan", "authorised_qty": 2, "allocated_qty": 3}, 3),
        ({"milestone": "carrier_scan", "scanned_qty": 3, "lost_qty": 3}, 3),
        ({"milestone": "received", "scanned_qty": 5}, 0),
        ({"milestone": "received", "authorised_qty": 1, "allocated_qty": 4}, 4),
        ({"milestone": "inspected", "authorised_qty": 0, "allocated_qty": 5, "passed_qty": 3, "failed_qty": 2}, 3),
        ({"milestone": "authorised", "authorised_qty": 2, "cancelled_qty": 3}, 2),
    ],
)
def test_pieces_that_reached_the_milestone(counters, pieces):
    assert reached(line(**counters), "authorised") == entitled(line(**counters), "authorised") == pieces


def test_permission_comes_first():
    for state in ("requested", "declined"):
        assert entitled(line(milestone="authorised"), state) == 0
        assert entitled(line(approved_qty=5), state) == 0


def test_an_approval_is_a_number_of_pieces_and_not_on_top_of_what_arrives():
    assert due(line(approved_qty=2), "authorised") == 2
    assert due(line(approved_qty=2, credited_qty=2, authorised_qty=3, allocated_qty=2), "authorised") == 0
    assert due(line(approved_qty=2, credited_qty=2, authorised_qty=2, allocated_qty=3), "authorised") == 1
    assert due(line(approved_qty=5, authorised_qty=1, cancelled_qty=4), "authorised") == 1


def test_goods_are_credited_as_money_is_and_a_repair_is_not():
    for resolution, pieces in (("replacement", 5), ("exchange", 5), ("repair", 0)):
        assert entitled(line(resolution=resolution, milestone="authorised"), "authorised") == pieces


def test_a_reversed_receipt_leaves_an_exposure():
    reversed_line = line(credited_qty=5)
    assert (exposed(reversed_line, "authorised"), due(reversed_line, "authorised")) == (5, 0)


def test_what_may_be_cancelled():
    assert cancellable(line()) == 5
    assert cancellable(line(scanned_qty=2)) == 3
    assert cancellable(line(authorised_qty=3, allocated_qty=2, scanned_qty=2)) == 3
    assert cancellable(line(credited_qty=5)) == 0
    assert cancellable(line(authorised_qty=0, allocated_qty=5)) == 0


def test_what_is_still_open():
    assert expected(line(returnless=True)) == 0
    assert expected(line(authorised_qty=3, lost_qty=1)) == 2
    assert undecided(line(milestone="inspected", authorised_qty=0, allocated_qty=5, passed_qty=1, failed_qty=1)) == 3
    assert undecided(line(authorised_qty=0, allocated_qty=5)) == 0
