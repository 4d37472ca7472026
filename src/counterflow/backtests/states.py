"""The life of a back-test."""

from enum import StrEnum

from counterflow.kernel.states import Machine


class Backtest(StrEnum):
    """Where a back-test stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


BACKTEST = Machine(
    "back-test",
    start={Backtest.WAITING},
    final={Backtest.DONE, Backtest.FAILED, Backtest.CANCELLED},
    moves=[
        # action    from               to
        ("advance", Backtest.WAITING, Backtest.RUNNING),
        ("advance", Backtest.RUNNING, Backtest.RUNNING),
        ("finish", Backtest.RUNNING, Backtest.DONE),
        ("fail", Backtest.WAITING, Backtest.FAILED),
        ("fail", Backtest.RUNNING, Backtest.FAILED),
        ("cancel", Backtest.WAITING, Backtest.CANCELLED),
        ("cancel", Backtest.RUNNING, Backtest.CANCELLED),
    ],
)
OPEN = frozenset({Backtest.WAITING, Backtest.RUNNING})


class Overrides(StrEnum):
    """What becomes of decisions that staff took against policy."""

    KEPT = "kept"
    NONE = "none"
    ALL = "all"


KINDS = ("eligibility", "refund", "disposition")
"""Kinds of policies that decide over returns, and whose consequences can be replayed."""
TESTED = ("draft", "in_review", "approved", "active")
"""States of a version in which it can be tested."""
