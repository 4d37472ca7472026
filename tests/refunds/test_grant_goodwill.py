"""Goodwill: within the invoice, within what came in where the tender pays, posted, numbered, paid, and once."""

from decimal import Decimal

import pytest
from django.test import override_settings

from company import make_company
from counterflow import flows
from counterflow.kernel import db
from counterflow.kernel.commands import Done
from counterflow.refunds.commands.grant_goodwill import GrantGoodwill, grant_goodwill
from counterflow.refunds.commands.number_credits import number_credits
from counterflow.refunds.commands.release_credits import ReleaseCredit, release_credits
from counterflow.refunds.goodwill import goodwill_file
from counterflow.refunds.queries import credit, credits
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from refunding import at_once, authorise, books, breaches, release, report, returned, row, tenders

pytestmark = pytest.mark.usefixtures("nobody_asked")


def grant(company, amount, *, ref="", **more):
    more.setdefault("reason", "late_delivery")
    return grant_goodwill(company.ctx(), items=[GrantGoodwill(ref or company.lpn(), amount, **more)])


def on(company, order):
    return {"channel": company.channel(), "order": order}


def code(batch):
    (found,) = batch
    return "done" if isinstance(found, Done) else found.code


def test_goodwill_on_an_order_is_owed_numbered_and_paid_by_its_tender(ctx, company):
    order = company.sell(captured=[12000])
    facts = grant(company, 1500, **on(company, order)).done[0].facts
    assert facts["total_minor"] == 1500
    assert facts["currency"] == "GBP"
    assert books(company) == {"goodwill": 1500, "refunds_payable": -1500}
    flows.run_pending()
    found = credit(credit_id=facts["credit_id"])
    assert (found.cause, found.reason, found.rma, found.order) == ("goodwill", "late_delivery", "", order)
    assert found.number is not None
    (payout,) = found.payouts
    assert payout.amount_minor == 1500
    assert tenders(order)[0].committed_minor == 1500
    report(company, "refund_paid", 1500, payout_ref=payout.reference)
    assert credit(credit_id=found.id).state == "paid"
    assert books(company) == {"goodwill": 1500, "payment_clearing": -1500}
    assert breaches() == []


def test_goodwill_on_a_return_is_of_that_return_beside_its_credit(ctx, company, owner):
    rma = returned(company, owner)
    assert release(company, rma).done
    assert grant(company, 500, rma=rma, method="store_credit").done
    assert sorted((c.cause, c.total_minor) for c in credits(rma=rma)) == [("goodwill", 500), ("return", 12000)]
    assert books(company)["store_credit"] == -500
    number_credits(ctx())
    assert all(c.number for c in credits(rma=rma))
    assert breaches() == []


def test_all_goodwill_of_an_order_ends_at_its_invoice(ctx, company):
    order = company.sell()
    assert code(grant(company, 12001, method="store_credit", **on(company, order))) == "over_goodwill"
    assert code(grant(company, 10000, method="store_credit", **on(company, order))) == "done"
    refused = grant(company, 2001, method="store_credit", **on(company, order)).refused[0]
    assert (refused.code, refused.facts["left"]) == ("over_goodwill", 2000)
    assert code(grant(company, 2000, method="store_credit", **on(company, order))) == "done"
    assert breaches() == []


@override_settings(GOODWILL_PERCENT_MAX=10)
def test_the_cap_is_a_share_of_the_invoice(ctx, company):
    order = company.sell()
    assert code(grant(company, 1201, **on(company, order))) == "over_goodwill"
    assert code(grant(company, 1200, **on(company, order))) == "done"


def test_the_original_tender_pays_no_goodwill_beyond_what_came_in(ctx, company, owner):
    order = company.sell(captured=[12000])
    rma = authorise(company, order=order)
    reached = returned(company, owner, order=company.sell(captured=[12000]))
    assert release(company, reached).done
    # All that came in is owed for the goods already, so the tender has nothing left for goodwill.
    assert code(grant(company, 1, rma=reached)) == "goodwill_over_tender"
    assert code(grant(company, 1, rma=reached, method="store_credit")) == "done"
    assert code(grant(company, 12000, rma=rma)) == "done"
    assert code(grant(company, 1, rma=rma)) == "over_goodwill"
    assert breaches() == []


def test_a_tender_with_money_taken_back_by_the_bank_pays_none(ctx, company):
    order = company.sell(captured=[12000])
    report(company, "chargeback", 1000, channel=company.channel(), order=order)
    assert code(grant(company, 100, **on(company, order))) == "goodwill_over_tender"


def test_the_same_request_is_granted_once_and_another_under_its_name_never(ctx, company):
    order = company.sell()
    first = grant(company, 300, ref=f"gw-{order}", **on(company, order)).done[0]
    again = grant(company, 300, ref=f"gw-{order}", **on(company, order)).done[0]
    assert (again.replayed, again.facts) == (True, first.facts)
    assert code(grant(company, 301, ref=f"gw-{order}", **on(company, order))) == "identity_reused"
    item = GrantGoodwill(f"gx-{order}", 200, "late_delivery", **on(company, order))
    both = grant_goodwill(ctx(), items=[item, item]).done
    assert [done.replayed for done in both] == [False, True]
    assert books(company)["goodwill"] == 500


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"amount_minor": 0}, "goodwill_invalid"),
        ({"amount_minor": -5}, "goodwill_invalid"),
        ({"method": "replacement"}, "goodwill_invalid"),
        ({"reason": ""}, "reason_missing"),
        ({"request_ref": ""}, "reference_missing"),
        ({"order": "nowhere"}, "order_not_known"),
        ({"rma": "nowhere"}, "rma_not_found"),
        ({"rate": Decimal(2)}, "rate_invalid"),
    ],
)
def test_what_cannot_be_granted_is_refused_by_itself(ctx, company, change, expected):
    order = company.sell()
    given = {"request_ref": company.lpn(), "amount_minor": 100, "reason": "late_delivery", **on(company, order)}
    good = GrantGoodwill(**given)
    bad = GrantGoodwill(**{**given, "request_ref": company.lpn(), **change})
    batch = grant_goodwill(ctx(), items=[good, bad])
    assert [code([result]) for result in batch] == ["done", expected]
    assert books(company)["goodwill"] == 100


def test_a_return_without_an_order_has_nothing_to_measure_goodwill_by(ctx, company):
    from_nowhere = _blind(company)
    assert code(grant(company, 100, rma=from_nowhere)) == "no_order_behind"


def _blind(company):
    item = OpenRma(company.channel(), company.lpn(), [AskedLine(1, "too_small", sku=company.sku())])
    return open_rmas(company.ctx(), items=[item]).done[0].facts["rma"]


def test_a_credit_for_goods_is_no_goodwill(ctx, company, owner):
    rma = returned(company, owner)
    assert code(release_credits(ctx(), items=[ReleaseCredit("x", rma, cause="goodwill")])) == "goodwill_apart"


def test_eight_grants_at_once_stay_within_the_invoice(ctx, company, owner):
    order = company.sell()
    answers = at_once(lambda n: grant(company, 5000, method="store_credit", **on(company, order)))
    assert sorted(code(a) for a in answers) == ["done", "done", *["over_goodwill"] * 6]
    assert books(company)["goodwill"] == 10000
    assert breaches() == []


def test_the_same_grant_eight_times_at_once_is_one(ctx, company, owner):
    order = company.sell()
    answers = at_once(lambda n: grant(company, 700, ref=f"once-{order}", **on(company, order)))
    assert len({a.done[0].facts["credit_id"] for a in answers}) == 1
    assert books(company)["goodwill"] == 700


def test_a_batch_grants_what_its_items_would_one_by_one(ctx):
    outcomes = []
    for alone in (False, True):
        company = make_company(ctx)
        orders = [company.sell(captured=[6000]), company.sell()]
        items = [
            GrantGoodwill(f"{company.tag}|{n}", amount, "late_delivery", method=method, **on(company, orders[n % 2]))
            for n, (amount, method) in enumerate(
                [(4000, "original"), (9000, "store_credit"), (2001, "original"), (4000, "original"), (2000, "original")]
            )
        ]
        calls = [[item] for item in items] if alone else [items]
        results = [result for call in calls for result in grant_goodwill(ctx(), items=call)]
        outcomes.append(([code([r]) for r in results], books(company)))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0] == ["done", "done", "goodwill_over_tender", "over_goodwill", "done"]


def test_one_grant_takes_as_many_statements_as_sixty(ctx, company):
    def counted(number):
        order = company.sell()
        items = [GrantGoodwill(company.lpn(), 10, "late_delivery", **on(company, order)) for _ in range(number)]
        with db.counting() as seen:
            assert not grant_goodwill(ctx(), items=items).refused
        return len(seen)

    counted(2)
    assert counted(1) == counted(60)


def test_a_page_sees_what_may_still_be_granted(ctx, company):
    order = company.sell(captured=[8000])
    grant(company, 1000, **on(company, order))
    found = goodwill_file(**on(company, order), percent=50)
    assert (found.room.cap, found.room.left, found.room.by_tender) == (6000, 5000, 5000)
    assert [(g.total_minor, g.reason, g.rma) for g in found.granted] == [(1000, "late_delivery", "")]
    assert row("refunds_credit", id=found.granted[0].id).order_id == found.room.order_id
