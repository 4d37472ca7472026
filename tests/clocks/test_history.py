"""When something was in which stage, read off what happened to it, in whatever order it was told."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from types import SimpleNamespace

from counterflow.clocks.history import (
    LineMoves,
    Move,
    asked_spans,
    case_spans,
    credit_spans,
    label_spans,
    parcel_spans,
    payout_spans,
    unit_spans,
)

T = datetime(2026, 6, 8, 9, tzinfo=UTC)


def day(n):
    return T + timedelta(days=n)


def told(*moves):
    """Moves as they were told one after the other."""
    return [Move(day(n), place, kind, *rest) for place, (n, kind, *rest) in enumerate(moves)]


def plain(spans):
    """Spans as stage, round, first and last day."""
    return [
        (str(s.stage), s.round, (s.started_at - T).days, None if s.stopped_at is None else (s.stopped_at - T).days)
        for s in spans
    ]


def test_a_unit_is_inspected_set_apart_released_and_put_away():
    moves = told((1, "inspect"), (2, "set_apart"), (4, "release"), (5, "inspect"), (6, "dispose"))
    assert plain(unit_spans("disposed", T, moves)) == [
        ("received", 1, 0, 1),
        ("inspected", 1, 1, 2),
        ("set_apart", 1, 2, 4),
        ("received", 2, 4, 5),
        ("inspected", 2, 5, 6),
    ]
    assert plain(unit_spans("inspected", T, moves[:-1]))[-1] == ("inspected", 2, 5, None)


def test_a_further_look_begins_nothing_anew():
    assert plain(unit_spans("inspected", T, told((1, "inspect"), (3, "inspect")))) == [
        ("received", 1, 0, 1),
        ("inspected", 1, 1, None),
    ]


def test_a_receipt_that_was_taken_back_waits_for_nothing():
    assert unit_spans("reversed", T, []) == []


def test_the_order_in_which_it_was_told_does_not_matter():
    moves = told((1, "inspect"), (2, "set_apart"), (4, "dispose"))
    found = {tuple(plain(unit_spans("disposed", T, list(order)))) for order in permutations(moves)}
    assert len(found) == 1


def test_the_state_says_whether_it_runs():
    assert plain(unit_spans("disposed", T, told((1, "inspect"))))[-1] == ("inspected", 1, 1, 1)
    assert plain(unit_spans("set_apart", T, told((1, "inspect"))))[-1] == ("set_apart", 1, 1, None)


def test_a_parcel_is_on_its_way_until_it_is_received_lost_or_sent_back():
    reports = told((1, "accepted"), (2, "in_transit"))
    assert plain(parcel_spans("in_transit", reports, None)) == [("in_transit", 1, 1, None)]
    assert plain(parcel_spans("in_transit", reports, day(3))) == [("in_transit", 1, 1, 3)]
    lost = [*reports, *told((0, "x"), (5, "lost"))[1:]]
    assert plain(parcel_spans("lost", lost, None)) == [("in_transit", 1, 1, 5)]
    found = [*lost, Move(day(8), 99, "found")]
    assert plain(parcel_spans("in_transit", found, None))[-1] == ("in_transit", 2, 8, None)
    assert parcel_spans("announced", [], None) == []
    assert parcel_spans("emptied", told((4, "delivered")), day(2)) == []


def test_a_request_waits_for_its_decision():
    assert asked_spans("authorised", "authorised", T, None) == []
    assert plain(asked_spans("requested", "requested", T, None)) == [("asked", 1, 0, None)]
    assert plain(asked_spans("declined", "requested", T, day(2))) == [("asked", 1, 0, 2)]


def line(**more):
    counters = dict.fromkeys(
        ("authorised_qty", "scanned_qty", "allocated_qty", "passed_qty", "lost_qty", "approved_qty", "credited_qty"), 0
    )
    return SimpleNamespace(
        **{
            **counters,
            "quantity": 2,
            "milestone": "received",
            "returnless": False,
            "resolution": "refund",
            "invoiced_minor": 1000,
            **more,
        }
    )


def test_a_label_waits_until_the_last_piece_is_on_its_way():
    moves = told((0, "authorised", 2), (3, "carrier_scan", 1))
    half = LineMoves(line(authorised_qty=2, scanned_qty=1), moves)
    assert plain(label_spans("authorised", [half])) == [("label", 1, 0, None)]
    whole = LineMoves(line(authorised_qty=2, scanned_qty=2), [*moves, Move(day(5), 9, "carrier_scan", 1)])
    assert plain(label_spans("authorised", [whole])) == [("label", 1, 0, 5)]
    came = LineMoves(line(allocated_qty=2), told((0, "authorised", 2), (4, "received", 2)))
    assert plain(label_spans("authorised", [came])) == [("label", 1, 0, 4)]
    kept = LineMoves(line(authorised_qty=2, returnless=True), told((0, "authorised", 2)))
    assert label_spans("authorised", [kept]) == []


def test_a_credit_is_due_between_its_milestone_and_its_release():
    moves = told((0, "authorised", 2), (2, "received", 1))
    waiting = LineMoves(line(authorised_qty=1, allocated_qty=1), moves)
    assert plain(credit_spans("authorised", [waiting])) == [("credit_due", 1, 2, None)]
    paid = [*moves, Move(day(3), 8, "credited", 1), Move(day(5), 9, "received", 1)]
    again = LineMoves(line(allocated_qty=2, credited_qty=1), paid)
    assert plain(credit_spans("authorised", [again])) == [("credit_due", 1, 2, 3), ("credit_due", 2, 5, None)]
    at_once = LineMoves(line(allocated_qty=1, credited_qty=1), [*moves, Move(day(2), 8, "credited", 1)])
    assert credit_spans("authorised", [at_once]) == []
    gift = LineMoves(line(allocated_qty=1, invoiced_minor=0), moves)
    assert credit_spans("authorised", [gift]) == []


def test_payouts_and_cases_run_until_they_end():
    assert plain(payout_spans("requested", T, None)) == [("payout", 1, 0, None)]
    assert plain(payout_spans("paid", T, day(2))) == [("payout", 1, 0, 2)]
    assert plain(case_spans(T, day(1))) == [("case", 1, 0, 1)]
