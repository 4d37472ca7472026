"""Goodwill on screen: finance sees what it comes to and what is posted, grants it once, and nobody else may."""

import pytest

from company import make_company
from counterflow.kernel import clock, db
from counterflow.kernel.context import Context
from counterflow.refunds.commands.grant_goodwill import GrantGoodwill, grant_goodwill
from counterflow.refunds.queries import credits
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas


@pytest.fixture(scope="module")
def company(people):
    """A company whose orders are of now."""
    return make_company(lambda: Context.make("user:1", ["*"], clock.now()))


@pytest.fixture
def order(company):
    """An order of two tees, 48.00 with tax, paid by card."""
    return company.sell([("tee", 2, 2000, 400)], shipped_at=clock.now())


def granted(order):
    return db.rows(
        "SELECT c.total_minor, c.method, c.reason FROM refunds_credit c JOIN orders_order o ON o.id = c.order_id"
        " WHERE o.number = %s AND c.cause = 'goodwill' ORDER BY c.id",
        [order],
    )


def test_the_preview_says_who_gets_what_and_what_is_posted(browse, company, order):
    client = browse("finance")
    asked = {"channel": company.channel(), "order": order}
    page = client.get("/goodwill", asked).content.decode()
    assert "£48.00" in page
    asked |= {"amount": "12,50", "reason": "late_delivery", "method": "original"}
    said = client.get("/goodwill", asked).content.decode()
    assert "Goodwill and compensation" in said
    assert "Refunds payable" in said
    assert "£12.50" in said
    assert "Store credit</em>" in client.get("/goodwill", asked | {"method": "store_credit"}).content.decode()
    over = client.get("/goodwill", asked | {"amount": "48.01"}).content.decode()
    assert "At most" in over
    assert "above 0" in client.get("/goodwill", asked | {"amount": "much"}).content.decode()
    assert granted(order) == []


def test_goodwill_is_granted_once_from_the_order_however_often_it_is_sent(browse, company, order):
    client = browse("finance")
    sent = {
        "channel": company.channel(),
        "order": order,
        "rma": "",
        "amount": "5.00",
        "reason": "bad_service",
        "method": "store_credit",
        "key": f"gw-{order}",
    }
    for _ in range(2):
        assert client.post("/goodwill/grant", sent)["Location"] == f"/orders/{company.channel()}/{order}"
    assert [tuple(row) for row in granted(order)] == [(500, "store_credit", "bad_service")]
    assert "Bad service" in client.get("/goodwill", {"channel": company.channel(), "order": order}).content.decode()


def test_goodwill_on_a_return_stands_on_its_page(browse, company, order):
    line = AskedLine(1, "too_small", company.sku())
    rma = open_rmas(company.ctx(), items=[OpenRma(company.channel(), f"g-{order}", [line], order)]).done[0].facts["rma"]
    client = browse("finance")
    assert 'data-dialog="goodwill"' in client.get(f"/returns/{rma}").content.decode()
    sent = {"channel": company.channel(), "order": order, "rma": rma, "amount": "3", "key": f"gr-{order}"}
    sent |= {"reason": "loyal_customer", "method": "original"}
    assert client.post("/goodwill/grant", sent)["Location"] == f"/returns/{rma}"
    assert [(c.cause, c.total_minor) for c in credits(rma=rma)] == [("goodwill", 300)]
    page = client.get(f"/returns/{rma}").content.decode()
    assert "Loyal customer" in page
    assert '<span class="num">£3.00</span> goodwill' in page
    assert "Goodwill granted" in page


def test_who_may_not_compensate_has_neither_button_nor_page(browse, company, order):
    client = browse("agent")
    assert 'data-dialog="goodwill"' not in client.get(f"/orders/{company.channel()}/{order}").content.decode()
    assert client.get("/goodwill", {"channel": company.channel(), "order": order}).status_code == 403
    assert client.post("/goodwill/grant", {"channel": company.channel(), "order": order}).status_code == 403


def test_an_order_nobody_knows_is_not_found(browse):
    assert browse("finance").get("/goodwill", {"channel": "x", "order": "y"}).status_code == 404


def test_the_page_takes_few_statements(browse, company, order, django_statements):
    client = browse("finance")
    asked = {"channel": company.channel(), "order": order, "amount": "1"}
    client.get("/goodwill", asked)
    with django_statements() as seen:
        assert client.get("/goodwill", asked).status_code == 200
    assert len(seen) <= 15


def test_what_the_payment_no_longer_holds_is_offered_as_store_credit(browse, company):
    order = company.sell([("tee", 2, 2000, 400)], shipped_at=clock.now(), captured=[1])
    client = browse("finance")
    asked = {"channel": company.channel(), "order": order, "amount": "1", "reason": "bad_service", "method": "original"}
    assert "Only" in client.get("/goodwill", asked).content.decode()
    grant = GrantGoodwill(f"g-{order}", 1, "bad_service", channel=company.channel(), order=order)
    assert grant_goodwill(company.ctx(), items=[grant]).done
    page = client.get("/goodwill", {"channel": company.channel(), "order": order}).content.decode()
    assert "as store credit only" in page
    assert '<option value="store_credit" selected' in page
    assert "Choose store credit." in client.get("/goodwill", asked).content.decode()
