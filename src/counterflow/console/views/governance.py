"""Governance: who answers for what, what changed of it, where practice drifts from policy, and what nobody could do."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from counterflow.access import queries as access
from counterflow.access.roles import ROLES
from counterflow.console import cells
from counterflow.console.cells import Cell
from counterflow.console.homes.parts import Table
from counterflow.console.listing import Asked, Column, Filter, asked, csv_answer, listing
from counterflow.console.page import page, render, signed_in
from counterflow.console.stories import who_words
from counterflow.console.views.overrides import days_of, money_words, rate_words
from counterflow.governance.changes import COUNTED_MAX, Changed, MasterChanges, changed, master_changes
from counterflow.governance.drift import FINDINGS, RowDrift, drift
from counterflow.governance.gaps import gaps
from counterflow.governance.owners import (
    PolicyOwner,
    QueueOwner,
    Threshold,
    policy_owners,
    queue_owners,
    role_name,
    thresholds,
)
from counterflow.governance.transitions import Transition, machines, transitions
from counterflow.kernel import clock
from counterflow.policies.facts import Kind

Row = TypeVar("Row")
SHOWN = 10
KINDS = [(str(kind), str(kind).replace("_", " ").capitalize()) for kind in Kind]
DATES = (Filter("since", "From", kind="date"), Filter("until", "To", kind="date"))
FOUND = {
    "often_overridden": "Often set aside",
    "overridden_more": "Set aside more",
    "asks_more": "Asks more",
    "fires_more": "Answers more",
    "never_fired": "Never answered",
}
SORTS = {"policy": "Policy", "role": "Roles", "letter": "Letter", "plan": "Inspection plan"}


def _held(count: int) -> Cell:
    """How many people hold a role; nobody is said in words."""
    return cells.number(count) if count else cells.text("Nobody")


def _scope(scope: Mapping[str, Sequence[str]]) -> str:
    return "; ".join(f"{name}: {', '.join(codes)}" for name, codes in scope.items()) or "Everybody"


def _trend(now: int | None, before: int | None) -> Cell:
    """Now, and below it what it was before, in per cent; nothing where nothing was answered."""
    return cells.text(rate_words(now), note=f"was {rate_words(before)}" if before is not None else "")


OWNERS: tuple[Column[PolicyOwner], ...] = (
    Column("Policy", lambda o: cells.text(o.name, href=reverse("policy", args=[o.kind, o.version]))),
    Column("Answers", lambda o: cells.words(o.kind)),
    Column("For", lambda o: cells.text(_scope(o.scope))),
    Column("Owner", lambda o: cells.text(o.owner)),
    Column("People", lambda o: _held(o.holders), end=True),
)
QUEUES: tuple[Column[QueueOwner], ...] = (
    Column("Queue", lambda o: cells.text(o.queue.capitalize(), href=f"{reverse('cases')}?queue={o.queue}")),
    Column("Kinds of cases", lambda o: cells.text(", ".join(o.kinds).replace("_", " "))),
    Column("Owner", lambda o: cells.text(o.owner)),
    Column("People", lambda o: _held(o.holders), end=True),
)
THRESHOLDS: tuple[Column[Threshold], ...] = (
    Column("Policy", lambda t: cells.words(t.kind, href=reverse("policy", args=[t.kind, t.version]))),
    Column("Row", lambda t: cells.code(t.row)),
    Column("Fact", lambda t: cells.text(t.fact.replace("_", " "), note=t.meaning)),
    Column("Limit", lambda t: cells.code(t.limit)),
    Column("Currency", lambda t: cells.text(t.currency)),
    Column("The row says", lambda t: cells.text(t.text)),
    Column("For", lambda t: cells.text(_scope(t.scope))),
    Column("Owner", lambda t: cells.text(role_name(t.owner_role))),
)
TRANSITIONS: tuple[Column[Transition], ...] = (
    Column("Of", lambda t: cells.text(t.machine)),
    Column("Step", lambda t: cells.words(t.action)),
    Column("From", lambda t: cells.text(", ".join(t.sources).replace("_", " "))),
    Column("To", lambda t: cells.text(", ".join(t.targets).replace("_", " "))),
    Column(
        "Permission", lambda t: cells.text(t.permission or "None: the system", note=t.meaning, mono=bool(t.permission))
    ),
    Column("Roles", lambda t: cells.text(", ".join(ROLES[code].name for code in t.roles))),
    Column("People", lambda t: _held(t.holders) if t.permission else cells.text(""), end=True),
    Column("Command", lambda t: cells.text(t.command), file_only=True),
)


def _found(row: RowDrift) -> Cell:
    return cells.tags([FOUND[code] for code in row.findings])


def _drift_columns(first: date, last: date) -> tuple[Column[RowDrift], ...]:
    """The columns of drift; overrides lead to those of the same days."""

    def overrides_of(row: RowDrift) -> Cell:
        days = {"since": first.isoformat(), "until": last.isoformat(), "row": f"{row.kind}/{row.row}"}
        return cells.number(row.overridden, href=f"{reverse('overrides')}?{urlencode(days)}" if row.overridden else "")

    return (
        Column(
            "Rule", lambda r: cells.text(r.text, href=reverse("policy", args=[r.kind, r.version]), note=_row_words(r))
        ),
        Column("Drift", _found),
        Column("Answers", lambda r: cells.number(r.decided), end=True),
        Column("Of its policy", lambda r: _trend(r.share_bp, r.share_before_bp)),
        Column("Asks a person", lambda r: cells.yes_no(r.exception)),
        Column("Overrides", overrides_of, end=True),
        Column("Override rate", lambda r: _trend(r.rate_bp, r.rate_before_bp)),
        Column("Set aside", lambda r: cells.text(money_words(r.money))),
        Column("Owner", lambda r: cells.text(role_name(r.owner_role))),
    )


def _row_words(row: RowDrift) -> str:
    return f"{row.kind.replace('_', ' ')}, row {row.row}"


def _changes_columns(users: Mapping[str, str], may_users: bool) -> tuple[Column[Changed], ...]:
    def what(row: Changed) -> Cell:
        if row.sort == "policy":
            kind, version = row.what.split("/")
            words = f"{kind.replace('_', ' ').capitalize()} {version}"
            return cells.text(words, href=reverse("policy", args=[kind, int(version)]))
        links = {
            "role": reverse("user", args=[row.what]) if may_users and "@" in row.what else "",
            "letter": reverse("letter_rules"),
            "plan": reverse("plan", args=[row.what]),
        }
        return cells.text(row.what.replace("_", " ") if row.sort == "letter" else row.what, href=links[row.sort])

    def how(row: Changed) -> Cell:
        if row.sort == "role":
            return cells.text(f"{row.old or 'no role'} → {row.new or 'no role'}")
        return cells.text(f"{row.how} {row.new}".replace("_", " ").strip().capitalize())

    return (
        Column("When", lambda r: cells.instant(r.at)),
        Column("Sort", lambda r: cells.text(SORTS[r.sort])),
        Column("What", what),
        Column("How", how),
        Column("By", lambda r: cells.text(who_words(r.by, users))),
    )


MASTER: tuple[Column[MasterChanges], ...] = (
    Column("Kind", lambda m: cells.words(m.kind, href=f"{reverse('master_changes')}?kind={m.kind}")),
    Column("Changes", lambda m: cells.text(f"{m.count:,}{'+' if m.count == COUNTED_MAX else ''}"), end=True),
)


@page("policies.view")
def governance(request: HttpRequest) -> HttpResponseBase:
    """The overview: what nobody could do, what drifts, what changed, and who owns policies and queues."""
    wanted, who, now = asked(request, DATES), signed_in(request), clock.now()
    first, last = days_of(wanted, now.date())
    until = last + timedelta(days=1)
    sees_people = who.may("registry.view")
    drifting = [row for row in drift(since=first, until=until) if row.findings]
    changes = changed(since=first, until=until, sort="" if sees_people else "policy", limit=SHOWN)
    users = access.names_of({row.by for row in changes})
    days = urlencode({"since": first.isoformat(), "until": last.isoformat()})
    tables = [
        _table(
            "Drift from policy",
            _drift_columns(first, last)[:7],
            drifting[:SHOWN],
            "No row was set aside, asked or answered so that it counts as drift.",
            f"{reverse('governance_drift')}?{days}",
        ),
        _table("What changed", _changes_columns(users, who.may("access.manage")), changes, "No rule changed."),
        _table("Policies and their owners", OWNERS, policy_owners(at=now), "No policy is in force."),
        _table("Queues and their owners", QUEUES, queue_owners(), "", reverse("cases")),
    ]
    if sees_people:
        found = master_changes(since=first, until=until)
        tables.insert(2, _table("Master data", MASTER, found, "No master data changed.", reverse("master_changes")))
    values = {
        "asked": wanted,
        "filters": DATES,
        "first": first,
        "last": last,
        "gaps": gaps(at=now),
        "tables": tables,
        "drifting": len(drifting),
    }
    return render(request, "console/governance/overview.html", values)


def _table(title: str, columns: Sequence[Column[Row]], rows: Sequence[Row], empty: str, href: str = "") -> Table:
    return Table(title, listing(columns, rows, Asked.nothing()), empty, href)


def _list(
    request: HttpRequest,
    name: str,
    columns: Sequence[Column[Row]],
    rows: Callable[[Asked], Sequence[Row]],
    filters: Sequence[Filter],
    **values: Any,
) -> HttpResponseBase:
    """A list that is short enough to be whole, on its page or as a file."""
    wanted = asked(request, filters)
    found = rows(wanted)
    if wanted.csv:
        return csv_answer(name, columns, found)
    values["list"] = listing(columns, found, wanted, filters=filters)
    return render(request, f"console/governance/{name}.html", values)


@page("policies.view")
def governance_drift(request: HttpRequest) -> HttpResponseBase:
    """Every row of the policies in force: how often it answered, asked and was set aside, against the days before."""
    shown = [("drift", "What drifts"), ("all", "Every row")]
    filters = (*DATES, Filter("kind", "Policy", KINDS), Filter("show", "Show", shown, every="", first="drift"))
    wanted = asked(request, filters)
    first, last = days_of(wanted, clock.now().date())

    def rows(wanted: Asked) -> list[RowDrift]:
        found = drift(since=first, until=last + timedelta(days=1), kind=wanted.chosen.get("kind", ""))
        return [row for row in found if row.findings or wanted.chosen.get("show") == "all"]

    words = [(FOUND[code], text) for code, text in FINDINGS.items()]
    columns = _drift_columns(first, last)
    return _list(request, "drift", columns, rows, filters, first=first, last=last, words=words)


@page("policies.view")
def governance_thresholds(request: HttpRequest) -> HttpResponseBase:
    """Every limit on a number in the policies in force, with its row and owner."""
    now = clock.now()
    return _list(
        request,
        "thresholds",
        THRESHOLDS,
        lambda wanted: thresholds(at=now, kind=wanted.chosen.get("kind", "")),
        (Filter("kind", "Policy", KINDS),),
    )


@page("policies.view")
def governance_transitions(request: HttpRequest) -> HttpResponseBase:
    """Every step in the life of anything, the permission it needs and the roles that hold it."""
    names = [(each.name, each.name.capitalize()) for each in machines()]
    return _list(
        request,
        "transitions",
        TRANSITIONS,
        lambda wanted: transitions(machine=wanted.chosen.get("machine", "")),
        (Filter("machine", "Of", names),),
    )
