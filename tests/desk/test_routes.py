"""Where a return goes and who pays: decided when it is opened, kept with its lines, and told on slip and page."""

import pytest

from company import ASKED
from counterflow.desk.routes import route
from counterflow.desk.slip import slip
from counterflow.desk.told import told
from counterflow.facilities.models import Node
from counterflow.kernel import db
from counterflow.logistics.commands.announce_parcels import AnnounceParcel, announce_parcels
from counterflow.policies.queries import decisions
from counterflow.returns.commands.decide_rmas import DecideRma, decide_rmas
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from refunding import authorise


def behind_its_back(owner, sql, params):
    """What no command does: decisions are kept as they were taken."""
    owner.execute("SET session_replication_role = replica")
    owner.execute(sql, params)
    owner.execute("SET session_replication_role = origin")


def lines_of(rma):
    sql = "SELECT l.id FROM returns_rmaline l JOIN returns_rma r ON r.id = l.rma_id WHERE r.number = %s ORDER BY 1"
    return [row.id for row in db.rows(sql, [rma])]


@pytest.mark.parametrize(
    ("reason", "pays", "words"),
    [
        ("no_longer_wanted", "The customer pays for the way back", "Please send it back at your own cost."),
        ("wrong_item", "We pay for the way back", "The label is prepaid."),
    ],
)
def test_who_pays_is_decided_when_the_return_is_opened(ctx, company, reason, pays, words):
    rma = authorise(company, reason=reason)
    (line,) = lines_of(rma)
    (kept,) = decisions(subject_ids=[line], kind="routing")
    assert kept.outcome["to"] == "origin"
    found = route(rma=rma)
    assert (found.node, found.pays, found.customer_text) == (company.node(), pays, words)
    assert slip(number=rma).pays == words


def test_one_of_several_lines_that_is_our_fault_makes_the_parcel_ours_to_pay(ctx, company):
    order = company.sell([("tee", 1, 2000, 400), ("phone", 1, 40000, 8000)])
    asked = [AskedLine(1, "no_longer_wanted", company.sku()), AskedLine(1, "defective", company.sku("phone"))]
    done = open_rmas(ctx(), items=[OpenRma(company.channel(), f"two-{order}", asked, order, ASKED)]).done
    assert route(rma=done[0].facts["rma"]).pays == "We pay for the way back"


def test_what_is_announced_to_a_node_goes_there(ctx, company):
    rma = authorise(company)
    assert announce_parcels(ctx(), items=[AnnounceParcel("ups", company.lpn(), rma, node=company.node("3pl"))]).done
    assert route(rma=rma).node == slip(number=rma).node == company.node("3pl")


def test_a_policy_that_names_a_node_is_followed_by_slip_and_letter(ctx, company, owner):
    rma = authorise(company)
    named = company.node("3pl")
    Node.objects.filter(code=named).update(address="2 Demo Road")
    behind_its_back(
        owner,
        """UPDATE policies_decision SET outcome = outcome || jsonb_build_object('to', 'named', 'node', %s::text)
           WHERE kind = 'routing' AND subject_id = ANY(%s::bigint[])""",
        [named, lines_of(rma)],
    )
    assert slip(number=rma).node == named
    assert "2 Demo Road" in told(rmas=[rma])[rma].words["address"]


def test_what_nobody_decided_goes_where_it_came_from_and_says_nothing_of_pay(ctx, company, owner):
    rma = authorise(company)
    sql = "DELETE FROM policies_decision WHERE kind = 'routing' AND subject_id = ANY(%s::bigint[])"
    behind_its_back(owner, sql, [lines_of(rma)])
    found = route(rma=rma)
    assert (found.node, found.pays, found.text) == (company.node(), "", "")
    assert slip(number=rma).pays == ""
    assert route(rma="RMA-0").node == ""


def test_what_was_declined_goes_nowhere(ctx, company):
    rma = authorise(company, reason="a word nobody mapped")
    assert route(rma=rma).node == company.node()
    decide_rmas(ctx(), items=[DecideRma(rma, False, "too_late")])
    assert route(rma=rma).node == ""
