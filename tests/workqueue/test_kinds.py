"""Every kind of case has a queue, an owner that exists, and words."""

import pytest

from counterflow.access.roles import ROLES
from counterflow.kernel.states import MoveNotAllowed
from counterflow.workqueue.guides import ACTIONS, COMMON, GUIDES, SETTLED
from counterflow.workqueue.kinds import KINDS, QUEUES, Severity, outcome_meaning, outcomes_of
from counterflow.workqueue.states import CASE, State

NEEDED = (
    "unmapped_code unidentified_parcel short over wrong_item dispute break refund_in_doubt exposure negative_fact"
    " approval_needed chargeback lost_then_found late_shipment fraud_review sla_breach webhook_failed stuck_return"
)


def test_the_kinds_that_a_return_needs_are_there() -> None:
    assert set(NEEDED.split()) <= set(KINDS)


def test_owners_exist_and_may_work_cases() -> None:
    for kind in KINDS.values():
        assert "workqueue.work" in ROLES[kind.owner_role].permissions, kind.code
        assert kind.queue in QUEUES
        assert kind.meaning


def test_where_money_has_left_it_is_critical() -> None:
    assert {KINDS[code].severity for code in ("exposure", "chargeback", "refund_in_doubt")} == {Severity.CRITICAL}


def test_every_kind_says_what_to_do_what_helps_and_how_it_ends() -> None:
    assert set(GUIDES) == set(KINDS)
    for kind in KINDS.values():
        assert kind.guide.actions, kind.code
        assert kind.guide.evidence, kind.code
        assert kind.guide.outcomes, kind.code
        codes = [outcome.code for outcome in kind.outcomes]
        assert len(codes) == len(set(codes)), kind.code
        assert {outcome.code for outcome in COMMON} <= set(codes), kind.code
    assert {action for guide in GUIDES.values() for action in guide.actions} == set(ACTIONS)


def test_outcomes_are_worded_whoever_closed_the_case() -> None:
    assert outcome_meaning("short", "found") == "The missing pieces turned up"
    assert outcome_meaning("short", SETTLED[0].code) == "Closed into another case"
    assert outcome_meaning("gone", "old_word") == "Old word"
    assert outcomes_of("gone") == COMMON


def test_a_closed_case_can_only_be_opened_again() -> None:
    assert CASE.actions(State.CLOSED) == ["reopen"]
    with pytest.raises(MoveNotAllowed):
        CASE.move("close", State.CLOSED)
