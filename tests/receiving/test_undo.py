"""Taking back at the dock: one's own receipts and a parcel closed by mistake. The books are as they were before."""

from datetime import UTC, datetime, timedelta

import pytest

from counterflow.kernel import db
from counterflow.kernel.db import counting
from counterflow.kernel.errors import PermissionDenied
from counterflow.logistics.queries import parcel
from counterflow.receiving.commands.close_parcels import CloseParcel, close_parcels
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.issue_plates import COUNT_MAX, IssuePlates, issue_plates
from counterflow.receiving.commands.reopen_parcels import ReopenParcel, reopen_parcels
from counterflow.receiving.commands.undo_receipts import UndoReceipt, undo_receipts
from counterflow.scans.reading import read
from dock import CARRIER, announce, authorise, breaches, cases, milestones, receive, scan, stock, tell

CLERK = ("receiving.receive",)


def undo(ctx, *lpns):
    return undo_receipts(ctx, items=[UndoReceipt(lpn) for lpn in lpns])


def test_the_own_receipt_is_taken_back_as_a_reversal(company, ctx):
    rma = authorise(company, [("tee", 2)])
    one = scan(company, rma=rma, quantity=2)
    receive(company, one)
    assert undo(ctx(*CLERK), one.lpn).done
    assert stock(company, "received") == (0, 0)
    assert milestones(rma) == {"authorised": 2}
    kept = db.rows(
        "SELECT reason FROM receiving_receiptreversal r JOIN receiving_unit u ON u.id = r.unit_id WHERE u.lpn = %s",
        [one.lpn],
    )
    assert [row.reason for row in kept] == ["undone_at_the_dock"]
    assert undo(ctx(*CLERK), one.lpn).done[0].replayed
    assert breaches() == []


def test_what_somebody_else_received_is_not_undone(company, ctx):
    one = scan(company, rma=authorise(company))
    receive(company, one)
    refused = undo(ctx(*CLERK, actor="user:6"), one.lpn).refused[0]
    assert refused.code == "not_yours"
    assert "reverse receipts" in refused.message


def test_after_an_hour_it_is_too_late(company, ctx):
    one = scan(company, rma=authorise(company))
    receive(company, one)
    assert undo(ctx(*CLERK, at=datetime.now(UTC) + timedelta(hours=2)), one.lpn).refused[0].code == "too_late"


def test_a_unit_that_was_inspected_is_no_longer_undone(company, ctx):
    one = scan(company, rma=authorise(company))
    receive(company, one)
    inspect_units(company.ctx(), items=[InspectUnit(one.lpn, "A")])
    assert undo(ctx(*CLERK), one.lpn).refused[0].code == "move_not_allowed"
    assert undo(ctx(*CLERK), "nobody").refused[0].code == "unit_not_found"


def test_undoing_needs_the_permission_to_receive(ctx):
    with pytest.raises(PermissionDenied):
        undo(ctx("receiving.view"), "LPN")


def test_undoing_takes_as_many_statements_for_many_as_for_one(company, ctx):
    def statements(count):
        units = [scan(company, rma=authorise(company)) for _ in range(count)]
        receive(company, *units)
        with counting() as seen:
            assert len(undo(ctx(*CLERK), *(unit.lpn for unit in units)).done) == count
        return len(seen)

    statements(1)
    assert statements(1) == statements(7)


def closed(company, quantity=1):
    rma = authorise(company, [("tee", 3)])
    tracking = announce(company, rma)
    tell(company, tracking, "delivered")
    receive(company, scan(company, quantity=quantity, tracking=tracking))
    assert close_parcels(company.ctx(), items=[CloseParcel(CARRIER, tracking)]).done
    return rma, tracking


def reopen(ctx, *trackings):
    return reopen_parcels(ctx, items=[ReopenParcel(CARRIER, tracking) for tracking in trackings])


def test_a_reopened_parcel_holds_again_what_was_missing(company, ctx):
    rma, tracking = closed(company)
    assert cases(company) == ["short"]
    assert reopen(ctx(*CLERK), tracking).done
    assert stock(company, "in_transit_return") == (2, 1600)
    assert milestones(rma) == {"authorised": 3, "carrier_scan": 3, "received": 1}
    assert parcel(carrier=CARRIER, tracking=tracking).state == "delivered"
    assert cases(company) == []
    assert breaches() == []


def test_the_rest_is_received_from_it_and_it_can_be_closed_again(company, ctx):
    rma, tracking = closed(company)
    reopen(ctx(*CLERK), tracking)
    receive(company, scan(company, quantity=2, tracking=tracking))
    assert close_parcels(company.ctx(), items=[CloseParcel(CARRIER, tracking)]).done[0].replayed is False
    assert milestones(rma) == {"authorised": 3, "carrier_scan": 3, "received": 3}
    assert cases(company) == []
    assert breaches() == []


def test_an_open_parcel_is_left_as_it_is_and_an_unknown_one_is_not_found(company, ctx):
    tracking = announce(company, authorise(company))
    assert reopen(ctx(*CLERK), tracking).done[0].replayed
    assert reopen(ctx(*CLERK), "nobody").refused[0].code == "parcel_not_found"


def test_a_parcel_that_no_carrier_reported_is_announced_again(company, ctx):
    tracking = announce(company, authorise(company))
    close_parcels(company.ctx(), items=[CloseParcel(CARRIER, tracking, empty=True)])
    reopen(ctx(*CLERK), tracking)
    assert parcel(carrier=CARRIER, tracking=tracking).state == "announced"
    assert breaches() == []


def test_reopening_takes_as_many_statements_for_many_as_for_one(company, ctx):
    def statements(count):
        trackings = [closed(company)[1] for _ in range(count)]
        with counting() as seen:
            assert len(reopen(ctx(*CLERK), *trackings).done) == count
        return len(seen)

    statements(1)
    assert statements(1) == statements(5)


def test_issued_plates_are_new_each_time_and_carry_their_check_digit(ctx):
    one, two = ctx(*CLERK), ctx(*CLERK)
    first = issue_plates(one, items=[IssuePlates(3)]).done[0].facts["lpns"]
    second = issue_plates(two, items=[IssuePlates(2), IssuePlates(1)]).results
    every = [*first, *second[0].facts["lpns"], *second[1].facts["lpns"]]
    assert len(set(every)) == 6
    assert all(read(lpn, today=datetime.now(UTC).date()).best.value == lpn for lpn in every)
    assert issue_plates(one, items=[IssuePlates(3)]).done[0].facts["lpns"] == first


def test_too_many_plates_or_none_are_refused(ctx):
    for count in (0, -1, COUNT_MAX + 1, True):
        assert issue_plates(ctx(*CLERK), items=[IssuePlates(count)]).refused[0].code == "count_invalid"
