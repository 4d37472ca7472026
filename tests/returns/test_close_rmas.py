"""Closing: only what has run its course."""

import pytest

from counterflow.kernel import db
from counterflow.kernel.errors import PermissionDenied
from counterflow.returns.commands.cancel_rmas import CancelRma, cancel_rmas
from counterflow.returns.commands.close_rmas import CloseRma, close_rmas
from refunding import authorise, reach, release, returned, row


def close(company, rma):
    return close_rmas(company.ctx(), items=[CloseRma(rma)]).results[0]


def test_a_return_is_closed_when_nothing_is_open(ctx, company, owner):
    rma = authorise(company)
    refused = close(company, rma)
    assert (refused.code, refused.facts["expected"]) == ("still_open", 5)
    reach(owner, rma, "received", 5)
    assert close(company, rma).facts["due"] == 5
    release(company, rma)
    assert close(company, rma).facts["state"] == "closed"
    assert close(company, rma).replayed
    assert row("returns_rma", number=rma).state == "closed"


def test_pieces_that_wait_for_an_inspection_keep_it_open(ctx, company, owner):
    rma = returned(company, owner, [("phone", 2)])
    assert close(company, rma).facts["undecided"] == 2
    reach(owner, rma, "inspection_failed", 2)
    assert close(company, rma).facts["state"] == "closed"


def test_goods_the_customer_keeps_are_not_expected(ctx, company):
    rma = authorise(company, [("cheap", 1)], order=company.sell([("cheap", 1, 500, 100)]), reason="defective")
    assert close(company, rma).facts["expected"] == 0
    release(company, rma)
    assert close(company, rma).facts["state"] == "closed"


def test_what_cannot_be_closed(ctx, company):
    assert close(company, "RMA-0").code == "rma_not_found"
    assert close(company, authorise(company, reason="a word nobody mapped")).code == "move_not_allowed"
    rma = authorise(company)
    cancel_rmas(ctx(), items=[CancelRma(rma)])
    assert close(company, rma).code == "move_not_allowed"
    with pytest.raises(PermissionDenied):
        close_rmas(ctx("returns.view"), items=[CloseRma(rma)])


def test_statements_do_not_grow_with_the_batch(ctx, company, owner):
    rmas = [returned(company, owner, [("tee", 1)]) for _ in range(9)]
    for rma in rmas:
        release(company, rma)
    with db.counting() as few:
        close_rmas(ctx(), items=[CloseRma(rmas[0])])
    with db.counting() as lots:
        assert len(close_rmas(ctx(), items=[CloseRma(rma) for rma in rmas[1:]]).done) == 8
    assert len(few) == len(lots) <= 6
