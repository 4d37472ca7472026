"""Asking tries the act for real and takes it back: of every act nothing is left but the request itself."""

from datetime import timedelta

import pytest

from agreeing import as_, ask, let, person, request_of
from company import ASKED
from counterflow.approvals.acts import ACTS
from counterflow.kernel import db
from counterflow.kernel.clock import now
from counterflow.ledger.commands.open_books import OpenStock, open_books
from counterflow.policies.commands.activate_policies import ActivatePolicy, activate_policies
from counterflow.policies.commands.draft_policies import DraftPolicy, draft_policies
from counterflow.policies.commands.end_policies import EndPolicy, end_policies
from counterflow.policies.commands.review_policies import ReviewPolicy, review_policies
from counterflow.policies.commands.submit_drafts import SubmitDraft, submit_drafts
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
from quality import graded
from refunding import authorise, breaches

ASKING = {
    "approvals_request",
    "kernel_payload",
    "workqueue_case",
    "kernel_commandrecord",
    "kernel_commandkey",
    "kernel_eventrecord",
    "kernel_delivery",
}
"""What a request is made of: itself, its words, its case, and what the kernel keeps of every command."""


def goodwill(company):
    return grant_goodwill, GrantGoodwill(
        company.lpn(), 5_000, "late_delivery", channel=company.channel(), order=company.sell()
    )


def early(company):
    order = company.sell([("phone", 2, 20_000, 4_000)])
    rma = authorise(company, [("phone", 2)], order=order)
    return approve_early, ApproveEarly(rma, 1, 2, "loyal_customer", note="Calls every week.")


def against_policy(company):
    order = company.sell([("phone", 1, 30_000, 0)], shipped_at=ASKED - timedelta(days=700))
    line = AskedLine(1, "no_longer_wanted", sku=company.sku("phone"))
    item = OpenRma(company.channel(), company.lpn(), [line], order=order, happened_at=ASKED, override="goodwill")
    return open_rmas, item


def ahead(company):
    rma = authorise(company, [("tee", 2)], resolution="replacement")
    return order_replacements, OrderReplacement(company.lpn(), rma, 1, ahead="loyal_customer")


def scrapped(company):
    return dispose_units, DisposeUnit(graded(company, "D", "phone", damage="customer_damage", serial=company.lpn()))


def stock(company):
    books = OpenStock(company.node(), company.sku(), 200, 200 * company.costs["tee"])
    assert open_books(company.ctx(), items=[books]).done


def difference(company):
    stock(company)
    rows = [(1, company.sku(), "available", "60")]
    compared = StockStatement(company.node(), now(), f"sha-{company.tag}", rows, source="3pl")
    (done,) = compare_statements(company.ctx(), items=[compared]).done
    (found,) = reconciliation.breaks(statement=done.facts["statement"])
    return post_adjustments, PostAdjustment(found.id)


def gone(company):
    stock(company)
    item = AdjustStock(company.lpn(), company.node(), company.sku(), "available", "unexplained", 150, "not_found")
    return adjust_stock, item


def agreed_to(company):
    """A version that was agreed to, for a brand of its own; its id."""
    writer, owner = (as_(person(company.ctx, "finance")) for _ in range(2))
    scope = {"brand": [company.lpn()]}
    item = DraftPolicy(company.lpn(), "refund", shipped("refund").as_json(), "finance", scope=scope)
    version = draft_policies(writer, items=[item]).done[0].facts["version_id"]
    assert submit_drafts(as_(writer.actor), items=[SubmitDraft(version, 1)]).done
    assert review_policies(owner, items=[ReviewPolicy(version, 1, "approve")]).done
    return version


def begun(company):
    return activate_policies, ActivatePolicy(agreed_to(company), 1)


def ended(company):
    version = agreed_to(company)
    let(company.ctx, activate_policies, ActivatePolicy(version, 1))
    return end_policies, EndPolicy(version, 1)


TRIED = (goodwill, early, against_policy, ahead, scrapped, difference, gone, begun, ended)


def contents():
    """A digest of every table, by its name."""
    names = db.rows(
        "SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"
    )
    digest = "SELECT '{0}' AS name, md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS digest FROM {0} t"
    found = db.rows(" UNION ALL ".join(digest.format(row.name) for row in names))
    return {row.name: row.digest for row in found}


@pytest.mark.parametrize("act", TRIED)
def test_nothing_but_the_request_is_left(ctx, company, act):
    command, item = act(company)
    asker = person(ctx, "administrator")
    before = contents()
    request = request_of(ask(as_(asker), command, item, note="Please."))
    after = contents()
    changed = {name for name, digest in after.items() if before[name] != digest}
    assert changed - ASKING == set(), act.__name__
    assert db.rows("SELECT command FROM approvals_request WHERE id = %s", [request])[0].command == command.__name__
    assert breaches() == []


def test_every_act_is_tried_here():
    names = {goodwill: "grant_goodwill", early: "approve_early", against_policy: "open_rmas"}
    names |= {ahead: "order_replacements", scrapped: "dispose_units", difference: "post_adjustments"}
    names |= {gone: "adjust_stock", begun: "activate_policies", ended: "end_policies"}
    assert set(names) == set(TRIED)
    assert set(names.values()) == set(ACTS)
