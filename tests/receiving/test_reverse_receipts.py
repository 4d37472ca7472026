"""Reversing receipts: everything is where it was, and money that left for it is not hidden."""

from counterflow.kernel import db
from counterflow.kernel.db import counting
from counterflow.logistics.queries import parcel
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.match_units import MatchUnit, match_units
from counterflow.receiving.commands.reverse_receipts import ReverseReceipt, reverse_receipts
from counterflow.receiving.commands.split_units import SplitUnit, split_units
from dock import CARRIER, announce, authorise, breaches, cases, line_of, milestones, receive, scan, stock, tell


def undo(company, *lpns, reason="mistake"):
    return reverse_receipts(company.ctx(), items=[ReverseReceipt(lpn, reason) for lpn in lpns])


def test_a_reversed_receipt_leaves_no_trace_but_the_record(company):
    rma = authorise(company, [("tee", 2)])
    lpn = receive(company, scan(company, quantity=2, rma=rma)).done[0].identity
    assert undo(company, lpn).done[0].facts["rma"] == rma
    assert stock(company, "received") == (0, 0)
    assert milestones(rma) == {"authorised": 2}
    assert (line_of(rma).authorised_qty, line_of(rma).allocated_qty) == (2, 0)
    assert breaches() == []
    assert receive(company, scan(company, quantity=2, rma=rma)).done[0].facts["found"] == "expected"
    assert stock(company, "received") == (2, 1600)
    assert breaches() == []


def test_goods_go_back_to_the_carrier_the_loss_and_the_customer_they_came_from(company):
    rma = authorise(company, [("tee", 5)])
    moving, lost = announce(company, rma, [(1, 2)]), announce(company, rma, [(1, 1)])
    tell(company, moving, "accepted")
    tell(company, lost, "accepted", "lost")
    lpn = receive(company, scan(company, quantity=5, rma=rma)).done[0].identity
    assert stock(company, "received") == (5, 4000)
    assert milestones(rma) == {"authorised": 5, "carrier_scan": 3, "received": 5}
    undo(company, lpn)
    assert stock(company, "in_transit_return") == (2, 1600)
    assert milestones(rma) == {"authorised": 5, "carrier_scan": 3, "lost": 1}
    assert parcel(carrier=CARRIER, tracking=moving).lines[0].received == 0
    assert breaches() == []


def test_a_receipt_is_reversed_once(company):
    lpn = receive(company, scan(company, rma=authorise(company))).done[0].identity
    first, again = undo(company, lpn, lpn).done
    assert (first.replayed, again.replayed) == (False, True)
    assert undo(company, lpn).done[0].replayed
    assert undo(company, lpn, reason="other").refused[0].code == "identity_reused"
    assert breaches() == []


def test_only_what_is_still_as_it_was_received_is_reversed(company):
    rma = authorise(company, [("tee", 4)])
    inspected, split = (receive(company, scan(company, quantity=2, rma=rma)).done[0].identity for _ in range(2))
    inspect_units(company.ctx(), items=[InspectUnit(inspected, "A")])
    part = company.lpn()
    assert split_units(company.ctx(), items=[SplitUnit(split, part, 1)]).done
    batch = undo(company, inspected, split, part, "LPN-never", "")
    assert [r.code for r in batch.refused] == [
        "move_not_allowed",
        "part_of_split",
        "part_of_split",
        "unit_not_found",
        "text_invalid",
    ]
    assert stock(company, "received") == (2, 1600)
    assert breaches() == []


def test_a_credit_that_was_released_for_it_becomes_an_exposure(company, owner):
    rma = authorise(company, [("tee", 2)])
    lpns = [receive(company, scan(company, rma=rma)).done[0].identity for _ in range(2)]
    owner.execute("UPDATE returns_rmaline SET credited_qty = 2 WHERE id = %s", [line_of(rma).id])
    undo(company, *lpns[:1])
    case = db.rows("SELECT * FROM workqueue_case WHERE entity_id = %s", [company.entity])[0]
    assert (case.kind, case.money_at_risk_minor, case.currency) == ("exposure", 2400, "GBP")
    assert line_of(rma).credited_qty == 2
    assert breaches() == []


def test_a_blind_receipt_and_a_matched_one_are_reversed_too(company):
    rma = authorise(company, [("tee", 2)])
    tell(company, announce(company, rma, [(1, 1)]), "accepted")
    blind, matched = (receive(company, scan(company)).done[0].identity for _ in range(2))
    assert match_units(company.ctx(), items=[MatchUnit(matched, rma, 1)]).done
    assert stock(company, "in_transit_return") == (0, 0)
    assert len(undo(company, blind, matched).done) == 2
    assert stock(company, "received") == (0, 0)
    assert stock(company, "in_transit_return") == (1, 800)
    assert milestones(rma) == {"authorised": 2, "carrier_scan": 1}
    assert cases(company) == []
    assert breaches() == []


def test_statements_do_not_grow_with_the_batch(company):
    counts = {}
    for size in (1, 40):
        rma = [authorise(company, [("tee", 5)]) for _ in range(20)]
        lpns = [d.identity for d in receive(company, *[scan(company, rma=rma[n % 20]) for n in range(size)]).done]
        with counting() as seen:
            assert len(undo(company, *lpns).done) == size
        counts[size] = len(seen)
    assert counts[1] == counts[40] <= 20
    assert breaches() == []
