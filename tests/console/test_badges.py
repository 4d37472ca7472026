"""Every state of every machine and of the chart has its word and tone."""

import pytest

from counterflow.console.badges import BADGES
from counterflow.ledger.chart import State
from counterflow.logistics.states import PARCEL
from counterflow.receiving.states import UNIT, Found
from counterflow.reconciliation.states import BREAK, Kind
from counterflow.refunds.states import PAYOUT
from counterflow.returns.states import RMA, Reached, Resolution
from counterflow.workqueue.kinds import Severity
from counterflow.workqueue.states import CASE

SOURCES = {
    "rma": RMA.states,
    "parcel": PARCEL.states,
    "unit": UNIT.states,
    "payout": PAYOUT.states,
    "found": set(Found),
    "milestone": set(Reached),
    "resolution": set(Resolution),
    "stock": set(State),
    "case": CASE.states | {"snoozed"},
    "break": BREAK.states,
    "break_kind": set(Kind),
    "urgency": {severity.name.lower() for severity in Severity},
}


@pytest.mark.parametrize("kind", list(SOURCES))
def test_every_state_has_a_badge(kind):
    assert set(BADGES[kind]) == set(SOURCES[kind])


def test_tones_are_known():
    tones = {badge.tone for rows in BADGES.values() for badge in rows.values()}
    assert tones <= {"plain", "move", "wait", "good", "stop", "hold"}
