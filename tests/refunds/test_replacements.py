"""Goods instead of money: what they come to, what meets them, who owes the rest, and what a cancellation undoes."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from company import ASKED
from counterflow import flows
from counterflow.kernel import db
from counterflow.orders.commands.record_shipments import ReportShipment, ShippedLine, record_shipments
from counterflow.orders.queries import order as order_row
from counterflow.refunds.commands.cancel_replacements import CancelReplacement, cancel_replacements
from counterflow.refunds.commands.observe_charges import ChargeReport, observe_charges
from counterflow.refunds.commands.offset_credits import OffsetCredit, offset_credits
from counterflow.refunds.commands.order_replacements import OrderReplacement, order_replacements
from counterflow.refunds.queries import credits, replacements
from counterflow.returns.commands.open_rmas import AskedLine, Instead, OpenRma, open_rmas
from refunding import at_once, books, breaches, cases, line_of, pay, reach, release, tenders

pytestmark = pytest.mark.usefixtures("nobody_asked")

NOW = datetime(2026, 5, 20, 9, tzinfo=UTC)


def ask(company, *lines, order=""):
    """An authorised return of (item, pieces, what goes out); its number. Nothing means the same item goes out."""
    order = order or company.sell([(name, pieces, 2000, 400) for name, pieces, _ in lines])
    asked = [
        AskedLine(
            pieces,
            "too_small",
            sku=company.sku(name),
            resolution="exchange" if out else "replacement",
            instead=Instead(company.sku(out[0]), out[1], out[2]) if out else None,
        )
        for name, pieces, out in lines
    ]
    done = open_rmas(company.ctx(), items=[OpenRma(company.channel(), f"x-{company.lpn()}", asked, order, ASKED)]).done
    return str(done[0].facts["rma"])


def back(company, owner, *lines):
    """Such a return whose goods are all here and whose credit is released."""
    rma = ask(company, *lines)
    for n, (_, pieces, _) in enumerate(lines, start=1):
        reach(owner, rma, "received", pieces, n)
    assert release(company, rma).done
    return rma


def goods(company, rma, line_no=1, ref="", **more):
    return order_replacements(company.ctx(), items=[OrderReplacement(ref or company.lpn(), rma, line_no, **more)])


def cancel(company, number, reason="out_of_stock"):
    return cancel_replacements(company.ctx(), items=[CancelReplacement(company.channel(), number, reason)])


def charge(company, number, amount, ref="", currency="GBP"):
    item = ChargeReport("psp", ref or company.lpn(), company.channel(), number, amount, currency, NOW)
    return observe_charges(company.ctx(), items=[item])


def test_the_same_item_meets_its_credit_to_the_cent_and_moves_no_sales(ctx, company, owner):
    rma = back(company, owner, ("tee", 3, None))
    done = goods(company, rma).done[0]
    assert done.facts == {
        "replacement_id": done.facts["replacement_id"],
        "order": f"{rma}-R1",
        "total_minor": 7200,
    }
    made = order_row(channel=company.channel(), number=f"{rma}-R1")
    assert [(line.sku, line.quantity, line.tax_minor) for line in made.lines] == [(company.sku(), 3, 1200)]
    assert books(company) == {}
    assert [(c.total_minor, c.committed_minor, c.paid_minor, c.state) for c in credits(rma=rma)] == [
        (7200, 7200, 7200, "paid")
    ]
    assert goods(company, rma).refused[0].code == "nothing_to_replace"
    assert breaches() == []


def test_a_dearer_item_leaves_the_customer_owing_until_it_is_paid(ctx, company, owner):
    rma = back(company, owner, ("tee", 2, ("phone", 30000, 5000)))
    number = goods(company, rma).done[0].facts["order"]
    owed = 60000 - 4800
    assert books(company) == {
        "sales": -50000,
        "tax_payable": -10000 + 800,
        "sales_returns": 4000,
        "receivable_from_customers": owed,
    }
    assert cases(company) == ["difference_owed"]
    assert charge(company, number, 1, currency="EUR").refused[0].code == "charge_invalid"
    first = charge(company, number, 50000, "psp-1").done[0]
    assert first.facts["owed_minor"] == owed - 50000
    assert charge(company, number, 50000, "psp-1").done[0].replayed
    assert charge(company, number, 50001, "psp-1").refused[0].code == "identity_reused"
    charge(company, number, owed - 50000)
    assert cases(company) == []
    assert books(company)["payment_clearing"] == owed
    assert "receivable_from_customers" not in books(company)
    assert [t.captured_minor for t in tenders(number)] == [50000, owed - 50000]
    charge(company, number, 7)
    assert cases(company) == ["overpaid"]
    assert breaches() == []


def test_a_cheaper_item_leaves_a_rest_that_is_paid_out_once(ctx, company, owner):
    rma = back(company, owner, ("tee", 2, ("mug", 1000, 100)))
    flows.run_pending()
    credit = credits(rma=rma)[0]
    assert (credit.total_minor, credit.committed_minor, credit.paid_minor) == (4800, 4800, 2000)
    assert [p.amount_minor for p in credit.payouts] == [2800]
    assert replacements(rma=rma)[0].total_minor == 2000
    flows.run_pending()
    assert pay(company, credit.id).refused[0].code == "over_credit"
    assert breaches() == []


def test_goods_that_go_ahead_are_owed_until_the_credit_comes(ctx, company, owner):
    rma = ask(company, ("tee", 2, ("mug", 3000, 500)))
    assert goods(company, rma).refused[0].code == "nothing_to_replace"
    modest = company.ctx("refunds.replace")
    item = OrderReplacement("ahead-1", rma, 1, ahead="good_customer")
    assert order_replacements(modest, items=[item]).refused[0].code == "ahead_not_allowed"
    order_replacements(company.ctx(), items=[item])
    assert books(company)["receivable_from_customers"] == 6000
    assert cases(company) == []
    reach(owner, rma, "received", 2)
    credit_id = release(company, rma).done[0].facts["credit_id"]
    assert pay(company, credit_id).refused[0].code == "goods_first"
    flows.run_pending()
    assert books(company)["receivable_from_customers"] == 1200
    assert "refunds_payable" not in books(company)
    assert replacements(rma=rma)[0].owed_minor == 1200
    assert offset_credits(ctx(), items=[OffsetCredit(credit_id), OffsetCredit(1)]).refused[0].code == (
        "nothing_to_offset"
    )
    assert len(replacements(rma=rma)) == 1
    assert breaches() == []


def test_a_cancellation_turns_everything_round_and_the_credit_can_be_paid(ctx, company, owner):
    rma = back(company, owner, ("tee", 2, ("mug", 5000, 500)))
    before = books(company)
    number = goods(company, rma).done[0].facts["order"]
    assert cancel(company, number, "free words here").refused[0].code == "reason_missing"
    assert cancel(company, "no-such").refused[0].code == "replacement_not_found"
    assert not cancel(company, number).done[0].replayed
    assert cancel(company, number).done[0].replayed
    assert books(company) == before
    assert line_of(rma).replaced_qty == 0
    assert cases(company) == []
    credit = credits(rma=rma)[0]
    assert (credit.committed_minor, credit.paid_minor) == (0, 0)
    assert pay(company, credit.id).done
    assert breaches() == []
    assert goods(company, rma).done[0].facts["order"] == f"{rma}-R2"
    assert books(company)["receivable_from_customers"] == 10000
    assert breaches() == []


def test_what_left_or_was_paid_is_not_cancelled(ctx, company, owner):
    rma = back(company, owner, ("tee", 1, ("mug", 5000, 500)), ("tee", 1, None))
    paid = goods(company, rma).done[0].facts["order"]
    charge(company, paid, 100)
    assert cancel(company, paid).refused[0].code == "replacement_paid"
    left = goods(company, rma, 2).done[0].facts["order"]
    shipment = ReportShipment(company.channel(), left, "S1", company.node(), NOW, [ShippedLine(1, 1)])
    assert record_shipments(ctx(), items=[shipment]).done
    assert cancel(company, left).refused[0].code == "replacement_left"
    assert replacements(rma=rma)[0].shipped_qty == 1
    assert breaches() == []


def test_what_a_line_is_not_settled_by_is_refused(ctx, company, owner):
    rma = back(company, owner, ("tee", 2, None))
    assert goods(company, "RMA-0").refused[0].code == "rma_not_found"
    assert goods(company, rma, 9).refused[0].code == "credit_line_not_found"
    assert goods(company, rma, quantity=3).refused[0].code == "not_so_many_to_replace"
    assert goods(company, rma, quantity=0).refused[0].code == "quantity_invalid"
    assert goods(company, rma, ref=" ").refused[0].code == "reference_missing"
    first = goods(company, rma, ref=f"r-{rma}", quantity=1)
    assert goods(company, rma, ref=f"r-{rma}", quantity=1).done[0].facts == first.done[0].facts
    assert goods(company, rma, ref=f"r-{rma}", quantity=2).refused[0].code == "identity_reused"
    money = open_rmas(
        ctx(),
        items=[
            OpenRma(
                company.channel(), f"m-{rma}", [AskedLine(1, "too_small", sku=company.sku())], company.sell(), ASKED
            )
        ],
    ).done[0]
    assert goods(company, money.facts["rma"]).refused[0].code == "not_for_goods"


@pytest.mark.parametrize("how", ["one key", "eight keys"])
def test_two_agents_at_once_order_one_exchange(ctx, company, owner, how):
    rma = back(company, owner, ("tee", 1, ("mug", 1000, 100)))
    key = company.lpn()

    def one(n):
        item = OrderReplacement(f"{key}" if how == "one key" else f"{key}-{n}", rma, 1)
        return order_replacements(company.ctx(key=key if how == "one key" else f"{key}-{n}"), items=[item])

    answers = at_once(one)
    fresh = [r for batch in answers for r in batch.done if not r.replayed]
    assert len({r.facts["order"] for r in fresh}) == 1
    assert len(replacements(rma=rma)) == 1
    assert breaches() == []


def test_an_order_that_is_cancelled_by_eight_is_cancelled_once(ctx, company, owner):
    rma = back(company, owner, ("tee", 2, None))
    number = goods(company, rma).done[0].facts["order"]
    answers = at_once(lambda n: cancel(company, number))
    assert sorted(batch.done[0].replayed for batch in answers) == [False] + [True] * 7
    assert credits(rma=rma)[0].committed_minor == 0
    assert breaches() == []


def test_a_chargeback_and_goods_never_meet_the_same_money(ctx, company, owner):
    from refunding import report

    order = company.sell([("tee", 2, 2000, 400)])
    rma = ask(company, ("tee", 2, ("mug", 2400, 400)), order=order)
    reach(owner, rma, "received", 2)
    release(company, rma)
    report(company, "chargeback", 3000, channel=company.channel(), order=order)
    goods(company, rma)
    credit = credits(rma=rma)[0]
    assert (credit.total_minor, credit.committed_minor) == (4800, 4800)
    assert replacements(rma=rma)[0].owed_minor == 3000
    assert breaches() == []


def test_a_batch_gives_what_its_items_would_give(ctx, company, owner):
    rma = back(company, owner, ("tee", 3, None))
    items = [OrderReplacement(f"b{n}-{rma}", rma, 1, quantity=1) for n in range(4)]
    batch = order_replacements(ctx(), items=[*items, items[0]])
    other = back(company, owner, ("tee", 3, None))
    singles = [
        order_replacements(ctx(), items=[OrderReplacement(f"s{n}-{other}", other, 1, quantity=1)]).results[0]
        for n in range(4)
    ]
    assert [r.facts.get("total_minor") for r in batch.results[:4]] == [r.facts.get("total_minor") for r in singles]
    assert batch.results[4].replayed
    assert batch.results[3].code == singles[3].code == "nothing_to_replace"
    assert breaches() == []


def test_statements_do_not_grow_with_the_batch(ctx, company, owner):
    def counted(number):
        rmas = [back(company, owner, ("tee", 1, ("mug", 3000, 500))) for _ in range(number)]
        with db.counting() as first:
            made = order_replacements(ctx(), items=[OrderReplacement(f"n-{rma}", rma, 1) for rma in rmas])
        orders = [done.facts["order"] for done in made.done]
        reports = [ChargeReport("psp", f"c-{o}", company.channel(), o, 10, "GBP", NOW) for o in orders]
        with db.counting() as second:
            assert observe_charges(ctx(), items=reports).done
        rmas = [back(company, owner, ("tee", 1, None)) for _ in range(number)]
        made = order_replacements(ctx(), items=[OrderReplacement(f"m-{rma}", rma, 1) for rma in rmas])
        items = [CancelReplacement(company.channel(), done.facts["order"], "test") for done in made.done]
        with db.counting() as third:
            assert cancel_replacements(ctx(), items=items).done
        ahead = [ask(company, ("tee", 1, None)) for _ in range(number)]
        order_replacements(ctx(), items=[OrderReplacement(f"a-{rma}", rma, 1, ahead="test") for rma in ahead])
        for rma in ahead:
            reach(owner, rma, "received", 1)
        ids = [release(company, rma).done[0].facts["credit_id"] for rma in ahead]
        with db.counting() as fourth:
            assert offset_credits(ctx(), items=[OffsetCredit(i) for i in ids]).done
        return [len(seen) for seen in (first, second, third, fourth)]

    assert counted(1) == counted(12)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.integers(1, 7),
    price=st.integers(0, 3999),
    out=st.one_of(st.none(), st.integers(0, 9000)),
    cuts=st.lists(st.integers(1, 3), max_size=5),
    ahead=st.booleans(),
)
def test_money_is_whole_whatever_is_exchanged(ctx, company, owner, pieces, price, out, cuts, ahead):
    """What credits, customers and payouts move adds up, in any cuts, before the goods are back or after."""
    order = company.sell([("tee", pieces, price, price // 5)])
    rma = ask(company, ("tee", pieces, None if out is None else ("mug", out, out // 6)), order=order)
    if not ahead:
        reach(owner, rma, "received", pieces)
        release(company, rma)
    for cut in cuts:
        goods(company, rma, quantity=cut, ahead="test" if ahead else "")
    if ahead:
        reach(owner, rma, "received", pieces)
        release(company, rma)
    flows.run_pending()
    assert breaches() == []
    found, made = credits(rma=rma), replacements(rma=rma)
    assert sum(c.committed_minor for c in found) <= sum(c.total_minor for c in found) <= (price + price // 5) * pieces
    if found:
        assert sum(g.quantity for g in made) == pieces
        owed = sum(g.owed_minor for g in made)
        rest = sum(p.amount_minor for c in found for p in c.payouts)
        assert owed - rest == sum(g.total_minor for g in made) - sum(c.total_minor for c in found)
        assert owed == 0 or rest == 0
        if out is None:
            assert (owed, rest) == (0, 0)
