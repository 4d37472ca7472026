"""Announcing parcels: what is said to come moves nothing, until a carrier has it."""

import pytest

from counterflow.kernel.db import counting
from counterflow.logistics.commands.announce_parcels import AnnounceParcel, announce_parcels
from counterflow.logistics.queries import ParcelNotFound, parcel, parcels_of_rma, recent_parcels
from dock import CARRIER, announce, authorise, breaches, cases, line_of, receive, scan, stock, tell


def ask(company, *items):
    return announce_parcels(company.ctx(), items=items)


def test_a_parcel_without_lines_holds_all_that_is_still_with_the_customer(company):
    rma = authorise(company, [("tee", 3), ("mug", 1)])
    receive(company, scan(company, rma=rma))
    view = parcel(carrier=CARRIER, tracking=announce(company, rma))
    assert [(line.sku, line.announced, line.in_transit) for line in view.lines] == [
        (company.sku("tee"), 2, 0),
        (company.sku("mug"), 1, 0),
    ]
    assert (view.rma, view.state, view.node, view.reports) == (rma, "announced", company.node(), [])
    assert stock(company, "in_transit_return") == (0, 0)
    assert breaches() == []


def test_what_cannot_be_sent_is_refused(company, owner):
    rma = authorise(company, [("tee", 2)])
    refusals = ask(
        company,
        AnnounceParcel(CARRIER, "a", "RMA-0"),
        AnnounceParcel(CARRIER, "b", rma, [(9, 1)]),
        AnnounceParcel(CARRIER, "c", rma, [(1, 3)]),
        AnnounceParcel(CARRIER, "d", rma, [(1, 2), (1, 1)]),
        AnnounceParcel(CARRIER, "e", rma, [(1, 0)]),
        AnnounceParcel(CARRIER, "f", rma, node="nowhere"),
        AnnounceParcel("", "g", rma),
        AnnounceParcel(CARRIER, "h" * 1000, rma),
    ).refused
    assert [r.code for r in refusals] == [
        "rma_not_found",
        "rma_line_not_found",
        "too_many_announced",
        "too_many_announced",
        "quantity_invalid",
        "node_not_found",
        "text_invalid",
        "text_invalid",
    ]
    receive(company, scan(company, quantity=2, rma=rma))
    assert ask(company, AnnounceParcel(CARRIER, "i", rma)).refused[0].code == "nothing_to_send"
    owner.execute("UPDATE returns_rma SET state = 'requested' WHERE number = %s", [rma])
    assert ask(company, AnnounceParcel(CARRIER, "j", rma)).refused[0].code == "not_authorised"
    owner.execute("UPDATE returns_rma SET state = 'authorised' WHERE number = %s", [rma])
    assert recent_parcels(limit=500) == [] or all(p.rma != rma for p in recent_parcels(limit=500))


def test_a_tracking_number_is_announced_once(company):
    rma, other = authorise(company), authorise(company)
    item = AnnounceParcel(CARRIER, company.lpn(), rma)
    first, again = ask(company, item, item).done
    assert (first.replayed, again.replayed, first.facts) == (False, True, again.facts)
    assert ask(company, item).done[0].replayed
    assert ask(company, AnnounceParcel(CARRIER, item.tracking, other)).refused[0].code == "identity_reused"
    assert ask(company, AnnounceParcel("carrier-b", item.tracking, other)).done
    assert [view.tracking for view in parcels_of_rma(rma=rma)] == [item.tracking]


def test_a_second_label_for_the_same_pieces_counts_them_once(company):
    rma = authorise(company, [("tee", 2)])
    one, two = announce(company, rma), announce(company, rma)
    tell(company, two, "accepted")
    tell(company, one, "accepted")
    assert stock(company, "in_transit_return") == (2, 1600)
    assert line_of(rma).scanned_qty == 2
    assert [sum(line.in_transit for line in view.lines) for view in parcels_of_rma(rma=rma)] == [0, 2]
    assert breaches() == []


def test_a_parcel_that_a_carrier_spoke_of_first_is_taken_up_where_it_is(company):
    rma = authorise(company, [("tee", 2)])
    tracking = company.lpn()
    tell(company, tracking, "accepted", "in_transit")
    announce(company, rma, tracking=tracking)
    view = parcel(carrier=CARRIER, tracking=tracking)
    assert (view.state, view.rma, view.lines[0].in_transit) == ("in_transit", rma, 2)
    assert stock(company, "in_transit_return") == (2, 1600)
    assert cases(company) == []
    assert breaches() == []


def test_statements_do_not_grow_with_the_batch(company):
    counts = {}
    for size in (1, 200):
        rmas = [authorise(company, [("tee", 5)]) for _ in range(10)]
        items = [AnnounceParcel(CARRIER, company.lpn(), rmas[n % 10], node=company.node()) for n in range(size)]
        with counting() as seen:
            assert len(ask(company, *items).done) == size
        counts[size] = len(seen)
    assert counts[1] == counts[200] <= 14


def test_an_unknown_parcel_is_a_clear_error(database_copy):
    with pytest.raises(ParcelNotFound):
        parcel(carrier=CARRIER, tracking="never")
