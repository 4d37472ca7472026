"""Matching: goods that nobody expected find their line, and take its value."""

import pytest

from counterflow.kernel import db
from counterflow.kernel.db import counting
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.match_units import MatchUnit, match_units
from dock import announce, authorise, breaches, cases, line_of, milestones, receive, scan, stock, tell


def match(company, *pairs):
    return match_units(company.ctx(), items=[MatchUnit(lpn, rma, line) for lpn, rma, line in pairs])


def unit(lpn):
    return db.rows(
        "SELECT u.*, i.sku FROM receiving_unit u JOIN catalog_item i ON i.id = u.item_id WHERE lpn = %s", [lpn]
    )[0]


def test_a_blind_unit_takes_the_value_that_was_issued(company):
    lpn = receive(company, scan(company, quantity=2)).done[0].identity
    assert (stock(company, "received"), cases(company)) == ((2, 0), ["blind_return"])
    rma = authorise(company, [("tee", 3)])
    assert match(company, (lpn, rma, 1)).done[0].facts["rma"] == rma
    assert stock(company, "received") == (2, 1600)
    assert (line_of(rma).authorised_qty, line_of(rma).allocated_qty) == (1, 2)
    assert milestones(rma) == {"authorised": 3, "received": 2}
    assert (unit(lpn).basis, unit(lpn).found) == ("issued", "expected")
    assert cases(company) == []
    assert breaches() == []


def test_an_unidentified_unit_becomes_what_the_line_is_for(company):
    rma = authorise(company, [("tee", 1)])
    tracking = announce(company, rma)
    tell(company, tracking, "delivered")
    lpn = receive(company, scan(company, sku="", tracking=tracking)).done[0].identity
    match(company, (lpn, rma, 1))
    assert (unit(lpn).sku, unit(lpn).owner) == (company.sku("tee"), "us")
    assert stock(company, "received") == (1, 800)
    assert stock(company, "in_transit_return") == (0, 0)
    assert milestones(rma) == {"authorised": 1, "carrier_scan": 1, "received": 1}
    assert breaches() == []


def test_lost_pieces_turn_up_by_a_match(company):
    rma = authorise(company, [("tee", 1)])
    tell(company, announce(company, rma), "accepted", "lost")
    lpn = receive(company, scan(company)).done[0].identity
    match(company, (lpn, rma, 1))
    assert milestones(rma) == {"authorised": 1, "carrier_scan": 1, "received": 1}
    assert stock(company, "received") == (1, 800)
    assert breaches() == []


@pytest.mark.parametrize(("grade", "kind"), [("A", "inspection_passed"), ("D", "inspection_failed")])
def test_what_an_inspection_said_before_the_match_counts_for_the_line(company, grade, kind):
    lpn = receive(company, scan(company)).done[0].identity
    inspect_units(company.ctx(), items=[InspectUnit(lpn, grade, passed=grade == "A")])
    rma = authorise(company, [("tee", 1)])
    match(company, (lpn, rma, 1))
    assert milestones(rma) == {"authorised": 1, "received": 1, kind: 1}
    assert stock(company, "inspection") == (1, 800)
    assert breaches() == []


def test_a_match_is_made_once(company):
    one, two = authorise(company), authorise(company)
    lpn = receive(company, scan(company)).done[0].identity
    first, again = match(company, (lpn, one, 1), (lpn, one, 1)).done
    assert (first.replayed, again.replayed, first.facts) == (False, True, again.facts)
    assert match(company, (lpn, one, 1)).done[0].replayed
    assert match(company, (lpn, two, 1)).refused[0].code == "already_matched"
    assert breaches() == []


def test_what_does_not_fit_is_refused(company):
    rma, phones = authorise(company, [("tee", 1), ("mug", 1)]), authorise(company, [("phone", 2)], reason="defective")
    tee, two_tees, nameless, theirs = (
        d.identity
        for d in receive(
            company,
            scan(company),
            scan(company, quantity=2),
            scan(company, sku="", quantity=2),
            scan(company, owner="consignor"),
        ).done
    )
    batch = match(
        company,
        ("LPN-never", rma, 1),
        (tee, "RMA-0", 1),
        (tee, rma, 9),
        (tee, rma, 2),
        (two_tees, rma, 1),
        (nameless, phones, 1),
        (theirs, rma, 1),
        ("", rma, 1),
        (tee, rma, 1),
    )
    assert [r.code for r in batch.refused] == [
        "unit_not_found",
        "rma_not_found",
        "rma_line_not_found",
        "other_item",
        "not_expected",
        "serial_takes_one",
        "owner_contradicted",
        "text_invalid",
    ]
    assert len(batch.done) == 1
    assert breaches() == []


def test_an_excess_unit_is_matched_once_its_return_is_authorised(company, owner):
    rma = authorise(company, [("tee", 1)])
    owner.execute("UPDATE returns_rma SET state = 'requested' WHERE number = %s", [rma])
    lpn = receive(company, scan(company, rma=rma)).done[0].identity
    assert match(company, (lpn, rma, 1)).refused[0].code == "not_expected"
    owner.execute("UPDATE returns_rma SET state = 'authorised' WHERE number = %s", [rma])
    assert match(company, (lpn, rma, 1)).done
    assert cases(company) == []
    assert breaches() == []


def test_statements_do_not_grow_with_the_batch(company):
    counts = {}
    for size in (1, 40):
        rmas = [authorise(company, [("tee", 5)]) for _ in range(20)]
        lpns = [d.identity for d in receive(company, *[scan(company) for _ in range(size)]).done]
        with counting() as seen:
            assert len(match(company, *[(lpn, rmas[n % 20], 1) for n, lpn in enumerate(lpns)]).done) == size
        counts[size] = len(seen)
    assert counts[1] == counts[40] <= 20
    assert breaches() == []
