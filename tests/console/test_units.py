"""The bench and a unit's page: what is there, what it is worth, what may be done, and who may do it."""

import pytest

from company import ASKED, make_company
from counterflow.catalog.commands import NewReason, record_reasons
from counterflow.receiving import queries
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas


@pytest.fixture(scope="module")
def company(people):
    """A company with one authorised return."""
    from counterflow.kernel.context import Context

    return make_company(lambda: Context.make("user:1", ["*"], ASKED))


@pytest.fixture
def received(company):
    """A unit of two tees on the dock; its plate."""
    order = company.sell()
    asked = OpenRma(
        company.channel(), f"ask-{order}", [AskedLine(2, "no_longer_wanted", sku=company.sku())], order, ASKED
    )
    rma = open_rmas(company.ctx(), items=[asked]).done[0].facts["rma"]
    unit = ReceiveUnit(company.lpn(), company.node(), sku=company.sku(), quantity=2, rma=rma)
    assert receive_units(company.ctx(), items=[unit]).done
    return unit.lpn


def test_a_unit_is_inspected_and_disposed_from_its_page(browse, received, company):
    client = browse("inspector")
    assert received in client.get(f"/bench?node={company.node()}").content.decode()
    page = client.get(f"/units/{received}").content.decode()
    assert "£16.00" in page
    assert "Record inspection" in page
    assert ">Dispose<" not in page
    client.post(f"/units/{received}/inspect", {"grade": "A"})
    assert queries.unit(lpn=received).unit.grade == "A"
    assert ">Dispose<" in client.get(f"/units/{received}").content.decode()
    client.post(f"/units/{received}/dispose", {})
    page = client.get(f"/units/{received}").content.decode()
    assert "Disposed: restock" in page
    assert "In the pool" in page
    assert "Its life here is complete." in page
    assert received not in client.get(f"/bench?node={company.node()}").content.decode()


def test_the_entries_are_shown_to_who_may_see_the_books(browse, received):
    assert "Journal entries" not in browse("clerk").get(f"/units/{received}").content.decode()
    page = browse("finance").get(f"/units/{received}").content.decode()
    assert "Journal entries" in page
    assert "Receive" in page


def test_buttons_follow_role_and_state(browse, received):
    page = browse("executive").get(f"/units/{received}").content.decode()
    assert "Record inspection" not in page
    assert "Nothing that your role may do." in page
    assert "Reverse the receipt" in browse("inspector").get(f"/units/{received}").content.decode()


def test_a_refusal_is_told_and_changes_nothing(browse, received):
    client = browse("inspector")
    client.post(f"/units/{received}/dispose", {"disposition": "restock", "reason": "because"})
    page = client.get(f"/units/{received}").content.decode()
    assert "toast-error" in page
    client.post(f"/units/{received}/inspect", {"grade": "Z"})
    assert "Grade: Select a valid choice" in client.get(f"/units/{received}").content.decode()
    assert queries.unit(lpn=received).unit.state == "received"


def test_a_mistaken_receipt_is_reversed(browse, received):
    browse("inventory_controller").post(f"/units/{received}/reverse", {"reason": "Wrong scan."})
    assert queries.unit(lpn=received).unit.state == "reversed"


def test_simulated_data_says_so(browse, received, company):
    client = browse("clerk")
    assert "Simulated" in client.get(f"/units/{received}").content.decode()
    assert "Simulated data:" in client.get(f"/bench?node={company.node()}").content.decode()


def test_no_page_of_a_life_runs_many_statements(browse, received, company, django_statements):
    client = browse("administrator")
    for address in (f"/units/{received}", "/bench", "/stock", f"/stock/{company.sku()}", "/ledger/tie-out", "/"):
        with django_statements() as seen:
            assert client.get(address).status_code == 200
        assert len(seen) <= 15, (address, len(seen))


def test_stock_and_books_show_the_same_life(browse, received, company):
    client = browse("finance")
    stock = client.get(f"/stock?node={company.node()}&sku={company.sku()}").content.decode()
    assert "Received" in stock
    assert "Nothing matches" in client.get("/stock?sku=no-such-sku").content.decode()
    assert "Everything ties." in client.get("/ledger/tie-out").content.decode()
    trial = client.get("/ledger/trial-balance").content.decode()
    assert "Cost of sales - returns" in trial
    assert "Differs" not in trial
    lines = b"".join(client.get("/stock?format=csv").streaming_content).decode().splitlines()
    assert lines[0] == "State,Entity,Owner,On hand,Sellable,Pieces,Cost,Allowance,Value,Currency,Simulated"
    movements = client.get(f"/stock/{company.sku()}").content.decode()
    assert "Latest movements" in movements
    assert "What may be promised" in movements


def test_a_difference_is_shouted(browse, received, owner):
    place = owner.execute("SELECT max(account_id) FROM ledger_position WHERE cost > 0").fetchone()[0]
    owner.execute("UPDATE ledger_position SET cost = cost + 1 WHERE account_id = %s", [place])
    page = browse("finance").get("/ledger/tie-out").content.decode()
    owner.execute("UPDATE ledger_position SET cost = cost - 1 WHERE account_id = %s", [place])
    assert "1 of " in page
    assert "£0.01" in page


def test_a_reversed_receipt_is_not_shown_as_here(browse, received):
    client = browse("administrator")
    client.post(f"/units/{received}/reverse", {"reason": "scanned_by_mistake"})
    page = client.get(f"/units/{received}").content.decode()
    assert "No longer here" in page
    assert "In the pool" not in page
    assert '<div class="moment-title">Receipt reversed</div>' in page
    assert "Receipt reversed" in browse("clerk").get(f"/units/{received}").content.decode()


def test_reasons_and_damage_are_chosen_from_the_companys_words(browse, received, ctx):
    reasons = [NewReason("damage", "torn_lining", "Torn lining"), NewReason("override", "second_look", "Second look")]
    record_reasons(ctx(), items=reasons)
    page = browse("inventory_controller").get(f"/units/{received}").content.decode()
    assert '<option value="torn_lining">Torn lining</option>' in page
    assert '<option value="second_look">Second look</option>' in page
    browse("inspector").post(f"/units/{received}/inspect", {"grade": "C", "damage_code": "torn_lining"})
    assert queries.unit(lpn=received).unit.damage_code == "torn_lining"
    assert f'href="/put-away?lpn={received}"' in browse("clerk").get(f"/units/{received}").content.decode()


def test_company_words_for_damage_are_master_data(browse, company):
    client = browse("inventory_controller")
    answer = client.post(
        "/master/reasons/new", {"kind": "damage", "code": "moth_holes", "label": "Moth holes", "active": "on"}
    )
    assert answer.status_code == 302
    assert "What is wrong with goods" in client.get("/master/reasons?q=moth_holes").content.decode()
