"""What a calendar says, and the days it means."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest

from counterflow.clocks.calendars import (
    WEEKDAYS,
    CountryUnknown,
    DayUnreadable,
    HoursUnreadable,
    NeverOpen,
    SubdivisionUnknown,
    checked,
    countries,
    day_of,
    holidays_of,
    hours_in,
    openings,
    read_closed,
    read_hours,
    read_opened,
    said_hours,
    spec_of,
)

PLAIN = {"code": "c", "name": "C", "zone": "Europe/Berlin", "country": "", "subdivision": ""}
PLAIN |= {"closed_days": "", "open_days": "", **dict.fromkeys(WEEKDAYS, "")}
OFFICE = {**PLAIN, **dict.fromkeys(WEEKDAYS[:5], "08:00-12:00 13:00-17:00")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("8-12", "08:00-12:00"),
        ("8:30 - 12:00, 13–17", "08:30-12:00 13:00-17:00"),
        ("0:00-24:00", "00:00-24:00"),
        ("22:00-24:00", "22:00-24:00"),
    ],
)
def test_hours_are_read_as_people_write_them(text, said):
    assert said_hours(read_hours("monday", text)) == said
    assert said_hours(read_hours("monday", said)) == said


@pytest.mark.parametrize(
    "text", ["22:00-06:00", "8-12 11-13", "08:75-09:00", "8-25", "nine to five", "8-8", "8-", "1-2-3"]
)
def test_what_are_no_hours_is_refused(text):
    with pytest.raises(HoursUnreadable):
        read_hours("monday", text)


def test_days_that_differ_have_a_line_each():
    assert read_closed("2026-12-31\n2026-12-24  Stocktaking ") == [
        (date(2026, 12, 24), "Stocktaking"),
        (date(2026, 12, 31), ""),
    ]
    assert read_opened("2026-12-19 9-13") == [(date(2026, 12, 19), ((540, 780),))]
    for wrong in ("24.12.2026", "2026-02-30", "soon", "1066-10-14"):
        with pytest.raises(DayUnreadable):
            read_closed(wrong)
    for wrong in ("2026-12-19", "2026-12-19 closed", "2026-13-01 9-13"):
        with pytest.raises(DayUnreadable):
            read_opened(wrong)


def test_a_calendar_is_checked_as_a_whole():
    assert checked({**OFFICE, "country": "de", "subdivision": "BY"})["country"] == "DE"
    with pytest.raises(NeverOpen):
        checked(PLAIN)
    with pytest.raises(CountryUnknown):
        checked({**OFFICE, "country": "XX"})
    with pytest.raises(SubdivisionUnknown):
        checked({**OFFICE, "country": "DE", "subdivision": "ENG"})
    with pytest.raises(SubdivisionUnknown):
        checked({**OFFICE, "subdivision": "BY"})


def test_holidays_have_the_names_of_the_library_and_go_by_part_of_the_country():
    assert holidays_of("GB", "ENG", 2026)[date(2026, 4, 6)] == "Easter Monday"
    assert date(2026, 4, 6) not in holidays_of("GB", "SCT", 2026)
    assert holidays_of("", "", 2026) == {}
    assert "GB" in countries()
    assert all(len(code) == 2 for code in countries())


def test_open_days_beat_holidays_and_closed_days_beat_hours():
    spec = spec_of(
        {
            **OFFICE,
            "country": "DE",
            "closed_days": "2026-12-24 Stocktaking",
            "open_days": "2026-12-25 10:00-12:00",
        }
    )
    feasts = holidays_of("DE", "", 2026)
    days = {n: day_of(spec, date(2026, 12, n), feasts) for n in range(21, 28)}
    assert (days[24].why, days[25].why) == ("Stocktaking", "Open besides")
    assert hours_in(days[25].spans) == timedelta(hours=2)
    # The second day of Christmas is a Saturday.
    assert [len(day.spans) for day in days.values()] == [2, 2, 2, 0, 1, 0, 0]


def test_hours_that_the_clock_skips_or_repeats():
    night = spec_of({**PLAIN, "sunday": "01:30-02:30 02:45-03:15"})
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert day_of(night, spring, {}).spans[0] == (
        datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
    )
    assert hours_in(day_of(night, autumn, {}).spans) > timedelta(hours=1, minutes=30)
    found = openings(night, 2026)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(found))
