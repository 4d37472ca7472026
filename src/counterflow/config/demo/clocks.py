"""Clocks of the demo company: its calendars, what rings at the end of each week, and customers it waits for."""

from datetime import datetime, timedelta

from counterflow import flows
from counterflow.clocks.commands.pause_clocks import PauseClock, pause_clocks
from counterflow.clocks.commands.record_calendars import NewCalendar, record_calendars
from counterflow.clocks.commands.resume_clocks import ResumeClock, resume_clocks
from counterflow.clocks.tasks import run_clocks
from counterflow.config.demo.calendar import Period, Year
from counterflow.config.demo.desk import Desk
from counterflow.config.demo.network import EU, UK
from counterflow.kernel import db

ASKED_AT_MOST = 3
ANSWER_AFTER = timedelta(days=3)
_LONG = ("07:00-12:00 12:30-16:30",) * 5


def _calendars(year: Year) -> list[NewCalendar]:
    """Office hours, and those of the nodes with what is their own at Christmas."""
    christmas, eve, sunday = year.day(12, 24), year.day(12, 31), year.day(12, 21)
    return [
        NewCalendar("default", "Office hours", "Europe/London", *("09:00-17:00",) * 5),
        NewCalendar("uk", "United Kingdom", "Europe/London", *_LONG, country="GB", subdivision="ENG",
                    nodes=("dc-north", "market-one-hub"), entities=(UK,), closed_days=f"{christmas} Stocktaking"),
        NewCalendar("de", "Germany", "Europe/Berlin", *_LONG, country="DE", subdivision="HE", nodes=("dc-central",),
                    entities=(EU,), closed_days=f"{christmas} Stocktaking\n{eve} Closed"),
        NewCalendar("pl", "3PL East", "Europe/Warsaw", *_LONG, saturday="08:00-12:00", country="PL",
                    nodes=("3pl-east",), open_days=f"{sunday} 08:00-14:00"),
    ]  # fmt: skip


def record_hours(desk: Desk, year: Year) -> None:
    """When people work, before anything happens. Raises `StepRefused`."""
    desk.must(record_calendars, _calendars(year), at=year.begin, step="calendars")


def tick(desk: Desk, period: Period) -> None:
    """Ring what is late at the end of a week; a few customers are asked something then, and answer days later."""
    asked = [f"demo:asked:{period.number - 1}:{n}" for n in range(ASKED_AT_MOST)]
    desk.call(resume_clocks, [ResumeClock(ref) for ref in _open(asked)], at=period.end, step=f"{period.number}:answers")
    run_clocks(at=period.end)
    flows.run_pending(at=period.end)
    found = _worth_asking(period.end)
    items = [
        PauseClock(f"demo:asked:{period.number}:{n}", "waiting_customer", rma, until=period.end + ANSWER_AFTER * 4)
        for n, rma in enumerate(found)
    ]
    desk.call(pause_clocks, items, at=period.end, step=f"{period.number}:questions")


def _open(references: list[str]) -> list[str]:
    """Those of these pauses that there are, in order."""
    sql = "SELECT request_ref FROM clocks_pause WHERE request_ref = ANY(%s::text[]) ORDER BY request_ref"
    return [row.request_ref for row in db.rows(sql, [references])]


def _worth_asking(at: datetime) -> list[str]:
    """Returns whose decision or inspection is waited for, and that nobody has asked about."""
    sql = """SELECT r.number FROM clocks_clock c JOIN returns_rma r ON r.id = c.rma_id
             WHERE c.stopped_at IS NULL AND c.stage IN ('asked', 'received', 'set_apart') AND c.due_at > %s
               AND NOT EXISTS (SELECT FROM clocks_pause p WHERE p.subject_id = c.rma_id)
             GROUP BY 1 ORDER BY 1 LIMIT %s"""
    return [row.number for row in db.rows(sql, [at, ASKED_AT_MOST])]
