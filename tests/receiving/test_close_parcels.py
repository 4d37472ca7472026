"""Closing parcels: what was not in them never left the customer."""

from datetime import UTC, datetime

from counterflow.kernel import db
from counterflow.kernel.db import counting
from counterflow.logistics.queries import parcel
from counterflow.receiving.commands.close_parcels import CloseParcel, close_parcels
from dock import CARRIER, announce, authorise, breaches, cases, line_of, milestones, receive, scan, stock, tell


def close(company, tracking, **more):
    return close_parcels(company.ctx(), items=[CloseParcel(CARRIER, tracking, **more)])


def test_what_was_not_in_the_parcel_goes_back_to_the_customer(company):
    rma = authorise(company, [("tee", 3)])
    tracking = announce(company, rma)
    tell(company, tracking, "delivered")
    receive(company, scan(company, quantity=2, tracking=tracking))
    assert close(company, tracking).done[0].facts["rma"] == rma
    assert stock(company, "in_transit_return") == (0, 0)
    assert stock(company, "received") == (2, 1600)
    assert milestones(rma) == {"authorised": 3, "carrier_scan": 2, "received": 2}
    case = db.rows("SELECT kind, facts FROM workqueue_case WHERE entity_id = %s", [company.entity])[0]
    assert (case.kind, case.facts["missing"], case.facts["empty"]) == ("short", {"1": 1}, False)
    assert parcel(carrier=CARRIER, tracking=tracking).state == "emptied"
    assert breaches() == []


def test_a_complete_parcel_closes_without_a_case(company):
    rma = authorise(company, [("tee", 2)])
    tracking = announce(company, rma)
    tell(company, tracking, "delivered")
    receive(company, scan(company, quantity=2, tracking=tracking))
    close(company, tracking)
    assert cases(company) == []
    assert breaches() == []


def test_an_empty_box_that_was_credited_at_its_first_scan_is_money_at_risk(company, owner):
    rma = authorise(company, [("tee", 2)], kind="marketplace")
    assert line_of(rma).milestone == "carrier_scan"
    tracking = announce(company, rma)
    tell(company, tracking, "accepted")
    owner.execute("UPDATE returns_rmaline SET credited_qty = 2 WHERE id = %s", [line_of(rma).id])
    close(company, tracking, empty=True)
    case = db.rows("SELECT * FROM workqueue_case WHERE entity_id = %s", [company.entity])[0]
    assert (case.kind, case.money_at_risk_minor, case.facts["empty"]) == ("short", 4800, True)
    assert milestones(rma) == {"authorised": 2}
    assert breaches() == []


def test_a_parcel_is_closed_once_and_stays_where_it_is(company):
    rma = authorise(company)
    tracking = announce(company, rma)
    first, again = close(company, tracking).done[0], close(company, tracking).done[0]
    assert (first.replayed, again.replayed, first.facts) == (False, True, again.facts)
    assert close(company, tracking, empty=True).refused[0].code == "identity_reused"
    tell(company, tracking, "delivered")
    assert parcel(carrier=CARRIER, tracking=tracking).state == "emptied"
    assert stock(company, "in_transit_return") == (0, 0)
    assert receive(company, scan(company, tracking=tracking)).done[0].facts["found"] == "expected"
    assert breaches() == []


def test_what_cannot_be_closed_is_refused(company):
    rma = authorise(company)
    tracking = announce(company, rma)
    receive(company, scan(company, "mug", tracking=tracking))
    assert close(company, tracking, empty=True).refused[0].code == "not_empty"
    assert close(company, "T-never").refused[0].code == "parcel_not_found"
    assert close(company, "").refused[0].code == "text_invalid"
    assert close(company, tracking, happened_at=datetime(2026, 5, 1)).refused[0].code == "time_invalid"
    assert close(company, tracking, happened_at=datetime(2026, 5, 12, tzinfo=UTC)).done


def test_a_lost_parcel_that_came_after_all_is_not_lost(company):
    rma = authorise(company, [("tee", 2)])
    tracking = announce(company, rma)
    tell(company, tracking, "accepted", "lost")
    receive(company, scan(company, tracking=tracking))
    close(company, tracking)
    assert milestones(rma) == {"authorised": 2, "carrier_scan": 1, "received": 1}
    assert sorted(cases(company)) == ["lost_then_found", "short"]
    assert breaches() == []


def test_a_parcel_nobody_used_is_not_short_of_what_came_otherwise(company):
    rma = authorise(company, [("tee", 2)])
    unused, used = announce(company, rma), announce(company, rma)
    tell(company, used, "delivered")
    receive(company, scan(company, quantity=2, tracking=used))
    close(company, unused)
    assert cases(company) == []
    assert breaches() == []


def test_statements_do_not_grow_with_the_batch(company):
    counts = {}
    for size in (1, 40):
        parcels = [announce(company, authorise(company, [("tee", 1)])) for _ in range(size)]
        for tracking in parcels:
            tell(company, tracking, "accepted")
        items = [CloseParcel(CARRIER, tracking, empty=True) for tracking in parcels]
        with counting() as seen:
            assert len(close_parcels(company.ctx(), items=items).done) == size
        counts[size] = len(seen)
    assert counts[1] == counts[40] <= 16
    assert breaches() == []
