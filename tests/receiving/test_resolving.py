"""What scans name in the books: parcels, returns, units and items, by one statement, and nothing guessed."""

from datetime import date

from counterflow.catalog.models import Item
from counterflow.kernel.db import counting
from counterflow.ledger.commands.hold_stock import HoldStock, hold_stock
from counterflow.receiving.expected import job, shift, waiting
from counterflow.receiving.resolving import resolve
from counterflow.scans.reading import read
from dock import CARRIER, announce, authorise, receive, scan, tell

TODAY = date(2026, 11, 25)


def look(*texts):
    return resolve(scans=[read(text, today=TODAY) for text in texts])


def named(text):
    return [(match.kind, match.code) for match in look(text)[0].matches]


def test_each_kind_of_thing_is_found_by_its_number_in_any_case(company):
    rma = authorise(company)
    tracking = announce(company, rma, tracking=f"abc-{company.tag}-x")
    one = scan(company, rma=rma)
    receive(company, one)
    assert named(rma.lower()) == [("return", rma)]
    assert named(tracking) == [("parcel", tracking)]
    assert named(one.lpn.swapcase()) == [("unit", one.lpn)]
    assert named(company.sku()) == [("item", company.sku())]
    assert named("nothing-of-ours") == []


def test_an_sscc_is_found_with_and_without_its_identifier(company):
    announce(company, authorise(company), tracking="00106141412345678908")
    assert named("106141412345678908") == [("parcel", "00106141412345678908")]
    assert named("(00)106141412345678908") == [("parcel", "00106141412345678908")]


def test_a_carrier_number_is_found_behind_its_routing_digits(company):
    announce(company, authorise(company), tracking="9101026837331000039521")
    assert named("420 22153 9101026837331000039521") == [("parcel", "9101026837331000039521")]


def test_an_item_is_found_by_any_of_its_numbers_and_the_reading_comes_along(company):
    Item.objects.filter(id=company.items["tee"]).update(gtin="04006381333931", more_gtins=["09501101530003"])
    for text in ("4006381333931", "(01)09501101530003(10)LOT-1", "https://id.gs1.org/01/09501101530003/10/LOT-1"):
        found = look(text)[0]
        assert [match.code for match in found.of("item")] == [company.sku()]
    assert found.reading_of(found.matches[0]).facts.lot == "LOT-1"


def test_two_items_under_one_number_are_both_told(company):
    Item.objects.filter(id__in=[company.items["mug"], company.items["cheap"]]).update(gtin="00036000291452")
    assert len(look("036000291452")[0].of("item")) == 2


def test_a_thousand_scans_take_one_statement(company):
    rma = authorise(company)
    with counting() as seen:
        found = look(*[rma, company.sku(), "4006381333931", "x"] * 250)
    assert len(seen) == 1
    assert [bool(each.matches) for each in found[:2]] == [True, True]
    assert resolve(scans=[]) == []


def test_a_job_tells_what_is_in_this_parcel_and_what_is_in_another(company):
    rma = authorise(company, [("tee", 3), ("mug", 1)])
    tracking = announce(company, rma, [(1, 2)])
    receive(company, scan(company, tracking=tracking))
    parcel_id = look(tracking)[0].matches[0].id
    tee, mug = job(parcel_id=parcel_id).lines
    assert (tee.expected, tee.received, tee.left, tee.here) == (2, 1, 1, True)
    assert (mug.expected, mug.left, mug.here) == (0, 0, False)
    whole = job(rma=authorise(company, [("tee", 2)]))
    assert (whole.expected, whole.received, whole.left, whole.parcel_id) == (2, 0, 2, None)


def test_a_return_with_one_open_parcel_is_received_from_it(company):
    rma = authorise(company, [("tee", 2)])
    tracking = announce(company, rma)
    assert job(rma=rma).tracking == tracking
    assert job(rma="RMA-0") is None
    assert job(parcel_id=0) is None


def test_a_hold_on_an_item_is_told_where_it_is_expected(company):
    rma = authorise(company, [("mug", 1)])
    receive(company, scan(company, "mug"))
    where = {"state": "received", "bucket": "unit", "owner": "us"}
    held = hold_stock(company.ctx(), items=[HoldStock("H-1", company.node(), company.sku("mug"), 1, "recall", **where)])
    assert held.done, held
    assert list(job(rma=rma).holds.values()) == ["recall"]


def test_the_shift_counts_today_and_the_dock_what_nobody_opened(company, ctx):
    tracking = announce(company, authorise(company, [("tee", 2)]))
    tell(company, tracking, "delivered")
    receive(company, scan(company, quantity=2, tracking=tracking))
    since = company.ctx().at.replace(hour=0, minute=0, second=0, microsecond=0)
    today = shift(node=company.node(), since=since)
    assert (today.units, today.pieces, today.waiting) == (1, 2, 1)
    assert [(each.carrier, each.tracking, each.pieces) for each in waiting(node=company.node())] == [
        (CARRIER, tracking, 2)
    ]
    assert shift(node="nowhere", since=since).units == 0
