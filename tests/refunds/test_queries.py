"""Questions about money: what is due, what was credited, what waits to be paid, what was reported."""

import pytest

from counterflow.kernel import db
from counterflow.refunds.queries import credit as one_credit
from counterflow.refunds.queries import credits, due_credits, money_facts, payouts
from counterflow.refunds.rules import CreditNotFound
from refunding import authorise, credit, pay, reach, release, report, returned, row


def test_a_credit_with_its_lines_and_payouts(ctx, company, owner):
    rma = returned(company, owner, [("tee", 2), ("mug", 1)])
    found = release(company, rma).done[0].facts["credit_id"]
    assert one_credit(credit_id=found).state == "owed"
    told = pay(company, found).done[0].facts["payouts"][0]
    assert one_credit(credit_id=found).state == "promised"
    report(company, "refund_paid", 100, payout_ref=told["reference"])
    assert one_credit(credit_id=found).state == "partly_paid"
    report(company, "refund_paid", 7100, payout_ref=told["reference"])
    page = credits(rma=rma)
    assert [(c.id, c.state, c.rma, c.total_minor) for c in page] == [(found, "paid", rma, 7200)]
    assert [(x.line_no, x.quantity, x.net_minor, x.released_by) for x in page[0].lines] == [
        (1, 2, 4000, "received"),
        (2, 1, 2000, "received"),
    ]
    assert [(p.reference, p.state, p.paid_minor) for p in page[0].payouts] == [(told["reference"], "paid", 7200)]
    facts = money_facts(rma=rma)
    assert [(f.kind, f.amount_minor, f.to_payable_minor) for f in facts] == [
        ("refund_paid", 7100, 7100),
        ("refund_paid", 100, 100),
    ]
    with pytest.raises(CreditNotFound):
        one_credit(credit_id=1)


def test_lists_are_a_fixed_number_of_statements(ctx, company, owner):
    for _ in range(3):
        pay(company, credit(company, owner))
    with db.counting() as sent:
        page = credits(limit=500)
    assert len(page) >= 3
    assert len(sent) == 3
    assert [c.id for c in credits(limit=1, before_id=page[0].id)] == [page[1].id]


def test_payouts_that_wait_are_found_in_order(ctx, company, owner):
    first = pay(company, credit(company, owner)).done[0].facts["payouts"][0]
    second = pay(company, credit(company, owner)).done[0].facts["payouts"][0]
    waiting = [p.reference for p in payouts(state="requested", after_id=first["payout_id"] - 1)]
    assert waiting == [first["reference"], second["reference"]]
    assert [p.id for p in payouts(after_id=first["payout_id"])] == [second["payout_id"]]


def test_what_is_due_by_method(ctx, company, owner):
    rma = authorise(company)
    rma_id = row("returns_rma", number=rma).id
    assert due_credits(rma_ids=[rma_id]) == []
    reach(owner, rma, "received", 2)
    found = due_credits(rma_ids=[rma_id])
    assert [(d.rma, d.method, d.needs_rate, d.lines[0].quantity) for d in found] == [(rma, "original", False, 2)]
    release(company, rma)
    assert due_credits(rma_ids=[rma_id]) == []
