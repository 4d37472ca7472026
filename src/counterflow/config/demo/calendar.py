"""The demo's calendar: the year up to a day, so that what runs now is due in these days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta


@dataclass(frozen=True)
class Period:
    """A stretch of the year; what happens in it is recorded at its end."""

    number: int
    begin: datetime
    end: datetime


@dataclass(frozen=True)
class Year:
    """The 365 days before a day. The same day tells the same story."""

    until: date

    @property
    def end(self) -> datetime:
        """Its last instant, which is no part of it."""
        return datetime.combine(self.until, time(), UTC)

    @property
    def begin(self) -> datetime:
        """Its first instant; the books go live on that day."""
        return self.end - timedelta(days=365)

    @property
    def months_over(self) -> date:
        """The first day of the month that is not over at its end; the ones before are sealed."""
        return self.until.replace(day=1)

    def day(self, month: int, day: int) -> date:
        """The one day of this year with such a date; not for the 29th of February."""
        first = self.begin.date()
        found = date(first.year, month, day)
        return found if found >= first else date(first.year + 1, month, day)

    def periods(self, days: int) -> Iterator[Period]:
        """The year, cut into stretches of some days."""
        begin, number = self.begin, 0
        while begin < self.end:
            end = min(begin + timedelta(days=days), self.end)
            yield Period(number, begin, end)
            begin, number = end, number + 1
