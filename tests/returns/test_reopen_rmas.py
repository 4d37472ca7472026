"""Opening again: only where something is open, by hand or because goods came after all."""

import pytest

from counterflow import flows
from counterflow.kernel import db
from counterflow.kernel.errors import PermissionDenied
from counterflow.receiving.commands.reverse_receipts import ReverseReceipt, reverse_receipts
from counterflow.returns.commands.cancel_rmas import CancelRma, cancel_rmas
from counterflow.returns.commands.close_rmas import CloseRma, close_rmas
from counterflow.returns.commands.reopen_rmas import ReopenRma, reopen_rmas
from counterflow.returns.page import return_page
from quality import arrived
from refunding import authorise, reach, release, row


def reopen(company, rma):
    return reopen_rmas(company.ctx(), items=[ReopenRma(rma)]).results[0]


def finished(company, owner, *, item="tee"):
    """A return of two pieces that is closed: one came and was credited, the other was lost on its way."""
    rma = authorise(company, [(item, 2)])
    reach(owner, rma, "received", 1)
    reach(owner, rma, "inspection_passed", 1)
    reach(owner, rma, "lost", 1)
    release(company, rma)
    assert close_rmas(company.ctx(), items=[CloseRma(rma)]).done
    return rma


def test_what_was_found_after_all_opens_it_again(company, owner):
    rma = finished(company, owner)
    refused = reopen(company, rma)
    assert refused.code == "nothing_open"
    assert "open another return" in refused.message
    assert "reopen" not in return_page(number=rma).actions
    reach(owner, rma, "received", 1)
    assert "reopen" in return_page(number=rma).actions
    assert reopen(company, rma).facts["state"] == "authorised"
    assert reopen(company, rma).replayed
    assert row("returns_rma", number=rma).state == "authorised"
    release(company, rma)
    assert close_rmas(company.ctx(), items=[CloseRma(rma)]).done


def test_goods_that_come_later_open_it_by_themselves_and_wait_for_their_inspection(company, owner):
    rma = finished(company, owner, item="phone")
    flows.run_pending()
    assert row("returns_rma", number=rma).state == "closed"
    arrived(company, "phone", rma=rma)
    flows.run_pending()
    assert row("returns_rma", number=rma).state == "authorised"
    assert "RmaReopened" in {fact.kind for fact in return_page(number=rma).timeline}


def test_a_receipt_that_is_taken_back_opens_it_again(company):
    rma = authorise(company, [("tee", 1)])
    lpn, _ = arrived(company, rma=rma)
    flows.run_pending()
    assert row("returns_rma", number=rma).state == "closed"
    assert reverse_receipts(company.ctx(), items=[ReverseReceipt(lpn, "scanned_twice")]).done
    flows.run_pending()
    assert row("returns_rma", number=rma).state == "authorised"
    assert return_page(number=rma).lines[0].custody == {"with_customer": 1}


def test_what_cannot_be_opened_again(ctx, company):
    assert reopen(company, "RMA-0").code == "rma_not_found"
    assert reopen(company, authorise(company, reason="a word nobody mapped")).code == "move_not_allowed"
    assert reopen(company, authorise(company)).replayed
    gone = authorise(company)
    cancel_rmas(ctx(), items=[CancelRma(gone)])
    assert reopen(company, gone).code == "move_not_allowed"
    with pytest.raises(PermissionDenied):
        reopen_rmas(ctx("returns.view"), items=[ReopenRma("RMA-0")])


def test_statements_do_not_grow_with_the_batch(ctx, company, owner):
    rmas = [finished(company, owner) for _ in range(9)]
    for rma in rmas:
        reach(owner, rma, "received", 1)
    with db.counting() as few:
        reopen_rmas(ctx(), items=[ReopenRma(rmas[0])])
    with db.counting() as lots:
        assert len(reopen_rmas(ctx(), items=[ReopenRma(rma) for rma in rmas[1:]]).done) == 8
    assert len(few) == len(lots) <= 6
