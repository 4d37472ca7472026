"""The life of a case."""

from enum import StrEnum

from counterflow.kernel.states import Machine


class State(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    CLOSED = "closed"


MERGED = "merged"
"""The outcome of a case that was closed into another."""

CASE = Machine(
    "case",
    start={State.OPEN},
    final={State.CLOSED},
    moves=[
        # action    from          to
        ("assign", State.OPEN, State.OPEN),
        ("snooze", State.OPEN, State.OPEN),
        ("escalate", State.OPEN, State.OPEN),
        ("merge", State.OPEN, State.CLOSED),
        ("close", State.OPEN, State.CLOSED),
        ("settle", State.OPEN, State.CLOSED),
        ("reopen", State.CLOSED, State.OPEN),
    ],
)
