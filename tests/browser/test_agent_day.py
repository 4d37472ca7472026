"""A service agent on the telephone: the caller is found, told what will happen, and the return is open."""

import pytest

from counterflow.catalog.commands import NewReason, record_reasons
from counterflow.kernel import clock, db
from counterflow.orders.commands import NewContact, RecordContact, record_contacts


@pytest.fixture
def order(everything):
    """An order of three tees and a mug, shipped just now, whose customer is known."""
    made = everything.sell([("tee", 3, 2000, 400), ("mug", 1, 1000, 200)], shipped_at=clock.now())
    contact = NewContact("Ada Demo", "ada@demo.example", "020 7946 0123", postcode="ZZ1 2ZZ")
    assert record_contacts(everything.ctx(), items=[RecordContact(everything.channel(), made, contact)]).done
    return made


def opened(order):
    sql = """SELECT r.number, r.state, l.quantity, l.reason_code, l.resolution FROM returns_rma r
             JOIN returns_rmaline l ON l.rma_id = r.id JOIN orders_order o ON o.id = r.order_id
             WHERE o.number = %s ORDER BY l.id"""
    return db.rows(sql, [order])


def find(desk, words, order):
    """From the desk to the caller's order, by what the caller says."""
    page = desk.open("/desk")
    desk.go_to("#main input[name=q]")
    desk.type(words)
    page.wait_for_selector(f"a:has-text('{order}'), h1:has-text('{order}')")
    if not page.locator(f"h1:has-text('{order}')").count():
        desk.press(f"a[href$='/{order}']")
    page.wait_for_selector(f"h1:has-text('{order}')")
    return page


def test_a_caller_is_found_by_email_and_a_refund_is_opened(sit_down, everything, order):
    desk = sit_down("agent")
    page = find(desk, "ada@demo.example", order)
    desk.go_to("#q-1")
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    page.keyboard.type("too_small")
    page.keyboard.press("Tab")
    page.wait_for_selector("#said-1:has-text('£48.00'):not(:has-text('say why'))")
    desk.press("button :: Open the return")
    page.wait_for_url("**/returns/*")
    rows = opened(order)
    assert [(row.state, row.quantity, row.reason_code) for row in rows] == [("authorised", 2, "too_small")]
    assert rows[0].number in page.content()


def test_an_exchange_names_what_goes_out_instead(sit_down, everything, order):
    desk = sit_down("agent")
    page = find(desk, order, order)
    desk.go_to("#q-1")
    page.keyboard.type("1")
    desk.go_to("#r-1")
    page.keyboard.type("too_small")
    desk.go_to("#resolution")
    page.keyboard.type("Exchange")
    desk_exchange = page.locator("#x-1")
    desk_exchange.wait_for(state="visible")
    desk_exchange.focus()
    page.keyboard.type(everything.sku("mug"))
    page.keyboard.press("Tab")
    page.keyboard.type("12.00")
    page.keyboard.press("Tab")
    page.wait_for_selector("#whole:has-text('12.00')")
    desk.press("button :: Open the return")
    page.wait_for_url("**/returns/*")
    assert [(row.resolution, row.quantity) for row in opened(order)] == [("exchange", 1)]


def test_what_policy_declines_is_said_before_and_overridden_with_a_reason(sit_down, everything):
    record_reasons(everything.ctx(), items=[NewReason("override", "goodwill", "Goodwill")])
    old = everything.sell([("tee", 2, 2000, 400)])
    desk = sit_down("agent")
    page = find(desk, old, old)
    desk.go_to("#q-1")
    page.keyboard.type("1")
    page.keyboard.press("Tab")
    page.keyboard.type("no_longer_wanted")
    page.keyboard.press("Tab")
    page.wait_for_selector("#said-1[data-answer=no]:not(:has-text('until you say why'))")
    desk.press("summary :: Decide against")
    desk.go_to("select[name=override]")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#whole details[open] option[value=goodwill][selected]", state="attached")
    desk.press("button :: Open the return")
    page.wait_for_url("**/returns/*")
    assert [row.state for row in opened(old)] == ["authorised"]
