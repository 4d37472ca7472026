"""Inventory pages: the matrix, an item, its licence plates, movements; now and at an instant of both kinds."""

import re

import pytest

from company import ASKED, make_company
from console_life import asked, disposed, received
from counterflow.console.movement_words import KINDS
from counterflow.console.views.movements import cause_link
from counterflow.inventory.causes import Cause
from counterflow.kernel.context import Context
from counterflow.ledger.chart import MOVEMENTS


@pytest.fixture(scope="module")
def life(people):
    """A company with a restocked unit and one on the dock; their plates."""
    made = make_company(lambda: Context.make("user:1", ["*"], ASKED))
    sold = received(made, asked(made, quantity=3), 3)
    disposed(made, sold)
    waits = received(made, asked(made))
    return made, sold, waits


def text(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_every_kind_of_the_chart_has_words():
    assert {m.kind for m in MOVEMENTS} == set(KINDS)


def test_the_matrix_shows_states_as_columns_and_what_may_be_promised(browse, life):
    company, *_ = life
    page = text(browse("inventory_controller"), f"/inventory?entity=UK{company.tag}")
    for word in (company.sku(), "Available", "Received", "ATS", "Available to sell", "£40.00"):
        assert word in page, word
    assert f'href="/stock/{company.sku()}?node={company.node()}"' in page
    headings = re.findall(r'<th scope="col"[^>]*>(?:<a[^>]*>)?([^<]+)', page)
    assert headings.index("On hand") < headings.index("ATS") < headings.index("Received") < headings.index("Available")


def test_both_pasts_say_what_they_mean_and_link_to_each_other(browse, life):
    company, *_ = life
    client = browse("inventory_controller")
    address = f"/inventory?entity=UK{company.tag}&at=2026-05-06T09:00"
    then = text(client, address)
    assert "As it happened, " in then
    assert "by all that is known today" in then
    assert "past=known" in then
    knew = text(client, f"{address}&past=known")
    assert "only what had been recorded by then" in knew
    assert "No month before it is sealed yet." in knew
    later = text(client, f"{address}&past=later")
    assert "as it happened, less as we knew it" in later
    assert ">ATS<" not in later
    assert "The page" not in text(client, f"/inventory?at=nonsense&past=known&entity=UK{company.tag}")


def test_a_file_has_pieces_and_value_of_every_state(browse, life):
    company, *_ = life
    answer = browse("inventory_controller").get(f"/inventory?format=csv&entity=UK{company.tag}")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert 'Available,"Available, value"' in lines[0]
    assert len(lines) == 2
    assert "40.00,GBP" in lines[1]


def test_one_item_explains_its_promise_and_draws_its_states(browse, life):
    company, *_ = life
    page = text(browse("inventory_controller"), f"/stock/{company.sku()}")
    for word in ("May be promised", "Nothing is held or reserved.", "<polyline", "Restocked", "Licence plates"):
        assert word in page, word
    assert re.search(r'role="img" aria-label="Available: \d+ 90 days ago', page)
    past = text(browse("inventory_controller"), f"/stock/{company.sku()}?at=2026-05-01T08:00&past=happened")
    assert "What might be promised" in past


def test_pieces_lead_to_licence_plates(browse, life):
    company, sold, waits = life
    client = browse("inventory_controller")
    page = text(client, f"/stock/{company.sku()}")
    link = re.search(r'href="(/inventory/units[^"]+)"', page)[1].replace("&amp;", "&")
    units = text(client, link)
    assert waits in units
    assert sold not in units
    assert client.get("/inventory/units?sku=none").status_code == 404
    assert "Name a SKU" in text(client, "/inventory/units")


def test_movements_lead_only_where_their_reader_may_go():
    count = Cause("count", "2026-07", 7)
    assert cause_link(count, lambda permission: permission == "reconciliation.view") == "/reconciliation/7"
    assert cause_link(count, lambda permission: permission == "ledger.view") == ""
    assert cause_link(Cause("unit", "LPN-1", 7), lambda permission: permission == "receiving.view") == "/units/LPN-1"


def test_movements_name_their_document(browse, life):
    company, sold, _ = life
    client = browse("inventory_controller")
    page = text(client, f"/movements?sku={company.sku()}")
    for word in (
        "Restocked",
        "Inspection, " + company.node(),
        f'href="/units/{sold}"',
        "£24.00",
        "Shipped to customer",
    ):
        assert word in page, word
    only = text(client, f"/movements?document={sold}")
    assert only.count("<tr>") == 4
    assert "Nothing matches" in text(client, "/movements?sku=no-such-sku")
    assert "the last 92 days are shown" in text(client, f"/movements?node={company.node()}")
    answer = client.get(f"/movements?format=csv&sku={company.sku()}&kind=restock")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert len(lines) == 2
    assert "restock" not in lines[1]


def test_few_statements_with_stock_and_history(browse, life, django_statements):
    company, sold, _ = life
    client = browse("inventory_controller")
    for address in (
        "/inventory?at=2026-05-06T09:00&past=known",
        f"/stock/{company.sku()}?at=2026-05-06T09:00&past=known",
        f"/movements?document={sold}&sku={company.sku()}",
        f"/inventory/units?sku={company.sku()}",
    ):
        with django_statements() as seen:
            assert client.get(address).status_code == 200
        assert len(seen) <= 15, (address, len(seen))


def test_who_may_not_see_the_ledger_sees_no_inventory(browse):
    for address in ("/inventory", "/movements", "/inventory/units"):
        assert browse("clerk").get(address).status_code == 403


def test_an_entry_leads_to_what_it_is_about(browse, life):
    _, sold, _ = life
    client = browse("inventory_controller")
    entry = re.search(r'href="(/ledger/entries/\d+)"', text(client, f"/movements?document={sold}"))[1]
    assert f'href="/units/{sold}"' in text(client, entry)
    assert "Where it comes from" in text(client, entry)
