"""Calendars of working time: what one says, and the openings it means, year by year.

Pure. A calendar has the hours of each weekday in its own zone, the public holidays of a country (and a part of it)
as the library `holidays` knows them by their names there, and days that are closed or open besides. A day that is
open besides beats a holiday and a closed day; a closed day beats the hours of its weekday.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import holidays

from counterflow.kernel.errors import Invalid

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
DAYS_MAX, SPANS_MAX, CODE_MAX, NAME_MAX, NOTE_MAX = 400, 6, 60, 200, 80
DEFAULT: Final = "default"
"""Code of the calendar that serves whatever no other one does."""
_SPAN = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*[-–]\s*(\d{1,2})(?::(\d{2}))?(?![\d:])")

Hours = tuple[tuple[int, int], ...]
"""Spans of a day, as minutes after midnight; 1440 is its end."""


class CalendarCodeInvalid(Invalid):
    """A calendar needs a code of 1 to {most} letters, digits, dots, dashes or underscores, not {code}."""


class CalendarTextInvalid(Invalid):
    """{field} of the calendar {code} has {least} to {most} characters."""


class CalendarZoneUnknown(Invalid):
    """{zone} is not a time zone of the IANA database, such as Europe/London."""


class HoursUnreadable(Invalid):
    """{text!r} are no working hours for {day}; write spans from earlier to later within one day, apart by blanks,
    such as 08:00-12:00 13:00-17:00 (24:00 is the end of the day); leave it empty for a day off."""


class NeverOpen(Invalid):
    """The calendar {code} has no working hours on any weekday, so nothing would ever be due; give at least one day
    some."""


class CountryUnknown(Invalid):
    """The public holidays of {country} are not known; write a country's code of two letters, such as GB."""


class SubdivisionUnknown(Invalid):
    """{country} has no part {subdivision} with public holidays of its own; known are: {known}."""


class DayUnreadable(Invalid):
    """{text!r} is no {what}; write a line a day, such as {example}."""


@dataclass(frozen=True)
class Spec:
    """What a calendar says. `closed` are days off besides, with a word for why; `opened` have hours of their own."""

    zone: str
    hours: tuple[Hours, ...]
    country: str = ""
    subdivision: str = ""
    closed: Mapping[date, str] | None = None
    opened: Mapping[date, Hours] | None = None


@dataclass(frozen=True)
class Day:
    """A day of a calendar: its spans as instants, and why it differs from its weekday, if it does."""

    day: date
    spans: tuple[tuple[datetime, datetime], ...]
    why: str = ""


def spec_of(calendar: Mapping[str, str]) -> Spec:
    """A calendar from its texts in normal form, as they are stored."""
    return Spec(
        calendar["zone"],
        tuple(read_hours(day, calendar[day]) for day in WEEKDAYS),
        calendar["country"],
        calendar["subdivision"],
        {day: words for day, words in read_closed(calendar["closed_days"])},
        dict(read_opened(calendar["open_days"])),
    )


def read_hours(day: str, text: str) -> Hours:
    """The spans of a day, in order. Raises `HoursUnreadable`."""
    spans: list[tuple[int, int]] = []
    rest = _SPAN.sub("", text)
    for found in _SPAN.finditer(text):
        begins, ends = (int(found[n]) * 60 + int(found[n + 1] or 0) for n in (1, 3))
        spans.append((begins, ends))
        if int(found[2] or 0) > 59 or int(found[4] or 0) > 59:
            raise HoursUnreadable(text=text[:80], day=day)
    later = all(before[1] <= after[0] for before, after in pairwise(spans))
    if rest.strip(" ,;\t") or not later or len(spans) > SPANS_MAX or not all(0 <= a < b <= 1440 for a, b in spans):
        raise HoursUnreadable(text=text[:80], day=day)
    return tuple(spans)


def said_hours(spans: Hours) -> str:
    """Spans in their normal form: `08:00-12:00 13:00-17:00`."""
    return " ".join(f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in spans)


def read_closed(text: str) -> list[tuple[date, str]]:
    """Days off besides, a line each: a day, and perhaps why. Raises `DayUnreadable`."""
    found: dict[date, str] = {}
    for line in _lines(text):
        day, _, words = line.partition(" ")
        found[_day(day, line, "closed day", "2026-12-24 Stocktaking")] = words.strip()[:NOTE_MAX]
    return sorted(found.items())


def read_opened(text: str) -> list[tuple[date, Hours]]:
    """Days open besides, a line each: a day and its hours. Raises `DayUnreadable`."""
    found: dict[date, Hours] = {}
    for line in _lines(text):
        what, example = "open day", "2026-12-19 09:00-13:00"
        day, _, hours = line.partition(" ")
        read = read_hours(day, hours) if _SPAN.search(hours) else ()
        if not read:
            raise DayUnreadable(text=line[:80], what=what, example=example)
        found[_day(day, line, what, example)] = read
    return sorted(found.items())


def _lines(text: str) -> list[str]:
    lines = [" ".join(line.split()) for line in re.split(r"[\n;]", text)]
    kept = [line for line in lines if line]
    if len(kept) > DAYS_MAX:
        raise DayUnreadable(
            text=f"a list of {len(kept)} days", what=f"list of at most {DAYS_MAX}", example="2026-12-24"
        )
    return kept


def _day(text: str, line: str, what: str, example: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise DayUnreadable(text=line[:80], what=what, example=example) from None
    if not 1990 <= day.year <= 2200:
        raise DayUnreadable(text=line[:80], what=what, example=example)
    return day


def checked(calendar: Mapping[str, str]) -> dict[str, str]:
    """A calendar's texts in their normal form; raises what one is refused for."""
    code = calendar["code"]
    texts = {name: str(calendar[name]).strip() for name in ("name", "zone", "country", "subdivision")}
    if not 1 <= len(texts["name"]) <= NAME_MAX:
        raise CalendarTextInvalid(field="The name", code=code[:CODE_MAX], least=1, most=NAME_MAX)
    hours = {day: said_hours(read_hours(day, str(calendar[day]))) for day in WEEKDAYS}
    if not any(hours.values()):
        raise NeverOpen(code=code[:CODE_MAX])
    closed = [f"{day} {words}".strip() for day, words in read_closed(str(calendar["closed_days"]))]
    opened = [f"{day} {said_hours(spans)}" for day, spans in read_opened(str(calendar["open_days"]))]
    country, part = _place(texts["country"].upper(), texts["subdivision"])
    return {
        **calendar,
        "name": texts["name"],
        "zone": _zone(texts["zone"]),
        "country": country,
        "subdivision": part,
        "closed_days": "\n".join(closed),
        "open_days": "\n".join(opened),
        **hours,
    }


def require_code(code: str) -> str:
    """A calendar's code. Raises `CalendarCodeInvalid`."""
    plain = code.replace("-", "").replace("_", "").replace(".", "")
    if not (1 <= len(code) <= CODE_MAX and plain.isascii() and plain.isalnum()):
        raise CalendarCodeInvalid(code=code[: CODE_MAX + 20], most=CODE_MAX)
    return code


def _zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise CalendarZoneUnknown(zone=zone[:60]) from error
    return zone


def _place(country: str, part: str) -> tuple[str, str]:
    known = countries()
    if not country:
        if part:
            raise SubdivisionUnknown(country="no country", subdivision=part[:20], known="none")
        return "", ""
    if country not in known:
        raise CountryUnknown(country=country[:20])
    if part and part not in known[country]:
        raise SubdivisionUnknown(
            country=country, subdivision=part[:20], known=", ".join(known[country]) or "none; leave it empty"
        )
    return country, part


@cache
def countries() -> Mapping[str, tuple[str, ...]]:
    """Countries whose public holidays are known, by their codes of two letters (ISO 3166-1), and their parts."""
    found = holidays.list_supported_countries(include_aliases=False)
    return {code: tuple(parts) for code, parts in sorted(found.items()) if len(code) == 2}


@cache
def holidays_of(country: str, subdivision: str, year: int) -> Mapping[date, str]:
    """Public holidays of a year with the library's names for them; none where no country is said."""
    if not country:
        return {}
    return dict(holidays.country_holidays(country, subdiv=subdivision or None, years=year))


def day_of(spec: Spec, day: date, feasts: Mapping[date, str]) -> Day:
    """One day of a calendar, with the public holidays of its year."""
    usual = spec.hours[day.weekday()]
    hours, why = usual, ""
    feast = feasts.get(day, "")
    if feast:
        hours, why = (), feast
    if spec.closed and day in spec.closed:
        hours, why = (), spec.closed[day] or feast or "Closed"
    if spec.opened and day in spec.opened:
        hours, why = spec.opened[day], "Open besides"
    return Day(day, tuple(_instants(spec.zone, day, hours)), why)


def openings(spec: Spec, year: int) -> list[tuple[datetime, datetime]]:
    """The openings of the days of a year in the calendar's zone, as instants in UTC, in order, never overlapping."""
    found: list[tuple[datetime, datetime]] = []
    day, feasts = date(year, 1, 1), holidays_of(spec.country, spec.subdivision, year)
    while day.year == year:
        for opens, closes in day_of(spec, day, feasts).spans:
            # Where the clock is set forward, a span may begin within what the one before it has grown to.
            begins = max(opens, found[-1][1]) if found else opens
            if begins < closes:
                found.append((begins, closes))
        day += timedelta(days=1)
    return found


def _instants(zone: str, day: date, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    for begins, ends in hours:
        opens, closes = _instant(zone, day, begins), _instant(zone, day, ends)
        if opens < closes:
            yield opens, closes


def _instant(zone: str, day: date, minutes: int) -> datetime:
    """A time of a day in a zone. An hour that comes twice means the second one, a skipped one the hour after it."""
    whole, rest = divmod(minutes, 1440)
    local = datetime.combine(day + timedelta(days=whole), time(rest // 60, rest % 60), ZoneInfo(zone))
    return max(local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC))


def hours_in(spans: Sequence[tuple[datetime, datetime]]) -> timedelta:
    """The working time of spans together."""
    return sum((closes - opens for opens, closes in spans), timedelta())
