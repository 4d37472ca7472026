"""How every state looks and reads: one row a state, so that no screen invents a word or a colour.

Tones: plain (nothing to do), move (on its way), wait (somebody must act), good (done well), stop (ended
badly or refused), hold (set apart).
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Badge:
    """The word and the tone of a state."""

    label: str
    tone: str


PLAIN, MOVE, WAIT, GOOD, STOP, HOLD = "plain", "move", "wait", "good", "stop", "hold"

BADGES: Final[dict[str, dict[str, Badge]]] = {
    "rma": {
        "requested": Badge("Waits for a decision", WAIT),
        "authorised": Badge("Authorised", MOVE),
        "declined": Badge("Declined", STOP),
        "cancelled": Badge("Cancelled", PLAIN),
        "closed": Badge("Closed", GOOD),
    },
    "parcel": {
        "announced": Badge("Announced", PLAIN),
        "accepted": Badge("Handed to carrier", MOVE),
        "in_transit": Badge("On its way", MOVE),
        "delivered": Badge("Delivered", WAIT),
        "lost": Badge("Lost", STOP),
        "returned_to_sender": Badge("Returned to sender", STOP),
        "emptied": Badge("Unpacked", GOOD),
    },
    "unit": {
        "received": Badge("Received", WAIT),
        "inspected": Badge("Inspected", WAIT),
        "set_apart": Badge("Set apart", HOLD),
        "released": Badge("Released to the bench", WAIT),
        "disposed": Badge("Disposed", GOOD),
        "sent_back": Badge("Sent back", PLAIN),
        "reversed": Badge("Receipt reversed", STOP),
    },
    "found": {
        "expected": Badge("As expected", GOOD),
        "excess": Badge("More than expected", WAIT),
        "wrong_item": Badge("Wrong item", STOP),
        "blind": Badge("Not announced", WAIT),
        "unidentified": Badge("Unidentified", HOLD),
    },
    "payout": {
        "requested": Badge("Payout requested", MOVE),
        "in_doubt": Badge("In doubt", WAIT),
        "paid": Badge("Paid", GOOD),
        "failed": Badge("Failed", STOP),
    },
    "credit": {
        "owed": Badge("Owed", WAIT),
        "promised": Badge("Payout under way", MOVE),
        "partly_paid": Badge("Partly paid", MOVE),
        "paid": Badge("Paid", GOOD),
    },
    "policy": {
        "draft": Badge("Draft", PLAIN),
        "in_review": Badge("In review", WAIT),
        "approved": Badge("Agreed to", MOVE),
        "planned": Badge("Planned", MOVE),
        "in_force": Badge("In force", GOOD),
        "active": Badge("In force", GOOD),
        "retired": Badge("Retired", PLAIN),
        "withdrawn": Badge("Withdrawn", STOP),
    },
    "shadow": {
        "asked": Badge("Decides silently", MOVE),
        "ended": Badge("Ended", PLAIN),
        "set_aside": Badge("Set aside", PLAIN),
    },
    "backtest": {
        "waiting": Badge("Waiting", PLAIN),
        "running": Badge("Running", MOVE),
        "done": Badge("Done", GOOD),
        "failed": Badge("Failed", STOP),
        "cancelled": Badge("Cancelled", STOP),
    },
    "break": {
        "open": Badge("Open", WAIT),
        "explained": Badge("Explained", PLAIN),
        "settled": Badge("Settled", GOOD),
    },
    "break_kind": {
        "missing": Badge("Missing", STOP),
        "over": Badge("Over", WAIT),
        "wrong_state": Badge("Wrong state", HOLD),
        "unknown_sku": Badge("Unknown SKU", STOP),
        "unknown_state": Badge("Unknown state", HOLD),
        "unclear": Badge("Could not be read", WAIT),
        "timing": Badge("Goods in motion", PLAIN),
    },
    "count": {
        "open": Badge("Being counted", WAIT),
        "compared": Badge("Compared", MOVE),
        "closed": Badge("Closed", GOOD),
        "cancelled": Badge("Cancelled", PLAIN),
    },
    "count_line": {
        "due": Badge("To be counted", WAIT),
        "counted": Badge("Counted", MOVE),
        "recount": Badge("Count again", HOLD),
        "agreed": Badge("Agrees", GOOD),
        "differs": Badge("Differs", STOP),
        "skipped": Badge("Left out", PLAIN),
    },
    "milestone": {
        "authorised": Badge("Authorised", MOVE),
        "carrier_scan": Badge("Scanned by carrier", MOVE),
        "received": Badge("Received", MOVE),
        "inspection_passed": Badge("Passed inspection", GOOD),
        "inspection_failed": Badge("Failed inspection", STOP),
        "lost": Badge("Lost", STOP),
        "cancelled": Badge("Cancelled", PLAIN),
        "approved": Badge("Approved", GOOD),
    },
    "method": {
        "store_credit": Badge("Store credit", PLAIN),
        "replacement": Badge("Met by goods", PLAIN),
    },
    "goods": {
        "ordered": Badge("Ordered", MOVE),
        "shipped": Badge("Left for the customer", GOOD),
        "cancelled": Badge("Cancelled", PLAIN),
    },
    "message": {
        "queued": Badge("Waits to be sent", MOVE),
        "sent": Badge("Sent", GOOD),
        "failed": Badge("Could not be sent", STOP),
    },
    "answer": {
        "yes": Badge("Yes", GOOD),
        "ask": Badge("A person decides", WAIT),
        "no": Badge("No", STOP),
    },
    "resolution": {
        "refund": Badge("Refund", PLAIN),
        "store_credit": Badge("Store credit", PLAIN),
        "replacement": Badge("Replacement", PLAIN),
        "exchange": Badge("Exchange", PLAIN),
        "repair": Badge("Repair", PLAIN),
    },
    "stock": {
        "customer": Badge("With customer", PLAIN),
        "in_transit_return": Badge("In transit", MOVE),
        "received": Badge("Received", WAIT),
        "quarantine": Badge("Quarantine", HOLD),
        "inspection": Badge("Inspection", WAIT),
        "refurbishable": Badge("Refurbishable", WAIT),
        "in_refurbishment": Badge("In refurbishment", MOVE),
        "available": Badge("Available", GOOD),
        "to_supplier": Badge("To supplier", WAIT),
        "at_supplier": Badge("At supplier", MOVE),
        "secondary_channel": Badge("Secondary channel", HOLD),
        "return_to_customer": Badge("Goes back to customer", MOVE),
        "transfer_in_transit": Badge("Between nodes", MOVE),
        "scrapped": Badge("Scrapped", STOP),
        "lost": Badge("Lost", STOP),
        "supplier": Badge("Supplier's again", PLAIN),
        "sold_on": Badge("Sold on", PLAIN),
        "opening": Badge("Opening", PLAIN),
        "handed_over": Badge("Handed over", PLAIN),
        "unexplained": Badge("Unexplained", STOP),
        "transformation": Badge("Transformation", PLAIN),
    },
    "review": {
        "none": Badge("Not reviewed", PLAIN),
        "open": Badge("Review open", WAIT),
        "confirmed": Badge("Confirmed", STOP),
        "cleared": Badge("Cleared", GOOD),
    },
    "signal": {
        "serial_mismatch": Badge("Other serial number", WAIT),
        "empty_box": Badge("Empty parcel", WAIT),
        "claim_after_delivery": Badge("Claim after delivery", WAIT),
    },
    "case": {
        "open": Badge("Open", WAIT),
        "snoozed": Badge("Put off", HOLD),
        "closed": Badge("Closed", PLAIN),
    },
    "clock": {
        "running": Badge("Runs", MOVE),
        "warned": Badge("Due soon", WAIT),
        "late": Badge("Late", STOP),
        "paused": Badge("Waits for the customer", HOLD),
        "in_time": Badge("In time", GOOD),
        "ended_late": Badge("Ended late", STOP),
        "withdrawn": Badge("Taken back", PLAIN),
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
    "refurbishment": {
        "open": Badge("In work", MOVE),
        "finished": Badge("Finished", GOOD),
        "cancelled": Badge("Cancelled", PLAIN),
    },
    "load": {
        "open": Badge("Open", WAIT),
        "closed": Badge("Closed", MOVE),
        "sold": Badge("Sold", MOVE),
        "shipped": Badge("Shipped", GOOD),
        "cancelled": Badge("Cancelled", PLAIN),
    },
    "use": {
        "active": Badge("In use", GOOD),
        "off": Badge("Switched off", PLAIN),
    },
    "intake": {
        "previewed": Badge("Waits to be confirmed", WAIT),
        "taken": Badge("Taken over", GOOD),
        "dropped": Badge("Dropped", PLAIN),
    },
    "request": {
        "waiting": Badge("Waits for agreement", WAIT),
        "done": Badge("Agreed and done", GOOD),
        "refused": Badge("Refused", STOP),
        "withdrawn": Badge("Withdrawn", PLAIN),
        "expired": Badge("Nobody agreed in time", PLAIN),
        "overtaken": Badge("Overtaken by change", HOLD),
    },
    "verdict": {
        "agree": Badge("Agreed", GOOD),
        "refuse": Badge("Refused", STOP),
    },
    "delegation": {
        "in_force": Badge("Counts now", GOOD),
        "planned": Badge("Still to come", MOVE),
        "over": Badge("Over", PLAIN),
    },
    "tie_out": {
        "ties": Badge("Ties", GOOD),
        "differs": Badge("Differs", STOP),
    },
}


def badge(kind: str, state: str) -> Badge:
    """The badge of a state; a state without a row is a defect that a test finds, and shows as its own word."""
    return BADGES[kind].get(state) or Badge(state.replace("_", " "), PLAIN)
