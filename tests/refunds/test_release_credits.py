"""Credits: what is due, what it is worth to the cent, and what is refused."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from company import ASKED
from counterflow.kernel import db
from counterflow.kernel.commands import Done
from counterflow.kernel.errors import PermissionDenied
from counterflow.refunds.commands.approve_early import ApproveEarly, approve_early
from counterflow.refunds.commands.release_credits import CreditPieces, ReleaseCredit, release_credits
from counterflow.returns.commands.decide_rmas import DecideRma, decide_rmas
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from refunding import authorise, books, breaches, line_of, pay, reach, release, returned, row


def test_goods_that_are_here_are_credited_with_their_tax(ctx, company, owner):
    rma = returned(company, owner)
    result = release(company, rma).done[0]
    assert result.facts["total_minor"] == 5 * 2400
    assert (result.facts["net_minor"], result.facts["tax_minor"], result.facts["fee_minor"]) == (10000, 2000, 0)
    assert books(company) == {"sales_returns": 10000, "tax_payable": 2000, "refunds_payable": -12000}
    shipped = row("orders_shipmentline", id=line_of(rma).shipment_line_id)
    assert (shipped.credited_qty, shipped.credited_minor, line_of(rma).credited_qty) == (5, 12000, 5)
    assert breaches() == []


def test_nothing_is_due_before_the_milestone_and_the_refusal_says_what_it_waits_for(ctx, company, owner):
    rma = authorise(company)
    refused = release(company, rma).refused[0]
    assert refused.code == "nothing_due"
    assert refused.facts["lines"] == [{"line_no": 1, "milestone": "received", "pieces": 5, "reached": 0, "credited": 0}]
    assert "5 pieces of line 1 wait for received" in refused.message
    assert books(company) == {}


def test_only_what_reached_the_milestone_is_due(ctx, company, owner):
    rma = authorise(company)
    reach(owner, rma, "received", 2)
    refused = release(company, rma, "three", (1, 3)).refused[0]
    assert (refused.code, refused.facts["due"], refused.facts["wanted"]) == ("not_enough_due", 2, 3)
    assert release(company, rma).done[0].facts["total_minor"] == 4800
    assert release(company, rma).refused[0].code == "nothing_due"


def test_fifty_of_five_are_refused(ctx, company, owner):
    rma = returned(company, owner)
    assert release(company, rma, "fifty", (1, 50)).refused[0].code == "not_enough_due"
    assert release(company, rma, "twice", (1, 3), (1, 3)).refused[0].code == "not_enough_due"


@pytest.mark.parametrize("quantity", [0, -1, 0.5, True, "2"])
def test_pieces_are_whole_and_positive(ctx, company, owner, quantity):
    rma = returned(company, owner)
    refused = release(company, rma, "odd", (1, quantity)).refused[0]
    assert (refused.code, refused.kind) == ("quantity_invalid", "invalid")


def test_what_does_not_exist_is_not_found(ctx, company, owner):
    assert release(company, "RMA-0").refused[0].code == "rma_not_found"
    assert release(company, returned(company, owner), "no-line", (9, 1)).refused[0].code == "credit_line_not_found"


def test_a_credit_has_a_reference_and_a_cause(ctx, company, owner):
    rma = returned(company, owner)
    asked = [ReleaseCredit("", rma), ReleaseCredit(f"r-{rma}", rma, cause="for Mrs. Somebody")]
    assert [r.code for r in release_credits(ctx(), items=asked).refused] == ["reference_missing", "reason_missing"]


def test_first_scan_releases_where_policy_says_so_and_a_lost_parcel_keeps_it(ctx, company, owner):
    rma = authorise(company, [("tee", 2)], kind="marketplace")
    assert release(company, rma).refused[0].facts["lines"][0]["milestone"] == "carrier_scan"
    reach(owner, rma, "carrier_scan", 2)
    assert release(company, rma).done[0].facts["total_minor"] == 4800


def test_inspected_means_passed(ctx, company, owner):
    rma = returned(company, owner, [("phone", 3)])
    assert release(company, rma).refused[0].code == "nothing_due"
    reach(owner, rma, "inspection_passed", 1)
    reach(owner, rma, "inspection_failed", 2)
    assert release(company, rma).done[0].facts["total_minor"] == 2400
    assert release(company, rma).refused[0].code == "nothing_due"


def test_failed_pieces_are_credited_when_somebody_else_approves_it(ctx, company, owner):
    rma = returned(company, owner, [("phone", 3)])
    reach(owner, rma, "inspection_failed", 3)
    approve_early(ctx(), items=[ApproveEarly(rma, 1, 2, "goodwill")])
    done = release(company, rma).done[0]
    assert done.facts["total_minor"] == 4800
    assert row("refunds_creditline", credit_id=done.facts["credit_id"]).released_by == "approved"


def test_returnless_goods_are_credited_when_they_are_authorised(ctx, company, owner):
    order = company.sell([("cheap", 1, 500, 100)])
    rma = authorise(company, [("cheap", 1)], order=order, reason="defective")
    assert line_of(rma).returnless
    assert release(company, rma).done[0].facts["total_minor"] == 600


def test_a_request_that_waits_for_a_person_is_not_due(ctx, company, owner):
    order = company.sell([("tee", 5, 2000, 400)])
    rma = authorise(company, [("tee", 5)], order=order, reason="a word nobody mapped")
    refused = release(company, rma).refused[0]
    assert (refused.code, refused.facts["state"]) == ("nothing_due", "requested")
    decide_rmas(ctx(), items=[DecideRma(rma, False, "not_ours")])
    assert release(company, rma).refused[0].facts["state"] == "declined"


def test_a_business_customer_pays_the_restocking_fee(ctx, company, owner):
    rma = returned(company, owner, [("tee", 3)], kind="b2b")
    reach(owner, rma, "inspection_passed", 3)
    done = release(company, rma).done[0]
    assert (done.facts["fee_minor"], done.facts["total_minor"]) == (900, 7200 - 900)
    assert books(company)["return_fee_income"] == -900
    assert breaches() == []


def test_store_credit_is_settled_at_once_and_never_paid_out(ctx, company, owner):
    rma = returned(company, owner, [("tee", 2)], resolution="store_credit")
    done = release(company, rma).done[0]
    found = row("refunds_credit", id=done.facts["credit_id"])
    assert (found.method, found.paid_minor, found.committed_minor) == ("store_credit", 4800, 4800)
    assert books(company)["store_credit"] == -4800
    assert pay(company, found.id).refused[0].code == "over_credit"
    assert breaches() == []


def test_a_repair_is_no_money_and_a_replacement_is_owed_until_goods_meet_it(ctx, company, owner):
    rma = returned(company, owner, [("tee", 2)], resolution="repair")
    assert release(company, rma).refused[0].code == "nothing_due"
    rma = returned(company, owner, [("tee", 2)], resolution="replacement")
    credit = row("refunds_credit", id=release(company, rma).done[0].facts["credit_id"])
    assert (credit.method, credit.total_minor, credit.committed_minor) == ("replacement", 4800, 0)
    assert breaches() == []


def test_lines_met_in_several_ways_take_several_credits(ctx, company, owner):
    order = company.sell([("tee", 2, 2000, 400), ("mug", 2, 1000, 200)])
    asked = [
        AskedLine(2, "no_longer_wanted", sku=company.sku("tee")),
        AskedLine(2, "no_longer_wanted", sku=company.sku("mug"), resolution="store_credit"),
    ]
    opened = open_rmas(
        ctx(), items=[OpenRma(company.channel(), f"mixed-{order}", asked, order=order, happened_at=ASKED)]
    )
    rma = opened.done[0].facts["rma"]
    for n in (1, 2):
        reach(owner, rma, "received", 2, n)
    assert release(company, rma).refused[0].code == "mixed_methods"
    assert release(company, rma, "", (1, 2)).done[0].facts["method"] == "original"
    assert release(company, rma, "", (2, 2)).done[0].facts["method"] == "store_credit"


def test_a_blind_return_has_nothing_invoiced(ctx, company, owner):
    blind = OpenRma(company.channel(), f"blind-{company.lpn()}", [AskedLine(1, "defective", sku=company.sku())])
    rma = open_rmas(ctx(actor="user:7"), items=[blind]).done[0].facts["rma"]
    decide_rmas(ctx(), items=[DecideRma(rma, True, "known_customer")])
    approve_early(ctx(), items=[ApproveEarly(rma, 1, 1, "goodwill")])
    assert release(company, rma).refused[0].code == "nothing_invoiced"


def _with_shipping(company, net=500, tax=100, lines=(("tee", 2, 2000, 400), ("mug", 1, 1000, 200))):
    order = company.sell(list(lines))
    db.execute(
        "INSERT INTO orders_orderline (id, order_id, line_no, sku, kind, quantity, unit_price_minor, discount_minor,"
        " tax_minor, cost_basis) SELECT nextval('kernel_id_seq'), id, 99, 'POST', 'shipping', 1, %s, 0, %s, 'nil'"
        " FROM orders_order WHERE number = %s",
        [net + tax, tax, order],
    )
    return order


def test_shipping_is_credited_once_with_the_last_piece_of_the_order(ctx, company, owner):
    order = _with_shipping(company)
    first = authorise(company, [("tee", 2)], order=order, reason="defective")
    second = authorise(company, [("mug", 1)], order=order, reason="defective")
    assert line_of(second).returnless
    reach(owner, first, "received", 2)
    assert release(company, first).done[0].facts["shipping_minor"] == 0
    done = release(company, second).done[0]
    assert (done.facts["shipping_minor"], done.facts["total_minor"]) == (600, 1200 + 600)
    found = row("refunds_credit", id=done.facts["credit_id"])
    assert (found.shipping_minor, found.shipping_tax_minor) == (500, 100)
    assert books(company)["tax_payable"] == 800 + 200 + 100
    assert breaches() == []


def test_shipping_stays_where_policy_does_not_refund_it(ctx, company, owner):
    order = _with_shipping(company, lines=[("phone", 1, 60000, 12000)])
    rma = returned(company, owner, [("phone", 1)], order=order)
    reach(owner, rma, "inspection_passed", 1)
    refundable = line_of(rma).shipping_refundable
    assert release(company, rma).done[0].facts["shipping_minor"] == (600 if refundable else 0)


def test_shipping_does_not_fall_due_with_half_of_the_order(ctx, company, owner):
    order = _with_shipping(company)
    rma = returned(company, owner, [("tee", 1)], order=order, reason="defective")
    assert release(company, rma).done[0].facts["shipping_minor"] == 0


def test_another_currency_needs_its_rate_and_the_books_balance(ctx, company, owner):
    order = company.sell([("tee", 3, 3333, 667)])
    owner.execute("UPDATE orders_order SET currency = 'EUR' WHERE number = %s", [order])
    owner.execute(
        "UPDATE orders_tender SET currency = 'EUR' WHERE order_id = (SELECT id FROM orders_order WHERE number = %s)",
        [order],
    )
    rma = returned(company, owner, [("tee", 3)], order=order)
    assert release(company, rma).refused[0].code == "rate_missing"
    assert release(company, rma, "", rate=Decimal("-1")).refused[0].code == "rate_invalid"
    done = release(company, rma, "", rate=Decimal("0.8612345"))
    assert done.done[0].facts["total_minor"] == 12000
    assert books(company)["refunds_payable"] == -10335
    assert breaches() == []


def test_a_rate_beside_one_makes_no_sense_in_the_books_own_currency(ctx, company, owner):
    assert release(company, returned(company, owner), "", rate=Decimal("1.1")).refused[0].code == "rate_invalid"


def test_the_same_request_again_answers_the_same_and_another_is_refused(ctx, company, owner):
    rma = returned(company, owner)
    ref = f"same-{rma}"
    first, again = release(company, rma, ref, (1, 2)), release(company, rma, ref, (1, 2))
    assert again.done[0].replayed
    assert again.done[0].facts == first.done[0].facts
    assert release(company, rma, ref, (1, 3)).refused[0].code == "identity_reused"
    assert line_of(rma).credited_qty == 2


def test_it_takes_the_permission(ctx, company, owner):
    rma = returned(company, owner)
    with pytest.raises(PermissionDenied):
        release_credits(ctx("refunds.pay"), items=[ReleaseCredit("x", rma)])


def test_a_batch_gives_what_singles_give(ctx, company, owner):
    def asked(rma, tag):
        return [
            ReleaseCredit(f"{tag}1-{rma}", rma, [CreditPieces(1, 2)]),
            ReleaseCredit(f"{tag}2-{rma}", rma, [CreditPieces(1, 4)]),
            ReleaseCredit(f"{tag}1-{rma}", rma, [CreditPieces(1, 2)]),
            ReleaseCredit(f"{tag}3-{rma}", rma),
            ReleaseCredit(f"{tag}4-{rma}", rma),
        ]

    def shape(results):
        return [
            (type(r).__name__, r.facts.get("total_minor"), getattr(r, "code", ""), getattr(r, "replayed", False))
            for r in results
        ]

    together = release_credits(ctx(), items=asked(returned(company, owner), "b")).results
    alone_rma = returned(company, owner)
    alone = [release_credits(ctx(), items=[item]).results[0] for item in asked(alone_rma, "s")]
    assert shape(together) == shape(alone)
    assert [type(r) is Done for r in together] == [True, False, True, True, False]
    assert breaches() == []


def test_statements_do_not_grow_with_the_batch(ctx, company, owner):
    one, many = returned(company, owner), [returned(company, owner, [("tee", 1)]) for _ in range(30)]
    with db.counting() as few:
        release_credits(ctx(), items=[ReleaseCredit(f"n-{one}", one)])
    with db.counting() as lots:
        batch = release_credits(ctx(), items=[ReleaseCredit(f"n-{rma}", rma) for rma in many])
    assert len(batch.done) == 30
    assert len(few) == len(lots) <= 9


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    price=st.integers(1, 99_999),
    tax=st.integers(0, 9_999),
    pieces=st.integers(3, 9),
    cuts=st.lists(st.integers(1, 4), min_size=1, max_size=3),
)
def test_parts_of_a_line_sum_to_its_invoice_to_the_cent(ctx, company, owner, price, tax, pieces, cuts):
    order = company.sell([("tee", pieces, price, 0)], issue=False)
    invoiced = price * pieces + tax
    owner.execute(
        "UPDATE orders_shipmentline SET invoiced_minor = %s, tax_minor = %s WHERE shipment_id ="
        " (SELECT s.id FROM orders_shipment s JOIN orders_order o ON o.id = s.order_id WHERE o.number = %s)",
        [invoiced, tax, order],
    )
    rma = authorise(company, [("tee", pieces)], order=order, reason="too_small")
    reach(owner, rma, "received", pieces)
    reach(owner, rma, "inspection_passed", pieces)
    total = spent = 0
    for cut in [*cuts, pieces]:
        take = min(cut, pieces - spent)
        if take:
            facts = release(company, rma, "", (1, take)).done[0].facts
            total, spent = total + facts["net_minor"] + facts["tax_minor"], spent + take
            assert total <= invoiced
    assert total == invoiced
    shipped = row("orders_shipmentline", id=line_of(rma).shipment_line_id)
    assert (shipped.credited_minor, shipped.credited_qty) == (invoiced, pieces)
