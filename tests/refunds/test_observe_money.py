"""What partners report of money is recorded whatever it says, booked once, and a case where it is not ours."""

import pytest

from counterflow.kernel import db
from counterflow.kernel.errors import PermissionDenied
from counterflow.refunds.commands.observe_money import observe_money
from counterflow.refunds.subjects import MoneyOf, money_of
from refunding import books, breaches, cases, credit, pay, report, row, tenders, told


def promised(company, owner, **more):
    """A credit with a requested payout: (order, credit id, the payout's reference)."""
    order = company.sell([("tee", 5, 2000, 400)], **more)
    found = credit(company, owner, order=order)
    return order, found, pay(company, found).done[0].facts["payouts"][0]["reference"]


def test_a_refund_is_paid_when_it_is_observed(ctx, company, owner):
    order, found, reference = promised(company, owner)
    assert "payment_clearing" not in books(company)
    report(company, "refund_paid", 12000, "psp-1", payout_ref=reference)
    assert row("refunds_payout", reference=reference).state == "paid"
    assert row("refunds_credit", id=found).paid_minor == 12000
    assert tenders(order)[0].refunded_minor == 12000
    assert books(company) == {"sales_returns": 10000, "tax_payable": 2000, "payment_clearing": -12000}
    assert cases(company) == []
    assert breaches() == []


def test_the_same_report_again_changes_nothing(ctx, company, owner):
    _, _, reference = promised(company, owner)
    first = report(company, "refund_paid", 12000, "psp-2", payout_ref=reference).done[0]
    again = report(company, "refund_paid", 12000, "psp-2", payout_ref=reference).done[0]
    assert again.replayed
    assert again.facts["fact_id"] == first.facts["fact_id"]
    assert books(company)["payment_clearing"] == -12000


def test_another_report_under_a_known_reference_is_refused_and_a_case(ctx, company, owner):
    _, _, reference = promised(company, owner)
    report(company, "refund_paid", 12000, "psp-3", payout_ref=reference)
    assert report(company, "refund_paid", 11999, "psp-3", payout_ref=reference).refused[0].code == "identity_reused"
    assert db.rows(
        "SELECT count(*) AS n FROM workqueue_case WHERE kind = 'refund_in_doubt' AND dedupe_key LIKE 'money:%%'"
    )[0].n
    assert breaches() == []


def test_a_second_refund_of_one_payout_is_owed_back(ctx, company, owner):
    order, _, reference = promised(company, owner)
    report(company, "refund_paid", 12000, payout_ref=reference)
    report(company, "refund_paid", 12000, payout_ref=reference)
    assert books(company)["receivable_from_customers"] == 12000
    assert tenders(order)[0].refunded_minor == 24000
    assert cases(company) == ["overpaid"]
    assert breaches() == []


def test_a_refund_nobody_requested_is_owed_back(ctx, company, owner):
    order = company.sell()
    report(company, "refund_paid", 2400, channel=company.channel(), order=order)
    assert books(company) == {"receivable_from_customers": 2400, "payment_clearing": -2400}
    assert cases(company) == ["overpaid"]
    assert breaches() == []


def test_a_refund_of_an_order_nobody_knows_is_recorded_too(ctx, company, owner):
    done = report(company, "refund_paid", 700, channel=company.channel(), order="no such order").done[0]
    assert done.facts["entry_id"]
    nowhere = report(company, "refund_paid", 700, payout_ref="no such payout").done[0]
    assert nowhere.facts["entry_id"] == 0
    assert books(company) == {"receivable_from_customers": 700, "payment_clearing": -700}
    assert breaches() == []


def test_too_much_meets_the_payout_and_the_rest_is_owed_back(ctx, company, owner):
    _, found, reference = promised(company, owner)
    report(company, "refund_paid", 13000, payout_ref=reference)
    assert row("refunds_payout", reference=reference).state == "paid"
    assert books(company)["receivable_from_customers"] == 1000
    assert row("refunds_credit", id=found).paid_minor == 12000
    assert cases(company) == ["overpaid"]
    assert breaches() == []


def test_too_little_leaves_the_rest_in_doubt_until_it_comes(ctx, company, owner):
    _, _, reference = promised(company, owner)
    report(company, "refund_paid", 7000, payout_ref=reference)
    payout = row("refunds_payout", reference=reference)
    assert (payout.state, payout.paid_minor) == ("in_doubt", 7000)
    assert cases(company) == ["refund_in_doubt"]
    assert breaches() == []
    report(company, "refund_paid", 5000, payout_ref=reference)
    assert row("refunds_payout", reference=reference).state == "paid"
    assert cases(company) == []
    assert books(company)["payment_clearing"] == -12000
    assert breaches() == []


def test_a_payout_that_fails_half_paid_gives_back_the_other_half(ctx, company, owner):
    order, found, reference = promised(company, owner)
    report(company, "refund_paid", 7000, payout_ref=reference)
    report(company, "refund_failed", 5000, payout_ref=reference)
    kept = row("refunds_credit", id=found)
    assert (kept.committed_minor, kept.paid_minor, tenders(order)[0].committed_minor) == (7000, 7000, 7000)
    assert pay(company, found).done[0].facts["payouts"][0]["amount_minor"] == 5000
    assert breaches() == []


def test_another_currency_meets_nothing_and_is_a_case(ctx, company, owner):
    _, found, reference = promised(company, owner)
    done = report(company, "refund_paid", 12000, payout_ref=reference, currency="EUR").done[0]
    assert done.facts["entry_id"] == 0
    payout = row("refunds_payout", reference=reference)
    assert (payout.state, payout.paid_minor) == ("in_doubt", 0)
    assert row("refunds_credit", id=found).paid_minor == 0
    assert cases(company) == ["overpaid"]
    assert breaches() == []


def test_a_doubt_keeps_the_promise_and_is_a_case(ctx, company, owner):
    _, found, reference = promised(company, owner)
    report(company, "refund_in_doubt", 12000, payout_ref=reference)
    assert row("refunds_payout", reference=reference).state == "in_doubt"
    assert pay(company, found).refused[0].code == "over_credit"
    assert cases(company) == ["refund_in_doubt"]
    report(company, "refund_paid", 12000, payout_ref=reference)
    assert cases(company) == []
    assert breaches() == []


def test_a_refund_paid_after_it_failed_is_owed_back(ctx, company, owner):
    _, _, reference = promised(company, owner)
    report(company, "refund_failed", 12000, payout_ref=reference)
    report(company, "refund_paid", 12000, payout_ref=reference)
    assert row("refunds_payout", reference=reference).state == "failed"
    assert books(company)["receivable_from_customers"] == 12000
    assert sorted(cases(company)) == ["overpaid", "refund_failed"]
    assert breaches() == []


def test_a_failure_of_what_was_paid_is_a_contradiction(ctx, company, owner):
    _, found, reference = promised(company, owner)
    report(company, "refund_paid", 12000, payout_ref=reference)
    report(company, "refund_failed", 12000, payout_ref=reference)
    assert row("refunds_credit", id=found).paid_minor == 12000
    assert cases(company) == ["refund_in_doubt"]


def test_a_chargeback_without_a_return_is_a_loss(ctx, company, owner):
    order = company.sell()
    report(company, "chargeback", 12000, channel=company.channel(), order=order)
    assert books(company) == {"chargebacks": 12000, "payment_clearing": -12000}
    assert cases(company) == ["chargeback"]
    assert breaches() == []


def test_reported_money_leads_to_its_order_and_a_payout_to_its_return(ctx, company, owner):
    order = company.sell()
    fact = report(company, "chargeback", 12000, channel=company.channel(), order=order).done[0].facts["fact_id"]
    assert money_of(subject_kind="money_fact", subject_id=fact) == MoneyOf("", company.channel(), order)
    sold, found, reference = promised(company, owner)
    payout = row("refunds_payout", reference=reference).id
    by_payout, by_credit = (
        money_of(subject_kind=kind, subject_id=number) for kind, number in (("payout", payout), ("credit", found))
    )
    assert by_payout == by_credit
    assert by_payout.rma.startswith("RMA-")
    assert by_payout.order == sold
    assert money_of(subject_kind="unit", subject_id=payout) is None


def test_a_chargeback_meets_what_we_owe(ctx, company, owner):
    order = company.sell()
    found = credit(company, owner, [("tee", 2)], order=order)
    report(company, "chargeback", 12000, "cb-owed", channel=company.channel(), order=order)
    kept = row("refunds_credit", id=found)
    assert (kept.committed_minor, kept.paid_minor) == (4800, 4800)
    assert books(company)["chargebacks"] == 7200
    assert "refunds_payable" not in books(company)
    assert pay(company, found).refused[0].code == "over_credit"
    assert breaches() == []
    report(company, "chargeback_reversed", 12000, "cb-owed", channel=company.channel(), order=order)
    assert books(company) == {"sales_returns": 4000, "tax_payable": 800, "refunds_payable": -4800}
    assert pay(company, found).done
    assert breaches() == []


def test_a_chargeback_after_the_refund_was_paid_is_owed_back(ctx, company, owner):
    order, _, reference = promised(company, owner)
    report(company, "refund_paid", 12000, payout_ref=reference)
    report(company, "chargeback", 12000, "cb-after", channel=company.channel(), order=order)
    assert books(company)["receivable_from_customers"] == 12000
    assert "chargebacks" not in books(company)
    money = row("workqueue_case", entity_id=company.entity)
    assert (money.kind, money.money_at_risk_minor, money.currency) == ("chargeback", 12000, "GBP")
    report(company, "chargeback_reversed", 12000, "cb-after", channel=company.channel(), order=order)
    assert "receivable_from_customers" not in books(company)
    assert breaches() == []


def test_a_chargeback_while_a_payout_is_on_its_way_is_a_loss_and_the_payout_stays(ctx, company, owner):
    order, found, reference = promised(company, owner)
    report(company, "chargeback", 12000, channel=company.channel(), order=order)
    assert books(company)["chargebacks"] == 12000
    report(company, "refund_paid", 12000, payout_ref=reference)
    assert row("refunds_credit", id=found).paid_minor == 12000
    assert breaches() == []


def test_the_reversal_of_a_chargeback_nobody_reported_is_a_case(ctx, company, owner):
    order = company.sell()
    report(company, "chargeback_reversed", 500, channel=company.channel(), order=order)
    assert books(company) == {"chargebacks": -500, "payment_clearing": 500}
    assert cases(company) == ["chargeback"]
    assert breaches() == []


def test_a_late_report_is_booked_to_the_open_period(ctx, company, owner):
    _, _, reference = promised(company, owner)
    owner.execute("UPDATE ledger_entity SET closed_through = '2026-06-30' WHERE id = %s", [company.entity])
    done = report(company, "refund_paid", 12000, payout_ref=reference).done[0]
    entry = row("ledger_entry", id=done.facts["entry_id"])
    assert (str(entry.accounting_date), str(entry.happened_at.date())) == ("2026-07-01", "2026-05-20")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"kind": "refund_maybe"}, "money_kind_unknown"),
        ({"amount": 0}, "report_amount_invalid"),
        ({"amount": -1}, "report_amount_invalid"),
        ({"amount": 1.5}, "report_amount_invalid"),
        ({"currency": "QQQ"}, "unknown_currency"),
        ({"source": ""}, "report_reference_missing"),
    ],
)
def test_what_cannot_be_read_is_refused(ctx, company, owner, change, code):
    asked = {"kind": "refund_paid", "amount": 100, **change}
    kind, amount = asked.pop("kind"), asked.pop("amount")
    assert report(company, kind, amount, **asked).refused[0].code == code


def test_it_takes_the_permission(ctx, company, owner):
    with pytest.raises(PermissionDenied):
        observe_money(ctx("refunds.pay"), items=[told(company, "refund_paid", 1)])


def test_a_batch_gives_what_singles_give(ctx, company, owner):
    def reports(order, reference, tag):
        place = {"channel": company.channel(), "order": order}
        return [
            told(company, "refund_paid", 5000, f"{tag}1", payout_ref=reference),
            told(company, "refund_paid", 7000, f"{tag}2", payout_ref=reference),
            told(company, "refund_paid", 7000, f"{tag}2", payout_ref=reference),
            told(company, "refund_paid", 300, f"{tag}3", payout_ref=reference),
            told(company, "chargeback", 1000, f"{tag}4", **place),
            told(company, "chargeback_reversed", 1000, f"{tag}4", **place),
            told(company, "refund_failed", 100, f"{tag}5", payout_ref=reference),
        ]

    order, _, reference = promised(company, owner)
    together = observe_money(ctx(), items=reports(order, reference, f"t{order}")).results
    before = books(company)
    order, _, reference = promised(company, owner)
    alone = [observe_money(ctx(), items=[item]).results[0] for item in reports(order, reference, f"a{order}")]
    shape = [(r.facts.get("case", ""), r.replayed) for r in together]
    assert shape == [(r.facts.get("case", ""), r.replayed) for r in alone]
    assert books(company) == {gl: 2 * amount for gl, amount in before.items()}
    assert breaches() == []


def test_a_chargeback_and_its_reversal_in_one_batch(ctx, company, owner):
    order = company.sell()
    found = credit(company, owner, [("tee", 2)], order=order)
    place = {"channel": company.channel(), "order": order}
    items = [
        told(company, "chargeback", 4800, f"both-{order}", **place),
        told(company, "chargeback_reversed", 4800, f"both-{order}", **place),
    ]
    assert len(observe_money(ctx(), items=items).done) == 2
    assert row("refunds_credit", id=found).paid_minor == 0
    assert books(company)["refunds_payable"] == -4800
    assert breaches() == []


def test_a_report_that_names_what_a_chargeback_took_leaves_that_as_it_is(ctx, company, owner):
    order = company.sell()
    credit(company, owner, order=order)
    report(company, "chargeback", 500, f"cb-{order}", channel=company.channel(), order=order)
    mark = f"chargeback:psp:cb-{order}"
    before = row("refunds_payout", reference=f"{mark}/1")
    assert report(company, "refund_paid", 500, payout_ref=f"{mark}/1").done[0].facts["case"] == "overpaid"
    assert row("refunds_payout", reference=f"{mark}/1") == before
    assert breaches() == []


def test_statements_do_not_grow_with_the_batch(ctx, company, owner):
    references = [promised(company, owner)[2] for _ in range(21)]
    with db.counting() as few:
        observe_money(ctx(), items=[told(company, "refund_paid", 12000, payout_ref=references[0])])
    with db.counting() as lots:
        items = [told(company, "refund_paid", 12000, payout_ref=reference) for reference in references[1:]]
        assert len(observe_money(ctx(), items=items).done) == 20
    assert len(few) == len(lots)
    assert len(few) <= 14
