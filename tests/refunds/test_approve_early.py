"""Approvals: on record, by somebody else, for a number of pieces."""

import pytest

from agreeing import person, token
from counterflow.kernel import db
from counterflow.kernel.errors import PermissionDenied
from counterflow.refunds.commands.approve_early import ApproveEarly, approve_early
from counterflow.returns.commands.cancel_rmas import CancelRma, cancel_rmas
from refunding import authorise, breaches, line_of, reach, release


def test_a_credit_before_its_milestone_takes_an_approval(ctx, company, owner):
    rma = authorise(company)
    assert release(company, rma).refused[0].code == "nothing_due"
    approve_early(ctx(), items=[ApproveEarly(rma, 1, 2, "loyal_customer")])
    assert release(company, rma).done[0].facts["total_minor"] == 4800
    assert release(company, rma).refused[0].code == "nothing_due"
    kept = db.rows("SELECT kind, quantity FROM returns_milestone WHERE rma_line_id = %s ORDER BY id", [line_of(rma).id])
    assert [(m.kind, m.quantity) for m in kept] == [("authorised", 5), ("approved", 2)]
    assert breaches() == []


def test_pieces_that_come_later_are_not_credited_twice(ctx, company, owner):
    rma = authorise(company)
    approve_early(ctx(), items=[ApproveEarly(rma, 1, 2, "loyal_customer")])
    release(company, rma)
    reach(owner, rma, "received", 2)
    assert release(company, rma).refused[0].code == "nothing_due"
    reach(owner, rma, "received", 3)
    assert release(company, rma).done[0].facts["total_minor"] == 3 * 2400


def test_it_is_not_for_whoever_opened_it_by_a_token(ctx, company):
    agent = person(ctx, "finance")
    program = token(ctx, agent, "refunds.approve")
    for opener, approver in ((program, agent), (agent, program), (program, token(ctx, agent, "refunds.approve"))):
        rma = authorise(company, actor=opener)
        refused = approve_early(ctx(actor=approver), items=[ApproveEarly(rma, 1, 1, "mine")]).refused[0]
        assert refused.code == "own_request"


def test_it_is_not_for_whoever_opened_the_return(ctx, company, owner):
    rma = authorise(company, actor="user:9")
    refused = approve_early(ctx(actor="user:9"), items=[ApproveEarly(rma, 1, 1, "mine")]).refused[0]
    assert refused.code == "own_request"


def test_the_same_approval_again_changes_nothing(ctx, company, owner):
    rma = authorise(company)
    item = ApproveEarly(rma, 1, 2, "loyal_customer")
    first, again, less = (approve_early(ctx(), items=[i]).done[0] for i in (item, item, ApproveEarly(rma, 1, 1, "x")))
    assert (first.replayed, again.replayed, less.replayed) == (False, True, True)
    assert line_of(rma).approved_qty == 2


def test_what_cannot_be_approved(ctx, company, owner):
    rma = authorise(company)

    def refused(*item):
        return approve_early(ctx(), items=[ApproveEarly(*item)]).refused[0].code

    assert refused(rma, 1, 6, "x") == "not_so_many"
    assert refused(rma, 1, 0, "x") == "quantity_invalid"
    assert refused(rma, 2, 1, "x") == "credit_line_not_found"
    assert refused(rma, 1, 1, "") == "reason_missing"
    assert refused("RMA-0", 1, 1, "x") == "rma_not_found"
    cancel_rmas(ctx(), items=[CancelRma(rma)])
    assert refused(rma, 1, 1, "x") == "not_so_many"


def test_it_takes_the_permission(ctx, company, owner):
    with pytest.raises(PermissionDenied):
        approve_early(ctx("refunds.release"), items=[ApproveEarly("RMA-0", 1, 1, "x")])
