"""Approvals in the console: offered where an act needs others, shown whole, agreed to one by one and all at once."""

import html
import re
from datetime import timedelta

import pytest

from agreeing import address, as_, ask, person, request_of, say
from counterflow.approvals import queries
from counterflow.kernel import clock, db
from counterflow.ledger.commands.open_books import OpenStock, open_books
from counterflow.reconciliation.commands.adjust_stock import AdjustStock, adjust_stock
from counterflow.refunds.commands.grant_goodwill import GrantGoodwill, grant_goodwill
from people import email
from refunding import books


def goodwill(company, amount=5000, *, order=""):
    order = order or company.sell()
    return GrantGoodwill(
        company.lpn(), amount, "late_delivery", channel=company.channel(), order=order, method="store_credit"
    )


def fields(page, action):
    """The hidden fields of the form that goes to an address."""
    form = page.split(f'action="{action}"')[1].split("</form>")[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(html.unescape(value))
    return found


def user_of(role):
    return f"user:{db.rows('SELECT id FROM access_user WHERE email = %s', [email(role)])[0].id}"


def state(request):
    return db.rows("SELECT state FROM approvals_request WHERE id = %s", [request])[0].state


@pytest.fixture
def asker(ctx, company):
    return person(ctx, "finance", name="Asker")


def test_where_an_act_needs_others_the_page_offers_to_ask_and_asks(ctx, browse, company, asker):
    client, order = browse("finance"), company.sell()
    sent = {"channel": company.channel(), "order": order, "amount": "50.00", "reason": "bad_service", "key": "grant"}
    sent["method"] = "store_credit"
    answer = client.post("/goodwill/grant", sent)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Grant goodwill: others have to agree" in page
    assert "Another person (finance controller) has to agree first" in page
    assert "£50.00" in page
    assert books(company) == {}
    given = fields(page, "/approvals/ask")
    bare = client.post("/approvals/ask", {**given, "note": "Third time.", "key": "ask"})
    assert bare.status_code == 422
    assert "This field is required" in bare.content.decode()
    assert fields(bare.content.decode(), "/approvals/ask")["item"] == given["item"]
    asked = {**given, "reason": "Customer care", "note": "Third time.", "key": "ask"}
    made = client.post("/approvals/ask", asked)
    assert client.post("/approvals/ask", asked)["Location"] == made["Location"]
    request = int(made["Location"].rsplit("/", 1)[1])
    page = client.get(made["Location"]).content.decode()
    for words in ("Goodwill, £50.00", "Goodwill and compensation", "Store credit", "Third time.", "You asked for this"):
        assert words in page, words
    assert "Do you agree?" not in page
    assert f'action="/approvals/{request}/withdraw"' in page
    assert "Goodwill of more than 20.00: finance." in page
    client.post("/approvals/decide", {"request": request, "verdict": "agree", "key": "mine"})
    assert state(request) == "waiting"
    assert say(as_(asker), request).done[0].facts["state"] == "done"
    page = client.get(made["Location"]).content.decode()
    assert "Agreed and done" in page
    assert "It was done, as whoever asked" in page
    assert "Asker" in page
    assert books(company)["goodwill"] == 5000


def test_what_waits_for_me_is_listed_looked_at_and_agreed_to_at_once(browse, company, asker):
    order = company.sell()
    requests = [request_of(ask(as_(asker), grant_goodwill, goodwill(company, n, order=order))) for n in (3000, 4000)]
    client = browse("finance")
    page = client.get("/approvals").content.decode()
    assert all(f'name="ids" value="{request}"' in page for request in requests)
    assert "Waits for your agreement" in client.get("/").content.decode()
    reader = queries.reader(user_of("finance"), at=clock.now())
    mine = queries.requests(who=reader, view="for_me", at=clock.now())
    assert queries.waiting_for(int(user_of("finance")[5:]), at=clock.now()) == len(mine) >= 2
    look = client.post("/approvals/look", {"ids": requests}).content.decode()
    assert "2 requests, £70.00" in look
    assert "Do you agree to all 2?" in look
    given = fields(look, "/approvals/decide")
    refused = client.post("/approvals/decide", {**given, "verdict": "refuse", "key": "r"}, follow=True)
    assert "Say why" in refused.content.decode()
    done = client.post("/approvals/decide", {**given, "verdict": "agree", "key": "a"}, follow=True).content.decode()
    assert "2 agreed to and done." in done
    assert books(company)["goodwill"] == 7000
    assert [state(request) for request in requests] == ["done", "done"]


def test_requests_of_several_askers_are_decided_by_one_press(ctx, browse, company, asker):
    other = person(ctx, "finance")
    requests = [request_of(ask(as_(who), grant_goodwill, goodwill(company))) for who in (asker, other)]
    client = browse("finance")
    sent = {"request": requests, "verdict": "refuse", "reason": "too much", "key": "x"}
    said = client.post("/approvals/decide", sent, follow=True).content.decode()
    assert said.count("1 refused.") == 2
    assert [state(request) for request in requests] == ["refused", "refused"]
    page = client.get(f"/approvals/{requests[0]}").content.decode()
    assert "Too much" in page


def test_of_many_each_is_told_what_became_of_it(ctx, browse, company, asker):
    """Of what was chosen some were decided meanwhile, by others or by oneself: nothing is passed over in silence."""
    order = company.sell()
    items = [goodwill(company, 2_100 + n, order=order) for n in range(3)]
    requests = [request_of(ask(as_(asker), grant_goodwill, item)) for item in items]
    client = browse("finance")
    assert say(as_(person(ctx, "finance")), requests[0]).done
    look = client.post("/approvals/look", {"ids": requests}, follow=True).content.decode()
    assert "1 of those you chose waits for you no longer." in look
    assert "2 requests" in look
    sent = {"request": requests, "verdict": "agree", "key": "many"}
    page = client.post("/approvals/decide", sent, follow=True).content.decode()
    assert "2 agreed to and done." in page
    assert f"Request {requests[0]} is done; nobody can agree any more." in html.unescape(page)
    again = client.post("/approvals/decide", sent, follow=True).content.decode()
    assert "2 agreed to and done." in again
    assert f"Request {requests[0]} is done; nobody can agree any more." in html.unescape(again)
    assert books(company)["goodwill"] == 2_100 + 2_101 + 2_102
    gone = client.post("/approvals/look", {"ids": requests}, follow=True).content.decode()
    assert "None of those you chose waits for you any more" in gone
    assert (
        "Choose at least one request"
        in client.post("/approvals/decide", {"verdict": "agree"}, follow=True).content.decode()
    )


def test_all_that_wait_are_looked_at_whatever_the_page_shows(ctx, browse, company, asker):
    order = company.sell()
    items = [goodwill(company, 2_001, order=order) for _ in range(3)]
    requests = [done.facts["request"] for done in ask(as_(asker), grant_goodwill, *items).done]
    other = person(ctx, "inventory_controller")
    assert open_books(company.ctx(), items=[OpenStock(company.node(), company.sku(), 100, 80_000)]).done
    place = company.node(), company.sku(), "available", "unexplained"
    gone = [AdjustStock(company.lpn(), *place, 1, "not_found") for _ in range(51)]
    also, *_ = ask(as_(other), adjust_stock, *gone).done
    client = browse("finance")
    page = client.get("/approvals").content.decode()
    assert "Look at all that wait for you, at most 1,000" in page
    assert "shown here" not in page
    look = client.post("/approvals/look", {"all": "1", "act": "goodwill"}).content.decode()
    assert all(f'name="request" value="{request}"' in look for request in requests)
    assert f'name="request" value="{also.facts["request"]}"' not in look
    look = client.post("/approvals/look", {"all": "1"}).content.decode()
    assert f'name="request" value="{also.facts["request"]}"' in look
    sent = {"request": [*requests, also.facts["request"]], "verdict": "refuse", "reason": "too much", "key": "all"}
    client.post("/approvals/decide", sent)
    assert {state(request) for request in requests} == {"refused"}


def test_what_changed_since_it_was_asked_is_shown_with_old_and_new(ctx, browse, company, asker, owner):
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    order = db.rows("SELECT subject_id FROM approvals_request WHERE id = %s", [request])[0].subject_id
    for currency in ("EUR", "GBP"):
        owner.execute("UPDATE orders_order SET currency = %s WHERE id = %s", [currency, order])
        owner.execute("UPDATE ledger_entity SET currency = %s WHERE id = %s", [currency, company.entity])
        if currency == "EUR":
            client = browse("finance")
            sent = {"request": request, "verdict": "agree", "one": request, "key": "c"}
            page = client.post("/approvals/decide", sent, follow=True).content.decode()
    assert "What had changed" in page
    assert "Nothing was done." in page
    assert "GBP" in page
    assert "EUR" in page
    assert books(company) == {}


def test_one_withdraws_ones_own_and_lists_are_files_too(browse, company, asker):
    client = browse("finance")
    request = request_of(ask(as_(user_of("finance")), grant_goodwill, goodwill(company)))
    mine = client.get("/approvals?view=mine").content.decode()
    assert f'href="/approvals/{request}"' in mine
    lines = b"".join(client.get("/approvals?view=mine&format=csv").streaming_content).decode().splitlines()
    assert lines[0].startswith("What,At stake,Currency")
    assert any(line.startswith("Goodwill,50.00,GBP") for line in lines)
    client.post(f"/approvals/{request}/withdraw", {"key": "w"})
    assert state(request) == "withdrawn"


def test_who_may_not_agree_sees_their_own_and_nobody_elses_words(browse, company, asker):
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company), note="Only for finance."))
    page = browse("agent").get(f"/approvals/{request}").content.decode()
    assert "Only for finance." not in page
    assert "Do you agree?" not in page
    assert "Waits for me" not in browse("agent").get("/approvals").content.decode()
    assert "Only for finance." in browse("finance").get(f"/approvals/{request}").content.decode()
    assert browse("agent").post("/approvals/decide", {"request": request, "verdict": "agree"}).status_code == 403
    assert browse("finance").get("/approvals/1").status_code == 404


def test_a_colleague_stands_in_and_is_ended(ctx, browse, company, asker):
    helper = person(ctx, "executive", name="Helper")
    client = browse("finance")
    page = client.get("/approvals/delegations").content.decode()
    assert "Let somebody stand in for you" in page
    ends = (clock.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    sent = {"to": address(helper), "role": "finance", "ends_at": ends, "key": "d"}
    page = client.post("/approvals/delegations/new", sent, follow=True).content.decode()
    assert "Helper" in page
    assert "Counts now" in page
    request = request_of(ask(as_(asker), grant_goodwill, goodwill(company)))
    assert say(as_(helper), request).done[0].facts["state"] == "done"
    assert "standing in for" in client.get(f"/approvals/{request}").content.decode()
    (row,) = db.rows("SELECT max(id) AS id FROM approvals_delegation")
    page = client.post(f"/approvals/delegations/{row.id}/end", {"key": "e"}, follow=True).content.decode()
    assert "Over" in page
    wrong = client.post("/approvals/delegations/new", {**sent, "ends_at": "2020-01-01T00:00", "key": "f"}, follow=True)
    assert "ends after it begins" in wrong.content.decode()


def test_pages_take_few_statements(browse, company, asker, django_statements):
    requests = [request_of(ask(as_(asker), grant_goodwill, goodwill(company))) for _ in range(3)]
    client = browse("finance")
    for address_ in ("/approvals", f"/approvals/{requests[0]}", "/approvals/delegations"):
        client.get(address_)
        with django_statements() as seen:
            assert client.get(address_).status_code == 200
        assert len(seen) <= 15, (address_, len(seen))
