"""The life of a payout. A provider's 2xx proves nothing: only what is observed is paid."""

from enum import StrEnum

from counterflow.kernel.states import Machine


class Payout(StrEnum):
    """States of a payout."""

    REQUESTED = "requested"
    IN_DOUBT = "in_doubt"
    PAID = "paid"
    FAILED = "failed"


PAYOUT = Machine(
    "payout",
    start={Payout.REQUESTED},
    final={Payout.PAID, Payout.FAILED},
    moves=[
        # action    from              to
        ("doubt", Payout.REQUESTED, Payout.IN_DOUBT),
        ("paid", Payout.REQUESTED, Payout.PAID),
        ("paid", Payout.IN_DOUBT, Payout.PAID),
        ("failed", Payout.REQUESTED, Payout.FAILED),
        ("failed", Payout.IN_DOUBT, Payout.FAILED),
        # A chargeback that had met a credit was decided for us: the money is back, and we owe it again.
        ("reverse", Payout.PAID, Payout.FAILED),
    ],
)


class MoneyKind(StrEnum):
    """What a payment provider or marketplace can report."""

    PAID = "refund_paid"
    FAILED = "refund_failed"
    IN_DOUBT = "refund_in_doubt"
    CHARGEBACK = "chargeback"
    CHARGEBACK_REVERSED = "chargeback_reversed"


class Method(StrEnum):
    """How a credit is met."""

    ORIGINAL = "original"
    STORE_CREDIT = "store_credit"
    REPLACEMENT = "replacement"


class Replacement(StrEnum):
    """States of goods that go out instead of money; whether they left is what the order's shipments say."""

    ORDERED = "ordered"
    CANCELLED = "cancelled"


REPLACEMENT = Machine(
    "replacement",
    start={Replacement.ORDERED},
    final={Replacement.CANCELLED},
    moves=[("cancel", Replacement.ORDERED, Replacement.CANCELLED)],
)
