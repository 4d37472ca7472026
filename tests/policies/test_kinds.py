"""Routing, inspection plans, approvals, service levels and fraud signals, decided by the shipped tables alone."""

import pytest

from counterflow.policies import queries
from counterflow.policies.examples import read_examples, tried
from counterflow.policies.facts import Kind
from counterflow.policies.tables import shipped

APPROVALS = [
    ("refund_early", 5_000, {}, 0, None),
    ("refund_early", 5_001, {}, 1, "finance"),
    ("refund_early", 50_001, {}, 2, "finance"),
    ("refund_early", 100, {"fraud_score": 60}, 1, "finance"),
    ("refund_early", 60_000, {"fraud_score": 60}, 2, "finance"),
    ("refund_early", 100, {"total_minor": 5_000}, 0, None),
    ("refund_early", 100, {"total_minor": 5_001}, 1, "finance"),
    ("refund_early", 100, {"total_minor": 50_001}, 2, "finance"),
    ("goodwill", 2_000, {"total_minor": 2_000}, 0, None),
    ("goodwill", 100, {"total_minor": 2_001}, 1, "finance"),
    ("goodwill", 2_000, {}, 0, None),
    ("goodwill", 2_001, {}, 1, "finance"),
    ("disposition", 20_001, {}, 1, "inventory_controller"),
    ("adjustment", 10_000, {}, 0, None),
    ("adjustment", 100_001, {}, 2, "inventory_controller"),
    ("write_off", 1, {}, 1, "finance"),
    ("policy_activation", 0, {"policy_kind": "disposition"}, 1, None),
    ("policy_activation", 0, {"policy_kind": "refund"}, 2, "finance"),
    ("policy_end", 0, {"policy_kind": "disposition"}, 1, None),
    ("policy_end", 0, {"policy_kind": "approval"}, 2, "finance"),
]
LEVELS = [
    ({"stage": "case", "severity": "critical"}, 4, True),
    ({"stage": "case", "severity": "normal"}, 24, False),
    ({"stage": "received"}, 24, False),
    ({"stage": "received", "customer_segment": "vip"}, 8, False),
    ({"stage": "credit_due", "zone": "eea"}, 72, True),
    ({"stage": "credit_due", "zone": "us"}, 24, False),
    ({"stage": "label"}, 336, True),
]
GOOD = {
    "channel_kind": "own_shop",
    "value_minor": 4_000,
    "orders_365": 12,
    "returns_365": 2,
    "return_rate_bp": 1_500,
    "returned_minor": 8_000,
    "linked_accounts": 0,
    "linked_return_rate_bp": 0,
    "serial_mismatches": 0,
    "empty_boxes": 0,
    "claims_after_delivery": 0,
    "first_order": False,
}


@pytest.mark.parametrize(("act", "value", "more", "approvers", "role"), APPROVALS)
def test_who_has_to_agree(ask, act, value, more, approvers, role):
    row = ask("approval", act=act, value_minor=value, **more)
    assert (row.then["approvers"], row.then["role"]) == (approvers, role)


@pytest.mark.parametrize(("waiting", "hours", "around_the_clock"), LEVELS)
def test_how_long_it_may_take(ask, waiting, hours, around_the_clock):
    row = ask("sla", **waiting)
    assert (row.then["due_hours"], row.then["around_the_clock"]) == (hours, around_the_clock)


def test_where_it_goes_and_who_pays(ask):
    assert ask("routing").then["label"] == "customer_pays"
    assert ask("routing", reason_code="defective").then["label"] == "prepaid"
    assert ask("routing", hazardous=True, reason_code="defective").then["label"] == "none"
    assert ask("routing", blind=True).then["to"] == "nearest"


def test_who_is_looked_at_twice(ask):
    assert not ask("inspection_plan").then["second_look"]
    assert ask("inspection_plan", fraud_score=60).then["second_look"]
    assert ask("inspection_plan", found="wrong_item").then["code"] == "wrong_item"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("changed", "points", "reasons"),
    [
        ({}, 0, []),
        ({"first_order": True, "value_minor": 50_000}, 20, ["dear-first"]),
        ({"return_rate_bp": 9_500, "returns_365": 12}, 40, ["high-rate", "very-high-rate"]),
        ({"return_rate_bp": 9_500, "returns_365": 2}, 0, []),
        ({"serial_mismatches": 2, "empty_boxes": 2, "linked_accounts": 3}, 100, None),
    ],
)
def test_signals_add_up_to_a_score_with_reasons(at, changed, points, reasons):
    (score,) = queries.add_up("fraud", [{**GOOD, **changed}], at=at)
    assert score.points == points
    if reasons is not None:
        assert [row.id for row in score.rows] == reasons


def test_an_example_of_a_table_that_adds_up_is_about_the_sum():
    given = {**GOOD, "serial_mismatches": 2}
    (good, bad) = tried(
        shipped(Kind.FRAUD),
        read_examples(
            "fraud",
            [
                {"name": "twice another serial", "facts": given, "then": {"points": 60}},
                {"name": "nothing", "facts": GOOD, "then": {"points": 10}},
            ],
        ),
    )
    assert good.holds
    assert good.row == "serial + serials"
    assert bad.reason == "row none says: points is 0, not 10"


def test_christmas_for_the_best_customers(ask):
    vip = {"customer_segment": "vip", "order_age_days": 95, "reason_code": None}
    assert ask("eligibility", sold_mmdd=1215, **vip).then["code"] == "vip_christmas"
    assert ask("eligibility", sold_mmdd=915, **vip).then["answer"] == "no"
    assert ask("eligibility", sold_mmdd=1215, **{**vip, "customer_segment": "consumer"}).then["answer"] == "no"
