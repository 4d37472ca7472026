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


class Count(StrEnum):
    """States of a count."""

    OPEN = "open"
    COMPARED = "compared"
    CLOSED = "closed"
    CANCELLED = "cancelled"


COUNT = Machine(
    "count",
    start={Count.OPEN},
    final={Count.CLOSED, Count.CANCELLED},
    moves=[
        # action   from             to
        ("compare", Count.OPEN, Count.COMPARED),
        ("cancel", Count.OPEN, Count.CANCELLED),
        ("close", Count.COMPARED, Count.CLOSED),
    ],
)


class Line(StrEnum):
    """States of a line of a count."""

    DUE = "due"
    COUNTED = "counted"
    RECOUNT = "recount"
    AGREED = "agreed"
    DIFFERS = "differs"
    SKIPPED = "skipped"


LINE = Machine(
    "count line",
    start={Line.DUE},
    final={Line.DUE, Line.COUNTED, Line.RECOUNT, Line.AGREED, Line.DIFFERS, Line.SKIPPED},
    moves=[
        # action   from          to
        ("count", Line.DUE, Line.COUNTED),
        ("count", Line.COUNTED, Line.COUNTED),
        ("count", Line.RECOUNT, Line.COUNTED),
        ("uncount", Line.COUNTED, Line.DUE),
        ("agree", Line.COUNTED, Line.AGREED),
        ("differ", Line.COUNTED, Line.DIFFERS),
        ("recount", Line.COUNTED, Line.RECOUNT),
        ("skip", Line.DUE, Line.SKIPPED),
        ("skip", Line.RECOUNT, Line.SKIPPED),
    ],
)
