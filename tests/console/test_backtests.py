"""The pages of back-tests: started from a form, watched, read, cancelled; and who may do what."""

import re

import pytest

from counterflow.backtests.queries import backtest, next_open
from counterflow.backtests.tasks import finish
from counterflow.kernel import clock
from counterflow.kernel.context import Context
from counterflow.policies.commands.submit_drafts import SubmitDraft, submit_drafts
from trying import SINCE, UNTIL, fourteen_days, make_shop


@pytest.fixture(scope="module")
def shop(people):
    """A shop with four returns."""

    def ctx(*permissions, actor="user:1"):
        return Context.make(actor, permissions or ("*",), clock.now())

    return make_shop(ctx)


def form(version, **more):
    days = {"since": SINCE.date().isoformat(), "until": UNTIL.date().isoformat()}
    return {"version": str(version), **days, "channel": "", "brand": "", "family": "", "overrides": "kept", **more}


def started(client, version, **more):
    answer = client.post("/backtests/new", form(version, **more))
    assert answer.status_code == 302, answer.content
    return int(answer["Location"].rsplit("/", 1)[1])


def text(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def test_from_the_form_to_the_returns_that_differ(browse, shop):
    client = browse("administrator")
    version = shop.draft(fourteen_days())
    assert f'<option value="{version}" selected>' in text(client, f"/backtests/new?version={version}")
    run = started(client, version, channel=shop.company.channel())
    waiting = text(client, f"/backtests/{run}")
    assert 'hx-trigger="every 2s"' in waiting
    assert "It waits for the worker." in waiting
    finish(run, now=clock.now, progress=lambda done, total: None)
    page = text(client, f"/backtests/{run}?by=zone")
    assert "every 2s" not in page
    assert "This replays what happened" in page
    assert "amount at stake" in page
    assert re.search(r"<strong>2</strong>\s+of 4 returns would have ended otherwise", page)
    listed = text(client, f"/backtests/{run}/returns?change=newly_refused")
    assert shop.rmas["late"] in listed
    assert shop.rmas["early"] not in listed
    assert "window-over" in listed
    file = b"".join(client.get(f"/backtests/{run}/returns?format=csv").streaming_content).decode()
    assert file.count("RMA-") == 2
    assert text(client, "/backtests?state=done").count(f'href="/backtests/{run}"') == 1
    assert text(client, "/backtests?state=failed").count(f'href="/backtests/{run}"') == 0


def test_what_cannot_be_started_says_why_and_keeps_what_was_typed(browse, shop):
    client = browse("administrator")
    version = shop.draft(fourteen_days())
    answer = client.post("/backtests/new", form(version, until="2020-01-01", brand="north"))
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "The period ends before it begins" in page
    assert 'value="north"' in page
    assert client.post("/backtests/new", form(7)).status_code == 200


def test_a_run_that_waits_is_cancelled(browse, shop):
    client = browse("administrator")
    run = started(client, shop.draft(fourteen_days()))
    assert client.post(f"/backtests/{run}/cancel").status_code == 302
    assert next_open(backtest_id=run) is None
    assert "It was cancelled" in text(client, f"/backtests/{run}")
    assert backtest(run).backtest.state == "cancelled"


def test_a_draft_leads_to_its_test(browse, shop):
    client = browse("administrator")
    version = shop.draft(fourteen_days())
    answer = client.get("/backtests/999999")
    assert answer.status_code == 404
    links = re.findall(r'href="(/policies/eligibility/\d+)"', text(client, "/policies/eligibility"))
    assert any(f"/backtests/new?version={version}" in text(client, link) for link in links)


def test_who_may_only_look_starts_nothing(browse, shop):
    client = browse("clerk")
    assert client.post("/backtests/new", form(shop.draft(fourteen_days()))).status_code == 403


def test_no_returns_in_the_period_is_said(browse, shop):
    client = browse("administrator")
    run = started(client, shop.draft(fourteen_days()), since="2020-01-01", until="2020-01-02")
    finish(run, now=clock.now, progress=lambda done, total: None)
    assert "No returns were asked for in this period" in text(client, f"/backtests/{run}")


def test_a_proposal_decides_silently_and_is_ended(browse, shop):
    client = browse("administrator")
    version = shop.draft(fourteen_days())
    assert submit_drafts(shop.company.ctx(), items=[SubmitDraft(version, 1)]).done
    links = re.findall(r'href="(/policies/eligibility/\d+)"', text(client, "/policies/eligibility"))
    assert any("Let it decide silently" in text(client, link) for link in links)
    answer = client.post("/backtests/silent/start", {"version": version, "revision": 1})
    place = answer["Location"]
    assert "No differences" in text(client, place)
    number = shop.ask("silently_late", 20)
    page = text(client, f"{place}?row=standard")
    assert number in page
    assert "window-over" in page
    assert "0.0 %" in page
    assert number in b"".join(client.get(f"{place}?format=csv").streaming_content).decode()
    assert client.post(f"{place}/end").status_code == 302
    assert "End it" not in text(client, place)
    assert place in text(client, "/backtests/silent")
    assert client.post("/backtests/silent/start", {"version": "x", "revision": ""})["Location"] == "/backtests/silent"
    assert browse("clerk").post("/backtests/silent/start", {"version": version}).status_code == 403
