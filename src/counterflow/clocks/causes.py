"""Why something took too long: codes, derived from facts by a table whose first row that fits answers.

A derived cause is a guess that a person may correct with a reason; what a person said stays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from counterflow.clocks.stages import Stage

BACKLOG_MIN: Final = 50
"""So many others that wait for the same at the same place are a backlog."""
PAUSED_SHARE: Final = 4
"""A pause counts as the cause from a quarter of the time that was allowed."""


@dataclass(frozen=True)
class Facts:
    """What is known of a clock when it is found to be late.

    `others` wait for the same stage at the same node; `approval` says that a case of the return waits for a second
    person; `taken` that somebody had its case.
    """

    stage: Stage
    allowed: timedelta
    paused: timedelta
    others: int
    approval: bool
    taken: bool
    calendar: bool
    around_the_clock: bool


@dataclass(frozen=True)
class Cause:
    """A cause: its code, and what it means in words."""

    code: str
    meaning: str
    fits: Callable[[Facts], bool]


CAUSES: Final = {
    cause.code: cause
    for cause in (
        Cause("customer_not_sent", "The customer has not handed it in", lambda f: f.stage is Stage.LABEL),
        Cause("carrier", "The carrier took long", lambda f: f.stage is Stage.IN_TRANSIT),
        Cause("payment_provider", "The payment provider took long", lambda f: f.stage is Stage.PAYOUT),
        Cause(
            "waited_on_customer",
            "We waited for the customer, and what was left of the time was too short",
            lambda f: f.paused * PAUSED_SHARE >= f.allowed,
        ),
        Cause("approval_waited", "It waited for a second person to agree", lambda f: f.approval),
        Cause("node_backlog", f"{BACKLOG_MIN} or more others waited there", lambda f: f.others >= BACKLOG_MIN),
        Cause("taken_not_done", "Somebody had taken it and did not finish", lambda f: f.taken),
        Cause(
            "calendar_missing",
            "No calendar says when people work there, so every hour was counted",
            lambda f: not f.calendar and not f.around_the_clock,
        ),
        Cause("nobody_took_it", "Nobody took it up", lambda f: True),
    )
}
SAID: Final = {
    "supplier": "A supplier or partner took long",
    "system_down": "A system was not available",
    "staff_short": "Too few people were there",
    "rule_too_tight": "The time allowed was too short for it",
    "other": "Something else",
}
"""Causes that nothing derives and people may say."""
MEANINGS: Final = {**{code: cause.meaning for code, cause in CAUSES.items()}, **SAID}


def derived(facts: Facts) -> str:
    """The code of the first cause that fits; the last fits always."""
    return next(cause.code for cause in CAUSES.values() if cause.fits(facts))
