"""Install the calendar that is shipped, so that clocks run from the first day."""

from counterflow.clocks.calendars import DEFAULT
from counterflow.clocks.commands.record_calendars import NewCalendar, record_calendars
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.kernel.context import Context

_DAY = "09:00-17:00"
SHIPPED = NewCalendar(DEFAULT, "Usual working hours", "UTC", _DAY, _DAY, _DAY, _DAY, _DAY)
"""Monday to Friday, nine to five in UTC, without holidays: meant to be made one's own."""


@command(needs="clocks.edit")
def install_default_calendar(ctx: Context) -> Batch:
    """Record the shipped calendar where there is no default one yet; what a company made its own stays."""
    found = db.rows("SELECT id, version FROM clocks_calendar WHERE code = %s", [DEFAULT])
    if found:
        return Batch([Done(DEFAULT, {"id": found[0].id, "version": found[0].version}, replayed=True)])
    return record_calendars(ctx, items=[SHIPPED])
