"""The life of an RMA: permission, and nothing else. Where goods and money are is told elsewhere."""

from enum import StrEnum

from counterflow.kernel.states import Machine


class Rma(StrEnum):
    """States of an RMA."""

    REQUESTED = "requested"
    AUTHORISED = "authorised"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    CLOSED = "closed"


RMA = Machine(
    "RMA",
    start={Rma.REQUESTED, Rma.AUTHORISED, Rma.DECLINED},
    final={Rma.DECLINED, Rma.CANCELLED, Rma.CLOSED},
    moves=[
        # action      from             to
        ("approve", Rma.REQUESTED, Rma.AUTHORISED),
        ("decline", Rma.REQUESTED, Rma.DECLINED),
        ("cancel", Rma.REQUESTED, Rma.CANCELLED),
        ("cancel", Rma.AUTHORISED, Rma.CANCELLED),
        ("close", Rma.AUTHORISED, Rma.CLOSED),
        ("reopen", Rma.CLOSED, Rma.AUTHORISED),
    ],
)


class Reached(StrEnum):
    """Milestones of an RMA line. Rows carry quantities; taking one back is a row with a negative quantity."""

    AUTHORISED = "authorised"
    CARRIER_SCAN = "carrier_scan"
    RECEIVED = "received"
    PASSED = "inspection_passed"
    FAILED = "inspection_failed"
    LOST = "lost"
    CANCELLED = "cancelled"
    APPROVED = "approved"


class Resolution(StrEnum):
    """What the customer asked for."""

    REFUND = "refund"
    STORE_CREDIT = "store_credit"
    REPLACEMENT = "replacement"
    EXCHANGE = "exchange"
    REPAIR = "repair"


GOODS = frozenset({Resolution.REPLACEMENT, Resolution.EXCHANGE})
"""Resolutions whose credit is met by goods."""

SERIAL_MISMATCH, EMPTY_BOX, CLAIM_AFTER_DELIVERY = "serial_mismatch", "empty_box", "claim_after_delivery"
SIGNALS = (SERIAL_MISMATCH, EMPTY_BOX, CLAIM_AFTER_DELIVERY)
"""What may be seen on goods or money of a customer and counts in scores."""
SIGNAL_OF_CASE = {"wrong_serial": SERIAL_MISMATCH, "short": EMPTY_BOX, "chargeback": CLAIM_AFTER_DELIVERY}
"""Kinds of cases that may say something about a customer, and what."""

CONFIRMED, CLEARED = "confirmed", "cleared"
FOUND = (CONFIRMED, CLEARED)
"""What a review of signals found, in the words in which its case is closed."""
FRAUD_REASON = "fraud_confirmed"
"""The reason of a person who declines a return because the review found fraud."""
