"""The pages of governance and the report of overrides: what is shown, to whom, in how few statements, and as files."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from company import ASKED, SOLD, make_company
from counterflow.kernel import clock
from counterflow.kernel.context import Context
from counterflow.policies.commands.publish_policies import PublishPolicy, publish_policies
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from people import email
from replays import changed

PAGES = ("/governance", "/governance/drift", "/governance/thresholds", "/governance/transitions", "/overrides")


@pytest.fixture(scope="module")
def company(people):
    """A company whose agent let five late returns through."""
    from counterflow.access.queries import user

    made = make_company(lambda: Context.make("user:1", ["*"], ASKED))
    agent = user(email=email("agent"))
    order = made.sell([("tee", 5, 2000, 400)])
    items = [
        OpenRma(
            made.channel(),
            f"late-{n}",
            [AskedLine(1, "too_small", sku=made.sku())],
            order,
            SOLD + timedelta(days=200),
            "loyal_customer",
        )
        for n in range(5)
    ]
    ctx = Context.make(f"user:{agent.id}", ["*"], clock.now())
    assert not open_rmas(ctx, items=items).refused
    return made


def text(answer):
    return answer.content.decode()


def test_the_report_sums_by_person_rule_and_reason_and_leads_to_the_returns(browse, company):
    client = browse("finance")
    page = text(client.get("/overrides"))
    assert "5 from" in page
    for words in ("By person", "Service agent", "By rule", "By reason", "Loyal customer", "£120.00", "/returns/RMA-"):
        assert words in page, words
    assert "100.0 %" in page
    none = text(client.get("/overrides", {"since": "2020-01-01", "until": "2020-01-31"}))
    assert "0 from 1 Jan 2020 to 31 Jan 2020" in none
    assert "/returns/RMA-" not in none
    chosen = text(client.get("/overrides", {"reason": "loyal_customer", "act": "return"}))
    assert chosen.count("/returns/RMA-") == 5
    assert "Show everything" in chosen


def test_the_report_is_a_file_too(browse, company):
    answer = browse("finance").get("/overrides", {"format": "csv"})
    lines = b"".join(answer.streaming_content).decode().strip().splitlines()
    assert len(lines) == 6
    assert "window-over" in lines[1]
    assert "24.00" in lines[1]


def test_the_overview_says_who_answers_and_what_drifts(browse, company):
    page = text(browse("executive").get("/governance"))
    for words in ("Drift from policy", "Often set aside", "Policies and their owners", "Queues and their owners"):
        assert words in page, words
    assert "What changed" in page
    assert "One person alone holds" in page


def test_every_list_is_filtered_and_a_file(browse, company):
    client = browse("finance")
    assert "returnless" in text(client.get("/governance/thresholds", {"kind": "refund"}))
    assert "vip" not in text(client.get("/governance/thresholds", {"kind": "refund"}))
    assert "policies.activate" in text(client.get("/governance/transitions", {"machine": "policy version"}))
    drift = text(client.get("/governance/drift", {"show": "all"}))
    assert "Often set aside" in drift
    assert "Override rate" in drift
    for page in PAGES[1:]:
        answer = client.get(page, {"format": "csv", "show": "all"})
        assert answer["Content-Type"].startswith("text/csv"), page
        assert b"".join(answer.streaming_content).count(b"\n") > 1, page


def test_the_overrides_of_a_drifting_row_are_those_of_all_its_versions(browse, company):
    """The row was set aside five times under version 1; since then version 2 is in force, which has it too."""
    table = changed("eligibility", lambda rows: [*rows[:-1], replace(rows[-1], agent="The window is over.")])
    published = PublishPolicy("eligibility", 2, table.as_json(), "executive")
    assert publish_policies(Context.make("user:1", ["*"], clock.now()), items=[published]).done
    client = browse("finance")
    page = text(client.get("/governance/drift", {"show": "all"}))
    (link,) = re.findall(r'href="(/overrides\?[^"]*window-over[^"]*)"[^>]*>\s*5\s*<', page)
    answer = client.get(f"{link.replace('&amp;', '&')}&format=csv")
    assert len(b"".join(answer.streaming_content).decode().strip().splitlines()) == 6


def test_bad_days_in_the_address_are_the_usual_days(browse, company):
    for given in (
        {"since": "x"},
        {"since": "2030-01-01", "until": "2029-01-01"},
        {"rule": "a/b/c"},
        {"row": "a/b"},
        {"person": "x"},
    ):
        assert browse("finance").get("/overrides", given).status_code == 200, given
        assert browse("finance").get("/governance", given).status_code == 200, given


def test_the_pages_take_few_statements(browse, company, django_statements):
    client = browse("executive")
    for page in PAGES:
        client.get(page)
        with django_statements() as statements:
            assert client.get(page).status_code == 200
        assert len(statements) <= 15, (page, len(statements), statements)


def test_who_may_not_see_policies_sees_none_of_it(browse, company):
    for page in PAGES:
        assert browse("clerk").get(page).status_code == 403
