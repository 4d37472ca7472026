"""Scores, their reasons and reviews on pages and over the API, for those who may see them and nobody else."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client

from company import SOLD, make_company
from counterflow import flows
from counterflow.access.commands import IssueToken, issue_tokens
from counterflow.access.roles import ROLES
from counterflow.access.secrets import new_token
from counterflow.kernel import clock, db
from counterflow.kernel.context import Context
from counterflow.orders.commands.record_deliveries import ReportDelivery, record_deliveries
from counterflow.returns.commands.open_rmas import open_rmas
from counterflow.workqueue.commands.close_cases import CloseCase, close_cases
from people import email
from risky import HOME, LATE, ask, buy, share

SEEING = ("agent", "finance", "inventory_controller", "executive")


@pytest.fixture(scope="module")
def company(people):
    return make_company(lambda: Context.make("user:1", ["*"], clock.now()))


@pytest.fixture(scope="module")
def suspect(company):
    """A return of which the score asked a person: number, id, order, and the numbers of linked returns."""
    told = []
    for n in range(3):
        told += open_rmas(company.ctx(), items=[ask(company, buy(company, f"p{n}"))]).done
    for _ in range(10):
        open_rmas(company.ctx(), items=[ask(company, buy(company, "p"))])
    share(company, "p", "p0", "p1", "p2")
    order = buy(company, "p")
    (done,) = open_rmas(company.ctx(), items=[ask(company, order)]).done
    assert done.facts["state"] == "requested"
    return done.facts["rma"], done.facts["rma_id"], order, [each.facts["rma"] for each in told]


@pytest.fixture
def call(people, company):
    """Ask the API as somebody of a role."""

    def made(role, address):
        token = new_token()
        item = IssueToken(email(role), f"token of {role}", token.prefix, token.digest, tuple(ROLES[role].permissions))
        assert issue_tokens(Context.make("user:1", ["*"], clock.now()), items=[item]).done
        return Client(headers={"authorization": f"Bearer {token.plain}"}).get(f"/api/v1{address}")

    return made


def text(answer):
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_a_return_shows_its_score_reasons_facts_and_links_without_anybodys_name(browse, company, suspect):
    number, _, _, linked = suspect
    shown = text(browse("agent").get(f"/returns/{number}/risk"))
    for words in (
        "80 of 100",
        "More than 60 % of what was bought in a year came back",
        "Same phone and same address as 3 other accounts",
        "Review open",
        "Linked accounts",
    ):
        assert words in shown
    assert all(other in shown for other in linked)
    assert not any(word in shown for word in ("Sample", "7946", "E1 6AN"))


def test_panels_lead_to_it_for_those_who_may(browse, company, suspect):
    number, _, order, _ = suspect
    for address in (f"/returns/{number}", f"/orders/{company.channel()}/{order}"):
        assert "Signals of fraud" in text(browse("agent").get(address))
    assert "Signals of fraud" not in text(browse("clerk").get(f"/returns/{number}"))
    shown = text(browse("agent").get(f"/risk/orders/{company.channel()}/{order}"))
    assert number in shown
    assert "Same phone and same address" in shown


@pytest.mark.parametrize("role", SEEING)
def test_roles_with_the_permission_see_the_list(browse, suspect, role):
    assert suspect[0] in text(browse(role).get("/risk"))


def test_others_do_not(browse, company, suspect):
    for address in ("/risk", f"/returns/{suspect[0]}/risk", f"/risk/orders/{company.channel()}/{suspect[2]}"):
        assert browse("clerk").get(address).status_code == 403


def test_the_list_is_filtered_by_reason_score_and_review_and_is_a_file(browse, suspect):
    client = browse("finance")
    assert suspect[0] in text(client.get("/risk?code=high_return_rate&least=60&outcome=open"))
    assert suspect[0] not in text(client.get("/risk?least=90"))
    answer = client.get("/risk?format=csv")
    rows = b"".join(answer.streaming_content).decode().splitlines()
    assert rows[0].split(",")[:3] == ["Return", "Score", "Reasons"]
    assert any(row.startswith(f"{suspect[0]},80,") for row in rows)


def test_reviews_judge_their_reasons(browse, call, company):
    found = []
    for name in ("x", "y"):
        for _ in range(10):
            open_rmas(company.ctx(), items=[ask(company, buy(company, name))])
        others = [f"{name}{n}" for n in range(3)]
        for other in others:
            open_rmas(company.ctx(), items=[ask(company, buy(company, other))])
        share(company, name, *others, contact=replace(HOME, phone="", line1=f"7 {name} Street"))
        found += open_rmas(company.ctx(), items=[ask(company, buy(company, name))]).done
    for done, outcome in zip(found, ("confirmed", "cleared"), strict=True):
        sql = "SELECT id FROM workqueue_case WHERE kind = 'fraud_review' AND subject_id = %s"
        case = db.rows(sql, [done.facts["rma_id"]])[0].id
        assert close_cases(company.ctx(), items=[CloseCase(case, outcome)]).done
    flows.run_pending()
    shown = text(browse("executive").get("/risk"))
    assert "1 confirmed, 1 cleared" in shown
    assert "50 % right" in shown
    reasons = {row["code"]: row for row in call("finance", "/score-reasons").json()["items"]}
    judged = reasons["high_return_rate"]
    assert (judged["confirmed"], judged["cleared"]) == (1, 1)
    listed = call("agent", "/scores?outcome=confirmed").json()["items"]
    assert [row["rma"] for row in listed] == [found[0].facts["rma"]]


def test_programs_ask_about_a_return_and_a_customer(call, company, suspect):
    number = suspect[0]
    told = call("agent", f"/rmas/{number}/risk").json()
    assert (told["score"]["score"], told["facts"]["linked_accounts"]) == (80, 3)
    assert [link["kinds"] for link in told["customer"]["links"]] == [["phone", "address"]] * 3
    customer = call("agent", f"/customers/{company.channel()}/p/risk").json()
    assert customer["scores"][0]["rma"] == number
    assert call("agent", "/rmas/RMA-0/risk").status_code == 404
    assert call("agent", f"/customers/{company.channel()}/nobody/risk").status_code == 404
    assert call("clerk", f"/rmas/{number}/risk").status_code == 403


def test_a_claim_is_kept_at_the_desk_and_the_return_scored_again(browse, company):
    order = buy(company, "claimant")
    (done,) = open_rmas(company.ctx(), items=[ask(company, order, at=LATE)]).done
    client, number = browse("agent"), done.facts["rma"]
    said = client.post(f"/risk/claims/{company.channel()}/{order}", {"key": "c1"}, follow=True)
    assert "No delivery of order" in said.content.decode()
    delivered = ReportDelivery(company.channel(), order, "1", SOLD + timedelta(days=1))
    assert record_deliveries(company.ctx(), items=[delivered]).done
    said = client.post(f"/risk/claims/{company.channel()}/{order}", {"key": "c2"}, follow=True)
    assert "kept" in said.content.decode()
    said = client.post(f"/returns/{number}/risk/again", {"key": "c3"}, follow=True).content.decode()
    assert "15 of 100" in said
    assert "Said not to have arrived where delivery was proved." in said
    assert "Scored before" in said
    assert "Claim after delivery" in said
    page = f"/risk/orders/{company.channel()}/{order}"
    assert "It came after all" in client.get(page).content.decode()
    claim = {"key": "c4", "withdrawn": "1"}
    said = client.post(f"/risk/claims/{company.channel()}/{order}", claim, follow=True).content.decode()
    assert "counts no longer" in said
    assert "The customer says it never came" in client.get(page).content.decode()


def test_a_return_without_a_customer_says_so(browse, company):
    from counterflow.returns.documents import AskedLine, OpenRma

    item = OpenRma(company.channel(), "blind-page", (AskedLine(1, "too_small", sku=company.sku()),))
    number = open_rmas(company.ctx(), items=[item]).done[0].facts["rma"]
    assert "nobody knows the customer" in text(browse("agent").get(f"/returns/{number}/risk"))
