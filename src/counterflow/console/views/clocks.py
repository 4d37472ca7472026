"""Clocks: what is due next, what is late or stands still, one clock explained, and the report of breaches."""

from datetime import UTC, date, datetime, time, timedelta

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from counterflow.access import queries as access
from counterflow.access.roles import ROLES
from counterflow.clocks import queries
from counterflow.clocks.causes import MEANINGS
from counterflow.clocks.commands.set_causes import SetCause, set_causes
from counterflow.clocks.queries import ClockRow, Left
from counterflow.clocks.report import BY, ReportRow, clock_report
from counterflow.clocks.stages import STAGES
from counterflow.console import cells
from counterflow.console.clock_words import explained, hours_words, role_words
from counterflow.console.forms_clocks import CauseForm
from counterflow.console.homes.parts import address
from counterflow.console.listing import (
    CSV_ROWS_MAX,
    PAGE_SIZE,
    Asked,
    Column,
    Filter,
    asked,
    csv_answer,
    listing,
    pages,
)
from counterflow.console.page import Staff, act, page, readable, render, signed_in
from counterflow.console.simulated import notices
from counterflow.console.stories import who_words
from counterflow.facilities import queries as facilities
from counterflow.kernel import clock as wall
from counterflow.ledger import queries as ledger
from counterflow.orders import queries as orders
from counterflow.policies import queries as policies

STATES = (
    ("next", "Due next"),
    ("late", "Late"),
    ("paused", "Wait for the customer"),
    ("ended", "Ended"),
    ("ended_late", "Ended late"),
)
DAYS = 30
Pair = tuple[ClockRow, Left | None]


def subject_link(row: ClockRow, who: Staff) -> str:
    """Where what a clock is about is looked at; nothing where the reader may not."""
    if row.subject_kind == "case":
        return reverse("case", args=[row.subject_id]) if who.may("workqueue.view") else ""
    if row.subject_kind == "unit" and who.may("receiving.view"):
        return reverse("unit", args=[row.name])
    return reverse("return", args=[row.rma]) if row.rma and who.may("returns.view") else ""


def _columns(who: Staff) -> tuple[Column[Pair], ...]:
    return (
        Column("What", lambda p: cells.text(p[0].what.meaning, href=reverse("clock", args=[p[0].id]))),
        Column("About", lambda p: cells.code(p[0].name, href=subject_link(p[0], who))),
        Column("State", lambda p: cells.badge("clock", p[0].state)),
        Column("Due", lambda p: cells.instant(p[0].due_at)),
        Column("Left", lambda p: cells.text(_left(p))),
        Column("Role", lambda p: cells.text(role_words(p[0].role))),
        Column("Node", lambda p: cells.code(p[0].node)),
        Column("At stake", lambda p: cells.money(p[0].money_minor, p[0].currency or ""), end=True),
        Column("Cause", lambda p: cells.text(p[0].cause_words)),
        Column("Stage", lambda p: cells.text(p[0].stage), file_only=True),
        Column("Return", lambda p: cells.text(p[0].rma), file_only=True),
        Column("Channel", lambda p: cells.text(p[0].channel), file_only=True),
        Column("Started", lambda p: cells.instant(p[0].started_at), file_only=True),
        Column("Ended", lambda p: cells.instant(p[0].stopped_at), file_only=True),
        Column("Hours allowed", lambda p: cells.number(p[0].due_hours), file_only=True),
        Column("Seconds taken", lambda p: cells.number(p[0].worked_seconds), file_only=True),
        Column("Cause code", lambda p: cells.text(p[0].cause), file_only=True),
        Column("Currency", lambda p: cells.text(p[0].currency or ""), file_only=True),
    )


def _left(pair: Pair) -> str:
    row, left = pair
    if row.stopped_at is not None:
        return f"took {hours_words(timedelta(seconds=row.worked_seconds or 0), all_day=row.around_the_clock)}"
    if left is None:
        return ""
    said = hours_words(left.time, all_day=row.around_the_clock)
    return f"late by {said}" if left.time < timedelta() else said


def _filters(*roles: Filter, first: str = "") -> list[Filter]:
    """What both pages can be narrowed to, each with its kinds of roles. Two statements."""
    return [
        Filter("stage", "Stage", [(str(stage), row.meaning) for stage, row in STAGES.items()]),
        Filter("node", "Node", [(row.code, row.name) for row in facilities.nodes()]),
        *roles,
        Filter("channel", "Channel", [(row.code, row.name) for row in orders.channels()]),
        Filter("cause", "Cause", list(MEANINGS.items())),
        Filter("since", "From", kind="date", first=first),
        Filter("until", "To", kind="date"),
    ]


_ROLES = [(role.code, role.name) for role in ROLES.values()]
_ACTS, _OWNS = Filter("role", "Role to act", _ROLES), Filter("owner", "Whose work", _ROLES)


def _bound(wanted: Asked, name: str, *, after: bool = False) -> datetime | None:
    day = wanted.chosen.get(name, "")
    if not day:
        return None
    return datetime.combine(date.fromisoformat(day) + timedelta(days=after), time(), UTC)


@page("clocks.view")
def clocks(request: HttpRequest) -> HttpResponseBase:
    """Clocks: those that run, the first to be due first, or those that ended, the last first."""
    filters = [Filter("state", "Show", STATES, every="", first="next"), *_filters(_ACTS, _OWNS)]
    wanted, now, who = asked(request, filters), wall.now(), signed_in(request)

    def found(after: str | None, limit: int) -> list[Pair]:
        rows = queries.clocks(
            at=now,
            state=wanted.chosen.get("state", "next"),
            **{name: wanted.chosen.get(name, "") for name in ("stage", "node", "role", "owner", "channel", "cause")},
            since=_bound(wanted, "since"),
            until=_bound(wanted, "until", after=True),
            after=after,
            limit=limit,
        )
        left = queries.time_left(rows, at=now)
        return [(row, left.get(row.id)) for row in rows]

    columns = _columns(who)
    if wanted.csv:
        return csv_answer("clocks", columns, pages(found, lambda pair: pair[0].cursor, most=CSV_ROWS_MAX))
    rows = found(wanted.place or None, PAGE_SIZE + 1)
    more = rows[PAGE_SIZE - 1][0].cursor if len(rows) > PAGE_SIZE else ""
    drawn = listing(columns, rows[:PAGE_SIZE], wanted, filters=filters, next_place=more)
    return render(request, "console/clocks/list.html", {"list": drawn, "simulated": notices(ledger.simulated())})


@page("clocks.view")
def clock(request: HttpRequest, clock_id: int) -> HttpResponseBase:
    """One clock: when it is due and why, its pauses, and what caused it to be late."""
    now, who = wall.now(), signed_in(request)
    row = queries.clock(clock_id=clock_id, at=now)
    decided = policies.decisions(subject_ids=[row.subject_id], kind="sla")
    (told,) = explained([row], queries.time_left([row], at=now), decided)
    of_case = row.subject_id if row.subject_kind == "case" else None
    pauses = queries.pauses(rma=row.rma, case_id=of_case) if of_case or row.rma else []
    names = access.names_of([row.cause_by] if row.cause_by else [])
    values = {
        "clock": row,
        "told": told,
        "about": subject_link(row, who),
        "pauses": pauses if row.what.pausable else [],
        "said_by": who_words(row.cause_by, names) if row.cause_by else "",
        "form": CauseForm(initial={"cause": row.cause}) if row.cause and who.may("workqueue.work") else None,
        "simulated": notices(ledger.simulated()),
    }
    return render(request, "console/clocks/one.html", values)


@page("workqueue.work")
@require_POST
def clock_cause(request: HttpRequest, clock_id: int) -> HttpResponseBase:
    """Say what made a clock late."""
    form = CauseForm(request.POST)
    if readable(request, form):
        item = SetCause(clock_id, form.cleaned_data["cause"], form.cleaned_data["reason"])
        act(request, "Cause kept.", lambda ctx: set_causes(ctx, items=[item]))
    return redirect("clock", clock_id=clock_id)


BY_WORDS = {
    "stage": "Stage",
    "cause": "Cause",
    "node": "Node",
    "role": "Role",
    "channel": "Channel",
    "week": "Week",
}


def _report_columns(by: str, wanted: Asked) -> tuple[Column[ReportRow], ...]:
    kept = {_IN_THE_LIST.get(name, name): value for name, value in wanted.chosen.items() if name != "by"}

    def counted(row: ReportRow, count: int, state: str) -> cells.Cell:
        # What has no node or channel cannot be asked for.
        href = address("clocks", **_inside(by, row, kept, state)) if count and row.group else ""
        return cells.number(count or None, href=href)

    return (
        Column(BY_WORDS[by], lambda r: cells.text(_group_words(by, r.group))),
        Column("Ended", lambda r: counted(r, r.ended, "ended"), end=True),
        Column("In time", lambda r: cells.number(r.in_time), end=True),
        Column("Share in time", lambda r: _share(r.share), end=True),
        Column("Ended late", lambda r: counted(r, r.late - r.late_running, "ended_late"), end=True),
        Column("Late and open", lambda r: counted(r, r.late_running, "late"), end=True),
        Column("Median hours", lambda r: _hours(r.median_hours), end=True),
        Column("90 % within hours", lambda r: _hours(r.p90_hours), end=True),
        Column("Allowed hours", lambda r: _hours(r.target_hours), end=True),
        Column("At stake, late", lambda r: cells.money(r.late_minor, r.currency), end=True),
        Column("Code", lambda r: cells.text(r.group), file_only=True),
        Column("Currency", lambda r: cells.text(r.currency), file_only=True),
    )


_IN_THE_LIST = {"role": "owner"}
"""What the list calls what the report calls otherwise: the list's role has to act, the report's is whose work it is."""


def _inside(by: str, row: ReportRow, kept: dict[str, str], state: str) -> dict[str, str]:
    """What the list is asked for a group of the report."""
    if by == "week":
        first = datetime.strptime(f"{row.group}-1", "%G-W%V-%u").replace(tzinfo=UTC).date()
        begin, end = str(first), str(first + timedelta(days=6))
        return {
            **kept,
            "state": state,
            "since": max(begin, kept.get("since", begin)),
            "until": min(end, kept.get("until", end)),
        }
    return {**kept, "state": state, _IN_THE_LIST.get(by, by): row.group}


def _group_words(by: str, group: str) -> str:
    if by == "stage":
        return next((row.meaning for stage, row in STAGES.items() if stage == group), group)
    if by == "cause":
        return MEANINGS.get(group, group)
    return role_words(group) if by == "role" else group or "None"


def _share(value: float | None) -> cells.Cell:
    return cells.Cell("number", "" if value is None else f"{value:.0%}", "" if value is None else f"{value:.4f}")


def _hours(value: float | None) -> cells.Cell:
    return cells.Cell("number", "" if value is None else f"{value:,.1f}", "" if value is None else f"{value:.2f}")


@page("clocks.view")
def report(request: HttpRequest) -> HttpResponseBase:
    """How much was in time, how long it took, where and why it was late."""
    today = wall.now().date()
    by_filter = Filter("by", "By", [(by, BY_WORDS[by]) for by in BY], every="", first="stage")
    whose = Filter("role", "Whose work", _ROLES)
    filters = [by_filter, *_filters(whose, first=str(today - timedelta(days=DAYS - 1)))]
    wanted = asked(request, filters)
    by = wanted.chosen.get("by", "stage")
    rows = clock_report(
        by=by,
        since=_bound(wanted, "since") or datetime(2000, 1, 1, tzinfo=UTC),
        until=_bound(wanted, "until", after=True) or datetime.combine(today + timedelta(days=1), time(), UTC),
        **{name: wanted.chosen.get(name, "") for name in ("stage", "node", "role", "channel", "cause")},
    )
    columns = _report_columns(by, wanted)
    if wanted.csv:
        return csv_answer(f"breaches-by-{by}", columns, rows)
    drawn = listing(columns, rows, wanted, filters=filters)
    values = {"list": drawn, "days": DAYS, "simulated": notices(ledger.simulated())}
    return render(request, "console/clocks/report.html", values)
