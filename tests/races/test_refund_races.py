"""Eight at once, on a real database: what eight identical calls, or eight that want the same, may do to money.

Each test is a cell in which other systems credited, paid or took back several times what was sold.
"""

from itertools import count

import pytest

from company import ASKED
from counterflow.kernel import db
from counterflow.kernel.commands import Done
from counterflow.refunds.commands.approve_early import ApproveEarly, approve_early
from counterflow.refunds.commands.release_credits import CreditPieces, ReleaseCredit, release_credits
from counterflow.refunds.commands.request_payouts import RequestPayout, request_payouts
from counterflow.returns.commands.cancel_rmas import CancelRma, cancel_rmas
from counterflow.returns.commands.decide_rmas import DecideRma, decide_rmas
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from refunding import (
    at_once,
    authorise,
    books,
    breaches,
    cases,
    credit,
    line_of,
    pay,
    release,
    report,
    returned,
    row,
    tenders,
)

KEYS = ["the same key", "keys of their own"]
_key = count(1)


def keys(how: str) -> list[str]:
    """Eight transport keys: one for all, or one each."""
    tag = f"race-{next(_key)}"
    return [tag if how == "the same key" else f"{tag}-{n}" for n in range(8)]


def shape(batches):
    """What each call answered: done, replayed or the code of its refusal."""
    found = [batch.results[0] for batch in batches]
    return sorted(("replayed" if r.replayed else "done") if isinstance(r, Done) else r.code for r in found)


def asked_back(company, order, quantity, ref):
    line = AskedLine(quantity, "no_longer_wanted", sku=company.sku())
    return OpenRma(company.channel(), ref, [line], order=order, happened_at=ASKED)


def authorised(order):
    sql = (
        "SELECT coalesce(sum(s.authorised_qty), 0)::int AS n FROM orders_shipmentline s"
        " JOIN orders_shipment h ON h.id = s.shipment_id JOIN orders_order o ON o.id = h.order_id WHERE o.number = %s"
    )
    return db.rows(sql, [order])[0].n


@pytest.mark.parametrize("how", KEYS)
def test_the_same_return_request_eight_times_is_one_return(ctx, company, owner, how):
    order, own = company.sell(), keys(how)
    answers = at_once(
        lambda n: open_rmas(ctx(key=own[n]), items=[asked_back(company, order, 5, f"one-{own[0]}-{order}")])
    )
    assert {a.results[0].facts["rma_id"] for a in answers} == {answers[0].results[0].facts["rma_id"]}
    assert authorised(order) == 5


def test_eight_requests_for_the_whole_line_let_one_through(ctx, company, owner):
    order = company.sell()
    answers = at_once(lambda n: open_rmas(ctx(), items=[asked_back(company, order, 5, f"whole-{order}-{n}")]))
    assert shape(answers) == ["done", *["not_enough_left"] * 7]
    assert authorised(order) == 5


def test_eight_requests_for_two_pieces_of_five_let_two_through(ctx, company, owner):
    order = company.sell()
    answers = at_once(lambda n: open_rmas(ctx(), items=[asked_back(company, order, 2, f"two-{order}-{n}")]))
    assert shape(answers) == ["done", "done", *["not_enough_left"] * 6]
    assert authorised(order) == 4


def test_fifty_of_five_is_refused_however_often(ctx, company, owner):
    order = company.sell()
    answers = at_once(lambda n: open_rmas(ctx(), items=[asked_back(company, order, 50, f"fifty-{order}-{n}")]))
    assert shape(answers) == ["not_enough_left"] * 8
    assert authorised(order) == 0


@pytest.mark.parametrize("how", KEYS)
def test_the_same_credit_eight_times_is_one_credit(ctx, company, owner, how):
    rma, own = returned(company, owner), keys(how)
    item = ReleaseCredit(f"credit-{own[0]}", rma, [CreditPieces(1, 5)])
    answers = at_once(lambda n: release_credits(ctx(key=own[n]), items=[item]))
    assert len({a.results[0].facts["credit_id"] for a in answers}) == 1
    assert books(company)["refunds_payable"] == -12000
    assert breaches() == []


def test_refund_of_one_returned_line_with_eight_references_is_one_credit(ctx, company, owner):
    rma = returned(company, owner)
    answers = at_once(lambda n: release(company, rma, f"line-{rma}-{n}"))
    assert shape(answers) == ["done", *["nothing_due"] * 7]
    assert books(company)["refunds_payable"] == -12000
    assert line_of(rma).credited_qty == 5
    assert breaches() == []


def test_eight_credits_over_what_is_left_take_what_is_left(ctx, company, owner):
    rma = returned(company, owner)
    answers = at_once(lambda n: release(company, rma, f"left-{rma}-{n}", (1, 2)))
    assert shape(answers) == ["done", "done", *["not_enough_due"] * 6]
    assert books(company)["refunds_payable"] == -4 * 2400
    assert breaches() == []


def test_refund_before_anything_was_received_is_refused_eight_times(ctx, company, owner):
    rma = authorise(company)
    assert shape(at_once(lambda n: release(company, rma, f"early-{rma}-{n}"))) == ["nothing_due"] * 8
    assert books(company) == {}


@pytest.mark.parametrize("how", KEYS)
def test_the_same_payout_eight_times_is_one_payout(ctx, company, owner, how):
    found, own = credit(company, owner), keys(how)
    item = RequestPayout(f"payout-{own[0]}", found)
    answers = at_once(lambda n: request_payouts(ctx(key=own[n]), items=[item]))
    assert len({a.results[0].facts["payouts"][0]["payout_id"] for a in answers}) == 1
    assert row("refunds_credit", id=found).committed_minor == 12000
    assert breaches() == []


def test_full_refund_with_eight_references_is_paid_once(ctx, company, owner):
    order = company.sell()
    found = credit(company, owner, order=order)
    answers = at_once(lambda n: pay(company, found, f"full-{found}-{n}"))
    assert shape(answers) == ["done", *["over_credit"] * 7]
    assert tenders(order)[0].committed_minor == 12000
    assert breaches() == []


def test_eight_credits_of_one_order_never_exceed_its_tender(ctx, company, owner):
    order = company.sell([("tee", 5, 2000, 400), ("mug", 5, 1000, 200)], captured=[10000])
    first = credit(company, owner, [("tee", 5)], order=order)
    second = credit(company, owner, [("mug", 5)], order=order)
    answers = at_once(lambda n: pay(company, first if n % 2 else second, f"t-{order}-{n}", amount_minor=3000))
    # The second credit is of 6,000: whoever comes third for it is over the credit before the tender.
    found = shape(answers)
    assert found.count("done") == 3
    assert set(found) <= {"done", "over_tender", "over_credit"}
    assert tenders(order)[0].committed_minor == 9000
    assert breaches() == []


@pytest.mark.parametrize("how", KEYS)
def test_the_same_report_eight_times_is_booked_once(ctx, company, owner, how):
    found, own = credit(company, owner), keys(how)
    reference = pay(company, found).done[0].facts["payouts"][0]["reference"]

    def observe(n):
        return report(company, "refund_paid", 12000, f"psp-{own[0]}", payout_ref=reference)

    answers = at_once(observe)
    assert shape(answers) == ["done", *["replayed"] * 7]
    assert books(company)["payment_clearing"] == -12000
    assert breaches() == []


def test_a_report_of_an_order_nobody_knows_is_booked_once_too(ctx, company, owner):
    ref = company.lpn()
    answers = at_once(lambda n: report(company, "refund_paid", 700, ref, channel=company.channel(), order="nowhere"))
    assert shape(answers) == ["done", *["replayed"] * 7]
    assert books(company)["receivable_from_customers"] == 700


def test_refund_and_chargeback_at_once_are_both_on_record(ctx, company, owner):
    order = company.sell()
    found = credit(company, owner, order=order)
    reference = pay(company, found).done[0].facts["payouts"][0]["reference"]

    def observe(n):
        if n % 2:
            return report(company, "refund_paid", 12000, f"both-{order}", payout_ref=reference)
        return report(company, "chargeback", 12000, f"both-{order}", channel=company.channel(), order=order)

    at_once(observe)
    found = books(company)
    assert found["payment_clearing"] == -24000
    assert found.get("chargebacks", 0) + found.get("receivable_from_customers", 0) == 12000
    assert breaches() == []


def test_cancelling_and_crediting_at_once_never_both_take_a_piece(ctx, company, owner):
    rma = authorise(company)
    approve_early(ctx(), items=[ApproveEarly(rma, 1, 5, "loyal_customer")])

    def act(n):
        return release(company, rma, f"cc-{rma}-{n}") if n % 2 else cancel_rmas(ctx(), items=[CancelRma(rma)])

    at_once(act)
    line = line_of(rma)
    assert line.credited_qty + line.cancelled_qty == 5
    assert breaches() == []


def test_one_decision_of_eight(ctx, company, owner):
    rma = authorise(company, reason="a word nobody mapped")
    answers = at_once(lambda n: decide_rmas(ctx(), items=[DecideRma(rma, n % 2 == 0, "seen")]))
    assert shape(answers).count("done") == 1
    line = line_of(rma)
    assert (line.authorised_qty, line.cancelled_qty) in ((5, 0), (0, 5))


def test_overlapping_batches_in_opposite_order_do_not_deadlock(ctx, company, owner):
    rmas = [returned(company, owner, [("tee", 2)]) for _ in range(12)]

    def whole(n):
        items = [ReleaseCredit(f"opposite-{rma}", rma, [CreditPieces(1, 2)]) for rma in rmas]
        return release_credits(ctx(), items=items if n % 2 else items[::-1])

    answers = at_once(whole)
    assert all(len(batch.done) == 12 for batch in answers)
    credits = sorted({r.facts["credit_id"] for r in answers[0].results})
    assert len(credits) == 12

    def paid(n):
        items = [RequestPayout(f"opposite-{c}", c) for c in credits]
        return request_payouts(ctx(), items=items if n % 2 else items[::-1])

    assert all(len(batch.done) == 12 for batch in at_once(paid))
    assert breaches() == []


def test_no_deadlock_was_needed_to_get_there(ctx, company, owner):
    """The server counts deadlocks it broke; opposite batches above must not have made any."""
    found = db.rows("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert found[0].deadlocks == 0


def test_eight_doubts_about_one_payout_are_eight_reports_and_one_case(ctx, company, owner):
    reference = pay(company, credit(company, owner)).done[0].facts["payouts"][0]["reference"]
    answers = at_once(lambda n: report(company, "refund_in_doubt", 12000, f"{reference}-{n}", payout_ref=reference))
    assert shape(answers) == ["done"] * 8
    assert cases(company) == ["refund_in_doubt"]
    assert breaches() == []
