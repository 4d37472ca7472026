"""Calendars of working hours as master data."""

from collections.abc import Mapping, Sequence
from typing import Any

from babel import Locale

from counterflow.clocks import calendar_queries as queries
from counterflow.clocks.calendars import WEEKDAYS, countries
from counterflow.clocks.commands.change_calendars import ChangeCalendar, change_calendars
from counterflow.clocks.commands.record_calendars import NewCalendar, record_calendars
from counterflow.console.cells import LOCALE
from counterflow.console.listing import Filter
from counterflow.console.master.fields import Field
from counterflow.console.master.kinds import Key, Kind
from counterflow.console.master.places import zones

HOLIDAYS, SERVES, DAYS = "Public holidays", "Whom it serves", "Days that differ"


def country_choices() -> Sequence[tuple[str, str]]:
    """Countries whose public holidays are known, with their names."""
    names = Locale.parse(LOCALE).territories
    return sorted(((code, str(names.get(code, code))) for code in countries()), key=lambda pair: pair[1])


def _find(*, search: str, chosen: Mapping[str, str], **more: Any) -> list[queries.CalendarRow]:
    return queries.calendars(search=search, country=chosen.get("country", ""), **more)


def _read(keys: Sequence[Key]) -> dict[Key, queries.CalendarRow]:
    return {(code,): row for code, row in queries.calendars_by_code(codes=[key[0] for key in keys]).items()}


CALENDARS = Kind(
    name="calendars",
    told="calendar",
    one="calendar",
    many="Calendars",
    about="When people work: hours of the week, public holidays, days that differ. What is due when goes by them.",
    icon="calendar",
    view="clocks.view",
    edit="clocks.edit",
    key=("code",),
    find=_find,
    read=_read,
    filters=lambda: (Filter("country", "Country", country_choices()),),
    search_label="Code, name, node or legal entity",
    record=record_calendars,
    new=NewCalendar,
    change=change_calendars,
    changed=ChangeCalendar,
    deep=True,
    of_books=False,
    rejected={
        "calendar_code_invalid": "code",
        "subdivision_unknown": "subdivision",
        "country_unknown": "country",
        "served_unknown": "nodes",
        "served_twice": "nodes",
        "never_open": "monday",
    },
    fields=(
        Field(
            "code",
            "Code",
            "code",
            "It never changes. The one called default serves whatever no other one does.",
            required=True,
            fixed=True,
            listed=True,
            most=60,
            also=("calendar",),
            example="uk",
        ),
        Field("name", "Name", required=True, listed=True, sort="name", most=200, example="Warehouse in Leeds"),
        Field(
            "zone",
            "Time zone",
            "zone",
            "Hours are local times there.",
            choices=zones,
            default="UTC",
            listed=True,
            sort="zone",
            also=("time zone",),
            example="Europe/London",
        ),
        *(
            Field(
                day,
                day.capitalize(),
                "hours",
                "Spans of local time, apart by blanks; empty for a day off." if day == "monday" else "",
                most=120,
                group="Working hours",
                example="08:00-12:00 13:00-17:00" if day not in ("saturday", "sunday") else "",
            )
            for day in WEEKDAYS
        ),
        Field(
            "country",
            "Country",
            "choice",
            "Its public holidays are off.",
            choices=country_choices,
            listed=True,
            group=HOLIDAYS,
            example="GB",
        ),
        Field(
            "subdivision",
            "Part of it",
            "code",
            "A state, province or region with holidays of its own, by its code, such as ENG or BY.",
            most=40,
            group=HOLIDAYS,
            also=("subdivision", "state", "region"),
            example="ENG",
        ),
        Field(
            "closed_days",
            "Closed days",
            "closed_days",
            "A line a day, and perhaps why.",
            most=20_000,
            group=DAYS,
            example="2026-12-24 Stocktaking",
        ),
        Field(
            "open_days",
            "Open days",
            "open_days",
            "A line a day with its hours. They beat holidays.",
            most=20_000,
            group=DAYS,
            example="2026-12-19 09:00-13:00",
        ),
        Field(
            "nodes",
            "Nodes",
            "refs",
            "Codes, apart by blanks. What is done there goes by it.",
            listed=True,
            most=20_000,
            group=SERVES,
        ),
        Field(
            "entities",
            "Legal entities",
            "refs",
            "Codes, apart by blanks. What is done for them elsewhere, such as refunds, goes by it.",
            listed=True,
            most=20_000,
            group=SERVES,
        ),
    ),
)
