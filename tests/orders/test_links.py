"""Accounts that share something are found by keyed digests, which go with the person."""

from dataclasses import replace

import pytest
from django.test import override_settings

from company import make_company
from counterflow.config import cli_link
from counterflow.desk.commands.erase_customers import EraseCustomer, erase_customers
from counterflow.kernel import db
from counterflow.orders.commands import NewContact, RecordContact, record_contacts, record_orders
from counterflow.orders.commands.link_customers import LinkCustomer, link_customers
from counterflow.orders.links import linked
from orders.test_record_contacts import order
from together import together

ADA = NewContact("Ada", "ada@demo.example", "020 7946 0000", "1 High Street", postcode="SW1A 1AA", city="London")


def customer(company, contact=None, kind="own_shop"):
    """A customer of the company, with a contact where one is given; (id, item that erases it)."""
    ref = company.sell(kind=kind)
    if contact is not None:
        batch = record_contacts(company.ctx(), items=[RecordContact(company.channel(kind), ref, contact)])
        assert not batch.refused
    found = db.rows("SELECT id FROM orders_customer WHERE external_ref = %s", [ref])[0].id
    return found, EraseCustomer(company.channel(kind), ref)


def digests(*customers):
    sql = "SELECT customer_id, kind, digest FROM orders_customerlink WHERE customer_id = ANY(%s) ORDER BY 1, 2"
    return db.rows(sql, [list(customers)])


def test_accounts_are_linked_by_what_they_share_and_by_nothing_else(company):
    ada, _ = customer(company, ADA)
    same, _ = customer(company, replace(ADA, email=" ADA+x@demo.example", phone="+44 20 79460000", line1="1, high st."))
    phone, _ = customer(company, NewContact("B", "b@demo.example", "0044 20 7946 0000"), "b2b")
    nobody, _ = customer(company, NewContact("C", "c@demo.example"))
    found = linked([ada, nobody])
    assert found[ada] == {same: ("email", "phone", "address"), phone: ("phone",)}
    assert found[nobody] == {}


def test_companies_never_meet(ctx, company):
    ada, _ = customer(company, ADA)
    other, _ = customer(make_company(ctx), ADA)
    assert other not in linked([ada])[ada]
    assert {bytes(r.digest) for r in digests(ada)}.isdisjoint({bytes(r.digest) for r in digests(other)})


def test_what_many_share_links_nobody(company):
    shop = NewContact("P", line1="Parcel shop 7", postcode="E1 1AA")
    several = [customer(company, shop)[0] for _ in range(4)]
    with override_settings(LINK_SHARED_MAX=4):
        assert len(linked(several[:1])[several[0]]) == 3
    with override_settings(LINK_SHARED_MAX=3):
        assert linked(several) == {one: {} for one in several}


def test_orders_bring_links_and_the_newest_word_counts(company):
    moved = replace(ADA, line1="2 Low Street", phone="")

    def told(number, contact):
        return replace(order(company, number, contact, "L"), country="GB")

    batch = record_orders(company.ctx(), items=[told("L-1", ADA), told("L-2", moved)])
    assert not batch.refused
    (ref,) = db.rows("SELECT id FROM orders_customer WHERE external_ref = 'L' ORDER BY id DESC LIMIT 1")
    assert [r.kind for r in digests(ref.id)] == ["address", "email"]
    before = {r.kind: bytes(r.digest) for r in digests(ref.id)}
    record_orders(company.ctx(), items=[told("L-3", ADA)])
    after = {r.kind: bytes(r.digest) for r in digests(ref.id)}
    assert set(after) == {"address", "email", "phone"}
    assert (after["email"], after["address"]) == (before["email"], after["address"])
    assert after["address"] != before["address"]


def test_nothing_can_be_read_from_a_digest_and_another_secret_makes_another(company, owner):
    ada, _ = customer(company, ADA)
    first = [bytes(r.digest) for r in digests(ada)]
    assert all(len(digest) == 16 for digest in first)
    with override_settings(SECRET_KEY="another secret of the same company"):
        cli_link.run(None)
        second = [bytes(r.digest) for r in digests(ada)]
        assert set(first).isdisjoint(second)
    cli_link.run(None)
    assert [bytes(r.digest) for r in digests(ada)] == first
    assert (
        owner.execute(
            "SELECT count(*) FROM orders_customerlink WHERE encode(digest, 'escape') LIKE '%ada%'"
        ).fetchone()[0]
        == 0
    )


def test_contacts_from_before_are_linked_afterwards(company, owner):
    ada, item = customer(company, ADA)
    kept = digests(ada)
    owner.execute("DELETE FROM orders_customerlink WHERE customer_id = %s", [ada])
    wanted = LinkCustomer(item.channel, item.customer_ref)
    batch = link_customers(company.ctx(), items=[wanted, wanted, LinkCustomer(item.channel, "nobody")])
    assert [r.code for r in batch.refused] == ["customer_unknown"]
    assert digests(ada) == kept


def test_links_go_with_the_person_and_do_not_come_back(company):
    ada, item = customer(company, ADA)
    assert len(digests(ada)) == 3
    assert erase_customers(company.ctx(), items=[item]).done
    assert digests(ada) == []
    link_customers(company.ctx(), items=[LinkCustomer(item.channel, item.customer_ref)])
    assert digests(ada) == []


@pytest.mark.parametrize("round", range(5))
def test_whoever_erases_while_another_records_or_links_leaves_contact_and_links_together(company, round):
    ada, item = customer(company, ADA)
    newer = RecordContact(item.channel, item.customer_ref, replace(ADA, line1=f"{round} New Street"))
    together(
        [
            lambda: erase_customers(company.ctx(), items=[item]),
            lambda: record_contacts(company.ctx(), items=[newer]),
            lambda: link_customers(company.ctx(), items=[LinkCustomer(item.channel, item.customer_ref)]),
        ]
    )
    (contact,) = db.rows("SELECT erased_at, email FROM orders_contact WHERE customer_id = %s", [ada])
    assert bool(digests(ada)) == (contact.email is not None)


def test_linking_takes_the_same_statements_for_one_and_for_many(company):
    def counted(number):
        refs = [company.sell() for _ in range(number)]
        items = [RecordContact(company.channel(), ref, replace(ADA, email=f"{ref}@demo.example")) for ref in refs]
        with db.counting() as first:
            assert not record_contacts(company.ctx(), items=items).refused
        with db.counting() as second:
            link_customers(company.ctx(), items=[LinkCustomer(company.channel(), ref) for ref in refs])
        return len(first), len(second)

    assert counted(1) == counted(60)
