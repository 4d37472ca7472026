"""Every act that can be asked for: refused alone, done when others agree, and not done once it is something else."""

from dataclasses import replace
from datetime import timedelta

import pytest

import dock
from agreeing import as_, ask, person, request_of, say
from company import ASKED
from counterflow.approvals import laws
from counterflow.approvals.acts import ACTS
from counterflow.approvals.queries import request as query
from counterflow.kernel import db
from counterflow.kernel.clock import now
from counterflow.kernel.commands import Batch, Done, command
from counterflow.ledger.chart import State
from counterflow.ledger.commands.open_books import OpenStock, open_books
from counterflow.ledger.posting import Entry, Move, Place, post
from counterflow.policies.commands.activate_policies import ActivatePolicy, activate_policies
from counterflow.policies.commands.draft_policies import DraftPolicy, draft_policies
from counterflow.policies.commands.end_policies import EndPolicy, end_policies
from counterflow.policies.commands.review_policies import ReviewPolicy, review_policies
from counterflow.policies.commands.submit_drafts import SubmitDraft, submit_drafts
from counterflow.policies.queries import active
from counterflow.policies.tables import shipped
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.reconciliation import queries as reconciliation
from counterflow.reconciliation.commands.adjust_stock import AdjustStock, adjust_stock
from counterflow.reconciliation.commands.compare_statements import StockStatement, compare_statements
from counterflow.reconciliation.commands.post_adjustments import PostAdjustment, post_adjustments
from counterflow.refunds.commands.approve_early import ApproveEarly, approve_early
from counterflow.refunds.commands.grant_goodwill import GrantGoodwill, grant_goodwill
from counterflow.refunds.commands.order_replacements import OrderReplacement, order_replacements
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from quality import gl, graded
from refunding import authorise, books, breaches, line_of


def code(batch):
    (found,) = batch
    return getattr(found, "code", "done")


def row(request):
    return db.rows("SELECT * FROM approvals_request WHERE id = %s", [request])[0]


def holds():
    found = [db.rows(law.sql.replace("%", "%%")) for law in laws.LAWS]
    assert not any(found), found
    return breaches() == []


def agreed(request, *people):
    """What the last of these people hears when they all agree."""
    return [say(as_(who), request) for who in people][-1]


@pytest.fixture
def finance(ctx, company):
    return [person(ctx, "finance") for _ in range(3)]


@pytest.fixture
def controllers(ctx, company):
    return [person(ctx, "inventory_controller") for _ in range(2)]


def stock(company, name="tee", pieces=100):
    item = OpenStock(company.node(), company.sku(name), pieces, pieces * company.costs[name])
    assert open_books(company.ctx(), items=[item]).done


@command(needs="ledger.open")
def dearer(ctx, *, company, pieces, cost):
    """More of the same comes in at another cost, so every piece of the pool is worth something else."""
    goods = Move(
        Place(company.entity, State.OPENING, company.items["tee"]),
        company.place("available", "tee", bucket="pool"),
        pieces,
        cost,
    )
    post(ctx, [Entry(ctx.new_id(), company.entity, "open", ctx.at, [goods])])
    return Batch([Done("dearer")])


def test_all_acts_are_here():
    assert set(ACTS) == {
        "grant_goodwill",
        "approve_early",
        "open_rmas",
        "order_replacements",
        "dispose_units",
        "post_adjustments",
        "adjust_stock",
        "activate_policies",
        "end_policies",
    }


def test_a_refund_before_its_milestone(company, finance):
    asker, *others = finance
    rma = authorise(company, [("phone", 2)])  # 24.00 each
    assert code(approve_early(as_(asker), items=[ApproveEarly(rma, 1, 2, "loyal_customer")])) == "done"
    dear = authorise(company, order=company.sell([("phone", 2, 20_000, 4_000)]), lines=[("phone", 2)])
    item = ApproveEarly(dear, 1, 1, "loyal_customer")
    refused = approve_early(as_(asker), items=[item]).refused[0]
    assert (refused.code, refused.facts["value_minor"], refused.facts["row"]) == ("approval_needed", 24_000, "early")
    request = request_of(ask(as_(asker), approve_early, item))
    assert agreed(request, others[0]).done[0].facts["result"]["approved"] == 1
    assert line_of(dear).approved_qty == 1
    both = ApproveEarly(dear, 1, 2, "loyal_customer")
    assert approve_early(as_(asker), items=[item]).done[0].replayed
    assert row(request_of(ask(as_(asker), approve_early, both))).value_minor == 24_000
    assert holds()


def test_a_refund_that_is_cut_into_pieces_is_seen_as_one(company, finance):
    """Two pieces of 24.00 take nobody, and a third makes more than 50.00 of the return, whichever line it is on."""
    order = company.sell([("tee", 2, 2_000, 400), ("phone", 2, 2_000, 400)])
    rma = authorise(company, [("tee", 2), ("phone", 2)], order=order)
    asker = as_(finance[0])
    assert code(approve_early(asker, items=[ApproveEarly(rma, 1, 1, "loyal_customer")])) == "done"
    both = [ApproveEarly(rma, 1, 2, "loyal_customer"), ApproveEarly(rma, 2, 1, "loyal_customer")]
    done, refused = approve_early(as_(finance[0]), items=both)
    assert done.facts["approved"] == 2
    assert (refused.code, refused.facts["row"], refused.facts["value_minor"]) == ("approval_needed", "early-sum", 2_400)
    request = request_of(ask(as_(finance[0]), approve_early, both[1]))
    assert row(request).facts["total_minor"] == 7_200
    assert agreed(request, finance[1]).done[0].facts["state"] == "done"
    assert holds()


def test_goodwill_that_is_cut_into_pieces_is_seen_as_one(company, finance):
    order = company.sell()

    def some(amount):
        where = {"channel": company.channel(), "order": order}
        return GrantGoodwill(company.lpn(), amount, "late_delivery", method="store_credit", **where)

    first, second, third = grant_goodwill(as_(finance[0]), items=[some(1_000), some(1_000), some(1)])
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert (third.code, third.facts["row"], third.facts["value_minor"]) == ("approval_needed", "goodwill-sum", 1)
    requests = [request_of(ask(as_(finance[0]), grant_goodwill, some(amount))) for amount in (1_500, 2_500)]
    assert [row(request).facts["total_minor"] for request in requests] == [3_500, 4_500]
    assert [done.facts["state"] for done in say(as_(finance[1]), *requests).done] == ["done", "done"]
    assert holds()


def test_more_than_500_takes_two_of_finance(company, finance):
    dear = authorise(company, order=company.sell([("phone", 1, 50_000, 10_000)]), lines=[("phone", 1)])
    request = request_of(ask(as_(finance[0]), approve_early, ApproveEarly(dear, 1, 1, "loyal_customer")))
    assert list(row(request).roles) == ["finance", "finance"]
    assert code(agreed(request, finance[1], finance[1])) == "done"
    assert line_of(dear).approved_qty == 0
    assert agreed(request, finance[2]).done[0].facts["state"] == "done"
    assert line_of(dear).approved_qty == 1
    assert holds()


def late(company, price=30_000, **more):
    """A request that policy declines: years after the sale, and nothing is wrong with it."""
    order = company.sell([("phone", 1, price, 0)], shipped_at=ASKED - timedelta(days=700))
    line = AskedLine(1, "no_longer_wanted", sku=company.sku("phone"))
    return OpenRma(company.channel(), company.lpn(), [line], order=order, happened_at=ASKED, **more)


def test_a_return_against_policy(ctx, company, finance):
    agent = person(ctx, "agent")
    small = late(company, 10_000, override="goodwill")
    assert open_rmas(as_(agent), items=[small]).done[0].facts["state"] == "authorised"
    item = late(company, override="goodwill", override_note="A regular customer for years.")
    assert code(open_rmas(as_(agent), items=[item])) == "approval_needed"
    request = request_of(ask(as_(agent), open_rmas, item))
    assert (row(request).act, row(request).value_minor) == ("policy_override", 30_000)
    assert agreed(request, finance[0]).done[0].facts["result"]["state"] == "authorised"
    assert open_rmas(as_(agent), items=[item]).done[0].replayed
    opened = db.rows("SELECT opened_by FROM returns_rma WHERE request_ref = %s", [item.request_ref])[0].opened_by
    assert opened == agent
    assert holds()


def test_what_policy_allows_by_itself_meanwhile_needs_no_agreement(ctx, company, finance, owner):
    agent = person(ctx, "agent")
    item = late(company, override="goodwill")
    request = request_of(ask(as_(agent), open_rmas, item))
    owner.execute(
        "UPDATE orders_shipment SET shipped_at = %s WHERE order_id = %s",
        [ASKED - timedelta(days=5), row(request).subject_id],
    )
    refused = agreed(request, finance[0]).refused[0]
    assert refused.code == "no_longer_needed"
    assert row(request).state == "overtaken"
    assert db.rows("SELECT FROM returns_rma WHERE request_ref = %s", [item.request_ref]) == []
    assert code(ask(as_(agent), open_rmas, item)) == "needs_nobody"


def test_goods_ahead_of_theirs(ctx, company, finance):
    agent = person(ctx, "agent")
    rma = authorise(company, [("tee", 2)], resolution="replacement")
    item = OrderReplacement(company.lpn(), rma, 1, ahead="loyal_customer")
    before = books(company)
    assert code(order_replacements(as_(agent), items=[item])) == "approval_needed"
    request = request_of(ask(as_(agent), order_replacements, item))
    found = row(request)
    assert (found.act, found.value_minor) == ("replacement_early", 4800)
    assert sum(line["amount"] for line in found.lines) == 0
    assert {line["account"] for line in found.lines} >= {"receivable_from_customers"}
    assert books(company) == before
    assert agreed(request, finance[0]).done[0].facts["result"]["total_minor"] == 4800
    posted = {name: value for name, value in books(company).items() if value != before.get(name)}
    assert posted == {line["account"]: line["amount"] for line in found.lines}
    assert holds()


def test_a_unit_that_policy_sends_away_with_a_second_person(ctx, company, controllers):
    lpn = graded(company, "D", "phone", damage="customer_damage", serial="S1")
    clerk = person(ctx, "clerk")
    assert code(dispose_units(as_(clerk), items=[DisposeUnit(lpn)])) == "approval_needed"
    assert "approval_needed" not in dock.cases(company)
    request = request_of(ask(as_(clerk), dispose_units, DisposeUnit(lpn)))
    found = row(request)
    assert (found.act, found.value_minor, found.facts["grade"]) == ("disposition", 30_000, "D")
    lines = {(line["account"], line["quantity"], line["amount"]) for line in found.lines}
    assert lines == {("stock.inspection", -1, -30_000), ("scrapped", 1, 0), ("write_off", 0, 30_000)}
    assert agreed(request, controllers[0]).done[0].facts["result"]["disposition"] == "scrap"
    assert gl(company, "write_off") == 30_000
    assert holds()


def test_a_cheap_unit_takes_somebody_else_or_who_may_approve(ctx, company, controllers):
    order = company.sell([("tee", 1, 2000, 400)], issue=False)
    cheap = graded(company, "D", "tee", rma=authorise(company, [("tee", 1)], order=order))
    clerk = person(ctx, "clerk")
    request = request_of(ask(as_(clerk), dispose_units, DisposeUnit(cheap)))
    assert list(row(request).roles) == [""]
    assert code(dispose_units(as_(controllers[0]), items=[DisposeUnit(cheap)])) == "done"
    assert code(agreed(request, controllers[1])) == "done_already"


def test_a_unit_sent_elsewhere_than_policy_says(ctx, company, controllers):
    lpn = graded(company, "D", "phone", damage="customer_damage", serial="S2")
    item = DisposeUnit(lpn, disposition="secondary", override_reason="box_missing")
    assert code(dispose_units(as_(controllers[0]), items=[item])) == "approval_needed"
    request = request_of(ask(as_(controllers[0]), dispose_units, item))
    assert row(request).act == "disposition_override"
    assert agreed(request, controllers[1]).done[0].facts["result"]["disposition"] == "secondary"
    assert holds()


def test_a_difference_of_a_statement_and_the_value_that_moved_meanwhile(ctx, company, finance, controllers):
    stock(company)
    rows = [(1, company.sku("tee"), "available", "60")]
    compared = StockStatement(company.node(), now(), f"sha-{company.tag}", rows, source="3pl")
    done = compare_statements(as_(controllers[0]), items=[compared]).done[0]
    (found,) = reconciliation.breaks(statement=done.facts["statement"])
    item = PostAdjustment(found.id)
    refused = post_adjustments(as_(controllers[1]), items=[item]).refused[0]
    assert (refused.code, refused.facts["value_minor"]) == ("approval_needed", 32_000)
    request = request_of(ask(as_(controllers[0]), post_adjustments, item))
    assert {(line["account"], line["quantity"], line["amount"]) for line in row(request).lines} == {
        ("stock.available", -40, -32_000),
        ("unexplained", 40, 0),
        ("shrinkage", 0, 32_000),
    }
    assert dearer(company.ctx(), company=company, pieces=100, cost=100_000).done
    refused = agreed(request, finance[0]).refused[0]
    assert refused.code == "facts_changed"
    difference = {change["what"]: (change["old"], change["new"]) for change in refused.facts["difference"]}
    assert difference["value_minor"] == (32_000, 36_000)
    item_id = company.items["tee"]
    assert difference[f"line stock.available of item {item_id}, amount"] == (-32_000, -36_000)
    shown = {change["what"] for change in query(request_id=request).difference}
    assert f"line stock.available of {company.sku('tee')}, amount" in shown
    assert reconciliation.breaks(statement=done.facts["statement"])[0].state == "open"
    again = request_of(ask(as_(controllers[0]), post_adjustments, item))
    assert agreed(again, finance[0]).done[0].facts["state"] == "done"
    assert dock.stock(company, "available") == (160, 144_000)
    assert holds()


def test_pieces_gone_by_a_persons_word(company, finance, controllers):
    stock(company, pieces=200)

    def gone(pieces, to="unexplained"):
        return AdjustStock(company.lpn(), company.node(), company.sku("tee"), "available", to, pieces, "not_found")

    assert code(adjust_stock(as_(controllers[0]), items=[gone(1, "quarantine")])) == "done"
    refused = adjust_stock(as_(controllers[0]), items=[gone(1)]).refused[0]
    assert (refused.facts["act"], refused.facts["role"]) == ("write_off", "finance")
    large = gone(150)
    request = request_of(ask(as_(controllers[0]), adjust_stock, large))
    assert list(row(request).roles) == ["inventory_controller", "finance"]
    assert code(agreed(request, finance[0])) == "done"
    assert agreed(request, controllers[1]).done[0].facts["result"]["value_minor"] == 120_000
    assert adjust_stock(as_(controllers[0]), items=[large]).done[0].replayed
    assert holds()


def test_one_refused_correction_leaves_the_others_alone(company, controllers):
    stock(company)
    items = [
        AdjustStock(company.lpn(), company.node(), company.sku("tee"), "available", to, pieces, "x")
        for to, pieces in (("unexplained", 90), ("quarantine", 10), ("quarantine", 91))
    ]
    batch = adjust_stock(as_(controllers[0]), items=items)
    assert [getattr(r, "code", "done") for r in batch] == ["approval_needed", "done", "position_changed"]
    assert dock.stock(company, "available") == (90, 72_000)


def test_a_policy_that_moves_money_begins_when_finance_and_an_executive_agree(ctx, company, finance):
    writer, reviewer, third = finance
    executive = person(ctx, "executive")
    table = shipped("refund").as_json() | {"name": "The same again"}
    draft = DraftPolicy(company.lpn(), "refund", table, "finance")
    version = draft_policies(as_(writer), items=[draft]).done[0].facts["version_id"]
    assert submit_drafts(as_(writer), items=[SubmitDraft(version, 1)]).done
    assert review_policies(as_(reviewer), items=[ReviewPolicy(version, 1, "approve")]).done
    item = ActivatePolicy(version, 1)
    assert code(activate_policies(as_(writer), items=[item])) == "approval_needed"
    request = request_of(ask(as_(writer), activate_policies, item))
    assert row(request).facts == {"act": "policy_activation", "value_minor": 0, "policy_kind": "refund"}
    assert version not in {v.id for v in active("refund", at=now())}
    assert agreed(request, executive, reviewer).done[0].facts["state"] == "done"
    assert version in {v.id for v in active("refund", at=now())}
    assert activate_policies(as_(writer), items=[item]).done[0].replayed
    assert third
    assert holds()


def test_a_version_for_some_ends_when_others_agree(ctx, company, finance):
    """Nobody takes a stricter table for a brand out of the way alone; what only was drafted they may."""
    table = shipped("routing")
    item = DraftPolicy(company.lpn(), "routing", table.as_json(), "finance", scope={"brand": [company.lpn()]})
    (made,) = draft_policies(as_(finance[0]), items=[item]).done
    version = made.facts["version_id"]
    assert submit_drafts(as_(finance[0]), items=[SubmitDraft(version, 1)]).done
    assert review_policies(as_(finance[1]), items=[ReviewPolicy(version, 1, "approve")]).done
    begun = request_of(ask(as_(finance[0]), activate_policies, ActivatePolicy(version, 1)))
    assert agreed(begun, finance[1]).done[0].facts["state"] == "done"
    end = EndPolicy(version, 1)
    refused = end_policies(as_(finance[0]), items=[end]).refused[0]
    assert (refused.code, refused.facts["act"], refused.facts["row"]) == ("approval_needed", "policy_end", "policy")
    assert version in {found.id for found in active("routing", at=now())}
    request = request_of(ask(as_(finance[0]), end_policies, end))
    assert version in {found.id for found in active("routing", at=now())}
    assert code(agreed(request, finance[0])) == "requester_may_not_decide"
    assert agreed(request, finance[1]).done[0].facts["result"]["state"] == "retired"
    assert version not in {found.id for found in active("routing", at=now())}
    assert end_policies(as_(finance[2]), items=[end]).done[0].replayed
    (other,) = draft_policies(as_(finance[0]), items=[replace(item, reference=company.lpn())]).done
    assert code(end_policies(as_(finance[0]), items=[EndPolicy(other.facts["version_id"], 1)])) == "done"
    assert holds()


def test_several_acts_are_asked_for_in_one_call_and_agreed_to_in_two(ctx, company, finance):
    agent = person(ctx, "agent", "finance")
    rma = authorise(company, [("tee", 2)], resolution="replacement")
    asked = [
        *ask(as_(agent), open_rmas, late(company, override="goodwill")).done,
        *ask(as_(agent), order_replacements, OrderReplacement(company.lpn(), rma, 1, ahead="x")).done,
    ]
    requests = [done.facts["request"] for done in asked]
    batch = say(as_(finance[0]), *requests)
    assert [refused.code for refused in batch] == ["mixed_requests"] * 2
    assert "open_rmas" in batch.refused[0].message
    assert [code(say(as_(finance[0]), request)) for request in requests] == ["done", "done"]
