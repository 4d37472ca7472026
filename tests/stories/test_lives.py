"""Lives of returns, from the request to the money, with goods on a real dock; both books are checked at the end.

Each story goes through commands only and lets the flows do what follows.
"""

from datetime import timedelta

import pytest

import dock
import refunding
from company import ASKED, SOLD
from counterflow import flows
from counterflow.kernel import db
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.reverse_receipts import ReverseReceipt, reverse_receipts
from counterflow.refunds.commands.approve_early import ApproveEarly, approve_early
from counterflow.refunds.commands.observe_money import observe_money
from counterflow.refunds.queries import credits, payouts
from counterflow.returns.commands.cancel_rmas import CancelRma, cancel_rmas
from counterflow.returns.page import return_page
from quality import SHOWN
from refunding import books, cases, line_of, pay, release, report, row, tenders


@pytest.fixture(autouse=True)
def sound():
    """Whatever a story tells, every law holds at its end."""
    yield
    flows.run_pending()
    assert dock.breaches() + refunding.breaches() == []


def inspect(company, scan, grade="A", **more):
    batch = inspect_units(company.ctx(), items=[InspectUnit(scan.lpn, grade, **more)])
    assert batch.done, batch


def dispose(company, scan, disposition):
    batch = dispose_units(
        company.ctx(), items=[DisposeUnit(scan.lpn, disposition=disposition, override_reason="story")]
    )
    assert batch.done, batch


def settle(company, rma):
    """The provider reports what was requested for a return as paid."""
    found = [p for c in credits(rma=rma) for p in c.payouts if p.state == "requested"]
    items = [refunding.told(company, "refund_paid", p.amount_minor, payout_ref=p.reference) for p in found]
    assert len(observe_money(company.ctx(), items=items).done) == len(items) > 0


def states(rma):
    return [c.state for c in credits(rma=rma)[::-1]]


def test_apparel_a_tee_comes_back_is_refunded_and_is_sold_again(ctx, company):
    before = dock.stock(company, "available")
    rma = dock.authorise(company, [("tee", 2)])
    tracking = dock.announce(company, rma)
    dock.tell(company, tracking, "accepted", "in_transit", "delivered")
    flows.run_pending()
    assert credits(rma=rma) == []

    scan = dock.scan(company, "tee", 2, carrier=dock.CARRIER, tracking=tracking)
    dock.receive(company, scan)
    flows.run_pending()
    assert states(rma) == ["promised"]
    assert dock.stock(company, "available") == before

    inspect(company, scan)
    dispose(company, scan, "restock")
    settle(company, rma)
    flows.run_pending()
    assert states(rma) == ["paid"]
    assert row("returns_rma", number=rma).state == "closed"
    quantity, cost = dock.stock(company, "available")
    assert (quantity - before[0], cost - before[1]) == (2, 1600)
    assert books(company) == {"sales_returns": 4000, "tax_payable": 800, "payment_clearing": -4800}


def test_electronics_a_phone_is_credited_only_after_its_inspection(ctx, company):
    rma = dock.authorise(company, [("phone", 2)])
    good = dock.scan(company, "phone", rma=rma, serial="A1")
    bad = dock.scan(company, "phone", rma=rma, serial="A2")
    dock.receive(company, good, bad)
    flows.run_pending()
    assert credits(rma=rma) == []

    inspect(company, good, serial="A1", answers=SHOWN)
    inspect(company, bad, "D", serial="A2", passed=False, damage_code="cracked")
    flows.run_pending()
    assert [c.total_minor for c in credits(rma=rma)] == [2400]
    assert row("returns_rma", number=rma).state == "closed"

    assert release(company, rma).refused[0].code == "nothing_due"
    approve_early(ctx(actor="user:2"), items=[ApproveEarly(rma, 1, 2, "goodwill")])
    flows.run_pending()
    assert [c.total_minor for c in credits(rma=rma)] == [2400, 2400]


def test_marketplace_the_first_scan_releases_the_money(ctx, company):
    rma = dock.authorise(company, [("tee", 2)], kind="marketplace", reason="no_longer_wanted")
    tracking = dock.announce(company, rma)
    dock.tell(company, tracking, "accepted")
    flows.run_pending()
    assert states(rma) == ["promised"]
    settle(company, rma)
    dock.receive(company, dock.scan(company, "tee", 2, carrier=dock.CARRIER, tracking=tracking))
    flows.run_pending()
    assert states(rma) == ["paid"]
    assert row("returns_rma", number=rma).state == "closed"


def test_a_parcel_is_lost_and_found_after_its_refund(ctx, company):
    rma = dock.authorise(company, [("tee", 1)], kind="marketplace")
    tracking = dock.announce(company, rma)
    dock.tell(company, tracking, "accepted", "lost")
    flows.run_pending()
    settle(company, rma)
    assert states(rma) == ["paid"]
    assert dock.milestones(rma)["lost"] == 1

    dock.tell(company, tracking, "found", start=dock.SENT + timedelta(days=20))
    dock.receive(company, dock.scan(company, "tee", 1, carrier=dock.CARRIER, tracking=tracking))
    flows.run_pending()
    assert states(rma) == ["paid"]
    assert line_of(rma).credited_qty == 1
    assert release(company, rma).refused[0].code == "nothing_due"


def test_a_bank_takes_back_what_was_refunded(ctx, company):
    order = company.sell()
    rma = dock.authorise(company, [("tee", 5)], order=order)
    dock.receive(company, dock.scan(company, "tee", 5, rma=rma))
    flows.run_pending()
    settle(company, rma)
    report(company, "chargeback", 12000, f"cb-{order}", channel=company.channel(), order=order)
    assert books(company)["receivable_from_customers"] == 12000
    assert "chargeback" in cases(company)
    report(company, "chargeback_reversed", 12000, f"cb-{order}", channel=company.channel(), order=order)
    assert "receivable_from_customers" not in books(company)
    assert tenders(order)[0].refunded_minor == 12000


def test_a_receipt_is_reversed_after_its_credit_was_paid(ctx, company):
    rma = dock.authorise(company, [("tee", 2)])
    scan = dock.scan(company, "tee", 2, rma=rma)
    dock.receive(company, scan)
    flows.run_pending()
    settle(company, rma)
    assert reverse_receipts(ctx(), items=[ReverseReceipt(scan.lpn, "mistaken_scan")]).done
    flows.run_pending()
    assert states(rma) == ["paid"]
    assert "exposure" in cases(company)
    assert return_page(number=rma).lines[0].money["exposed"] == 2
    assert release(company, rma).refused[0].code == "nothing_due"
    dock.receive(company, dock.scan(company, "tee", 2, rma=rma))
    flows.run_pending()
    assert len(credits(rma=rma)) == 1
    assert "exposed" not in return_page(number=rma).lines[0].money


def test_three_announced_two_received_two_refunded(ctx, company):
    rma = dock.authorise(company, [("tee", 3)])
    dock.receive(company, dock.scan(company, "tee", 2, rma=rma))
    flows.run_pending()
    assert [c.total_minor for c in credits(rma=rma)] == [4800]
    assert row("returns_rma", number=rma).state == "authorised"
    cancel_rmas(ctx(), items=[CancelRma(rma)])
    flows.run_pending()
    assert row("returns_rma", number=rma).state == "closed"


def test_a_returnless_refund_asks_nobody(ctx, company):
    order = company.sell([("cheap", 1, 500, 100)])
    rma = dock.authorise(company, [("cheap", 1)], order=order, reason="defective")
    flows.run_pending()
    settle(company, rma)
    assert states(rma) == ["paid"]
    assert return_page(number=rma).lines[0].custody == {"kept_by_customer": 1}


def test_a_business_customer_is_credited_less_the_fee(ctx, company):
    order = company.sell([("tee", 4, 2000, 400)], kind="b2b")
    rma = dock.authorise(company, [("tee", 4)], order=order, kind="b2b")
    scan = dock.scan(company, "tee", 4, rma=rma)
    dock.receive(company, scan)
    inspect(company, scan)
    flows.run_pending()
    found = credits(rma=rma)[0]
    assert (found.fee_minor, found.total_minor) == (1200, 9600 - 1200)


def test_money_that_failed_is_paid_another_way(ctx, company):
    order = company.sell([("tee", 2, 2000, 400)], captured=[2400, 2400])
    rma = dock.authorise(company, [("tee", 1)], order=order)
    dock.receive(company, dock.scan(company, "tee", 1, rma=rma))
    flows.run_pending()
    first = payouts(state="requested")[-1]
    report(company, "refund_failed", 2400, payout_ref=first.reference)
    assert "refund_failed" in cases(company)
    found = credits(rma=rma)[0]
    assert pay(company, found.id, tender=2).done
    settle(company, rma)
    assert states(rma) == ["paid"]
    assert [t.refunded_minor for t in tenders(order)] == [0, 2400]


def test_a_fact_of_a_closed_period_goes_to_the_open_one(ctx, company, owner):
    rma = dock.authorise(company, [("tee", 1)])
    dock.receive(company, dock.scan(company, "tee", 1, rma=rma))
    flows.run_pending(at=ASKED + timedelta(days=6))
    owner.execute("UPDATE ledger_entity SET closed_through = '2026-06-30' WHERE id = %s", [company.entity])
    settle(company, rma)
    entry = db.rows(
        "SELECT accounting_date FROM ledger_entry WHERE entity_id = %s AND kind = 'refund_paid'", [company.entity]
    )[0]
    assert str(entry.accounting_date) == "2026-07-01"
    assert SOLD < refunding.PAID_AT
