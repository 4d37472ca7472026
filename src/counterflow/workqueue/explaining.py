"""Why a case stands where it stands, in words and in figures."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from counterflow.kernel.money import to_decimal
from counterflow.workqueue.kinds import Severity
from counterflow.workqueue.queries import CaseRow, case
from counterflow.workqueue.rules import MONEY_HOURS, NO_DUE_HOURS


@dataclass(frozen=True)
class Explained:
    """The priority of a case: figures in whole hours, and the same in sentences, for an instant.

    `hours_left` is the time until it is due, negative where it is overdue; `act_by` less those hours of severity and
    money is its place. `asleep_until` is the instant up to which it is put off, None where it is not.
    """

    case_id: int
    act_by: datetime
    due_at: datetime
    due_assumed: bool
    hours_left: int
    severity_hours: int
    money_hours: int
    asleep_until: datetime | None
    sentences: list[str]


def explain(row: CaseRow, at: datetime) -> Explained:
    """The priority of a case as it is at an instant."""
    found = row.priority
    asleep = row.snoozed_until if row.snoozed_until is not None and row.snoozed_until > at else None
    sentences = [_due(found.due_at - at, assumed=found.due_assumed), _money(row, found.money_hours)]
    sentences.append(_severity(row.severity, found.severity_hours))
    sentences.append(_place(found.act_by - at))
    if asleep is not None:
        sentences.append(f"Put off; back in the lists in {span(asleep - at)}.")
    return Explained(
        case_id=row.id,
        act_by=found.act_by,
        due_at=found.due_at,
        due_assumed=found.due_assumed,
        hours_left=int((found.due_at - at) / timedelta(hours=1)),
        severity_hours=found.severity_hours,
        money_hours=found.money_hours,
        asleep_until=asleep,
        sentences=sentences,
    )


def explained(*, case_id: int, at: datetime, may: Callable[[str], bool] | None = None) -> Explained:
    """The priority of one case at an instant. Raises `CaseNotFound`, also for one that is kept from `may`."""
    return explain(case(case_id, may=may).case, at)


def span(time: timedelta) -> str:
    """A length of time as people say it: 40 min, 5 h, 3 d 4 h."""
    minutes = int(abs(time) / timedelta(minutes=1))
    if minutes < 60:
        return f"{minutes} min"
    hours, days = minutes // 60 % 24, minutes // 1440
    if days == 0:
        return f"{hours} h"
    return f"{days:,} d {hours} h" if hours and days < 14 else f"{days:,} d"


def _due(left: timedelta, *, assumed: bool) -> str:
    when = f"due in {span(left)}" if left >= timedelta(0) else f"overdue by {span(left)}"
    if assumed:
        return f"Nothing says when it is due; counted from {NO_DUE_HOURS} h after it was opened, it is {when}."
    return f"{when.capitalize()}."


def _money(row: CaseRow, hours: int) -> str:
    if row.money_at_risk_minor is None or row.currency is None:
        return "No money is known to be at risk."
    amount = f"{to_decimal(row.money_at_risk_minor, row.currency):,} {row.currency}"
    if not hours:
        return f"{amount} at risk counts as nothing; it begins at {MONEY_HOURS[-1][0]:,} of the smallest coins."
    return f"{amount} at risk counts as {hours} h."


def _severity(severity: int, hours: int) -> str:
    name = Severity(severity).name.capitalize() if severity in set(Severity) else f"Severity {severity}"
    if not hours:
        return f"{name} severity counts as nothing."
    return f"{name} severity counts as {hours} h." if hours > 0 else f"{name} severity counts as {-hours} h later."


def _place(left: timedelta) -> str:
    if left >= timedelta(0):
        return f"So it stands where a plain case stands that is due in {span(left)}."
    return f"So it stands where a plain case stands that has been overdue for {span(left)}."
