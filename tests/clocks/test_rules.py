"""Working time: adding and measuring are each other's inverse, and go only forward."""

import itertools
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from counterflow.clocks.calendars import Spec, openings, read_hours
from counterflow.clocks.rules import AroundTheClock, Openings, between, due, merged

ZONES = ("UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca")
FEW = settings(max_examples=60, deadline=None)
YEARS = range(2024, 2027)
NEW_YEAR = datetime(2024, 1, 2, tzinfo=UTC)
HALF = datetime(2026, 7, 1, tzinfo=UTC)


@st.composite
def days(draw):
    """A day's spans on a grid of quarters of an hour, perhaps none, perhaps all day."""
    if draw(st.booleans()):
        return draw(st.sampled_from([(), ((0, 1440),), ((480, 720), (780, 1020)), ((0, 150), (165, 200))]))
    marks = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    marks = marks[: len(marks) // 2 * 2]
    return tuple((marks[n] * 15, marks[n + 1] * 15) for n in range(0, len(marks), 2))


@st.composite
def calendars(draw):
    """A calendar's openings over five years, with holidays, closed and open days; open on Wednesdays at least."""
    hours = draw(st.lists(days(), min_size=7, max_size=7))
    hours[2] = hours[2] or ((540, 1020),)
    closed = draw(st.dictionaries(st.dates(date(2024, 1, 1), date(2026, 12, 31)), st.just(""), max_size=20))
    opened = draw(st.dictionaries(st.dates(date(2024, 1, 1), date(2026, 12, 31)), st.just(((60, 120),)), max_size=5))
    country = draw(st.sampled_from(["", "GB", "DE", "US"]))
    spec = Spec(draw(st.sampled_from(ZONES)), tuple(hours), country, "", closed, opened)
    return Openings.of([span for year in YEARS for span in openings(spec, year)])


ANY = st.one_of(calendars(), st.just(AroundTheClock()))
INSTANTS = st.datetimes(datetime(2024, 1, 3), datetime(2025, 12, 30)).map(lambda at: at.replace(tzinfo=UTC))
TIMES = st.integers(0, 20 * 3600).map(lambda seconds: timedelta(seconds=seconds))


@st.composite
def pauses(draw):
    """Some pauses, overlapping or not."""
    begins = draw(st.lists(INSTANTS, max_size=4))
    return [(begin, begin + timedelta(hours=draw(st.integers(0, 400)))) for begin in begins]


@FEW
@given(ANY, INSTANTS, TIMES, pauses())
def test_what_is_due_lies_that_much_working_time_later(calendar, start, time, paused):
    end = due(calendar, start, time, paused)
    assert end >= start
    assert between(calendar, start, end, paused) == time


@FEW
@given(ANY, INSTANTS, INSTANTS, pauses())
def test_the_time_between_leads_back_to_no_later_than_it_was(calendar, one, other, paused):
    start, end = sorted((one, other))
    time = between(calendar, start, end, paused)
    assert timedelta() <= time <= end - start
    assert due(calendar, start, time, paused) <= end


@FEW
@given(ANY, INSTANTS, INSTANTS, TIMES, pauses())
def test_a_later_start_is_due_no_earlier(calendar, one, other, time, paused):
    start, later = sorted((one, other))
    assert due(calendar, start, time, paused) <= due(calendar, later, time, paused)


@FEW
@given(ANY, INSTANTS, TIMES, TIMES)
def test_two_steps_come_to_the_same_as_one(calendar, start, one, other):
    assert calendar.after(calendar.after(start, one), other) == calendar.after(start, one + other)


@FEW
@given(ANY, INSTANTS, INSTANTS, INSTANTS)
def test_stretches_add_up(calendar, a, b, c):
    a, b, c = sorted((a, b, c))
    assert between(calendar, a, b) + between(calendar, b, c) == between(calendar, a, c)


@FEW
@given(ANY, INSTANTS, TIMES, pauses(), INSTANTS, TIMES)
def test_a_further_pause_makes_nothing_due_earlier(calendar, start, time, paused, begin, long):
    assert due(calendar, start, time, paused) <= due(calendar, start, time, [*paused, (begin, begin + long)])


@FEW
@given(pauses())
def test_merged_pauses_stand_apart(paused):
    found = merged(paused)
    assert all(begin < end for begin, end in found)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(found))


@FEW
@given(calendars())
def test_openings_stand_in_order_and_apart(calendar):
    assert all(a < b for a, b in zip(calendar.opens, calendar.closes, strict=True))
    assert all(b <= a for b, a in zip(calendar.closes, calendar.opens[1:], strict=False))


def office(zone="Europe/London", country="", part=""):
    hours = tuple(read_hours("a day", text) for text in ["09:00-17:00"] * 5 + [""] * 2)
    return Openings.of([s for year in YEARS for s in openings(Spec(zone, hours, country, part), year)])


def test_the_clock_is_set_forward_and_back_over_a_weekend():
    """Friday to Monday: the wall clock says the same hours, the instants differ by one."""
    for friday, monday in (
        (datetime(2026, 3, 27, 16, 0, tzinfo=UTC), datetime(2026, 3, 30, 15, 0, tzinfo=UTC)),
        (datetime(2026, 10, 23, 15, 0, tzinfo=UTC), datetime(2026, 10, 26, 16, 0, tzinfo=UTC)),
    ):
        assert office().after(friday, timedelta(hours=8)) == monday


def test_a_night_that_is_an_hour_short_has_an_hour_less():
    everything = Spec("Europe/London", (((0, 1440),),) * 7)
    calendar = Openings.of(openings(everything, 2026))
    short, long = datetime(2026, 3, 29, 0, tzinfo=UTC), datetime(2026, 10, 24, 23, tzinfo=UTC)
    assert calendar.after(short, timedelta(hours=24)) - short == timedelta(hours=24)
    assert calendar.total == timedelta(days=365)
    assert calendar.after(long, timedelta(hours=25)) == datetime(2026, 10, 26, 0, tzinfo=UTC)


def test_easter_is_left_out():
    thursday = datetime(2026, 4, 2, 14, tzinfo=UTC)
    assert office(country="GB", part="ENG").after(thursday, timedelta(hours=8)) == datetime(2026, 4, 7, 14, tzinfo=UTC)
    assert office().after(thursday, timedelta(hours=8)) == datetime(2026, 4, 3, 14, tzinfo=UTC)


def test_what_begins_outside_of_hours_begins_with_the_next_ones():
    saturday, monday = datetime(2026, 6, 6, 11, tzinfo=UTC), datetime(2026, 6, 8, 8, tzinfo=UTC)
    assert office().after(saturday, timedelta(hours=1)) == monday + timedelta(hours=1)
    assert office().after(saturday, timedelta()) == saturday
    assert between(office(), saturday, monday) == timedelta()


def test_openings_say_how_far_they_reach():
    assert office().reaches(HALF, timedelta(hours=1000))
    assert not office().reaches(HALF, timedelta(hours=20_000))
    assert not Openings.of([]).reaches(HALF, timedelta())
