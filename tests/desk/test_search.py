"""Whatever a caller has in hand names the order, and what is about a person is found by those who may see it."""

from datetime import UTC, datetime

import pytest

from company import ASKED
from console_life import received
from counterflow.desk.search import Clues, clues_of, orders_meant
from counterflow.kernel import db
from counterflow.logistics.commands.announce_parcels import AnnounceParcel, announce_parcels
from counterflow.orders.commands import NewContact, RecordContact, record_contacts
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas

ADA = NewContact("Ada Demo", "Ada@Demo.Example", "+44 20 7946 0123", postcode="ZZ1 2ZZ", city="Sampleton")


@pytest.fixture
def sold(ctx, company):
    """An order whose customer is known, with a return, a parcel and a unit; what each is called."""
    number = company.sell()
    record_contacts(ctx(), items=[RecordContact(company.channel(), number, ADA)])
    asked = OpenRma(
        company.channel(), f"s-{number}", [AskedLine(2, "no_longer_wanted", sku=company.sku())], number, ASKED
    )
    rma = open_rmas(ctx(), items=[asked]).done[0].facts["rma"]
    tracking = f"TRACK-{number}"
    announce_parcels(ctx(), items=[AnnounceParcel("carrier-x", tracking, rma)])
    return {"order": number, "rma": rma, "tracking": tracking, "lpn": received(company, rma)}


@pytest.mark.parametrize(
    ("words", "clues"),
    [
        ("Ada@Demo.example ", {"email": "ada@demo.example"}),
        ("+44 (0)20 7946-0123", {"phone": "079460123"[-9:]}),
        ("zz1 2zz", {"postcode": "ZZ12ZZ"}),
        ("Ada Demo ZZ1 2ZZ", {"postcode": "ZZ12ZZ", "name": "Ada Demo"}),
        ("ZZ12ZZ demo", {"postcode": "ZZ12ZZ", "name": "demo"}),
        ("TEE-42 2026-05-01", {"sku": "TEE-42", "day": datetime(2026, 5, 1, tzinfo=UTC).date()}),
        ("1.5.2026 TEE-42", {"sku": "TEE-42", "day": datetime(2026, 5, 1, tzinfo=UTC).date()}),
        ("Ada", {}),
    ],
)
def test_words_are_taken_for_what_they_can_mean(words, clues):
    found = clues_of(words)
    assert found == Clues(found.words, **clues)


def test_every_number_of_a_return_names_its_order(sold):
    for what, by in (("order", "Order number"), ("rma", "Return"), ("tracking", "Tracking number"), ("lpn", "Unit")):
        hits = orders_meant(search=f" {sold[what].lower()}" if what == "rma" else sold[what])
        assert [(hit.number, hit.by) for hit in hits] == [(sold["order"], by)]
    assert orders_meant(search=sold["rma"])[0].rma == sold["rma"]


def test_a_person_is_found_by_those_who_may_see_who_it_is(sold):
    for words in ("ADA@demo.example", "020 7946 0123", "zz1 2zz", "ZZ1 2ZZ ada"):
        hits = orders_meant(search=words, person=True)
        assert sold["order"] in [hit.number for hit in hits]
        assert {hit.customer for hit in hits} == {"Ada Demo"}
        assert orders_meant(search=words) == []
    assert orders_meant(search="ZZ1 2ZZ somebody", person=True) == []


def test_an_item_and_a_day_name_the_orders_of_that_day(company, sold):
    hits = orders_meant(search=f"{company.sku()} 2026-04-30")
    assert [(hit.number, hit.by, hit.pieces) for hit in hits] == [(sold["order"], "Item and day", 5)]
    assert orders_meant(search=f"{company.sku()} 2026-05-02") == []


def test_a_search_is_one_statement_and_nothing_is_found_by_nothing(sold):
    with db.counting() as seen:
        orders_meant(search=sold["order"], person=True)
    assert len(seen) == 1
    assert orders_meant(search="  ") == []
    assert orders_meant(search="nobody@demo.example", person=True) == []
