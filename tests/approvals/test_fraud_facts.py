"""A row of the approval table may ask about signals: every act on a return tells it the score of that return."""

import pytest

from agreeing import as_, ask, person, request_of, say
from counterflow.kernel import db
from counterflow.policies.commands.publish_policies import PublishPolicy, publish_policies
from counterflow.policies.tables import Row, Table, shipped
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.refunds.commands.approve_early import ApproveEarly, approve_early
from counterflow.refunds.commands.grant_goodwill import GrantGoodwill, grant_goodwill
from counterflow.refunds.commands.order_replacements import OrderReplacement, order_replacements
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from quality import graded
from refunding import breaches
from risky import LATE, buy

DEAR = 60_000
"""A first order as dear as this adds 20 points."""


@pytest.fixture(autouse=True)
def by_score(ctx, company):
    """Whatever returns with 20 points or more need takes somebody of finance; all else takes nobody."""
    table = shipped("approval")
    free = {"approvers": 0, "role": None, "second_role": None, "expires_hours": 72, "code": "nobody"}
    rows = (
        Row("signals", {"fraud_score": ">= 20"}, {**free, "approvers": 1, "role": "finance"}, "Signals.", "Signals."),
        Row("rest", {}, free, "Nobody.", "Nobody."),
    )
    publish(ctx, Table(table.kind, "By score", table.inputs, table.outputs, rows))
    yield
    publish(ctx, table)


def publish(ctx, table):
    newest = db.rows("SELECT max(version) AS n FROM policies_policyversion WHERE kind = 'approval'")[0].n
    item = PublishPolicy("approval", newest + 1, {**table.as_json(), "name": f"Version {newest + 1}"}, "finance")
    assert publish_policies(ctx(), items=[item]).done


def returned(company, *, price, resolution="refund"):
    """A return of a customer's first order; its number, and that of the order."""
    order = buy(company, f"customer {company.lpn()}", price=price)
    line = AskedLine(1, "no_longer_wanted", sku=company.sku(), resolution=resolution)
    item = OpenRma(company.channel(), company.lpn(), [line], order=order, happened_at=LATE)
    done = open_rmas(company.ctx(), items=[item]).done[0]
    assert done.facts["state"] == "authorised"
    return done.facts["rma"], order


def early(company, rma, order):
    return approve_early, ApproveEarly(rma, 1, 1, "loyal_customer")


def goodwill(company, rma, order):
    return grant_goodwill, GrantGoodwill(company.lpn(), 100, "late_delivery", rma=rma, method="store_credit")


def goodwill_of_the_order(company, rma, order):
    where = {"channel": company.channel(), "order": order}
    return grant_goodwill, GrantGoodwill(company.lpn(), 100, "late_delivery", method="store_credit", **where)


def ahead(company, rma, order):
    return order_replacements, OrderReplacement(company.lpn(), rma, 1, ahead="loyal_customer")


def scrap(company, rma, order):
    return dispose_units, DisposeUnit(graded(company, "D", rma=rma))


def elsewhere(company, rma, order):
    lpn = graded(company, "D", rma=rma)
    return dispose_units, DisposeUnit(lpn, disposition="secondary", override_reason="box_missing")


ACTS = {
    early: "refund_early",
    goodwill: "goodwill",
    goodwill_of_the_order: "goodwill",
    ahead: "replacement_early",
    elsewhere: "disposition_override",
}


@pytest.mark.parametrize("act", list(ACTS))
def test_a_row_about_the_score_asks_for_a_second_person(ctx, company, act):
    resolution = "replacement" if act is ahead else "refund"
    staff = as_(person(ctx, "administrator"))
    command, item = act(company, *returned(company, price=2_400, resolution=resolution))
    assert command(staff, items=[item]).done, "nobody has to agree where nothing was signalled"
    command, item = act(company, *returned(company, price=DEAR, resolution=resolution))
    (refused,) = command(as_(person(ctx, "administrator")), items=[item]).refused
    assert (refused.code, refused.facts["row"], refused.facts["act"]) == ("approval_needed", "signals", ACTS[act])
    request = request_of(ask(as_(person(ctx, "administrator")), command, item))
    kept = db.rows("SELECT facts FROM approvals_request WHERE id = %s", [request])[0].facts
    assert kept["fraud_score"] == 20
    assert say(as_(person(ctx, "finance")), request).done[0].facts["state"] == "done"
    assert breaches() == []


def test_a_unit_that_policy_sends_away_tells_the_score_as_well(ctx, company):
    command, item = scrap(company, *returned(company, price=DEAR))
    request = request_of(ask(as_(person(ctx, "clerk")), command, item))
    found = db.rows("SELECT facts, row_id FROM approvals_request WHERE id = %s", [request])[0]
    assert (found.facts["act"], found.facts["fraud_score"], found.row_id) == ("disposition", 20, "signals")


def test_a_score_that_rose_meanwhile_is_a_difference(ctx, company, owner):
    command, item = goodwill(company, *returned(company, price=DEAR))
    request = request_of(ask(as_(person(ctx, "finance")), command, item))
    owner.execute(
        "UPDATE returns_risk SET score = 80 WHERE rma_id = (SELECT id FROM returns_rma WHERE number = %s)", [item.rma]
    )
    (refused,) = say(as_(person(ctx, "finance")), request).refused
    assert refused.code == "facts_changed"
    assert refused.facts["difference"] == [{"what": "fraud_score", "old": 20, "new": 80}]


def test_it_costs_no_statement(ctx, company):
    def statements(number):
        items = [goodwill(company, *returned(company, price=2_400))[1] for _ in range(number)]
        with db.counting() as seen:
            assert len(grant_goodwill(company.ctx(), items=items).done) == number
        return len(seen)

    statements(1)
    assert statements(1) == statements(20)


def test_brand_and_family_narrow_who_has_to_agree(ctx, company):
    """A version for one brand answers for refunds before their milestone too."""
    rma, _ = returned(company, price=2_400)
    held = db.rows("SELECT family FROM catalog_item WHERE sku = %s", [company.sku()])[0].family
    assert approve_early(as_(person(ctx, "finance")), items=[ApproveEarly(rma, 1, 1, "loyal_customer")]).done
    facts = db.rows("SELECT facts FROM policies_decision WHERE kind = 'approval' ORDER BY id DESC LIMIT 1")[0].facts
    assert (facts["act"], facts.get("family")) == ("refund_early", held or None)
