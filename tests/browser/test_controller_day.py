"""A controller's day: a count planned, counted by scanner, compared, posted by another, and the books tie."""

import re
from datetime import UTC, datetime

import pytest

from counterflow.kernel import db
from dock import breaches


@pytest.fixture(scope="module")
def shelves(everything):
    """Eight mugs and what the company has of tees, so that a count of the mugs finds two missing."""
    from counterflow.ledger.commands.open_books import OpenStock, open_books

    item = OpenStock(everything.node("3pl"), everything.sku("mug"), 8, 8 * everything.costs["mug"])
    assert open_books(everything.ctx(), items=[item]).done
    return everything


def on_hand(company):
    sql = """SELECT coalesce(sum(p.quantity), 0)::int AS n FROM ledger_position p
             JOIN ledger_account a ON a.id = p.account_id
             WHERE a.item_id = %s AND a.node_id = %s AND a.state = 'available'"""
    return db.rows(sql, [company.items["mug"], company.nodes["3pl"]])[0].n


def test_a_count_from_plan_to_tie_out(sit_down, shelves):
    controller = sit_down("inventory_controller")
    page = controller.open("/counts/new")
    controller.go_to("select[name=node]")
    page.keyboard.type(shelves.node("3pl"))
    controller.press("button :: Create count")
    page.wait_for_url(re.compile(r"/counts/\d+$"))
    count = page.url.removeprefix(controller.site)

    clerk = sit_down("clerk")
    clerk.open(f"{count}/work")
    clerk.scan(shelves.sku("mug"))
    assert clerk.page.locator(".hand-count").inner_text() == "1"
    clerk.scan("5")
    assert clerk.page.locator(".hand-count").inner_text() == "6"

    controller.open(count)
    controller.go_to("input[name=no_recount]")
    page.keyboard.press("Space")
    controller.press("button :: Compare round")
    page.wait_for_selector("text=What differs")
    assert "Move 2 from available" in page.content()
    statement = page.locator("a[href^='/reconciliation/']").first.get_attribute("href")

    finance = sit_down("finance")
    finance.open(statement)
    finance.press("button :: Post")
    finance.page.wait_for_selector("text=Every break of this statement is settled")
    assert on_hand(shelves) == 6

    controller.open(count)
    controller.press("button :: Close the count")
    page.wait_for_selector("text=Closed")
    controller.open("/ledger/tie-out")
    assert page.locator("h1").inner_text()
    assert breaches() == []


def test_stock_of_now_and_of_a_day_before(sit_down, shelves):
    controller = sit_down("inventory_controller")
    page = controller.open("/inventory")
    assert shelves.sku("mug") in page.content()
    controller.open("/stock")
    controller.go_to("#main input[type=date], #main input[type=datetime-local]")
    page.keyboard.type("01012026")
    page.keyboard.press("Enter")
    page.wait_for_url("**/stock?*")
    assert page.locator("h1").count() == 1


def test_a_statement_of_the_warehouse_is_compared(sit_down, shelves):
    controller = sit_down("inventory_controller")
    page = controller.open("/reconciliation/compare")
    controller.go_to("select[name=node]")
    page.keyboard.type(shelves.node("3pl"))
    rows = f"sku,state,quantity\n{shelves.sku('mug')},available,{on_hand(shelves) - 1}\n".encode()
    file = {"name": "stock.csv", "mimeType": "text/csv", "buffer": rows}
    page.set_input_files("input[type=file]", file)
    page.fill("input[name=as_of]", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}")
    page.fill("input[name=source]", "Warehouse system")
    controller.press("button :: Compare")
    page.wait_for_url(re.compile(r"/reconciliation/\d+$"))
    assert shelves.sku("mug") in page.content()
