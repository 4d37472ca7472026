"""The life of a case."""

from enum import StrEnum

from counterflow.kernel.states import Machine


class State(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLOSED = "closed"


CASE = Machine(
    "case",
    start={State.OPEN},
    final={State.CLOSED},
    moves=[
        # action    from         to
        ("assign", State.OPEN, State.OPEN),
        ("close", State.OPEN, State.CLOSED),
        ("settle", State.OPEN, State.CLOSED),
    ],
)
