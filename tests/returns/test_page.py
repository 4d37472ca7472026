"""One return, whole: four facts a line, what happened in order, the journal, and what may be done."""

import pytest

import dock
from company import ASKED
from counterflow.kernel import db
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.returns.commands.cancel_rmas import CancelRma, cancel_rmas
from counterflow.returns.page import return_page
from counterflow.returns.rules import RmaNotFound
from quality import SHOWN
from refunding import authorise, pay, release, report


@pytest.fixture
def lived(ctx, company):
    """A return of two phones: one inspected, passed and put back, one still with the carrier; refund paid."""
    rma = dock.authorise(company, [("phone", 2)])
    tracking = dock.announce(company, rma)
    dock.tell(company, tracking, "accepted")
    scan = dock.scan(company, "phone", 1, carrier=dock.CARRIER, tracking=tracking, serial="S1")
    dock.receive(company, scan)
    inspect_units(ctx(), items=[InspectUnit(scan.lpn, "A", serial="S1", answers=SHOWN)])
    dispose_units(ctx(), items=[DisposeUnit(scan.lpn, disposition="restock", override_reason="as_new")])
    credit = release(company, rma).done[0].facts
    told = pay(company, credit["credit_id"]).done[0].facts["payouts"][0]
    report(company, "refund_paid", told["amount_minor"], payout_ref=told["reference"])
    return rma


def test_four_facts_move_on_their_own(lived):
    line = return_page(number=lived).lines[0]
    assert line.custody == {"with_carrier": 1, "received": 1}
    assert line.quality == {"passed": 1}
    assert line.stock == {"restock": 1}
    assert line.money == {"reached": 1, "credited": 1, "credited_minor": 2400}
    assert (line.milestone, line.units[0].grade, line.units[0].disposition) == ("inspected", "A", "restock")


def test_the_timeline_is_in_order_and_says_who(lived):
    page = return_page(number=lived)
    times = [m.happened_at for m in page.timeline]
    assert times == sorted(times)
    assert {m.what for m in page.timeline} == {"event", "milestone"}
    kinds = [m.kind for m in page.timeline]
    for kind in ("RmaOpened", "ParcelReported", "UnitReceived", "UnitInspected", "UnitDisposed", "CreditReleased"):
        assert kind in kinds, kind
    assert {"PayoutRequested", "PayoutPaid", "authorised", "carrier_scan", "received"} <= set(kinds)
    assert next(m for m in page.timeline if m.kind == "RmaOpened").happened_at == ASKED
    assert all(m.actor for m in page.timeline)


def test_the_journal_of_the_return_is_whole(lived):
    page = return_page(number=lived)
    kinds = {entry.kind for entry in page.journal}
    assert {"carrier_scan", "receive", "inspect", "restock", "credit", "refund_paid"} <= kinds
    assert "ship" not in kinds
    for entry in page.journal:
        assert sum(line.amount for line in entry.lines if line.component != "qty") == 0


def test_actions_are_those_that_would_do_something(ctx, company, lived):
    assert return_page(number=lived).actions == ("approve_early",)
    rma = authorise(company)
    assert return_page(number=rma).actions == ("cancel", "approve_early")
    waiting = authorise(company, reason="a word nobody mapped")
    assert return_page(number=waiting).actions == ("approve", "decline", "cancel")
    kept = authorise(company, [("cheap", 1)], order=company.sell([("cheap", 1, 500, 100)]), reason="defective")
    assert "release_credit" in return_page(number=kept).actions
    release(company, kept)
    assert return_page(number=kept).actions == ("close",)
    cancel_rmas(ctx(), items=[CancelRma(rma)])
    assert return_page(number=rma).actions == ()


def test_a_page_is_a_fixed_number_of_statements(company, lived):
    with db.counting() as much:
        return_page(number=lived)
    with db.counting() as little:
        return_page(number=authorise(company, [("tee", 1), ("mug", 1)]))
    assert len(much) == 7
    assert len(little) >= 8


def test_what_does_not_exist_is_not_found(ctx, company):
    with pytest.raises(RmaNotFound):
        return_page(number="RMA-0")
