"""Questions to calendars: what they say, whom they serve, and the days to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from counterflow.clocks.calendars import WEEKDAYS, Spec, day_of, holidays_of, hours_in, spec_of
from counterflow.kernel import clock, db
from counterflow.kernel.errors import NotFound
from counterflow.registry.paging import contains, listed

PREVIEW_DAYS = 60


class CalendarMissing(NotFound):
    """There is no calendar {code}."""


@dataclass(frozen=True)
class CalendarRow:
    """A calendar as it is now. Hours are spans of local time, lists of days have a line a day."""

    id: int
    code: str
    version: int
    name: str
    zone: str
    monday: str
    tuesday: str
    wednesday: str
    thursday: str
    friday: str
    saturday: str
    sunday: str
    country: str
    subdivision: str
    closed_days: str
    open_days: str
    nodes: tuple[str, ...]
    entities: tuple[str, ...]
    current_id: int


@dataclass(frozen=True)
class DayRow:
    """A day of a calendar: its working hours as local times, how many seconds they are, and why it is special."""

    day: date
    hours: str
    seconds: int
    why: str

    @property
    def off(self) -> bool:
        """Whether nobody works."""
        return not self.seconds


_CALENDARS = f"""
SELECT id, code, version, name, zone, {", ".join(WEEKDAYS)}, country, subdivision, closed_days, open_days, nodes,
       entities, current_id
FROM clocks_calendar
"""


def _row(row: db.Row) -> CalendarRow:
    values = row._asdict()
    return CalendarRow(
        **{**values, "nodes": tuple(values["nodes"].split()), "entities": tuple(values["entities"].split())}
    )


def calendars(
    *, search: str = "", country: str = "", sort: str = "", after: str = "", limit: int = 200
) -> list[CalendarRow]:
    """Calendars by code, or sorted by name; `after` is the last code of the page before. One statement."""
    found = listed(
        _CALENDARS,
        key="code",
        where=[
            (
                "(code ILIKE %s OR name ILIKE %s OR nodes ILIKE %s OR entities ILIKE %s)",
                [contains(search)] * 4 if search else None,
            ),
            ("country = %s", country or None),
        ],
        sorts={"name": "name", "zone": "zone"},
        sort=sort,
        after=after,
        limit=limit,
    )
    return [_row(row) for row in found]


def calendars_by_code(*, codes: Sequence[str]) -> dict[str, CalendarRow]:
    """The calendars that exist among these codes. One statement."""
    found = db.rows(_CALENDARS + "WHERE code = ANY(%s::text[]) ORDER BY code", [list(codes)])
    return {row.code: _row(row) for row in found}


def calendar_days(*, code: str, first: date | None = None) -> list[DayRow]:
    """60 days of a calendar as it is now, from a day on or from today in its zone. Raises `CalendarMissing`."""
    found = calendars_by_code(codes=[code]).get(code)
    if found is None:
        raise CalendarMissing(code=code[:80])
    return days_of(found, first or clock.now().astimezone(ZoneInfo(found.zone)).date())


def days_of(calendar: CalendarRow, first: date, days: int = PREVIEW_DAYS) -> list[DayRow]:
    """So many days of a calendar, with the holidays that were written out and clocks go by. One statement."""
    spec, zone = spec_of(vars(calendar)), ZoneInfo(calendar.zone)
    wanted = range(first.toordinal(), min(first.toordinal() + days, date(2200, 12, 31).toordinal() + 1))
    feasts = _feasts(calendar, spec, {date.fromordinal(n).year for n in wanted})
    found = [day_of(spec, date.fromordinal(n), feasts) for n in wanted]
    return [
        DayRow(
            day.day,
            ", ".join(f"{_local(opens, zone)}\u2013{_local(closes, zone)}" for opens, closes in day.spans),
            int(hours_in(day.spans).total_seconds()),
            day.why,
        )
        for day in found
    ]


def _feasts(calendar: CalendarRow, spec: Spec, years: set[int]) -> dict[date, str]:
    """Public holidays of years; as the library has them now only where a year is not written out yet."""
    sql = "SELECT year, holidays FROM clocks_calendaryear WHERE version_id = %s AND year = ANY(%s::int[])"
    written = {row.year: row.holidays for row in db.rows(sql, [calendar.current_id, sorted(years)])}
    found: dict[date, str] = {}
    for year in years:
        if year in written:
            found |= {date.fromisoformat(day): name for day, name in written[year].items()}
        else:
            found |= holidays_of(spec.country, spec.subdivision, year)
    return found


def _local(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"
