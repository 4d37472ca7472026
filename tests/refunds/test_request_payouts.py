"""Payouts: committed under lock, through the tenders the money came in by, and never more."""

import pytest

from counterflow.kernel import db
from counterflow.kernel.errors import PermissionDenied
from counterflow.refunds.commands.request_payouts import RequestPayout, request_payouts
from refunding import authorise, breaches, credit, pay, reach, release, report, returned, row, tenders


def test_a_requested_payout_is_promised_and_not_paid(ctx, company, owner):
    found = credit(company, owner)
    told = pay(company, found, "po-first").done[0].facts["payouts"][0]
    assert (told["reference"], told["tender"], told["amount_minor"]) == ("po-first/1", 1, 12000)
    payout = row("refunds_payout", id=told["payout_id"])
    assert (payout.state, payout.paid_minor) == ("requested", 0)
    kept = row("refunds_credit", id=found)
    assert (kept.committed_minor, kept.paid_minor) == (12000, 0)
    assert breaches() == []


def test_no_more_than_the_credit(ctx, company, owner):
    found = credit(company, owner)
    assert pay(company, found, amount_minor=12001).refused[0].code == "over_credit"
    pay(company, found, amount_minor=5000)
    refused = pay(company, found, amount_minor=7001).refused[0]
    assert (refused.code, refused.facts["left"], refused.facts["total"]) == ("over_credit", 7000, 12000)
    assert pay(company, found).done[0].facts["payouts"][0]["amount_minor"] == 7000
    assert pay(company, found).refused[0].facts["left"] == 0
    assert breaches() == []


def test_it_is_spread_over_tenders_in_their_order(ctx, company, owner):
    order = company.sell([("tee", 5, 2000, 400)], captured=[5000, 7000])
    found = credit(company, owner, order=order)
    told = pay(company, found, "spread").done[0].facts["payouts"]
    assert [(p["reference"], p["tender"], p["amount_minor"]) for p in told] == [
        ("spread/1", 1, 5000),
        ("spread/2", 2, 7000),
    ]
    assert [t.committed_minor for t in tenders(order)] == [5000, 7000]
    again = pay(company, found, "spread").done[0]
    assert again.replayed
    assert again.facts["payouts"] == told
    assert breaches() == []


def test_a_named_tender_takes_no_more_than_came_in_by_it(ctx, company, owner):
    order = company.sell([("tee", 5, 2000, 400)], captured=[5000, 7000])
    found = credit(company, owner, order=order)
    refused = pay(company, found, tender=1).refused[0]
    assert (refused.code, refused.facts["left"], refused.facts["captured"]) == ("over_tender", 5000, 5000)
    assert pay(company, found, tender=1, amount_minor=5000).done
    assert pay(company, found, tender=1, amount_minor=1).refused[0].code == "over_tender"
    assert pay(company, found, tender=3, amount_minor=1).refused[0].code == "tender_not_found"


def test_what_a_partner_paid_unasked_is_not_paid_again(ctx, company, owner):
    order = company.sell([("tee", 5, 2000, 400)])
    found = credit(company, owner, order=order)
    report(company, "refund_paid", 9000, channel=company.channel(), order=order)
    refused = pay(company, found).refused[0]
    assert (refused.code, refused.facts["left"]) == ("over_tender", 3000)


def test_nothing_is_paid_through_a_tender_under_chargeback(ctx, company, owner):
    order = company.sell([("tee", 5, 2000, 400)], captured=[6000, 6000])
    found = credit(company, owner, [("tee", 3)], order=order)
    report(company, "chargeback", 100, "cb-1", channel=company.channel(), order=order, tender=2)
    left = row("refunds_credit", id=found)
    assert left.paid_minor == 100
    refused = pay(company, found, tender=2).refused[0]
    assert (refused.code, refused.facts["tender"], refused.facts["amount"]) == ("chargeback_open", 2, 100)
    assert pay(company, found).refused[0].code == "chargeback_open"
    assert pay(company, found, amount_minor=6000).done[0].facts["payouts"][0]["tender"] == 1
    report(company, "chargeback_reversed", 100, "cb-1", channel=company.channel(), order=order, tender=2)
    assert pay(company, found).done[0].facts["payouts"][0]["amount_minor"] == 1200
    assert breaches() == []


def test_odd_amounts_and_unknown_credits_are_refused(ctx, company, owner):
    found = credit(company, owner)
    for amount in (0, -5, 1.5, True):
        assert pay(company, found, amount_minor=amount).refused[0].code == "amount_invalid"
    assert pay(company, 1).refused[0].code == "credit_not_found"


def test_a_reference_is_used_once(ctx, company, owner):
    found, other = credit(company, owner), credit(company, owner)
    pay(company, found, "mine", amount_minor=100)
    assert pay(company, found, "mine", amount_minor=200).refused[0].code == "identity_reused"
    assert pay(company, other, "mine").refused[0].code == "identity_reused"


def test_a_failed_payout_gives_its_promise_back(ctx, company, owner):
    found = credit(company, owner)
    told = pay(company, found).done[0].facts["payouts"][0]
    report(company, "refund_failed", 12000, payout_ref=told["reference"])
    assert row("refunds_payout", id=told["payout_id"]).state == "failed"
    assert pay(company, found).done[0].facts["payouts"][0]["amount_minor"] == 12000
    assert breaches() == []


def test_it_takes_the_permission(ctx, company, owner):
    with pytest.raises(PermissionDenied):
        request_payouts(ctx("refunds.release"), items=[RequestPayout("x", 1)])


def test_a_batch_gives_what_singles_give(ctx, company, owner):
    def asked(found, tag):
        return [
            RequestPayout(f"{tag}a-{found}", found, amount_minor=5000),
            RequestPayout(f"{tag}b-{found}", found, amount_minor=8000),
            RequestPayout(f"{tag}a-{found}", found, amount_minor=5000),
            RequestPayout(f"{tag}c-{found}", found),
            RequestPayout(f"{tag}d-{found}", found),
        ]

    def shape(results):
        return [(getattr(r, "code", ""), getattr(r, "replayed", None)) for r in results]

    together = request_payouts(ctx(), items=asked(credit(company, owner), "b")).results
    one = credit(company, owner)
    alone = [request_payouts(ctx(), items=[item]).results[0] for item in asked(one, "s")]
    assert shape(together) == shape(alone)
    assert [r.code for r in together if hasattr(r, "code")] == ["over_credit", "over_credit"]
    assert breaches() == []


def test_statements_do_not_grow_with_the_batch(ctx, company, owner):
    rmas = [returned(company, owner, [("tee", 1)]) for _ in range(31)]
    credits = [release(company, rma).done[0].facts["credit_id"] for rma in rmas]
    with db.counting() as few:
        request_payouts(ctx(), items=[RequestPayout(f"few-{company.tag}", credits[0])])
    with db.counting() as lots:
        batch = request_payouts(ctx(), items=[RequestPayout(f"lots-{c}", c) for c in credits[1:]])
    assert len(batch.done) == 30
    assert len(few) == len(lots) <= 8


def test_money_waits_for_the_credit_and_not_for_the_goods_alone(ctx, company, owner):
    rma = authorise(company)
    reach(owner, rma, "received", 5)
    assert (
        db.rows(
            "SELECT count(*) AS n FROM refunds_payout p JOIN refunds_credit c ON c.id = p.credit_id"
            " JOIN returns_rma r ON r.id = c.rma_id WHERE r.number = %s",
            [rma],
        )[0].n
        == 0
    )
