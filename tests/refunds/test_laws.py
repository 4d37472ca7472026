"""Every law of refunds is broken once by force, and says so."""

import pytest

from refunding import breaches, pay, release, report, returned

SHIFT = "net_minor = net_minor + 1, tax_minor = tax_minor - 1"
CHANGES = {
    "refunds.credits_are_their_lines": f"UPDATE refunds_creditline SET {SHIFT}",
    "refunds.credits_are_posted": "UPDATE refunds_credit SET functional_total_minor = functional_total_minor + 1",
    "refunds.sales_returns_are_posted": f"UPDATE refunds_credit SET {SHIFT}",
    "refunds.invoices_bound_credits": "UPDATE orders_shipmentline SET credited_minor = credited_minor - 1"
    " WHERE credited_minor > 0",
    "refunds.rma_lines_count_credits": "UPDATE returns_rmaline SET credited_qty = credited_qty - 1"
    " WHERE credited_qty > 0",
    "refunds.promises_fit_credits": "UPDATE refunds_credit SET paid_minor = paid_minor - 1",
    "refunds.promises_fit_tenders": "UPDATE orders_tender SET committed_minor = committed_minor - 1"
    " WHERE committed_minor > 0",
    "refunds.paid_is_observed": "UPDATE orders_tender SET refunded_minor = refunded_minor + 1",
    "refunds.reports_are_posted": "UPDATE refunds_moneyfact SET to_payable_minor = to_payable_minor + 1",
    "refunds.payable_is_credits": "UPDATE refunds_credit SET paid_minor = paid_minor - 100",
    "refunds.numbers_have_no_gaps": "UPDATE refunds_credit SET number = 7",
}


@pytest.fixture
def settled(company, owner):
    """One credit, paid and observed."""
    found = release(company, returned(company, owner, [("tee", 2)])).done[0].facts["credit_id"]
    told = pay(company, found).done[0].facts["payouts"][0]
    report(company, "refund_paid", told["amount_minor"], payout_ref=told["reference"])


def test_a_sound_system_breaks_none(settled):
    assert breaches() == []


@pytest.mark.parametrize("law", CHANGES)
def test_a_change_behind_its_back_breaks_the_law(settled, owner, law):
    with owner.transaction(force_rollback=True):
        owner.execute(CHANGES[law])
        found = {name for name, _ in breaches(owner)}
    assert law in found
