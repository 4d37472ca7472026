"""Contacts come with orders or alone, the newest counts, and nothing of them is kept anywhere else."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from counterflow.kernel import db
from counterflow.orders.commands import NewContact, NewLine, NewOrder, RecordContact, record_contacts, record_orders
from counterflow.orders.contacts import email_key, phone_key, postcode_key

AT = datetime(2026, 5, 1, 9, tzinfo=UTC)
ADA = NewContact(
    "Ada Demo", "Ada@Demo.Example ", "+44 20 7946 0000", "1 High Street", postcode="sw1a 1aa", city="London"
)


def order(company, number="O-1", contact=ADA, ref="C-1"):
    return NewOrder(
        channel=company.channel(),
        number=number,
        placed_at=AT,
        currency="GBP",
        lines=(NewLine(1, company.sku(), 1, 2400, tax_minor=400),),
        customer_ref=ref,
        contact=contact,
    )


def contact_of(ref="C-1"):
    sql = "SELECT a.* FROM orders_contact a JOIN orders_customer k ON k.id = a.customer_id WHERE k.external_ref = %s"
    found = db.rows(sql + " ORDER BY a.id DESC", [ref])
    return found[0] if found else None


@pytest.mark.parametrize("written", ["020 7946 0000", "+44 (0)20 7946-0000", "0044 20 79460000"])
def test_a_telephone_number_has_one_key_however_it_is_written(written):
    assert phone_key(written) == phone_key(ADA.phone)


def test_keys_forget_case_and_spaces():
    assert email_key(ADA.email) == "ada@demo.example"
    assert postcode_key(ADA.postcode) == "SW1A1AA"


def test_an_order_brings_the_contact_of_its_customer(ctx, company):
    assert record_orders(ctx(), items=[order(company)]).done
    kept = contact_of()
    assert (kept.name, kept.email_key, kept.phone_key) == ("Ada Demo", "ada@demo.example", "079460000"[-9:])
    assert kept.line2 is None


def test_a_later_order_tells_the_newer_contact_and_the_same_order_with_another_is_a_replay(ctx, company):
    first = order(company, "O-2", ref="C-2")
    moved = replace(ADA, line1="2 Low Street")
    record_orders(ctx(), items=[first, order(company, "O-3", moved, "C-2")])
    assert contact_of("C-2").line1 == "2 Low Street"
    record_orders(ctx(), items=[order(company, "O-4", replace(ADA, line1="3 Mid Street"), "C-2")])
    assert contact_of("C-2").line1 == "3 Mid Street"
    again = record_orders(ctx(), items=[replace(first, contact=replace(ADA, name="Somebody"))])
    assert again.done[0].replayed
    assert contact_of("C-2").name == "Ada Demo"


def test_a_contact_needs_a_customer_and_an_address_that_is_one(ctx, company):
    codes = [
        record_orders(ctx(), items=[item]).refused[0].code
        for item in (
            order(company, "O-5", ref=""),
            order(company, "O-6", replace(ADA, email="no address")),
            order(company, "O-7", replace(ADA, city="x" * 201)),
        )
    ]
    assert codes == ["contact_without_customer", "contact_invalid", "contact_invalid"]


def test_a_contact_is_corrected_and_a_refusal_quotes_none_of_it(ctx, company):
    record_orders(ctx(), items=[order(company, "O-8", None, "C-8")])
    item = RecordContact(company.channel(), "C-8", ADA)
    assert not record_contacts(ctx(), items=[item]).done[0].replayed
    assert record_contacts(ctx(), items=[item]).done[0].replayed
    wrong = replace(ADA, email="secret words")
    refused = record_contacts(ctx(), items=[replace(item, contact=wrong), replace(item, customer_ref="nobody")]).refused
    assert [r.code for r in refused] == ["contact_invalid", "customer_unknown"]
    assert "secret" not in str(refused)


def test_a_batch_gives_what_its_items_would_give(ctx, company):
    record_orders(ctx(), items=[order(company, "O-9", None, "C-9")])
    items = [RecordContact(company.channel(), "C-9", replace(ADA, city=city)) for city in ("Bath", "Bath", "York")]
    batch = record_contacts(ctx(), items=items)
    assert [done.replayed for done in batch.done] == [False, True, False]
    assert contact_of("C-9").city == "York"


def test_statements_do_not_grow_with_the_batch(ctx, company):
    def counted(tag, number):
        orders = [order(company, f"{tag}{n}", None, f"{tag}{n}") for n in range(number)]
        record_orders(ctx(), items=orders)
        items = [RecordContact(company.channel(), f"{tag}{n}", ADA) for n in range(number)]
        with db.counting() as seen:
            assert not record_contacts(ctx(), items=items).refused
        return len(seen)

    assert counted("s", 1) == counted("m", 200) == 5
