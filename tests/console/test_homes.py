"""The first page of each role: what waits, bounded, within fifteen statements, and never what a role may not see."""

import re
from datetime import date, timedelta

import pytest

from company import ASKED, make_company
from console_life import asked, blind, received, whole
from counterflow.access import queries as access
from counterflow.access.roles import ROLES
from counterflow.console.homes.parts import bounded, days, span, spark
from counterflow.console.homes.table import HOMES
from counterflow.kernel.context import Context
from counterflow.receiving import work as receiving
from counterflow.returns import work as returns


@pytest.fixture(scope="module")
def company(people):
    """A company of its own, with returns at every stage."""
    company = make_company(lambda: Context.make("user:1", ["*"], ASKED))
    whole(company)
    received(company, asked(company))
    blind(company)
    return company


def test_every_role_has_a_home():
    assert set(HOMES) == set(ROLES)


@pytest.mark.parametrize("role", list(ROLES))
def test_a_home_opens_within_fifteen_statements(browse, company, django_statements, role):
    client = browse(role)
    client.get("/")
    access.forget()
    with django_statements() as seen:
        answer = client.get("/")
    assert answer.status_code == 200
    assert len(seen) <= 15, (role, len(seen))
    assert ROLES[role].name in answer.content.decode()


@pytest.mark.parametrize("role", list(ROLES))
def test_what_a_home_links_to_opens_for_its_role(browse, company, role):
    client = browse(role)
    main = client.get("/").content.decode().split('id="main"')[1].split("</main>")[0]
    for address in set(re.findall(r'href="(/[^"]*)"', main)):
        assert client.get(address.replace("&amp;", "&")).status_code in {200, 302}, (role, address)


def test_the_agent_sees_what_waits_for_a_decision_and_the_inspector_the_bench(browse, company):
    number = returns.oldest(state="requested")[0].number
    assert number in browse("agent").get("/").content.decode()
    plate = receiving.dearest()[0].lpn
    assert plate in browse("inspector").get("/").content.decode()


def test_nobody_opens_the_home_of_a_role_they_do_not_hold(browse, company):
    text = browse("clerk").get("/?as=finance").content.decode()
    assert "Payouts in doubt" not in text
    assert "Payouts in doubt" in browse("administrator").get("/?as=finance").content.decode()


def test_whether_stock_ties_is_told_afterwards(browse, company):
    assert "/home/tie-out" in browse("inventory_controller").get("/").content.decode()
    assert "Ties" in browse("inventory_controller").get("/home/tie-out").content.decode()
    assert browse("clerk").get("/home/tie-out").status_code == 403


def test_counts_stop_at_their_bound(company):
    assert returns.counted(state="requested", most=0) == 1
    assert bounded(returns.counted(state="requested", most=0), 0) == "0+"
    assert bounded(1_001, 1_000) == "1,000+"
    assert bounded(1_000, 1_000) == "1,000"


def test_a_line_of_days_has_every_day_and_says_what_it_shows():
    last = date(2026, 3, 4)
    line = days({last: 3, last - timedelta(days=2): 5}, last=last, count=4)
    assert line == [0, 5, 0, 3]
    drawn = spark(line, "Returns a day")
    assert drawn is not None
    assert drawn.words == "Returns a day, 4 days: lowest 0, highest 5, last 3"
    assert spark([0, 0], "Nothing") is None


def test_spans_are_said_as_people_say_them():
    assert [span(timedelta(minutes=40)), span(timedelta(hours=5)), span(timedelta(days=3))] == [
        "40 min",
        "5 h",
        "3.0 days",
    ]
    assert span(None) == "\u2013"
