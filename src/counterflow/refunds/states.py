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
    ],
)
