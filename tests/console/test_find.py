"""One box finds by whatever is in one's hand, and leads to the one thing it names."""

import pytest
from django.db import transaction

from agreeing import as_, ask, person, request_of
from company import ASKED, make_company
from console_life import whole
from counterflow.access.roles import ROLES
from counterflow.catalog.commands.record_items import NewItem, record_items
from counterflow.console.search import FINDERS
from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.orders.commands import NewContact, RecordContact, record_contacts
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.refunds.commands.grant_goodwill import GrantGoodwill, grant_goodwill
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from counterflow.returns.page import return_page


def indexed(sql: str) -> str:
    """The plan of a statement where scanning whole tables is dear."""
    with transaction.atomic():
        db.rows("SELECT set_config('enable_seqscan', 'off', true)")
        return "\n".join(row[0] for row in db.rows(f"EXPLAIN {sql}"))


@pytest.fixture(scope="module")
def company(people):
    """A company of its own."""
    return make_company(lambda: Context.make("user:1", ["*"], ASKED))


def test_a_plate_a_return_an_order_and_an_item_are_found(browse, company):
    rma, lpn = whole(company)
    client = browse("administrator")
    assert client.get(f"/find?q={lpn}")["Location"] == f"/units/{lpn}"
    assert client.get(f"/find?q=%20{lpn.lower()}%20")["Location"] == f"/units/{lpn}"
    assert client.get(f"/find?q={rma}")["Location"] == f"/returns/{rma}"
    order = return_page(number=rma).order
    assert client.get(f"/find?q={order}")["Location"] == f"/orders/{company.channel()}/{order}"
    assert client.get(f"/find?q={company.sku()}")["Location"].startswith("/stock/")


def test_an_order_with_two_returns_leads_to_the_order(browse, company):
    order = company.sell()
    lines = [AskedLine(1, "no_longer_wanted", sku=company.sku())]
    wishes = [OpenRma(company.channel(), f"{part}-{order}", lines, order, ASKED) for part in ("first", "second")]
    assert len(open_rmas(company.ctx(), items=wishes).done) == 2
    assert browse("agent").get(f"/find?q={order}")["Location"] == f"/orders/{company.channel()}/{order}"


def test_what_is_nowhere_is_said_where_it_was_asked(browse, company):
    client = browse("inspector")
    answer = client.get("/find?q=no-such-plate&on=bench")
    assert answer["Location"] == "/bench"
    assert "Nothing here is called no-such-plate." in client.get("/bench").content.decode()
    assert client.get("/find?q=&on=//evil.example")["Location"] == "/"


def test_a_code_that_breaks_a_rule_is_refused_with_the_rule_and_the_mending(browse, company):
    client = browse("inspector")
    said = "UPS 1Z: check digit is 8, should be 7. Scan it again, or compare it digit by digit with the print."
    for address in ("/find?q=1Z5R89390357567128", "/find/palette?q=1Z5R89390357567128"):
        assert said in client.get(address).content.decode()
    assert client.get("/find?q=1Z5R89390357567128&on=bench")["Location"] == "/bench"
    assert said in client.get("/bench").content.decode()


def test_a_sound_code_that_nothing_has_says_what_it_reads_as(browse, company):
    html = browse("inspector").get("/find?q=1Z5R89390357567127").content.decode()
    assert "It reads as UPS 1Z: 1Z5R89390357567127." in html


def test_what_several_things_begin_with_is_listed(browse, company):
    rma, lpn = whole(company)
    text = browse("administrator").get("/find?q=RMA-").content.decode()
    assert f'href="/returns/{rma}"' in text or text.count('class="hit"') >= 5
    assert f'href="/units/{lpn}"' in browse("clerk").get(f"/find?q={lpn[:-1]}").content.decode()


def test_a_role_finds_only_what_it_may_see(browse, company):
    answer = browse("clerk").get(f"/find?q={company.sku()}")
    assert answer.status_code == 200
    assert "/stock/" not in answer.content.decode()
    assert "Nothing found" in answer.content.decode()


def test_the_digits_of_a_return_a_request_and_a_credit_name_it(browse, company):
    rma, _ = whole(company)
    client = browse("finance")
    page = return_page(number=rma)
    assert client.get(f"/find?q={rma.removeprefix('RMA-')}")["Location"] == f"/returns/{rma}"
    assert client.get(f"/find?q={page.request_ref}")["Location"] == f"/returns/{rma}"


def test_a_policy_is_found_by_its_name_and_by_kind_and_number(browse, company):
    client = browse("finance")
    assert client.get("/find?q=shipped%20refund%20rules")["Location"] == "/policies/refund/1"
    for words in ("refund 1", "refund/1", "REFUND 1"):
        assert client.get("/find", {"q": words})["Location"] == "/policies/refund/1", words
    assert client.get("/find", {"q": "inspection plan 1"})["Location"] == "/policies/inspection_plan/1"
    listed = client.get("/find", {"q": "shipped ref"}).content.decode()
    assert 'href="/policies/refund/1"' in listed
    assert 'href="/policies/' not in browse("clerk").get("/find", {"q": "shipped ref"}).content.decode()


def test_a_request_for_agreement_is_found_by_its_number(ctx, browse, company):
    item = GrantGoodwill(company.lpn(), 5_000, "late", channel=company.channel(), order=company.sell())
    request = request_of(ask(as_(person(ctx, "finance")), grant_goodwill, item))
    for words in (f"{request}", f"#{request}", f"approval {request}", f"Request {request}"):
        assert browse("finance").get("/find", {"q": words})["Location"] == f"/approvals/{request}", words


def test_the_palette_lists_pages_acts_and_records_of_the_role(browse, company):
    rma, lpn = whole(company)
    clerk, administrator = browse("clerk"), browse("administrator")
    everything = administrator.get("/find/palette").content.decode()
    assert 'role="option"' in everything
    assert 'href="/users/new"' in everything
    assert 'href="/users"' not in clerk.get("/find/palette").content.decode()
    first = clerk.get(f"/find/palette?q={lpn.lower()}").content.decode()
    assert first.index(f'href="/units/{lpn}"') == first.index("href=")
    assert f'href="/returns/{rma}"' in clerk.get(f"/find/palette?q={rma[:-1]}").content.decode()
    assert 'href="/tokens"' in administrator.get("/find/palette?q=tok").content.decode()


def test_what_a_scanner_reads_finds_the_item_it_names(browse, company):
    gtin = "04006381333931"
    sku = f"GS1-{company.lpn()}"
    assert record_items(company.ctx(), items=[NewItem(sku, "Pencil", gtin=gtin)]).done
    for scanned in (gtin, "4006381333931", f"01{gtin}21AB12", f"(01){gtin}(21)AB12", f"]d201{gtin}10L7\x1d21AB12"):
        answer = browse("administrator").get("/find", {"q": scanned})
        assert answer.status_code == 302, scanned
        assert answer["Location"] == f"/stock/{sku}", scanned


def test_a_serial_number_finds_the_unit_that_has_it(browse, company):
    unit = ReceiveUnit(company.lpn(), company.node(), sku=company.sku(), serial="SN-77-AB")
    assert receive_units(company.ctx(), items=[unit]).done
    for asked in ("sn-77-ab", "0104006381333931" + "21SN-77-AB"):
        text = browse("inspector").get("/find", {"q": asked}).content.decode()
        assert f'href="/units/{unit.lpn}"' in text, asked


def test_an_address_finds_orders_only_for_those_who_may_see_people(browse, company):
    order = company.sell()
    contact = NewContact("Ada Demo", "ada@demo.example")
    assert record_contacts(company.ctx(), items=[RecordContact(company.channel(), order, contact)]).done
    address = f'href="/orders/{company.channel()}/{order}"'
    assert "orders.contact" in ROLES["agent"].permissions - ROLES["clerk"].permissions
    assert address in browse("agent").get("/find?q=Ada@demo.example").content.decode()
    hidden = browse("clerk").get("/find?q=ada@demo.example").content.decode()
    assert address not in hidden
    assert "Ada Demo" not in hidden


def test_a_search_costs_at_most_one_statement_a_room(browse, company, django_statements):
    client = browse("administrator")
    client.get("/find/palette?q=1")
    with django_statements() as seen:
        client.get("/find/palette?q=12345678")
    assert len(seen) <= 2 + len(FINDERS)


def test_what_is_searched_is_found_by_an_index(company):
    whole(company)
    for table, column in (("returns_rma", "number"), ("receiving_unit", "lpn"), ("catalog_item", "sku")):
        where = f"{column} ~>=~ 'A' AND {column} ~<=~ 'B' ORDER BY {column} USING ~<~ LIMIT 5"
        plan = indexed(f"SELECT id FROM {table} WHERE {where}")
        assert "Index" in plan, plan
        assert "Seq Scan" not in plan, plan
