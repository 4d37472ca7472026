"""How soon a case wants to be looked at: one instant a case, the same whenever one asks.

Act by = due time − hours for severity − hours for money at risk. Hours are subtracted, so time that passes moves all
cases alike and their order never has to be written again. `docs/concepts/work-queue.md` explains it, ADR 0024 why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from counterflow.kernel.errors import InvariantBroken

NO_DUE_HOURS: Final = 72
"""A case that nothing says the due time of counts as due so long after it was opened."""
SEVERITY_HOURS: Final[Mapping[int, int]] = {1: 96, 2: 24, 3: 0, 4: -48}
MONEY_HOURS: Final[tuple[tuple[int, int], ...]] = (
    # minor units from   hours
    (10_000_000, 96),
    (1_000_000, 48),
    (100_000, 24),
    (10_000, 12),
    (1_000, 6),
)
"""Ten times the money counts as twice the hours. Minor units as they are: no rate between currencies is kept."""
NUMBERED: Final = (
    "rma",
    "order",
    "lpn",
    "tracking",
    "sku",
    "number",
    "reference",
    "payout_ref",
    "partner_ref",
    "serial",
)
"""Facts that hold a number people search by."""
NUMBERS_MAX: Final = 50


@dataclass(frozen=True)
class Priority:
    """Why a case stands where it stands. Hours are whole; `due_at` is counted where `due_assumed`."""

    act_by: datetime
    due_at: datetime
    due_assumed: bool
    severity_hours: int
    money_hours: int


def money_hours(minor: int | None) -> int:
    """What money at risk, in minor units of whatever currency, counts as."""
    return next((hours for least, hours in MONEY_HOURS if minor is not None and minor >= least), 0)


def due_or_assumed(due_at: datetime | None, opened_at: datetime) -> datetime:
    """When a case is due; so many hours after it was opened, where nothing says when."""
    return due_at or opened_at + timedelta(hours=NO_DUE_HOURS)


def priority(*, due_at: datetime | None, opened_at: datetime, severity: int, money_minor: int | None) -> Priority:
    """The instant by which a case wants to be looked at, and what it is made of."""
    due = due_or_assumed(due_at, opened_at)
    urgent, money = SEVERITY_HOURS.get(severity, 0), money_hours(money_minor)
    return Priority(due - timedelta(hours=urgent + money), due, due_at is None, urgent, money)


def act_by_sql(*, due: str, opened: str, severity: str, money: str) -> str:
    """The same as an SQL expression over the names of columns."""
    for name in (due, opened, severity, money):
        if not name.replace("_", "").replace(".", "").replace(":", "").replace("%", "").isalnum():
            raise InvariantBroken(f"{name!r} is no name of a column")
    urgent = " ".join(f"WHEN {code} THEN {hours}" for code, hours in SEVERITY_HOURS.items())
    amounts = " ".join(f"WHEN {money} >= {least} THEN {hours}" for least, hours in MONEY_HOURS)
    return (
        f"(coalesce({due}, {opened} + interval '{NO_DUE_HOURS} hours')"
        f" - interval '1 hour' * (CASE {severity} {urgent} ELSE 0 END + CASE {amounts} ELSE 0 END))"
    )


def numbers_of(facts: Mapping[str, object]) -> list[str]:
    """The numbers in a case's facts by which people search, in small letters, each once.

    One of several words ("A 7") is found by each of them too.
    """
    found: dict[str, None] = {}
    for name in NUMBERED:
        value = facts.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            found[str(value).strip().lower()[:200]] = None
    skus = facts.get("skus")
    if isinstance(skus, list):
        found |= {str(sku).strip().lower()[:200]: None for sku in skus if str(sku).strip()}
    parts = dict.fromkeys(part for number in found for part in number.split())
    return list(found | parts)[:NUMBERS_MAX]
