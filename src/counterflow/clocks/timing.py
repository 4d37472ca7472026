"""When a clock warns and is due: its start, its hours, its calendar, its pauses. Pure over the row of a clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from counterflow.clocks import rules
from counterflow.clocks.rules import NOTHING, AroundTheClock, Pause, WorkingTime
from counterflow.clocks.schedules import Written
from counterflow.clocks.stages import PAUSABLE

Row = dict[str, Any]
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class PauseRow:
    """A pause of a return or a case; it ends at `to_at`, or at `until_at` where nobody ended it by then."""

    id: int
    subject_kind: str
    subject_id: int
    reason: str
    from_at: datetime
    until_at: datetime
    to_at: datetime | None

    @property
    def span(self) -> Pause:
        """From when to when."""
        return self.from_at, self.until_at if self.to_at is None else min(self.to_at, self.until_at)


def pauses_of(row: Mapping[str, Any], known: Mapping[int, Sequence[PauseRow]]) -> list[Pause]:
    """The pauses that count for a clock: those of its return, and of the case that it is about; by subject."""
    if row["stage"] not in PAUSABLE:
        return []
    ids = {row["rma_id"], row["subject_id"] if row["subject_kind"] == "case" else None} - {None}
    return rules.merged([pause.span for subject in sorted(ids) for pause in known.get(subject, ())])


def working_time(row: Mapping[str, Any], calendars: Mapping[int, Written]) -> WorkingTime:
    """What a clock counts by; without any calendar every hour counts."""
    if row["around_the_clock"] or row["calendar_version_id"] is None:
        return AroundTheClock()
    return calendars[row["calendar_version_id"]].openings


def time_allowed(row: Mapping[str, Any]) -> timedelta:
    """The working time that may pass."""
    return timedelta(hours=row["due_hours"])


def set_times(row: Row, by: WorkingTime, pauses: Sequence[Pause]) -> None:
    """Set when a clock is due, when it warns, how much of that lay in pauses, and how much it took once it stopped."""
    start, allowed = row["started_at"], time_allowed(row)
    if row["own_due"]:
        allowed = rules.between(by, start, max(start, row["due_at"]), pauses)
    else:
        row["due_at"] = rules.due(by, start, allowed, pauses)
    until_warned = max(NOTHING, allowed - timedelta(hours=row["warn_hours"]))
    row["warn_at"] = min(rules.due(by, start, until_warned, pauses), row["due_at"])
    paused = NOTHING if row["own_due"] else rules.between(by, start, row["due_at"]) - allowed
    row["paused_seconds"] = paused // _SECOND
    stop = row["stopped_at"]
    row["worked_seconds"] = None if stop is None else max(NOTHING, rules.between(by, start, stop, pauses)) // _SECOND
