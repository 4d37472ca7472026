"""What to do next about a case leads to pages that are there, with the case's object, as far as one may go."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from counterflow.console.case_actions import about, next_actions
from counterflow.workqueue.kinds import KINDS
from counterflow.workqueue.queries import CaseRow

AT = datetime(2026, 6, 1, tzinfo=UTC)
EVERYTHING = {"rma": "RMA-1", "order": "A 7", "lpn": "LPN-1", "tracking": "1ZX", "sku": "TEE"}


def case(kind, subject_kind="unit", **facts):
    told = KINDS[kind]
    return CaseRow(
        id=1,
        kind=kind,
        queue=told.queue,
        owner_role=told.owner_role,
        severity=int(told.severity),
        state="open",
        subject_kind=subject_kind,
        subject_id=9,
        entity_id=None,
        money_at_risk_minor=None,
        currency=None,
        facts=facts,
        opened_at=AT,
        due_at=None,
        assignee=None,
        outcome=None,
        closed_at=None,
        closed_by=None,
        rank_at=AT,
        snoozed_until=None,
        snooze_reason=None,
        merged_into=None,
    )


def led(row, may=lambda permission: True, **more):
    return {action.words: action.href for action in next_actions(row, about(row, **more), may)}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_leads_somewhere(kind):
    subject = "statement" if kind == "break" else "unit"
    assert led(case(kind, subject, **EVERYTHING), channel="shop"), kind


def test_the_object_of_the_case_is_in_the_address():
    found = led(case("wrong_item", **EVERYTHING))
    assert found["Find out whose goods these are"] == reverse("unidentified_unit", args=["LPN-1"])
    assert found["Look at the return"] == reverse("return", args=["RMA-1"])
    assert led(case("break", "statement"))["Look at the statement and its differences"] == "/reconciliation/9"
    assert led(case("late_shipment", order="A 7"))["Look at the order"] == "/find?q=A+7"
    known = led(case("late_shipment", order="A 7"), channel="shop")
    assert known["Look at the order"] == reverse("order", args=["shop", "A 7"])
    assert led(case("break", "statement", skus=["TEE", "MUG"]))["Look at the item's stock"] == reverse(
        "stock_item", args=["TEE"]
    )


def test_what_is_unknown_or_not_allowed_is_left_out():
    assert "Look at the return" not in led(case("dispute"))
    assert led(case("dispute", **EVERYTHING), may=lambda permission: False) == {}
    assert led(case("refund_in_doubt", "money_fact"), rma="RMA-7")["Look at credits and payouts"] == "/returns/RMA-7"
