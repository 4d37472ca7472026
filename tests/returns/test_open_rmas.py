"""Opening returns: what was shipped bounds what comes back, policy decides, and its word is kept."""

from dataclasses import replace
from datetime import timedelta

import pytest

from company import ASKED, SOLD
from counterflow.kernel import db
from counterflow.kernel.commands import Done
from counterflow.kernel.errors import BatchTooLarge, KeyConflict, PermissionDenied
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas
from refunding import line_of, row


def ask(company, order="", *lines, ref="", kind="own_shop", at=ASKED, override=""):
    """One request as a value; a whole line of five tees unless told."""
    wanted = lines or (AskedLine(5, "no_longer_wanted", sku=company.sku()),)
    return OpenRma(company.channel(kind), ref or f"req-{company.lpn()}", list(wanted), order, at, override)


def opened(company, *items, **more):
    return open_rmas(company.ctx(**more), items=list(items)).results


def counters(order):
    sql = (
        "SELECT s.authorised_qty, s.allocated_qty FROM orders_shipmentline s"
        " JOIN orders_shipment h ON h.id = s.shipment_id JOIN orders_order o ON o.id = h.order_id"
        " WHERE o.number = %s ORDER BY s.id"
    )
    return [tuple(r) for r in db.rows(sql, [order])]


def test_a_request_within_the_window_is_authorised(ctx, company):
    order = company.sell()
    done = opened(company, ask(company, order))[0]
    assert isinstance(done, Done)
    assert done.facts["state"] == "authorised"
    told = done.facts["lines"][0]
    assert (told["quantity"], told["answer"], told["milestone"], told["returnless"]) == (5, "yes", "received", False)
    assert counters(order) == [(5, 0)]
    line = line_of(done.facts["rma"])
    kept = row("returns_milestone", rma_line_id=line.id)
    assert (kept.kind, kept.quantity, kept.happened_at) == ("authorised", 5, ASKED)
    assert row("returns_rma", id=done.facts["rma_id"]).opened_by == "user:1"


def test_the_decision_is_kept_with_the_row_that_fired_and_the_facts_it_saw(ctx, company):
    done = opened(company, ask(company, company.sell()))[0]
    line = line_of(done.facts["rma"])
    eligibility = row("policies_decision", id=line.eligibility_decision_id)
    refund = row("policies_decision", id=line.refund_decision_id)
    assert (eligibility.kind, eligibility.subject_id, refund.kind) == ("eligibility", line.id, "refund")
    assert eligibility.row_id
    assert eligibility.facts["order_age_days"] == (ASKED - SOLD).days
    assert eligibility.outcome["answer"] == "yes"


def test_pieces_are_spread_over_the_shipment_lines_of_a_sku(ctx, company):
    order = company.sell([("tee", 2, 2000, 400), ("tee", 3, 2000, 400)])
    done = opened(company, ask(company, order, AskedLine(4, "too_small", sku=company.sku())))[0]
    assert sorted(told["quantity"] for told in done.facts["lines"]) in ([1, 3], [2, 2])
    assert sum(a for a, _ in counters(order)) == 4


def test_a_line_of_the_order_may_be_named(ctx, company):
    order = company.sell([("tee", 2, 2000, 400), ("tee", 3, 2000, 400)])
    assert opened(company, ask(company, order, AskedLine(3, "too_small", order_line=2)))[0].facts["state"]
    assert opened(company, ask(company, order, AskedLine(1, "too_small", order_line=2)))[0].code == "not_enough_left"
    assert opened(company, ask(company, order, AskedLine(2, "too_small", order_line=1)))[0].facts["state"]


@pytest.mark.parametrize("quantity", [6, 50, 1_000_000])
def test_more_than_was_shipped_is_refused(ctx, company, quantity):
    order = company.sell()
    refused = opened(company, ask(company, order, AskedLine(quantity, "too_small", sku=company.sku())))[0]
    assert (refused.code, refused.facts["left"], refused.facts["shipped"]) == ("not_enough_left", 5, 5)
    assert counters(order) == [(0, 0)]


@pytest.mark.parametrize("quantity", [0, -1, 0.5, 1.0, True, "1", None, 1_000_001])
def test_pieces_are_whole_positive_and_not_absurd(ctx, company, quantity):
    refused = opened(company, ask(company, company.sell(), AskedLine(quantity, "too_small", sku=company.sku())))[0]
    assert (refused.code, refused.kind) == ("quantity_invalid", "invalid")


def test_the_same_sku_twice_in_one_request_counts_twice(ctx, company):
    order = company.sell()
    line = AskedLine(3, "too_small", sku=company.sku())
    assert opened(company, ask(company, order, line, line))[0].code == "not_enough_left"
    assert counters(order) == [(0, 0)]


def test_what_does_not_exist_is_not_found(ctx, company):
    order = company.sell()
    codes = [
        opened(company, OpenRma("nowhere", "r", [AskedLine(1, "too_small", sku="x")], order))[0].code,
        opened(company, ask(company, "no such order"))[0].code,
        opened(company, ask(company, order, AskedLine(1, "too_small", sku="never sold")))[0].code,
        opened(company, ask(company, "", AskedLine(1, "too_small", sku="no such item")))[0].code,
        opened(company, OpenRma(company.channel(), "empty", [], order))[0].code,
    ]
    assert codes == ["channel_not_found", "order_not_found", "not_shipped", "item_not_found", "no_lines"]


def test_words_that_mean_nothing_are_refused(ctx, company):
    order = company.sell()
    gift = AskedLine(1, "too_small", sku=company.sku(), resolution="gift")
    late = SOLD + timedelta(days=400)
    codes = [
        opened(company, ask(company, order, gift))[0].code,
        opened(company, OpenRma(company.channel(), " ", [AskedLine(1, "too_small", sku=company.sku())], order))[0].code,
        opened(company, ask(company, order, at=late, override="because Mrs. Somebody asked"))[0].code,
    ]
    assert codes == ["resolution_unknown", "reference_missing", "reason_missing"]
    assert counters(order) == [(0, 0)]


def test_the_same_request_again_answers_the_same(ctx, company):
    order = company.sell()
    item = ask(company, order, ref=f"again-{order}")
    first, again = opened(company, item)[0], opened(company, item)[0]
    assert (first.replayed, again.replayed) == (False, True)
    assert first.facts["rma"] == again.facts["rma"]
    assert counters(order) == [(5, 0)]


def test_the_same_reference_with_other_content_is_refused(ctx, company):
    order = company.sell()
    opened(company, ask(company, order, AskedLine(1, "too_small", sku=company.sku()), ref=f"reuse-{order}"))
    again = ask(company, order, AskedLine(2, "too_small", sku=company.sku()), ref=f"reuse-{order}")
    assert (opened(company, again)[0].code, opened(company, again)[0].kind) == ("identity_reused", "conflict")


def test_a_transport_key_answers_word_for_word_and_takes_no_other_content(ctx, company):
    order = company.sell()
    item = ask(company, order)
    first = open_rmas(ctx(key=f"key-{order}"), items=[item])
    assert open_rmas(ctx(key=f"key-{order}"), items=[item]) == first
    with pytest.raises(KeyConflict):
        open_rmas(ctx(key=f"key-{order}"), items=[ask(company, order)])


def test_policy_says_no_and_the_no_is_on_record(ctx, company):
    order = company.sell()
    done = opened(company, ask(company, order, at=SOLD + timedelta(days=400)))[0]
    assert done.facts["state"] == "declined"
    assert done.facts["lines"][0]["answer"] == "no"
    assert done.facts["lines"][0]["why"]
    assert counters(order) == [(0, 0)]
    assert not db.rows("SELECT 1 FROM returns_milestone WHERE rma_line_id = %s", [line_of(done.facts["rma"]).id])


def test_staff_may_decide_against_policy_with_a_reason_and_it_shows(ctx, company):
    order = company.sell()
    late = SOLD + timedelta(days=400)
    refused = open_rmas(ctx("returns.open"), items=[ask(company, order, at=late, override="goodwill")])
    assert refused.results[0].code == "override_not_allowed"
    done = opened(company, ask(company, order, at=late, override="goodwill"))[0]
    assert done.facts["state"] == "authorised"
    decision = row("policies_decision", id=line_of(done.facts["rma"]).eligibility_decision_id)
    assert (decision.override_reason, decision.overridden_by, decision.outcome["answer"]) == (
        "goodwill",
        "user:1",
        "no",
    )


def test_a_word_nobody_mapped_waits_for_a_person_and_keeps_its_pieces(ctx, company):
    order = company.sell()
    done = opened(company, ask(company, order, AskedLine(5, "wrong vibe", sku=company.sku())))[0]
    assert done.facts["state"] == "requested"
    assert opened(company, ask(company, order))[0].code == "not_enough_left"
    case = row("workqueue_case", subject_id=done.facts["rma_id"])
    assert (case.kind, case.money_at_risk_minor, case.currency) == ("unmapped_code", 12000, "GBP")


def test_small_faults_are_returnless(ctx, company):
    order = company.sell([("cheap", 1, 500, 100)])
    done = opened(company, ask(company, order, AskedLine(1, "defective", sku=company.sku("cheap"))))[0]
    assert done.facts["lines"][0]["returnless"]


def test_a_blind_return_has_no_shipment_line(ctx, company):
    done = opened(company, ask(company, "", AskedLine(1, "defective", sku=company.sku())))[0]
    line = line_of(done.facts["rma"])
    assert (line.shipment_line_id, line.method, line.milestone) == (None, "store_credit", "inspected")


def test_a_country_without_a_code_is_unknown_to_policy(ctx, company, owner):
    order = company.sell()
    owner.execute("UPDATE orders_order SET country = 'Channel Islands' WHERE number = %s", [order])
    line = opened(company, ask(company, order))[0].facts["lines"][0]
    facts = row("policies_decision", subject_id=line["line_id"], kind="eligibility").facts
    assert "country" not in facts
    assert facts["zone"] == "unknown"


@pytest.mark.parametrize("simulated", [True, False])
def test_what_a_rule_made_is_marked(ctx, company, simulated):
    blind = replace(ask(company, "", AskedLine(1, "defective", sku=company.sku())), simulated=simulated)
    done = opened(company, blind)[0]
    assert row("returns_rma", id=done.facts["rma_id"]).simulated is simulated


def test_it_takes_the_permission_and_a_bounded_batch(ctx, company):
    with pytest.raises(PermissionDenied):
        open_rmas(ctx("returns.view"), items=[ask(company)])
    for count in (0, 10_001):
        with pytest.raises(BatchTooLarge):
            open_rmas(ctx(), items=[ask(company)] * count)


def test_a_batch_gives_what_singles_give(ctx, company):
    def asked(order, tag):
        def three(n):
            return ask(company, order, AskedLine(3, "too_small", sku=company.sku()), ref=f"{tag}{n}-{order}")

        return [three(1), three(2), three(1), ask(company, order, AskedLine(2, "too_small", sku=company.sku()))]

    def shape(results):
        return [(getattr(r, "code", "done"), getattr(r, "replayed", False)) for r in results]

    together = opened(company, *asked(company.sell(), "b"))
    order = company.sell()
    alone = [opened(company, item)[0] for item in asked(order, "s")]
    assert shape(together) == shape(alone)
    assert shape(together) == [("done", False), ("not_enough_left", False), ("done", True), ("done", False)]


def test_one_bad_item_does_not_poison_the_batch(ctx, company):
    order = company.sell()
    results = opened(
        company,
        ask(company, "no such order"),
        ask(company, order, AskedLine(2, "too_small", sku=company.sku())),
        ask(company, order, AskedLine(-1, "too_small", sku=company.sku())),
        ask(company, order, AskedLine(3, "too_small", sku=company.sku())),
    )
    assert [isinstance(r, Done) for r in results] == [False, True, False, True]
    assert counters(order) == [(5, 0)]


def test_a_call_repeated_as_two_halves_changes_nothing(ctx, company):
    order = company.sell([("tee", 20, 2000, 400)])
    items = [ask(company, order, AskedLine(1, "too_small", sku=company.sku()), ref=f"h{n}-{order}") for n in range(20)]
    first = opened(company, *items)
    halves = opened(company, *items[:10]) + opened(company, *items[10:])
    assert [r.facts["rma"] for r in first] == [r.facts["rma"] for r in halves]
    assert counters(order) == [(20, 0)]


def test_statements_do_not_grow_with_the_batch(ctx, company):
    one, many = company.sell(), [company.sell([("tee", 1, 2000, 400)]) for _ in range(40)]
    opened(company, ask(company, company.sell()))
    with db.counting() as few:
        opened(company, ask(company, one))
    with db.counting() as lots:
        items = [ask(company, order, AskedLine(1, "too_small", sku=company.sku())) for order in many]
        assert all(isinstance(r, Done) for r in opened(company, *items))
    assert len(few) == len(lots) <= 10


def test_an_item_whose_family_is_no_code_is_decided_like_one_without_a_family(ctx, company, owner):
    owner.execute("UPDATE catalog_item SET family = 'Home & Garden' WHERE id = %s", [company.items["mug"]])
    order = company.sell([("mug", 1, 900, 180), ("tee", 1, 2000, 400)])
    asked = [
        OpenRma(company.channel(), f"odd-{name}", (AskedLine(1, "too_small", sku=company.sku(name)),), order, ASKED)
        for name in ("mug", "tee")
    ]
    batch = open_rmas(ctx(), items=asked)
    assert [done.facts["state"] for done in batch.done] == ["authorised", "authorised"]
