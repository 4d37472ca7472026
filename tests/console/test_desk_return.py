"""What concerns the customer of a return: goods that go ahead or are cancelled, by those who may."""

import re
from html import unescape

import pytest

from company import make_company
from counterflow.desk.messages import messages
from counterflow.kernel import clock, db
from counterflow.kernel.context import Context
from counterflow.orders.commands import NewContact, RecordContact, record_contacts
from counterflow.refunds.queries import replacements
from counterflow.returns.commands.open_rmas import AskedLine, Instead, OpenRma, open_rmas


@pytest.fixture(scope="module")
def company(people):
    """A company whose orders are of now."""
    return make_company(lambda: Context.make("user:1", ["*"], clock.now()))


@pytest.fixture
def rma(company):
    """A return of two tees, exchanged for mugs at 30.00 each."""
    order = company.sell([("tee", 2, 2000, 400)], shipped_at=clock.now())
    line = AskedLine(
        2, "too_small", company.sku(), resolution="exchange", instead=Instead(company.sku("mug"), 3000, 500)
    )
    made = open_rmas(company.ctx(), items=[OpenRma(company.channel(), f"x-{order}", [line], order)]).done
    return made[0].facts["rma"]


def test_an_exchange_is_opened_at_the_desk_and_sent_ahead_and_cancelled(browse, company):
    order = company.sell([("tee", 2, 2000, 400)], shipped_at=clock.now())
    client = browse("agent")
    asked = {
        "channel": company.channel(),
        "number": order,
        "key": f"k-{order}",
        "resolution": "exchange",
        "q-1": "2",
        "r-1": "too_small",
        "x-1": company.sku("mug"),
        "p-1": "30.00",
    }
    said = client.get("/desk/ask", asked).content.decode()
    assert "The customer pays the difference" in said
    assert "£12.00" in said
    place = client.post("/desk/open", asked)["Location"]
    number = place.rsplit("/", 1)[1]
    wish = db.rows("SELECT unit_price_minor, unit_tax_minor FROM returns_wish ORDER BY id DESC LIMIT 1")[0]
    assert (wish.unit_price_minor, wish.unit_tax_minor) == (3000, 500)
    panel = client.get(f"/desk/returns/{number}").content.decode()
    assert "Send 2 before the credit" in panel
    offered = client.post(f"/desk/returns/{number}/ahead", {"line_no": "1", "reason": "goodwill", "key": "a"})
    assert "Send goods ahead: others have to agree" in offered.content.decode()
    assert replacements(rma=number) == []
    item = unescape(re.search(r'name="item" value="([^"]*)"', offered.content.decode())[1])
    asked = {"command": "order_replacements", "item": item, "reason": "goodwill", "key": "b"}
    request = client.post("/approvals/ask", asked)["Location"].rsplit("/", 1)[1]
    browse("finance").post("/approvals/decide", {"request": request, "verdict": "agree", "key": "c"})
    made = replacements(rma=number)
    assert [(g.total_minor, g.owed_minor, g.ahead) for g in made] == [(6000, 6000, True)]
    panel = client.get(f"/desk/returns/{number}").content.decode()
    assert "the customer owes" in panel
    assert "£60.00" in panel
    order_page = client.get(f"/orders/{company.channel()}/{made[0].order}").content.decode()
    assert "£60.00" in order_page
    client.post(
        f"/desk/returns/{number}/cancel-goods",
        {"channel": company.channel(), "order": made[0].order, "reason": "out_of_stock"},
    )
    assert replacements(rma=number)[0].state == "cancelled"


def test_an_exchange_that_is_half_told_is_asked_for(browse, company):
    order = company.sell([("tee", 2, 2000, 400)], shipped_at=clock.now())
    asked = {"channel": company.channel(), "number": order, "resolution": "exchange", "q-1": "1", "r-1": "too_small"}
    client = browse("agent")
    for more, words in (
        ({}, "which item goes out instead"),
        ({"x-1": company.sku("mug"), "p-1": "ten"}, "a price is an amount"),
        ({"x-1": company.sku("mug"), "p-1": "10.001"}, "a price is an amount"),
    ):
        answer = client.post("/desk/open", {**asked, **more})
        assert answer.status_code == 422
        assert words in answer.content.decode()


def test_goods_are_for_those_who_may_order_them(browse, rma):
    for role in ("clerk", "finance", "executive", "integrator"):
        client = browse(role)
        assert "Send 2 before" not in client.get(f"/desk/returns/{rma}").content.decode()
        assert client.post(f"/desk/returns/{rma}/ahead", {"line_no": "1", "reason": "x"}).status_code == 403
        assert client.post(f"/desk/returns/{rma}/cancel-goods", {}).status_code == 403
    assert replacements(rma=rma) == []


def test_the_panel_takes_few_statements(browse, rma, django_statements):
    client = browse("agent")
    client.get(f"/desk/returns/{rma}")
    with django_statements() as seen:
        assert client.get(f"/desk/returns/{rma}").status_code == 200
    assert len(seen) <= 15


def test_an_agent_prints_the_slip_and_writes_to_the_customer(browse, company, rma):
    order = db.rows(
        "SELECT o.number FROM returns_rma r JOIN orders_order o ON o.id = r.order_id WHERE r.number = %s", [rma]
    )
    contact = RecordContact(company.channel(), order[0].number, NewContact("Ada Demo", "ada@demo.example"))
    assert record_contacts(company.ctx(), items=[contact]).done
    client = browse("agent")
    slip = client.get(f"/returns/{rma}/label.pdf")
    assert slip["Content-Type"] == "application/pdf"
    assert slip.content.startswith(b"%PDF-")
    panel = client.get(f"/desk/returns/{rma}").content.decode()
    assert "To ada@demo.example" in panel
    assert "reach nobody" in panel
    assert "is here" in client.get(f"/desk/returns/{rma}/letter", {"template": "received"}).content.decode()
    words = {"template": "received", "subject": "It is here", "text": "All of it.", "key": f"w-{rma}"}
    for _ in range(2):
        client.post(f"/desk/returns/{rma}/write", words)
    assert [(m.subject, m.text) for m in messages(rma=rma)] == [("It is here", "All of it.")]
    assert "It is here" in client.get(f"/desk/returns/{rma}").content.decode()
    clerk = browse("clerk")
    assert "ada@" not in clerk.get(f"/desk/returns/{rma}").content.decode()
    assert clerk.post(f"/desk/returns/{rma}/write", words).status_code == 403
    assert clerk.get(f"/desk/returns/{rma}/letter").status_code == 403


def test_a_parcel_is_announced_for_the_caller(browse, rma):
    given = {"carrier": "carrier-x", "tracking": f"T-{rma}", "key": f"t-{rma}"}
    assert browse("finance").post(f"/desk/returns/{rma}/announce", given).status_code == 403
    client = browse("agent")
    assert "The customer has a tracking number" in client.get(f"/desk/returns/{rma}").content.decode()
    client.post(f"/desk/returns/{rma}/announce", given)
    parcels = db.rows("SELECT tracking FROM logistics_parcel WHERE tracking = %s", [given["tracking"]])
    assert len(parcels) == 1
