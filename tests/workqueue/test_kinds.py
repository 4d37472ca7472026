"""Every kind of case has a queue, an owner that exists, and words."""

import pytest

from counterflow.access.roles import ROLES
from counterflow.kernel.states import MoveNotAllowed
from counterflow.workqueue.kinds import KINDS, QUEUES, Severity
from counterflow.workqueue.states import CASE, State

NEEDED = (
    "unmapped_code unidentified_parcel short over wrong_item dispute break refund_in_doubt exposure negative_fact"
    " approval_needed chargeback lost_then_found late_shipment"
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


def test_a_closed_case_stays_closed() -> None:
    assert CASE.actions(State.CLOSED) == []
    with pytest.raises(MoveNotAllowed):
        CASE.move("close", State.CLOSED)
