"""Statutory and common cases of returns, decided by the shipped tables alone, from the request to the money.

Every case goes through the commands and through the API. Days are counted from delivery; the first of each pair of
border days is inside, the second is not. The sources of the law stand in the rows of the tables.
"""

from datetime import UTC, datetime

import pytest

from calling import make_caller
from counterflow import flows
from counterflow.policies.commands.publish_policies import PublishPolicy, publish_policies
from counterflow.policies.queries import decisions
from counterflow.policies.tables import shipped
from counterflow.refunds.commands.release_credits import ReleaseCredit
from quality import SHOWN
from shop import Refused, Shop

CHRISTMAS_EVE = datetime(2024, 12, 24, 12, tzinfo=UTC)


@pytest.fixture(params=["command", "api"])
def shop(request, ctx):
    """A shop for one test, behind one door."""
    from counterflow.policies.commands.install_default_policies import install_default_policies
    from counterflow.receiving.commands.install_default_plans import install_default_plans

    install_default_policies(ctx())
    install_default_plans(ctx())
    return Shop(request.param, ctx, make_caller(ctx)).open()


def decided(shop, sale, day, reason="no_longer_wanted", **line):
    """State, the row of eligibility that fired and its code, for a request so many days after delivery."""
    page = shop.ask(sale, day, reason, **line)
    fired = shop.why("eligibility", page)
    return page.state, fired.row_id, fired.outcome["code"]


def money(shop, page):
    """What was credited once everything that follows by itself has followed: totals with their shipping and fee."""
    flows.run_pending()
    return [(c.total_minor, c.shipping_minor + c.shipping_tax_minor, c.fee_minor) for c in shop.credits(page)]


def test_eu_withdrawal_within_14_days_of_delivery_pays_everything_back_when_the_goods_are_here(shop):
    page = shop.ask(shop.sell("mug"), 14)
    assert (page.state, shop.why("eligibility", page).row_id) == ("authorised", "withdrawal")
    refund = shop.why("refund", page)
    assert (refund.row_id, refund.outcome["milestone"], refund.outcome["restocking_fee_bp"]) == (
        "withdrawal",
        "received",
        0,
    )
    assert refund.facts["order_age_days"] == 14
    assert money(shop, page) == []
    sale = shop.sell("mug")
    page = shop.ask(sale, 14)
    lpn = shop.receive(page, sale)
    assert money(shop, page) == [(1500 + 490, 490, 0)]
    assert shop.inspect(lpn)["grade"] == "A"
    assert shop.dispose(lpn) == "restock"


def test_withdrawal_ends_on_day_14_and_is_the_consumers_alone(shop):
    assert decided(shop, shop.sell("mug"), 15) == ("authorised", "standard", "standard_30")
    assert decided(shop, shop.sell("phone", segment="business"), 15)[:2] == ("declined", "electronics-late")
    assert decided(shop, shop.sell("tee", segment="business"), 10)[1] == "apparel"
    assert decided(shop, shop.sell("tee", country="GB"), 14)[1] == "withdrawal"
    assert decided(shop, shop.sell("tee", country="US"), 14)[1] == "apparel"
    assert decided(shop, shop.sell("tee", country="CH"), 14)[1] == "apparel"
    assert decided(shop, shop.sell("tee", channel="store"), 14)[1] == "apparel"
    late = shop.ask(shop.sell("mug"), 15)
    assert not shop.why("refund", late).outcome["shipping_refundable"]


def test_the_window_counts_from_delivery_and_from_shipment_only_where_no_delivery_is_known(shop):
    told, untold = shop.sell("phone"), shop.sell("phone", delivered=False)
    assert decided(shop, told, 14)[:2] == ("authorised", "withdrawal")
    assert decided(shop, untold, 14)[:2] == ("declined", "electronics-late")
    assert decided(shop, untold, 12)[:2] == ("authorised", "withdrawal")


def test_apparel_has_30_days(shop):
    sale = shop.sell("tee")
    page = shop.ask(sale, 30)
    assert shop.why("eligibility", page).outcome == {"answer": "yes", "code": "apparel_30", "window_days": 30}
    lpn = shop.receive(page, sale)
    assert money(shop, page) == [(4000, 0, 0)]
    shop.inspect(lpn, "B")
    assert shop.dispose(lpn) == "refurbish"
    assert decided(shop, shop.sell("tee"), 31) == ("requested", "just-over", "just_over_window")
    assert decided(shop, shop.sell("tee"), 46) == ("declined", "window-over", "window_over")


def test_final_sale_yields_to_withdrawal_on_the_web_and_to_a_fault_and_not_in_a_store(shop):
    assert decided(shop, shop.sell("tee", final_sale=True), 14)[:2] == ("authorised", "withdrawal")
    assert decided(shop, shop.sell("tee", final_sale=True), 15)[:2] == ("declined", "final-sale")
    assert decided(shop, shop.sell("tee", final_sale=True, channel="store"), 1)[:2] == ("declined", "final-sale")
    assert decided(shop, shop.sell("tee", final_sale=True, country="US"), 1)[:2] == ("declined", "final-sale")
    faulty = shop.sell("tee", final_sale=True, channel="store")
    assert decided(shop, faulty, 200, "defective")[:2] == ("authorised", "legal-guarantee")
    assert decided(shop, shop.sell("rug"), 20)[:2] == ("declined", "final-sale"), "the catalogue says so of the item"


def test_what_is_sealed_for_hygiene_comes_back_sealed(shop):
    assert decided(shop, shop.sell("cream"), 5, opened=True)[:2] == ("declined", "seal-broken")
    assert decided(shop, shop.sell("cream"), 5, opened=False)[:2] == ("authorised", "withdrawal")


def test_electronics_are_compared_by_serial_number_before_any_money(shop):
    sale = shop.sell("phone", serials=("SN1",))
    page = shop.ask(sale, 14)
    assert shop.why("refund", page).outcome["milestone"] == "inspected"
    lpn = shop.receive(page, sale, "SN1")
    assert money(shop, page) == []
    shop.inspect(lpn, serial="SN1", grade_reason="looked_at", answers=SHOWN)
    assert money(shop, page) == [(60490, 490, 0)]
    assert shop.dispose(lpn) == "restock"
    assert decided(shop, shop.sell("phone", channel="store"), 14)[1] == "electronics"
    assert decided(shop, shop.sell("phone"), 15)[:2] == ("declined", "electronics-late")


def test_electronics_with_another_serial_number_are_set_apart_and_release_nothing(shop):
    sale = shop.sell("phone", serials=("SN2",))
    page = shop.ask(sale, 10)
    lpn = shop.receive(page, sale, "OTHER")
    found = shop.inspect(lpn, serial="OTHER", grade_reason="looked_at", answers=SHOWN)
    assert found["passed"] is False
    assert money(shop, page) == []
    assert shop.dispose(lpn) == "quarantine"


def test_dear_electronics_are_inspected_by_two_people_before_any_money(shop, ctx):
    sale = shop.sell("phone", price=100000, serials=("SN3",))
    page = shop.ask(sale, 10)
    lpn = shop.receive(page, sale, "SN3")
    found = {"serial": "SN3", "grade_reason": "looked_at", "answers": SHOWN}
    first = shop.inspect(lpn, **found)
    assert (first["passed"], first["waits_for_second_look"]) == (True, True)
    assert money(shop, page) == []
    with pytest.raises(Refused, match="second_look_missing"):
        shop.dispose(lpn)
    assert shop.inspect(lpn, round=2, **found)["waits_for_second_look"], "the same person once more is no second look"
    assert money(shop, page) == []
    another = make_caller(ctx) if shop.door == "api" else None
    second = shop.inspect(lpn, round=3, caller=another, actor="user:2", **found)
    assert (second["passed"], second["waits_for_second_look"]) == (True, False)
    assert money(shop, page) == [(100490, 490, 0)]
    assert shop.dispose(lpn, 3) == "restock"
    told = decisions(subject_ids=[first["unit_id"]], kind="inspection_plan")
    assert {row.row_id for row in told} == {"dear-serial"}
    assert len(told) == 3


def test_the_legal_guarantee_lasts_two_years(shop):
    sale = shop.sell("tee")
    page = shop.ask(sale, 730, "defective")
    assert (page.state, shop.why("eligibility", page).row_id) == ("authorised", "legal-guarantee")
    shop.receive(page, sale)
    assert money(shop, page) == [(4490, 490, 0)]
    assert decided(shop, shop.sell("tee"), 731, "defective") == ("requested", "late-fault", "late_fault")
    assert decided(shop, shop.sell("tee", country="ES"), 731, "defective")[1] == "three-year-guarantee"
    assert decided(shop, shop.sell("tee", segment="business"), 400, "defective")[1] == "late-fault"
    assert decided(shop, shop.sell("tee", country="US"), 365, "defective")[1] == "fault-one-year"
    assert decided(shop, shop.sell("tee", country="US"), 366, "defective")[1] == "late-fault"
    assert decided(shop, shop.sell("tee", country="GB"), 180, "defective")[1] == "uk-guarantee"
    assert decided(shop, shop.sell("tee", country="GB"), 181, "defective")[:2] == ("requested", "uk-late-fault")


def test_a_warranty_that_was_promised_holds_wherever_it_was_sold(shop):
    for more in ({}, {"country": "US"}, {"channel": "b2b", "segment": "business"}):
        sale = shop.sell("drill", **more)
        assert decided(shop, sale, 800, "defective")[:2] == ("authorised", "promised-warranty"), more
    assert shop.why("eligibility", shop.ask(shop.sell("drill"), 800, "defective")).facts["warranty_months"] == 36
    assert decided(shop, shop.sell("drill"), 731, "not_as_described")[1] == "late-fault"


def test_a_marketplace_refunds_at_the_first_scan_though_the_goods_never_arrive(shop):
    sale = shop.sell("tee", channel="marketplace")
    page = shop.ask(sale, 20)
    assert shop.why("refund", page).outcome["milestone"] == "carrier_scan"
    assert money(shop, page) == []
    shop.send(page, "accepted")
    assert money(shop, page) == [(4000, 0, 0)]
    early = shop.ask(shop.sell("tee", channel="marketplace"), 14)
    shop.send(early, "accepted", "lost")
    assert money(shop, early) == [(4490, 490, 0)]


def test_a_business_customer_pays_15_percent_for_restocking_unless_it_is_our_fault(shop):
    sale = shop.sell("drill", channel="b2b", segment="business")
    page = shop.ask(sale, 30)
    assert (page.state, shop.why("eligibility", page).row_id) == ("authorised", "b2b")
    assert shop.why("refund", page).outcome["restocking_fee_bp"] == 1500
    lpn = shop.receive(page, sale)
    assert money(shop, page) == []
    shop.inspect(lpn)
    net = 20000 - 20000 // 6
    assert money(shop, page) == [(20000 - net * 15 // 100, 0, net * 15 // 100)]
    assert decided(shop, shop.sell("drill", channel="b2b", segment="business"), 31)[:2] == ("requested", "b2b-late")
    sale = shop.sell("drill", channel="b2b", segment="business")
    fault = shop.ask(sale, 31, "wrong_item")
    shop.inspect(shop.receive(fault, sale))
    assert money(shop, fault) == [(20490, 490, 0)]


def test_below_a_threshold_in_its_own_currency_the_customer_keeps_the_goods(shop):
    kept = shop.ask(shop.sell("mug"), 20, "defective")
    assert shop.why("refund", kept).outcome["returnless"]
    assert money(shop, kept) == [(1990, 490, 0)]
    assert not shop.why("refund", shop.ask(shop.sell("jug"), 20, "defective")).outcome["returnless"]
    assert not shop.why("refund", shop.ask(shop.sell("mug"), 20)).outcome["returnless"], "nothing is wrong with it"
    crowns = {"channel": "crowns", "currency": "SEK", "country": "SE"}
    below, above = shop.sell("mug", price=15000, **crowns), shop.sell("mug", price=15001, **crowns)
    page = shop.ask(below, 20, "defective")
    assert shop.why("refund", page).row_id == "returnless-crowns"
    assert money(shop, page) == [], "another currency than that of the books waits for a rate"
    shop.do("/credits", ReleaseCredit(shop.name("sek"), page.number, rate="0.088"))
    assert [(c.total_minor, c.currency) for c in shop.credits(page)] == [(15490, "SEK")]
    assert shop.why("refund", shop.ask(above, 20, "defective")).row_id == "fault"
    strange = shop.sell("mug", price=100, channel="crowns", currency="HUF", country="HU")
    assert not shop.why("refund", shop.ask(strange, 20, "defective")).outcome["returnless"]


def test_very_good_customers_have_longer_at_christmas(shop):
    def bought(placed, **more):
        return shop.sell("tee", segment="vip", placed=placed, **more)

    page = shop.ask(bought(CHRISTMAS_EVE), 100)
    fired = shop.why("eligibility", page)
    assert (page.state, fired.row_id, fired.facts["sold_mmdd"]) == ("authorised", "vip-christmas", 1224)
    assert shop.why("refund", page).outcome["milestone"] == "carrier_scan"
    shop.send(page, "accepted")
    assert money(shop, page) == [(4490, 490, 0)]
    assert decided(shop, bought(CHRISTMAS_EVE), 101)[:2] == ("declined", "window-over")
    assert decided(shop, bought(datetime(2024, 10, 20, tzinfo=UTC)), 61)[:2] == ("declined", "window-over")
    assert decided(shop, shop.sell("tee", placed=CHRISTMAS_EVE), 61)[:2] == ("declined", "window-over")
    # 31 October at 23:30 in Berlin, the channel's zone, is no November, and half an hour later it is.
    assert decided(shop, bought(datetime(2024, 10, 31, 22, 30, tzinfo=UTC)), 61)[0] == "declined"
    assert decided(shop, bought(datetime(2024, 10, 31, 23, 30, tzinfo=UTC)), 61)[1] == "vip-christmas"


def test_a_window_promised_at_sale_ends_on_its_last_day(shop):
    until = {"return_until": datetime(2024, 7, 31, tzinfo=UTC).date()}
    inside = (datetime(2024, 7, 31, tzinfo=UTC) - shop.sell("mug").delivered).days
    assert decided(shop, shop.sell("mug", **until), inside)[:2] == ("authorised", "promised-window")
    assert decided(shop, shop.sell("mug", **until), inside + 2)[0] == "declined"


def test_a_customer_who_becomes_very_good_is_treated_so_from_then_on(shop):
    sale = shop.sell("tee")
    assert decided(shop, sale, 40)[0] == "requested"
    again = shop.sell("tee", segment="vip")
    assert decided(shop, again, 40)[1] == "vip"


def test_a_program_that_reports_cannot_decide_against_a_policy(shop, ctx):
    integrator = make_caller(ctx, roles=("integrator",))
    sale = shop.sell("tee")
    if shop.door == "command":
        with pytest.raises(Refused, match="override_not_allowed"):
            Shop.do(_without(shop, "policies.override"), "/rmas", _late(shop, sale))
        return
    with pytest.raises(Refused, match="override_not_allowed"):
        shop.ask(sale, 50, override="goodwill", caller=integrator)
    assert shop.ask(sale, 50, override="goodwill").state == "authorised"


def test_another_threshold_is_another_version_and_no_code(shop, ctx):
    sale = shop.sell("mug", price=2000)
    assert not shop.why("refund", shop.ask(sale, 20, "defective")).outcome["returnless"]
    table = shipped("refund").as_json()
    for row in table["rows"]:
        if row["id"] == "returnless":
            row["when"]["value_minor"] = "<= 2000"
    scope = {"brand": [shop.name("north")]}
    version = PublishPolicy("refund", _next("refund"), table, "finance", scope=scope)
    assert not publish_policies(ctx(), items=[version]).refused
    page = shop.ask(shop.sell("mug", price=2000), 20, "defective")
    fired = shop.why("refund", page)
    assert (fired.row_id, fired.version) == ("returnless", version.version)
    assert money(shop, page) == [(2490, 490, 0)]


def _next(kind):
    from counterflow.policies.queries import versions

    return max(row.version for row in versions(kind=kind)) + 1


def _late(shop, sale):
    from datetime import timedelta

    from counterflow.returns.documents import AskedLine, OpenRma

    line = AskedLine(1, "no_longer_wanted", sku=shop.name(sale.item))
    return OpenRma(
        shop.name(sale.channel), "late", (line,), sale.number, sale.delivered + timedelta(days=50), "goodwill"
    )


def _without(shop, permission):
    """The same shop, whose caller lacks a permission."""
    from counterflow.access.roles import PERMISSIONS

    rest = set(PERMISSIONS) - {permission}
    return Shop(shop.door, lambda actor="user:1": shop.ctx(*rest, actor=actor), shop.program)
