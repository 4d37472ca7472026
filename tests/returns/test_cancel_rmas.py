"""Cancelling: what nobody has sent is free again; what is on its way, here or credited is not."""

import pytest

from counterflow.kernel import db
from counterflow.kernel.errors import PermissionDenied
from counterflow.refunds.commands.approve_early import ApproveEarly, approve_early
from counterflow.returns.commands.cancel_rmas import CancelRma, cancel_rmas
from refunding import authorise, line_of, reach, release, returned, row


def cancel(company, rma, *lines):
    return cancel_rmas(company.ctx(), items=[CancelRma(rma, lines)]).results[0]


def test_a_whole_return_is_cancelled_and_its_pieces_may_be_asked_back_again(ctx, company):
    order = company.sell()
    rma = authorise(company, order=order)
    done = cancel(company, rma)
    assert (done.facts["state"], done.facts["cancelled"]) == ("cancelled", 5)
    sums = db.rows(
        "SELECT kind, sum(quantity)::int AS n FROM returns_milestone WHERE rma_line_id = %s GROUP BY 1 ORDER BY 1",
        [line_of(rma).id],
    )
    assert [(s.kind, s.n) for s in sums] == [("authorised", 0), ("cancelled", 5)]
    assert row("orders_shipmentline", id=line_of(rma).shipment_line_id).authorised_qty == 0
    assert line_of(authorise(company, order=order)).authorised_qty == 5


def test_one_line_of_two(ctx, company):
    rma = authorise(company, [("tee", 2), ("mug", 3)])
    assert cancel(company, rma, 2).facts["state"] == "authorised"
    assert (line_of(rma, 1).authorised_qty, line_of(rma, 2).authorised_qty) == (2, 0)
    assert cancel(company, rma, 1).facts["state"] == "cancelled"


def test_what_is_here_stays(ctx, company, owner):
    rma = authorise(company)
    reach(owner, rma, "received", 3)
    assert cancel(company, rma).facts["cancelled"] == 2
    assert (line_of(rma).allocated_qty, line_of(rma).cancelled_qty) == (3, 2)
    assert row("returns_rma", number=rma).state == "authorised"
    refused = cancel(company, rma)
    assert (refused.code, refused.facts["received"]) == ("nothing_to_cancel", 3)


def test_what_the_carrier_has_stays(ctx, company, owner):
    rma = authorise(company)
    reach(owner, rma, "carrier_scan", 4)
    assert cancel(company, rma).facts["cancelled"] == 1


def test_what_was_credited_ahead_stays(ctx, company):
    rma = authorise(company)
    approve_early(ctx(), items=[ApproveEarly(rma, 1, 2, "loyal_customer")])
    release(company, rma)
    assert cancel(company, rma).facts["cancelled"] == 3


def test_a_request_that_waits_may_be_cancelled_and_its_case_ends(ctx, company):
    rma = authorise(company, reason="a word nobody mapped")
    assert cancel(company, rma).facts["state"] == "cancelled"
    assert row("workqueue_case", subject_id=row("returns_rma", number=rma).id).state == "closed"


def test_again_is_a_replay(ctx, company):
    rma = authorise(company)
    cancel(company, rma)
    assert cancel(company, rma).replayed


def test_what_cannot_be_cancelled(ctx, company, owner):
    assert cancel(company, "RMA-0").code == "rma_not_found"
    assert cancel(company, authorise(company), 9).code == "rma_line_not_found"
    assert cancel(company, returned(company, owner)).code == "nothing_to_cancel"
    with pytest.raises(PermissionDenied):
        cancel_rmas(ctx("returns.open"), items=[CancelRma("RMA-0")])


def test_statements_do_not_grow_with_the_batch(ctx, company):
    one, many = authorise(company), [authorise(company) for _ in range(10)]
    with db.counting() as few:
        cancel_rmas(ctx(), items=[CancelRma(one)])
    with db.counting() as lots:
        assert len(cancel_rmas(ctx(), items=[CancelRma(rma) for rma in many]).done) == 10
    assert len(few) == len(lots) <= 10
