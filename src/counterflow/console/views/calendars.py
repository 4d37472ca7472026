"""One calendar of working hours: what it says, and the days to come."""

from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from counterflow.clocks.calendar_queries import DayRow, days_of
from counterflow.console import cells
from counterflow.console.homes.parts import table
from counterflow.console.listing import Column
from counterflow.console.master.hours import CALENDARS
from counterflow.console.page import page
from counterflow.console.views.master import record_page
from counterflow.kernel import clock

COLUMNS: tuple[Column[DayRow], ...] = (
    Column("Day", lambda d: cells.day(d.day)),
    Column("", lambda d: cells.text(f"{d.day:%a}")),
    Column("Hours", lambda d: cells.text(d.hours or "Off")),
    Column("Why", lambda d: cells.text(d.why)),
)


@page(CALENDARS.view)
def calendar(request: HttpRequest, code: str) -> HttpResponseBase:
    """A calendar with its history and its next 60 days."""
    row = CALENDARS.one_row(code)
    if row is None:
        raise Http404(f"There is no calendar {code}.")
    first = clock.now().astimezone(ZoneInfo(row.zone)).date()
    days = table("The next 60 days", COLUMNS, days_of(row, first), "")
    return record_page(request, CALENDARS, row, "console/clocks/calendar.html", days=days)
