"""Working time by a calendar's openings: how much lies between two instants, and when so much of it is over.

Pure. `worked` is the working time since the first opening, so the time between two instants is a difference, and the
instant after which so much has been worked is found by halving: the number of days in between costs nothing.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TICK: Final = timedelta(microseconds=1)
NOTHING: Final = timedelta()

Pause = tuple[datetime, datetime]


class WorkingTime(Protocol):
    """What can tell working time."""

    def worked(self, at: datetime) -> timedelta:
        """Working time up to an instant, from a beginning of its own."""

    def after(self, at: datetime, time: timedelta) -> datetime:
        """The instant by which so much working time has passed since another."""


@dataclass(frozen=True)
class AroundTheClock:
    """Every hour counts."""

    def worked(self, at: datetime) -> timedelta:
        """All time there is."""
        return at - _EPOCH

    def after(self, at: datetime, time: timedelta) -> datetime:
        """So much later."""
        return at + time


@dataclass(frozen=True)
class Openings:
    """The openings of a calendar, in order and apart from each other.

    Outside of what they cover nothing is worked: whoever asks for more than `left` after an instant gets its end.
    """

    opens: Sequence[datetime]
    closes: Sequence[datetime]
    before: Sequence[timedelta] = field(repr=False)

    @classmethod
    def of(cls, spans: Sequence[tuple[datetime, datetime]]) -> "Openings":
        """Openings from (opens, closes) pairs in order."""
        before, sum_so_far = [], NOTHING
        for opens, closes in spans:
            before.append(sum_so_far)
            sum_so_far += closes - opens
        return cls([a for a, _ in spans], [b for _, b in spans], before)

    def worked(self, at: datetime) -> timedelta:
        """Working time up to an instant, counted as the openings count it."""
        n = bisect_right(self.opens, at) - 1
        if n < 0:
            return self.before[0] if self.before else NOTHING
        return self.before[n] + min(at, self.closes[n]) - self.opens[n]

    def after(self, at: datetime, time: timedelta) -> datetime:
        """The first instant by which so much has been worked since `at`; `at` itself for no time."""
        if time <= NOTHING:
            return at
        wanted = self.worked(at) + time
        n = bisect_left(self.before, wanted) - 1
        return min(self.opens[n] + (wanted - self.before[n]), self.closes[n])

    @property
    def total(self) -> timedelta:
        """What is worked up to the end of the last opening."""
        return self.before[-1] + self.closes[-1] - self.opens[-1] if self.opens else NOTHING

    def reaches(self, at: datetime, time: timedelta) -> bool:
        """Whether so much can be worked after an instant within these openings."""
        return bool(self.opens) and self.worked(at) + time <= self.total


def between(calendar: WorkingTime, begin: datetime, end: datetime, pauses: Sequence[Pause] = ()) -> timedelta:
    """Working time from one instant to a later one that lies in no pause; pauses may overlap."""
    time = calendar.worked(end) - calendar.worked(begin)
    for paused, resumed in merged(pauses):
        time -= max(NOTHING, calendar.worked(min(resumed, end)) - calendar.worked(max(paused, begin)))
    return time


def due(calendar: WorkingTime, start: datetime, time: timedelta, pauses: Sequence[Pause] = ()) -> datetime:
    """The instant by which so much working time outside of pauses has passed since a start."""
    found = calendar.after(start, time)
    for paused, resumed in merged(pauses):
        if resumed <= start:
            continue
        if paused >= found:
            break
        time += calendar.worked(resumed) - calendar.worked(max(paused, start))
        found = calendar.after(start, time)
    return found


def merged(pauses: Sequence[Pause]) -> list[Pause]:
    """Pauses in order, those that touch or overlap as one."""
    found: list[Pause] = []
    for begin, end in sorted(pauses):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif begin < end:
            found.append((begin, end))
    return found
