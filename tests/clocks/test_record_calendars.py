"""Calendars are recorded and changed: versions, openings, whom they serve, history."""

from datetime import UTC, date, datetime

import pytest

from counterflow.clocks import calendar_queries
from counterflow.clocks.calendar_queries import CalendarMissing, calendar_days, calendars, calendars_by_code
from counterflow.clocks.calendars import openings, spec_of
from counterflow.clocks.commands.change_calendars import ChangeCalendar, change_calendars
from counterflow.clocks.commands.install_default_calendar import install_default_calendar
from counterflow.clocks.commands.record_calendars import NewCalendar, record_calendars
from counterflow.kernel import db
from counterflow.registry.queries import changes

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
OFFICE = ["08:00-12:00 13:00-17:00"] * 5


def record(ctx, code, *, at=AT, **more):
    more.setdefault("zone", "Europe/London")
    hours = dict(zip(("monday", "tuesday", "wednesday", "thursday", "friday"), OFFICE, strict=True))
    return record_calendars(ctx(at=at), items=[NewCalendar(code, "Office", **{**hours, **more})])


def written(code):
    return db.rows(
        "SELECT v.version, o.opens_at, o.closes_at, o.before_seconds, o.year FROM clocks_calendar c"
        " JOIN clocks_calendarversion v ON v.calendar_id = c.id JOIN clocks_opening o ON o.version_id = v.id"
        " WHERE c.code = %s ORDER BY v.version, o.opens_at",
        [code],
    )


def test_a_calendar_is_written_out_for_the_years_around(ctx, company):
    code = f"uk-{company.tag}"
    assert record(ctx, code, country="GB", subdivision="ENG", nodes=(company.node(),)).done
    row = calendars_by_code(codes=[code])[code]
    assert (row.version, row.nodes, row.country) == (1, (company.node(),), "GB")
    found = written(code)
    assert {r.year for r in found} == {2025, 2026, 2027, 2028}
    assert [(r.opens_at, r.closes_at) for r in found] == [
        span for year in range(2025, 2029) for span in openings(spec_of(vars(row)), year)
    ]
    assert found[0].before_seconds == 0
    assert found[1].before_seconds == 4 * 3600
    names = db.rows("SELECT holidays FROM clocks_calendaryear WHERE version_id = %s AND year = 2026", [row.current_id])
    assert names[0].holidays["2026-04-03"] == "Good Friday"


def test_twice_is_once_and_other_content_is_refused(ctx, company):
    code = f"twice-{company.tag}"
    assert not record(ctx, code).done[0].replayed
    assert record(ctx, code).done[0].replayed
    assert record(ctx, code, zone="UTC").refused[0].code == "identity_reused"


def test_a_change_makes_a_version_and_a_line_of_history(ctx, company):
    code = f"change-{company.tag}"
    record(ctx, code)
    change = ChangeCalendar(code, 1, saturday="9-12", closed_days="2026-07-03 Move", nodes=(company.node(),))
    assert change_calendars(ctx(at=AT), items=[change]).done
    row = calendars_by_code(codes=[code])[code]
    assert (row.version, row.saturday, row.nodes) == (2, "09:00-12:00", (company.node(),))
    assert {r.version for r in written(code)} == {1, 2}
    told = {(c.field, c.new) for c in changes(kind="calendar", search=code)}
    assert ("saturday", "09:00-12:00") in told
    assert ("closed_days", "2026-07-03 Move") in told
    assert change_calendars(ctx(), items=[change]).done[0].replayed
    stale = change_calendars(ctx(), items=[ChangeCalendar(code, 1, friday="8-9")])
    assert stale.refused[0].code == "record_changed"
    cleared = change_calendars(ctx(), items=[ChangeCalendar(code, clear=("nodes", "saturday"))])
    assert cleared.done
    assert calendars_by_code(codes=[code])[code].nodes == ()
    refused = change_calendars(ctx(), items=[ChangeCalendar(code, clear=tuple(("monday", "tuesday", "wednesday")))])
    assert refused.done
    off = change_calendars(ctx(), items=[ChangeCalendar(code, clear=("thursday", "friday"))])
    assert off.refused[0].code == "never_open"


def test_a_place_goes_by_one_calendar(ctx, company):
    one, other, node = f"one-{company.tag}", f"other-{company.tag}", company.node()
    entity = f"UK{company.tag}"
    assert record(ctx, one, nodes=(node,), entities=(entity,)).done
    refused = record(ctx, other, nodes=(node,)).refused[0]
    assert (refused.code, refused.facts["calendar"]) == ("served_twice", one)
    assert record(ctx, other, entities=(entity,)).refused[0].code == "served_twice"
    assert record(ctx, other, nodes=("nowhere",)).refused[0].code == "served_unknown"
    moved = [ChangeCalendar(one, clear=("nodes",))]
    assert change_calendars(ctx(), items=moved).done
    assert record(ctx, other, nodes=(node,)).done


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"code": "no blanks"}, "calendar_code_invalid"),
        ({"name": " "}, "calendar_text_invalid"),
        ({"zone": "Mars/Olympus"}, "calendar_zone_unknown"),
        ({"monday": "late"}, "hours_unreadable"),
        ({"monday": ""}, "never_open"),
        ({"country": "QQ"}, "country_unknown"),
        ({"country": "GB", "subdivision": "BY"}, "subdivision_unknown"),
        ({"closed_days": "Christmas"}, "day_unreadable"),
        ({"open_days": "2026-12-19"}, "day_unreadable"),
    ],
)
def test_what_cannot_be_understood_is_refused_and_the_rest_stands(ctx, company, wrong, code):
    good = NewCalendar(f"good-{company.tag}-{code}", "Good", monday="9-17")
    bad = NewCalendar(**{"code": f"bad-{company.tag}", "name": "Bad", "monday": "9-17", **wrong})
    batch = record_calendars(ctx(at=AT), items=[bad, good])
    assert [r.code for r in batch.refused] == [code]
    assert len(batch.done) == 1


def test_the_shipped_calendar_is_installed_once(ctx, company):
    assert install_default_calendar(ctx()).done[0].replayed
    assert [row.code for row in calendars(search="default")] == ["default"]


def test_the_days_to_come_say_why_nobody_works(ctx, company):
    code = f"days-{company.tag}"
    record(ctx, code, country="GB", subdivision="ENG")
    days = calendar_days(code=code, first=datetime(2026, 4, 1, tzinfo=UTC).date())
    assert len(days) == 60
    friday = days[2]
    assert (friday.why, friday.off, days[0].hours) == ("Good Friday", True, "08:00–12:00, 13:00–17:00")
    with pytest.raises(CalendarMissing):
        calendar_days(code="nothing")


def test_the_days_to_come_are_those_that_were_written_out_whatever_the_library_says_now(ctx, company, monkeypatch):
    code = f"edition-{company.tag}"
    record(ctx, code, country="GB", subdivision="ENG")
    monkeypatch.setattr(calendar_queries, "holidays_of", lambda country, part, year: {date(year, 4, 1): "A new one"})
    now, later = (calendar_days(code=code, first=date(year, 4, 1))[:3] for year in (2026, 2035))
    assert [day.why for day in now] == ["", "", "Good Friday"]
    assert later[0].why == "A new one"


def test_statements_do_not_depend_on_how_many(ctx, company):
    def counted(tag, number):
        items = [NewCalendar(f"n{tag}-{company.tag}-{n}", "N", monday="9-17") for n in range(number)]
        with db.counting() as seen:
            assert len(record_calendars(ctx(at=AT), items=items).done) == number
        changed = [ChangeCalendar(item.code, friday="9-12") for item in items]
        with db.counting() as more:
            assert len(change_calendars(ctx(at=AT), items=changed).done) == number
        return len(seen), len(more)

    counted("warm", 1)
    assert counted("one", 1) == counted("many", 30)
