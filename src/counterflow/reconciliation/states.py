"""The life of a break."""

from enum import StrEnum

from counterflow.kernel.states import Machine


class Break(StrEnum):
    """States of a break."""

    OPEN = "open"
    EXPLAINED = "explained"
    SETTLED = "settled"


BREAK = Machine(
    "break",
    start={Break.OPEN, Break.EXPLAINED},
    final={Break.EXPLAINED, Break.SETTLED},
    moves=[
        # action  from        to
        ("post", Break.OPEN, Break.SETTLED),
    ],
)


class Kind(StrEnum):
    """What a difference is."""

    MISSING = "missing"
    OVER = "over"
    WRONG_STATE = "wrong_state"
    UNKNOWN_SKU = "unknown_sku"
    UNKNOWN_STATE = "unknown_state"
    UNCLEAR = "unclear"
    TIMING = "timing"
