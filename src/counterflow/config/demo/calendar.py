"""The demo's calendar: a fixed year, so that every run tells the same story."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

GO_LIVE = date(2025, 7, 1)
BEGIN = datetime(2025, 7, 1, tzinfo=UTC)
END = datetime(2026, 7, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Period:
    """A stretch of the year; what happens in it is recorded at its end."""

    number: int
    begin: datetime
    end: datetime


def periods(days: int) -> Iterator[Period]:
    """The year, cut into stretches of some days."""
    begin, number = BEGIN, 0
    while begin < END:
        end = min(begin + timedelta(days=days), END)
        yield Period(number, begin, end)
        begin, number = end, number + 1
