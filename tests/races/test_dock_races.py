"""Docks, carriers and clerks at the same moment: one effect, true counters, no deadlock."""

from collections import Counter
from datetime import timedelta

from counterflow.kernel import db
from counterflow.logistics.commands.observe_parcels import ParcelReport, observe_parcels
from counterflow.receiving.commands.close_parcels import CloseParcel, close_parcels
from counterflow.receiving.commands.match_units import MatchUnit, match_units
from counterflow.receiving.commands.receive_units import receive_units
from counterflow.receiving.commands.reverse_receipts import ReverseReceipt, reverse_receipts
from dock import CARRIER, SENT, announce, authorise, breaches, cases, line_of, milestones, receive, scan, stock, tell
from together import together


def test_eight_docks_scanning_one_plate_receive_it_once(company):
    for key in (None, "one-key"):
        rma = authorise(company, [("tee", 2)])
        item = scan(company, rma=rma)
        batches = together([lambda i=item, k=key: receive_units(company.ctx(key=k), items=[i]) for _ in range(8)])
        assert all(batch.done for batch in batches)
        assert len({batch.done[0].facts["unit_id"] for batch in batches}) == 1
        if key is None:
            assert sum(not batch.done[0].replayed for batch in batches) == 1
        assert line_of(rma).allocated_qty == 1
    assert stock(company, "received") == (2, 1600)
    assert breaches() == []


def test_eight_docks_scanning_one_blind_plate_receive_it_once(company):
    item = scan(company)
    batches = together([lambda: receive(company, item)] * 8)
    assert len({batch.done[0].facts["unit_id"] for batch in batches}) == 1
    assert cases(company) == ["blind_return"]
    assert breaches() == []


def test_of_eight_plates_for_the_last_piece_one_is_expected_and_seven_are_excess(company):
    rma = authorise(company, [("tee", 1)])
    scans = [scan(company, rma=rma) for _ in range(8)]
    batches = together([lambda i=item: receive(company, i) for item in scans])
    assert Counter(batch.done[0].facts["found"] for batch in batches) == {"expected": 1, "excess": 7}
    assert cases(company) == ["over"] * 7
    line = line_of(rma)
    assert (line.authorised_qty, line.allocated_qty) == (0, 1)
    assert stock(company, "received") == (8, 800)
    assert breaches() == []


def test_overlapping_batches_in_opposite_order_do_not_deadlock(company):
    rmas = [authorise(company, [("tee", 5)]) for _ in range(6)]
    tracked = [announce(company, rma) for rma in rmas]
    scans = [scan(company, rma=rma) for rma in rmas] + [scan(company) for _ in range(6)]
    reports = [ParcelReport(CARRIER, tracking, "accepted", SENT) for tracking in tracked]
    calls = []
    for direction in (1, -1, 1, -1):
        calls.append(lambda d=direction: receive(company, *scans[::d]))
        calls.append(lambda d=direction: observe_parcels(company.ctx(), items=reports[::d]))
    together(calls)
    assert [line_of(rma).allocated_qty for rma in rmas] == [1] * 6
    assert breaches() == []


def test_a_receipt_reversed_by_eight_is_reversed_once(company):
    rma = authorise(company, [("tee", 1)])
    lpn = receive(company, scan(company, rma=rma)).done[0].identity
    batches = together([lambda: reverse_receipts(company.ctx(), items=[ReverseReceipt(lpn, "mistake")])] * 8)
    assert sum(not batch.done[0].replayed for batch in batches) == 1
    assert milestones(rma) == {"authorised": 1}
    assert breaches() == []


def test_eight_units_matched_to_the_last_piece(company):
    rma = authorise(company, [("tee", 1)])
    lpns = [done.identity for done in receive(company, *[scan(company) for _ in range(8)]).done]
    batches = together([lambda n=lpn: match_units(company.ctx(), items=[MatchUnit(n, rma, 1)]) for lpn in lpns])
    assert sum(len(batch.done) for batch in batches) == 1
    assert {batch.refused[0].code for batch in batches if batch.refused} == {"not_expected"}
    assert line_of(rma).allocated_qty == 1
    assert breaches() == []


def test_a_unit_matched_by_several_and_reversed_at_once_ends_reversed(company):
    rmas = [authorise(company, [("tee", 1)]) for _ in range(3)]
    lpn = receive(company, scan(company)).done[0].identity
    calls = [lambda r=rma: match_units(company.ctx(), items=[MatchUnit(lpn, r, 1)]) for rma in rmas]
    calls.append(lambda: reverse_receipts(company.ctx(), items=[ReverseReceipt(lpn, "mistake")]))
    together(calls)
    assert [line_of(rma).allocated_qty for rma in rmas] == [0, 0, 0]
    assert breaches() == []


def test_a_parcel_scanned_received_lost_found_and_closed_at_once(company):
    for _ in range(3):
        rma = authorise(company, [("tee", 4)])
        tracking = announce(company, rma)
        calls = [
            lambda t=tracking, k=kind, h=hour: observe_parcels(
                company.ctx(), items=[ParcelReport(CARRIER, t, k, SENT + timedelta(hours=h))]
            )
            for hour, kind in enumerate(["accepted", "lost", "found", "delivered"])
        ]
        calls += [lambda t=tracking: receive(company, scan(company, tracking=t)) for _ in range(3)]
        calls.append(lambda t=tracking: close_parcels(company.ctx(), items=[CloseParcel(CARRIER, t)]))
        together(calls)
        assert line_of(rma).allocated_qty == 3
    assert breaches() == []


def test_an_unknown_parcel_reported_by_eight_and_announced_meanwhile_is_one(company):
    rma = authorise(company, [("tee", 2)])
    tracking = company.lpn()
    calls = [
        lambda h=hour: observe_parcels(
            company.ctx(), items=[ParcelReport(CARRIER, tracking, "in_transit", SENT + timedelta(hours=h))]
        )
        for hour in range(7)
    ]
    together([*calls, lambda: announce(company, rma, tracking=tracking)])
    parcels = db.rows("SELECT state FROM logistics_parcel WHERE tracking = %s", [tracking])
    assert [row.state for row in parcels] == ["in_transit"]
    assert stock(company, "in_transit_return") == (2, 1600)
    tell(company, tracking, "delivered", start=SENT + timedelta(days=3))
    assert stock(company, "in_transit_return") == (2, 1600)
    assert breaches() == []
