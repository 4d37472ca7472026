"""The list of returns: found by what people have in hand, page by page, in one statement."""

import dock
from counterflow.kernel import db
from counterflow.returns.queries import finished_rmas, returns, rmas_of_units
from refunding import authorise, pay, reach, release, report, returned, row


def numbers(rows):
    return [r.number for r in rows]


def test_a_return_is_found_by_every_number_it_goes_by(ctx, company):
    order = company.sell()
    rma = dock.authorise(company, [("tee", 2)], order=order)
    tracking = dock.announce(company, rma)
    scan = dock.scan(company, rma=rma)
    dock.receive(company, scan)
    request = row("returns_rma", number=rma).request_ref
    for search in (rma, rma.lower(), f" {rma} ", order, request, tracking, scan.lpn):
        assert numbers(returns(search=search)) == [rma], search
    assert returns(search="nothing has this number") == []


def test_filters_and_sums(ctx, company, owner):
    rma = returned(company, owner, [("tee", 3), ("mug", 2)])
    open_rma = authorise(company)
    told = pay(company, release(company, rma).done[0].facts["credit_id"]).done[0].facts["payouts"][0]
    report(company, "refund_paid", 5000, payout_ref=told["reference"])
    found = returns(search=rma)[0]
    assert (found.lines, found.asked_qty, found.expected_qty, found.received_qty, found.credited_qty) == (2, 5, 0, 5, 5)
    assert (found.credited_minor, found.paid_minor, found.currency) == (12000, 5000, "GBP")
    assert found.actions == ["cancel", "close"]
    assert set(numbers(returns(channel=company.channel()))) == {rma, open_rma}
    assert returns(channel=company.channel("b2b")) == []
    assert rma not in numbers(returns(state="requested", limit=500))


def test_pages_follow_each_other(ctx, company):
    rmas = [authorise(company, [("tee", 1)]) for _ in range(5)]
    first = returns(channel=company.channel(), limit=2)
    second = returns(channel=company.channel(), limit=2, before_id=first[-1].id)
    third = returns(channel=company.channel(), limit=2, before_id=second[-1].id)
    assert numbers(first + second + third) == rmas[::-1]


def test_a_list_is_one_statement(ctx, company):
    for search in ("", "RMA-1"):
        with db.counting() as sent:
            returns(search=search, limit=500)
        assert len(sent) == 1


def test_units_lead_to_their_returns_and_finished_returns_are_found(ctx, company, owner):
    rma = dock.authorise(company, [("tee", 1)])
    scan = dock.scan(company, rma=rma)
    dock.receive(company, scan)
    rma_id = row("returns_rma", number=rma).id
    assert rmas_of_units([row("receiving_unit", lpn=scan.lpn).id]) == [rma_id]
    assert finished_rmas(rma_ids=[rma_id]) == []
    release(company, rma)
    assert finished_rmas(rma_ids=[rma_id]) == [rma]
    waiting = authorise(company, [("phone", 1)])
    reach(owner, waiting, "received", 1)
    assert finished_rmas(rma_ids=[row("returns_rma", number=waiting).id]) == []
