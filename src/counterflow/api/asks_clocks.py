"""Questions of programs about clocks: what is due when, what was late and why, and the calendars behind it."""

from datetime import datetime, timedelta

from counterflow.api.reading import Read
from counterflow.clocks import calendar_queries as calendars
from counterflow.clocks import queries as clocks
from counterflow.clocks.report import ReportRow, clock_report
from counterflow.kernel import clock


def running_clocks(
    *,
    state: str = "next",
    stage: str = "",
    node: str = "",
    role: str = "",
    owner: str = "",
    channel: str = "",
    cause: str = "",
    rma: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[clocks.ClockRow]:
    """Clocks by `state` (next, late, paused, running, ended, ended_late): the first due first, the last ended first.

    `since` and `until` bound when they ended, or are due. `node` and `channel` are codes. `role` has to act; `owner` is
    the role whose work it is, whoever it was escalated to.
    """
    return clocks.clocks(
        at=clock.now(),
        state=state,
        stage=stage,
        node=node,
        role=role,
        owner=owner,
        channel=channel,
        cause=cause,
        rma=rma,
        since=since,
        until=until,
        after=after,
        limit=limit,
    )


def one_clock(*, clock_id: int) -> clocks.ClockRow:
    """One clock: when it is due, by which row of which version of the SLA table, and how it stands now."""
    return clocks.clock(clock_id=clock_id, at=clock.now())


def breaches(
    *,
    by: str = "stage",
    since: datetime | None = None,
    until: datetime | None = None,
    stage: str = "",
    cause: str = "",
    node: str = "",
    role: str = "",
    channel: str = "",
) -> list[ReportRow]:
    """What ended since an instant (30 days ago), and what is late and open: share in time, hours taken and allowed.

    By stage, cause, node, role, channel or week. Hours are working hours of each clock's own calendar.
    """
    end = until or clock.now()
    begin = since or end - timedelta(days=30)
    return clock_report(by=by, since=begin, until=end, stage=stage, cause=cause, node=node, role=role, channel=channel)


_REPORT_FILTERS = ("by", "since", "until", "stage", "cause", "node", "role", "channel")
_CLOCK_FILTERS = ("state", "stage", "node", "role", "owner", "channel", "cause", "rma", "since", "until")
READS: list[Read] = [
    Read("/calendars", calendars.calendars, "clocks.view", "clocks", ("search", "country", "sort"), ("after", "code")),
    Read("/clocks", running_clocks, "clocks.view", "clocks", _CLOCK_FILTERS, ("after", "cursor"), name="clocks"),
    Read("/clocks/{clock_id}", one_clock, "clocks.view", "clocks", name="clock"),
    Read("/clock-report", breaches, "clocks.view", "clocks", _REPORT_FILTERS),
    Read("/clock-pauses", clocks.pauses, "clocks.view", "clocks", ("rma", "case_id")),
    Read("/calendars/{code}/days", calendars.calendar_days, "clocks.view", "clocks"),
]
