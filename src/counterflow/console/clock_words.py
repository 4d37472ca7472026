"""Clocks in words: what has to be done by when, how much working time is left, and why it is due then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from counterflow.access.roles import ROLES
from counterflow.clocks.queries import ClockRow, Left
from counterflow.policies.queries import DecisionRow


def hours_words(time: timedelta, *, all_day: bool = False) -> str:
    """Time as people say it: `5 working hours`, `40 working minutes`; with `all_day`: `3 days`, `5 hours`."""
    seconds, kind = abs(time.total_seconds()), "" if all_day else "working "
    if seconds < 5_400:
        minutes = round(seconds / 60)
        return f"{minutes} {kind}minute{'s' if minutes != 1 else ''}"
    if all_day and seconds >= 2 * 86_400:
        return f"{seconds / 86_400:,.0f} days"
    hours = seconds / 3600
    return f"{hours:,.0f} {kind}hours" if hours >= 100 else f"{round(hours, 1):g} {kind}hours"


def role_words(code: str) -> str:
    """The name of a role; its code where there is none by now."""
    return ROLES[code].name if code in ROLES else code.replace("_", " ")


@dataclass(frozen=True)
class Told:
    """A clock as a page tells it: one sentence on when, one on why, and a link to what it is about."""

    row: ClockRow
    when: str
    why: str

    @property
    def role(self) -> str:
        """Who has to act, in words."""
        return role_words(self.row.role)


def told(row: ClockRow, left: Left | None, decision: DecisionRow | None = None) -> Told:
    """A clock in words, in the reader's zone."""
    return Told(row, when_words(row, left), why_words(row, decision))


def when_words(row: ClockRow, left: Left | None) -> str:
    """What has to be done by when and what is left; of one that ended, how long it took against what was allowed."""
    by = _moment(row)
    if row.stopped_at is not None:
        if row.ending == "withdrawn":
            return "Taken back: it never was in this stage."
        took = hours_words(timedelta(seconds=row.worked_seconds or 0), all_day=row.around_the_clock)
        return f"Took {took}; {row.due_hours} {'' if row.around_the_clock else 'working '}hours were allowed."
    verb = row.what.verb.capitalize()
    if row.paused_until is not None:
        return f"{verb} by {by}. It stands still while we wait for the customer."
    if left is None:
        return f"{verb} by {by}."
    if left.time < timedelta():
        return f"{verb} was due by {by}, {hours_words(left.time, all_day=row.around_the_clock)} ago."
    return f"{verb} by {by}, {hours_words(left.time, all_day=row.around_the_clock)} left."


def why_words(row: ClockRow, decision: DecisionRow | None = None) -> str:
    """Why it is due then: the row of the SLA table, the calendar, and time that did not count."""
    if row.own_due:
        return "Somebody set this due time."
    rule = f"Row {row.row_id} of SLA version {row.version}"
    said = f"{rule}: {decision.text}" if decision is not None else f"{rule}."
    if row.around_the_clock:
        hours = f"{row.due_hours} hours, day and night."
    elif row.calendar:
        hours = f"{row.due_hours} working hours of the calendar {row.calendar}."
    else:
        hours = f"{row.due_hours} hours; no calendar says which are working hours."
    paused = (
        f" {hours_words(timedelta(seconds=row.paused_seconds), all_day=row.around_the_clock)} in pauses did not count."
        if row.paused_seconds
        else ""
    )
    return f"{said} {hours}{paused}"


def _moment(row: ClockRow) -> str:
    local = timezone.localtime(row.due_at)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M}"


def explained(rows: list[ClockRow], left: Mapping[int, Left], decisions: list[DecisionRow]) -> list[Told]:
    """Clocks in words, with the words of the rows that they go by where those are known."""
    by_subject = {(d.subject_id, str(d.facts.get("stage")), d.row_id): d for d in reversed(decisions)}
    return [told(row, left.get(row.id), by_subject.get((row.subject_id, row.stage, row.row_id))) for row in rows]
