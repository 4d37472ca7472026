"""How every state looks and reads: one row a state, so that no screen invents a word or a colour.

Tones: plain (nothing to do), move (on its way), wait (somebody must act), good (done well), stop (ended
badly or refused), hold (set apart).
"""

from dataclasses import dataclass
from typing import Final

from counterflow.ledger.chart import State
from counterflow.logistics.states import Parcel
from counterflow.receiving.states import Found, Unit
from counterflow.refunds.states import Payout
from counterflow.returns.states import Reached, Resolution, Rma
from counterflow.workqueue.states import State as Case


@dataclass(frozen=True)
class Badge:
    """The word and the tone of a state."""

    label: str
    tone: str


PLAIN, MOVE, WAIT, GOOD, STOP, HOLD = "plain", "move", "wait", "good", "stop", "hold"

BADGES: Final[dict[str, dict[str, Badge]]] = {
    "rma": {
        Rma.REQUESTED: Badge("Waits for a decision", WAIT),
        Rma.AUTHORISED: Badge("Authorised", MOVE),
        Rma.DECLINED: Badge("Declined", STOP),
        Rma.CANCELLED: Badge("Cancelled", PLAIN),
        Rma.CLOSED: Badge("Closed", GOOD),
    },
    "parcel": {
        Parcel.ANNOUNCED: Badge("Announced", PLAIN),
        Parcel.ACCEPTED: Badge("Handed to carrier", MOVE),
        Parcel.IN_TRANSIT: Badge("On its way", MOVE),
        Parcel.DELIVERED: Badge("Delivered", WAIT),
        Parcel.LOST: Badge("Lost", STOP),
        Parcel.RETURNED: Badge("Returned to sender", STOP),
        Parcel.CANCELLED: Badge("Cancelled", PLAIN),
        Parcel.EMPTIED: Badge("Unpacked", GOOD),
    },
    "unit": {
        Unit.RECEIVED: Badge("Received", WAIT),
        Unit.INSPECTED: Badge("Inspected", WAIT),
        Unit.SET_APART: Badge("Set apart", HOLD),
        Unit.DISPOSED: Badge("Disposed", GOOD),
        Unit.SENT_BACK: Badge("Sent back", PLAIN),
        Unit.SPLIT: Badge("Split", PLAIN),
        Unit.REVERSED: Badge("Receipt reversed", STOP),
    },
    "found": {
        Found.EXPECTED: Badge("As expected", GOOD),
        Found.EXCESS: Badge("More than expected", WAIT),
        Found.WRONG_ITEM: Badge("Wrong item", STOP),
        Found.BLIND: Badge("Not announced", WAIT),
        Found.UNIDENTIFIED: Badge("Unidentified", HOLD),
    },
    "payout": {
        Payout.REQUESTED: Badge("Payout requested", MOVE),
        Payout.IN_DOUBT: Badge("In doubt", WAIT),
        Payout.PAID: Badge("Paid", GOOD),
        Payout.FAILED: Badge("Failed", STOP),
    },
    "milestone": {
        Reached.AUTHORISED: Badge("Authorised", MOVE),
        Reached.CARRIER_SCAN: Badge("Scanned by carrier", MOVE),
        Reached.RECEIVED: Badge("Received", MOVE),
        Reached.PASSED: Badge("Passed inspection", GOOD),
        Reached.FAILED: Badge("Failed inspection", STOP),
        Reached.LOST: Badge("Lost", STOP),
        Reached.CANCELLED: Badge("Cancelled", PLAIN),
        Reached.APPROVED: Badge("Approved", GOOD),
    },
    "resolution": {
        Resolution.REFUND: Badge("Refund", PLAIN),
        Resolution.STORE_CREDIT: Badge("Store credit", PLAIN),
        Resolution.REPLACEMENT: Badge("Replacement", PLAIN),
        Resolution.EXCHANGE: Badge("Exchange", PLAIN),
        Resolution.REPAIR: Badge("Repair", PLAIN),
    },
    "stock": {
        State.CUSTOMER: Badge("With customer", PLAIN),
        State.IN_TRANSIT: Badge("In transit", MOVE),
        State.RECEIVED: Badge("Received", WAIT),
        State.QUARANTINE: Badge("Quarantine", HOLD),
        State.INSPECTION: Badge("Inspection", WAIT),
        State.REFURBISHABLE: Badge("Refurbishable", WAIT),
        State.IN_REFURBISHMENT: Badge("In refurbishment", MOVE),
        State.AVAILABLE: Badge("Available", GOOD),
        State.TO_SUPPLIER: Badge("To supplier", WAIT),
        State.AT_SUPPLIER: Badge("At supplier", MOVE),
        State.SECONDARY: Badge("Secondary channel", HOLD),
        State.TO_CUSTOMER: Badge("Goes back to customer", MOVE),
        State.TRANSFER: Badge("Between nodes", MOVE),
        State.SCRAPPED: Badge("Scrapped", STOP),
        State.LOST: Badge("Lost", STOP),
        State.SUPPLIER: Badge("Supplier's again", PLAIN),
        State.OPENING: Badge("Opening", PLAIN),
        State.HANDED_OVER: Badge("Handed over", PLAIN),
        State.UNEXPLAINED: Badge("Unexplained", STOP),
        State.TRANSFORMATION: Badge("Transformation", PLAIN),
    },
    "case": {
        Case.OPEN: Badge("Open", WAIT),
        Case.CLOSED: Badge("Closed", PLAIN),
    },
    "urgency": {
        "critical": Badge("Critical", STOP),
        "high": Badge("High", WAIT),
        "normal": Badge("Normal", PLAIN),
        "low": Badge("Low", PLAIN),
    },
    "account": {
        "active": Badge("Active", GOOD),
        "off": Badge("Switched off", STOP),
        "in_force": Badge("In force", GOOD),
        "expired": Badge("Expired", PLAIN),
        "revoked": Badge("Revoked", STOP),
    },
    "tie_out": {
        "ties": Badge("Ties", GOOD),
        "differs": Badge("Differs", STOP),
    },
}


def badge(kind: str, state: str) -> Badge:
    """The badge of a state; a state without a row is a defect that a test finds, and shows as its own word."""
    return BADGES[kind].get(state) or Badge(state.replace("_", " "), PLAIN)
