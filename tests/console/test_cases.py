"""A case is taken, talked about and closed by who may; everybody else only looks."""

import html
import re
from dataclasses import dataclass

import pytest

from counterflow.console.case_facts import shown, subject
from counterflow.kernel.commands import Batch, Done, command
from counterflow.workqueue import queries
from counterflow.workqueue.cases import CaseDraft, open_cases

NEXT = re.compile(r'href="([^"]+)" rel="next"')
CASE_LINK = re.compile(r'href="/cases/([0-9]+)"')


@dataclass(frozen=True)
class Draft:
    """The cause of a case."""

    cause: str


@command(needs="workqueue.work")
def draft_cases(ctx, *, items):
    """Open cases the way any command does."""
    drafts = [
        CaseDraft("short", "rma", 7, item.cause, money_at_risk_minor=4_200, currency="GBP", facts={"missing": 2})
        for item in items
    ]
    open_cases(ctx, drafts)
    return Batch([Done(item.cause) for item in items])


@pytest.fixture
def case_id(ctx, request):
    """An open case of its own for a test."""
    draft_cases(ctx(), items=[Draft(request.node.name)])
    return max(row.id for row in queries.cases(kind="short"))


def test_a_case_is_taken_talked_about_and_closed(browse, case_id):
    client = browse("agent")
    assert "Fewer pieces arrived than were authorised" in client.get("/cases?queue=dock").content.decode()
    client.post(f"/cases/{case_id}/assign", {"to": "me"})
    client.post(f"/cases/{case_id}/comment", {"text": "Asked the dock.", "key": "c" * 32})
    client.post(f"/cases/{case_id}/comment", {"text": "Asked the dock.", "key": "c" * 32})
    page = client.get(f"/cases/{case_id}").content.decode()
    assert "Service agent" in page
    assert page.count("Asked the dock.") == 1
    assert "£42.00" in page
    assert f'href="/cases/{case_id}"' in client.get("/").content.decode()
    client.post(f"/cases/{case_id}/close", {"outcome": "accepted"})
    assert queries.case(case_id).case.outcome == "accepted"
    assert "Close the case" not in client.get(f"/cases/{case_id}").content.decode()


def test_who_may_only_look_has_no_buttons(browse, case_id):
    page = browse("executive").get(f"/cases/{case_id}").content.decode()
    assert "Take it" not in page
    assert "Close the case" not in page


def test_a_case_that_is_not_there(browse):
    answer = browse("agent").get("/cases/99999999")
    assert answer.status_code == 404
    assert "There is no case 99999999" in answer.content.decode()


def test_a_long_list_goes_on_and_exports_whole(browse, ctx):
    draft_cases(ctx(), items=[Draft(f"many-{i}") for i in range(120)])
    client, seen, more = browse("agent"), set(), "?queue=dock"
    while more:
        text = client.get(f"/cases{more}").content.decode()
        seen |= set(CASE_LINK.findall(text))
        found = NEXT.search(text)
        more = html.unescape(found[1]) if found else ""
    total = len(queries.cases(queue="dock", limit=500))
    assert len(seen) == total >= 120
    lines = b"".join(client.get("/cases?queue=dock&format=csv").streaming_content).decode().splitlines()
    assert len(lines) == total + 1


def test_the_list_opens_with_what_waits(browse, case_id):
    client, link = browse("agent"), f'href="/cases/{case_id}"'
    client.post(f"/cases/{case_id}/assign", {"to": "me"})
    assert link in client.get("/cases?whose=mine").content.decode()
    client.post(f"/cases/{case_id}/close", {"outcome": "resolved"})
    assert link not in client.get("/cases?whose=mine").content.decode()
    assert link in client.get("/cases?whose=mine&state=").content.decode()


def test_facts_lead_to_what_they_are_about():
    facts = {"quantity": 2, "lpn": "LPN-1", "rma": "RMA-1", "parcel_id": 7, "found": "excess", "missing": {"1": 2}}
    told = dict(shown(facts | {"reported_minor": 1799, "order": ""}, "GBP", lambda permission: True))
    assert list(told)[:2] == ["Return", "Plate"]
    assert (told["Return"].text, told["Return"].href) == ("RMA-1", "/returns/RMA-1")
    assert told["Plate"].href == "/units/LPN-1"
    assert told["Arrived as"].text == "More than expected"
    assert told["Missing"].text == "2 of line 1"
    assert told["Amount reported"].text == "£17.99"
    assert {"Parcel id", "Order"}.isdisjoint(told)
    assert dict(shown(facts, "", lambda permission: False))["Return"].href == ""
    assert subject(facts) == "RMA-1"
    assert subject({"reported_minor": 5}) == ""


def test_what_search_finds_by_name_is_linked_to_who_may_find_it():
    told = dict(shown({"order": "A 7", "kind": "over_credit"}, "", lambda permission: permission == "orders.view"))
    assert told["Order"].href == "/find?q=A+7"
    assert told["Reported"].text == "Over credit"
    assert dict(shown({"order": "A 7"}, "", lambda permission: False))["Order"].href == ""
