"""Clocks in the console: the list, one explained, waiting for the customer, causes, and the report."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from counterflow.clocks.tasks import run_clocks
from ticking import arrived, clock, inspected, office, opened, react, tick

NOW = datetime.now(UTC)


def words(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


@pytest.fixture
def late(company):
    """A return whose piece has been here for thirty days and was never looked at."""
    office(company)
    when = NOW - timedelta(days=30)
    rma = opened(company, when)
    arrived(company, rma, when)
    react(NOW)
    run_clocks(at=NOW)
    return rma


def test_what_is_late_is_listed_explained_and_given_another_cause(browse, company, late):
    client, found = browse("inspector"), clock(late, "received")
    page = words(client.get(f"/clocks?state=late&stage=received&node={company.node()}"))
    assert "late by" in page
    assert "Inventory controller" in page
    page = words(client.get(f"/clocks/{found.id}"))
    assert "Row received of SLA version 1: Received: inspected within three working days." in page
    assert f"24 working hours of the calendar office-{company.tag}" in page
    assert "Nobody took it up. Derived from what is known." in page
    form = {"cause": "staff_short", "reason": "two people ill"}
    assert client.post(f"/clocks/{found.id}/cause", form).status_code == 302
    page = words(client.get(f"/clocks/{found.id}"))
    assert "Too few people were there" in page
    assert "two people ill" in page
    assert client.get("/clocks/7").status_code == 404


def test_the_list_can_be_a_file(browse, company, late):
    answer = browse("finance").get(f"/clocks?state=late&node={company.node()}&format=csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert "Cause code" in lines[0]
    assert any("nobody_took_it" in line and late in line for line in lines[1:])


def test_a_return_tells_its_clocks_and_waits_for_its_customer(browse, company):
    office(company)
    rma = opened(company, NOW)
    arrived(company, rma, NOW)
    react(NOW)
    client = browse("agent")
    assert f"/returns/{rma}/clocks" in client.get(f"/returns/{rma}").content.decode()
    page = words(client.get(f"/returns/{rma}/clocks"))
    assert re.search(r"Inspect by \w{3} \d+ \w{3} \d{4}, \d\d:\d\d, [\d.]+ working hours left\.", page), page
    before = clock(rma, "received").due_at
    assert client.post(f"/returns/{rma}/pause", {"reason": "waiting_customer", "days": "20"}).status_code == 302
    assert clock(rma, "received").due_at > before
    page = client.get(f"/returns/{rma}/clocks")
    assert "The customer has answered" in words(page)
    (ref,) = re.findall(r'name="pause" value="([^"]+)"', page.content.decode())
    assert client.post(f"/returns/{rma}/resume", {"pause": ref}).status_code == 302
    assert "The customer has answered" not in words(client.get(f"/returns/{rma}/clocks"))
    assert "Waits for the customer" in words(client.get(f"/returns/{rma}"))
    wrong = client.post(f"/returns/{rma}/pause", {"reason": "no_mood", "days": "999"})
    assert wrong.status_code == 302
    assert "no_mood" in words(client.get(f"/returns/{rma}"))


def test_a_case_tells_the_clocks_for_which_it_stands(browse, company, late):
    react(NOW)
    client = browse("inventory_controller")
    page = words(client.get(f"/clocks/{clock(late, 'received').id}"))
    (case_id,) = re.findall(r"Case (\d+)", page)[:1]
    page = words(client.get(f"/cases/{case_id}/clocks"))
    assert "Inspect was due by" in page
    assert "Close by" in page


def test_the_report_counts_and_leads_into_the_list(browse, company, late):
    done = opened(company, NOW - timedelta(days=20))
    (lpn,) = arrived(company, done, NOW - timedelta(days=20))
    inspected(company, lpn, NOW - timedelta(days=19))
    tick(NOW)
    client = browse("executive")
    since = (NOW - timedelta(days=60)).date()
    address = f"/clocks/report?by=stage&since={since}&node={company.node()}"
    page = client.get(address)
    row = re.search(r"<tr[^>]*>(?:(?!</tr>).)*Waits to be inspected.*?</tr>", page.content.decode(), re.S)
    assert row
    numbers = words(type("P", (), {"content": row[0].encode()})())
    assert "1 1 100% – 1" in numbers
    (link,) = re.findall(r'href="(/clocks\?[^"]*state=late[^"]*)"', row[0])
    assert "late by" in words(client.get(link.replace("&amp;", "&")))
    for by in ("cause", "node", "role", "channel", "week"):
        page = client.get(f"/clocks/report?by={by}&since={since}&node={company.node()}")
        assert page.status_code == 200
        counted = re.findall(r'href="(/clocks\?[^"]*state=[^"]*)"[^>]*>\s*(\d+)', page.content.decode())
        assert counted
        for link, count in counted:
            listed = client.get(f"{link.replace('&amp;', '&')}&format=csv")
            assert len(b"".join(listed.streaming_content).splitlines()) == int(count) + 1, link
    answer = client.get(f"{address}&format=csv")
    assert b"Share in time" in b"".join(answer.streaming_content)


def test_first_pages_tell_what_is_late(browse, late):
    page = browse("inventory_controller").get("/").content.decode()
    assert "/clocks?state=late&amp;role=inventory_controller" in page
    client = browse("executive")
    assert "/home/late" in client.get("/").content.decode()
    assert "more are due soon" in words(client.get("/home/late"))
