"""Carriers' reports: always kept, in any order, and the goods are where the latest one says."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from counterflow.kernel import db
from counterflow.kernel.db import counting
from counterflow.logistics.commands.observe_parcels import ParcelReport, observe_parcels
from counterflow.logistics.queries import parcel
from dock import CARRIER, SENT, announce, authorise, breaches, cases, line_of, milestones, receive, scan, stock, tell


def observe(company, *items):
    return observe_parcels(company.ctx(), items=items)


def test_the_first_sign_of_carriage_takes_the_goods_from_the_customer_once(company):
    rma = authorise(company, [("tee", 2), ("mug", 1)])
    tracking = announce(company, rma)
    first, later = tell(company, tracking, "in_transit", "delivered").done
    assert (first.facts["state"], later.facts["state"]) == ("in_transit", "delivered")
    assert stock(company, "in_transit_return") == (2, 1600)
    assert stock(company, "in_transit_return", "mug") == (1, 250)
    assert milestones(rma) == {"authorised": 2, "carrier_scan": 2}
    assert [report.changed for report in parcel(carrier=CARRIER, tracking=tracking).reports] == [True, True]
    entries = db.rows(
        "SELECT count(*) AS n FROM ledger_entry WHERE kind = 'carrier_scan' AND entity_id = %s", [company.entity]
    )
    assert entries[0].n == 1
    assert breaches() == []


def test_reports_of_what_is_past_are_kept_and_change_nothing(company):
    tracking = announce(company, authorise(company))
    observe(company, ParcelReport(CARRIER, tracking, "delivered", SENT + timedelta(days=2)))
    late = observe(company, ParcelReport(CARRIER, tracking, "accepted", SENT)).done[0]
    assert late.facts["state"] == "delivered"
    view = parcel(carrier=CARRIER, tracking=tracking)
    assert [(r.kind, r.changed) for r in view.reports] == [("accepted", False), ("delivered", True)]
    assert breaches() == []


def test_any_order_of_reports_ends_the_same(company):
    kinds = [("accepted", 0), ("lost", 1), ("found", 2), ("delivered", 3)]
    for order in permutations(kinds):
        rma = authorise(company, [("tee", 1)])
        tracking = announce(company, rma)
        for kind, day in order:
            observe(company, ParcelReport(CARRIER, tracking, kind, SENT + timedelta(days=day)))
        view = parcel(carrier=CARRIER, tracking=tracking)
        assert (view.state, view.lines[0].in_transit, view.lines[0].lost) == ("delivered", 1, 0)
        assert milestones(rma) == {"authorised": 1, "carrier_scan": 1}
    assert stock(company, "in_transit_return") == (24, 24 * 800)
    assert breaches() == []


def test_a_lost_parcel_takes_its_value_out_of_the_books_and_a_found_one_brings_it_back(company):
    rma = authorise(company, [("tee", 2)])
    tracking = announce(company, rma)
    tell(company, tracking, "accepted", "lost")
    assert stock(company, "in_transit_return") == (0, 0)
    assert milestones(rma) == {"authorised": 2, "carrier_scan": 2, "lost": 2}
    assert (line_of(rma).lost_qty, line_of(rma).authorised_qty) == (2, 2)
    case = db.rows("SELECT * FROM workqueue_case WHERE entity_id = %s", [company.entity])[0]
    assert (case.kind, case.money_at_risk_minor, case.currency) == ("lost_parcel", 4800, "GBP")
    tell(company, tracking, "found", start=SENT + timedelta(days=9))
    assert stock(company, "in_transit_return") == (2, 1600)
    assert milestones(rma) == {"authorised": 2, "carrier_scan": 2}
    assert cases(company) == []
    assert breaches() == []


def test_a_loss_before_any_scan_is_a_scan_and_a_loss(company):
    rma = authorise(company, [("tee", 1)])
    tell(company, announce(company, rma), "lost")
    assert milestones(rma) == {"authorised": 1, "carrier_scan": 1, "lost": 1}
    assert breaches() == []


def test_found_after_a_refund_is_a_case_for_finance(company, owner):
    rma = authorise(company, [("tee", 1)])
    tracking = announce(company, rma)
    tell(company, tracking, "accepted", "lost")
    owner.execute("UPDATE returns_rmaline SET credited_qty = 1 WHERE id = %s", [line_of(rma).id])
    tell(company, tracking, "found", start=SENT + timedelta(days=9))
    assert cases(company) == ["lost_then_found"]


def test_a_parcel_returned_to_its_sender_was_never_on_its_way(company):
    rma = authorise(company, [("tee", 2)])
    tracking = announce(company, rma)
    tell(company, tracking, "accepted", "returned_to_sender")
    assert stock(company, "in_transit_return") == (0, 0)
    assert milestones(rma) == {"authorised": 2}
    assert line_of(rma).scanned_qty == 0
    tell(company, tracking, "accepted", start=SENT + timedelta(days=5))
    assert stock(company, "in_transit_return") == (2, 1600)
    assert breaches() == []


def test_only_what_is_still_authorised_goes_into_transit(company):
    rma = authorise(company, [("tee", 3)])
    tracking = announce(company, rma)
    receive(company, scan(company, quantity=2, rma=rma))
    tell(company, tracking, "delivered")
    assert stock(company, "in_transit_return") == (1, 800)
    assert breaches() == []


def test_goods_that_go_to_and_fro_never_bring_in_more_than_was_issued(company):
    order = company.sell([("mug", 3, 1000, 200)])
    db.execute(
        "UPDATE orders_shipmentline SET issued_cost_minor = 10 WHERE item_id = %s AND quantity = 3",
        [company.items["mug"]],
    )
    rma = authorise(company, [("mug", 3)], order=order)
    parcels = [announce(company, rma, [(1, 1)]) for _ in range(3)]
    for tracking in parcels:
        tell(company, tracking, "accepted")
    assert stock(company, "in_transit_return", "mug") == (3, 10)
    for tracking in parcels[:2]:
        tell(company, tracking, "returned_to_sender", start=SENT + timedelta(days=2))
        assert breaches() == []
    for tracking in reversed(parcels[:2]):
        tell(company, tracking, "accepted", start=SENT + timedelta(days=4))
        assert breaches() == []
    assert stock(company, "in_transit_return", "mug") == (3, 10)


def test_an_unknown_parcel_is_opened_with_a_case_and_refuses_nothing(company):
    tracking = company.lpn()
    batch = tell(company, tracking, "accepted", "delivered", "lost")
    assert [d.facts["state"] for d in batch.done] == ["accepted", "delivered", "lost"]
    view = parcel(carrier=CARRIER, tracking=tracking)
    assert (view.rma, len(view.reports)) == ("", 3)
    kinds = db.rows("SELECT kind FROM workqueue_case WHERE subject_id = %s ORDER BY id", [view.id])
    assert [row.kind for row in kinds] == ["unidentified_parcel", "lost_parcel"]
    assert breaches() == []


def test_a_report_is_kept_once(company):
    rma = authorise(company)
    tracking = announce(company, rma)
    item = ParcelReport(CARRIER, tracking, "accepted", SENT, "ev-1")
    assert [d.replayed for d in observe(company, item, item).done] == [False, True]
    assert observe(company, item).done[0].replayed
    plain = ParcelReport(CARRIER, tracking, "in_transit", SENT + timedelta(hours=1))
    elsewhere = ParcelReport(CARRIER, tracking, "in_transit", plain.happened_at.astimezone(_plus_two()))
    assert [d.replayed for d in observe(company, plain, elsewhere).done] == [False, True]
    assert len(parcel(carrier=CARRIER, tracking=tracking).reports) == 2
    assert line_of(rma).scanned_qty == 2


def _plus_two():
    from datetime import timezone

    return timezone(timedelta(hours=2))


def test_another_report_under_a_known_id_is_kept_too(company):
    tracking = announce(company, authorise(company))
    other = ParcelReport(CARRIER, tracking, "lost", SENT + timedelta(days=1), "ev-1")
    first = observe(company, ParcelReport(CARRIER, tracking, "accepted", SENT, "ev-1"), other)
    assert [d.replayed for d in first.done] == [False, False]
    assert observe(company, other).done[0].replayed
    assert parcel(carrier=CARRIER, tracking=tracking).state == "lost"


def test_a_report_from_the_future_does_not_silence_the_next(company):
    tracking = announce(company, authorise(company))
    observe(company, ParcelReport(CARRIER, tracking, "delivered", datetime(9000, 1, 1, tzinfo=UTC)))
    observe(company, ParcelReport(CARRIER, tracking, "lost", datetime.now(UTC) + timedelta(days=400)))
    assert parcel(carrier=CARRIER, tracking=tracking).state == "lost"
    assert breaches() == []


def test_what_cannot_be_understood_is_refused_and_the_rest_recorded(company):
    tracking = announce(company, authorise(company))
    batch = observe(
        company,
        ParcelReport(CARRIER, tracking, "teleported", SENT),
        ParcelReport(CARRIER, tracking, "accepted", datetime(2026, 5, 1)),
        ParcelReport(CARRIER, "", "accepted", SENT),
        ParcelReport(CARRIER, tracking, "accepted", SENT),
    )
    assert [r.code for r in batch.refused] == ["report_kind_unknown", "time_invalid", "text_invalid"]
    assert len(batch.done) == 1


def test_statements_do_not_grow_with_the_batch(company):
    counts = {}
    for size in (1, 40):
        parcels = [announce(company, authorise(company, [("tee", 1)])) for _ in range(size)]
        items = [ParcelReport(CARRIER, t, kind, SENT) for t in parcels for kind in ("accepted", "lost")]
        with counting() as seen:
            observe(company, *items)
        counts[size] = len(seen)
    assert counts[1] == counts[40] <= 17
    assert breaches() == []
