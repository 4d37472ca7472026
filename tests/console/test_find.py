"""One box finds by whatever is in one's hand, and leads to the one thing it names."""

import pytest

from company import ASKED, make_company
from console_life import whole
from counterflow.kernel.context import Context
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from counterflow.returns.page import return_page


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
    assert client.get(f"/find?q={return_page(number=rma).order}")["Location"] == f"/returns/{rma}"
    assert client.get(f"/find?q={company.sku()}")["Location"].startswith("/stock/")


def test_an_order_with_two_returns_leads_to_the_list(browse, company):
    order = company.sell()
    lines = [AskedLine(1, "no_longer_wanted", sku=company.sku())]
    wishes = [OpenRma(company.channel(), f"{part}-{order}", lines, order, ASKED) for part in ("first", "second")]
    assert len(open_rmas(company.ctx(), items=wishes).done) == 2
    assert browse("agent").get(f"/find?q={order}")["Location"] == f"/returns?q={order}"


def test_what_is_nowhere_is_said_where_it_was_asked(browse, company):
    client = browse("inspector")
    answer = client.get("/find?q=no-such-plate&on=bench")
    assert answer["Location"] == "/bench"
    assert "Nothing here is called no-such-plate." in client.get("/bench").content.decode()
    assert client.get("/find?q=&on=//evil.example")["Location"] == "/"


def test_a_role_finds_only_what_it_may_see(browse, company):
    assert browse("clerk").get(f"/find?q={company.sku()}")["Location"] == "/"
