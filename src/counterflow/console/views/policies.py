"""Policies: every kind with what answers now, the versions of one, and a version as its readers see it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from counterflow.access import queries as access
from counterflow.console import cells, forms_policies
from counterflow.console.listing import Column, asked, csv_answer, listing
from counterflow.console.moments import Moment, newest_first
from counterflow.console.page import Staff, page, render, signed_in
from counterflow.console.policies import shown
from counterflow.console.policies.asked import asked_about
from counterflow.console.policies.offers import offers
from counterflow.console.reasons import offer
from counterflow.console.stories import who_words
from counterflow.kernel import clock
from counterflow.policies import queries_versions as queries
from counterflow.policies.checking import Checked, check
from counterflow.policies.comparing import compare
from counterflow.policies.facts import ADDED_UP, FACTS, Kind
from counterflow.policies.queries_versions import ShelfRow, VersionFile
from counterflow.policies.wording import QUESTIONS

STANDS: Final = ("in_force", "planned", "draft", "in_review", "approved")
STEPS: Final = {
    "draft": ("Draft begun", "plain", "plus"),
    "edit": ("Edited", "plain", "pencil"),
    "submit": ("Proposed", "wait", "gavel"),
    "send_back": ("Sent back", "stop", "arrow-back-up"),
    "approve": ("Agreed to", "good", "check"),
    "activate": ("Put into force", "good", "circle-check"),
    "retire": ("Retired", "plain", "ban"),
    "withdraw": ("Withdrawn", "plain", "ban"),
    "publish": ("Published", "good", "circle-check"),
}
EDITS_SHOWN: Final = 12
WAITS: Final = {
    "activate": "Others have been asked to let it begin; it does when they agree.",
    "retire": "Others have been asked to let it end; it does when they agree.",
}


@dataclass(frozen=True)
class KindCard:
    """A kind of policy on the first page: what answers now, what is on its way, and the last change."""

    kind: str
    name: str
    question: str
    whole: ShelfRow | None
    owner: str
    groups: Sequence[tuple[str, Sequence[tuple[ShelfRow, str]]]]
    changed: ShelfRow | None


def kind_name(kind: str) -> str:
    """A kind as people call it; those who work here would call the clocks' table by its three letters."""
    return "SLA" if kind == Kind.SLA else kind.replace("_", " ").capitalize()


@page("policies.view")
def policies(request: HttpRequest) -> HttpResponseBase:
    """Every kind of policy."""
    now, rows = clock.now(), queries.shelf()
    names = access.names_of({row.changed_by for row in rows})
    cards = [_card(kind, [row for row in rows if row.kind == kind], now) for kind in Kind]
    values = {
        "cards": cards,
        "names": {actor: who_words(actor, names) for actor in names},
        "may_edit": signed_in(request).may("policies.edit"),
    }
    return render(request, "console/policies/list.html", values)


def _card(kind: Kind, rows: Sequence[ShelfRow], now: datetime) -> KindCard:
    whole = next((row for row in rows if not row.scope and row.stands(now) == "in_force"), None)
    groups = []
    for stands in STANDS:
        found = [(row, shown.scope_words(row.scope)) for row in rows if row.stands(now) == stands and row is not whole]
        if found:
            groups.append((stands, found))
    changed = max(rows, key=lambda row: row.changed_at, default=None)
    owner = shown.role_words(whole.owner_role) if whole else ""
    return KindCard(kind.value, kind_name(kind), QUESTIONS[kind], whole, owner, groups, changed)


def _columns(names: dict[str, str], now: datetime) -> tuple[Column[ShelfRow], ...]:
    return (
        Column("Version", lambda r: cells.code(str(r.version), href=reverse("policy", args=[r.kind, r.version]))),
        Column("Name", lambda r: cells.text(r.name)),
        Column("State", lambda r: cells.badge("policy", r.stands(now))),
        Column("For", lambda r: cells.text(shown.scope_words(r.scope))),
        Column("From", lambda r: cells.instant(r.effective_from)),
        Column("Until", lambda r: cells.instant(r.effective_to)),
        Column("Owner", lambda r: cells.text(shown.role_words(r.owner_role))),
        Column("Rows", lambda r: cells.number(r.rows), end=True),
        Column("Examples", lambda r: cells.number(r.examples), end=True),
        Column("Last change", lambda r: cells.instant(r.changed_at)),
        Column("By", lambda r: cells.text(who_words(r.changed_by, names))),
    )


@page("policies.view")
def policy_kind(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Every version of a kind, the newest first."""
    require_kind(kind)
    wanted, now, rows = asked(request), clock.now(), queries.shelf(kind=kind)
    columns = _columns(access.names_of({row.changed_by for row in rows}), now)
    if wanted.csv:
        return csv_answer(f"policies-{kind}", columns, rows)
    values = {
        "kind": kind,
        "name": kind_name(kind),
        "question": QUESTIONS[kind],
        "list": listing(columns, rows, wanted),
        "newest": rows[0] if rows else None,
        "before": next((row for row in rows[1:] if row.stands(now) == "in_force"), rows[1] if len(rows) > 1 else None),
    }
    return render(request, "console/policies/kind.html", values)


@page("policies.view")
def policy(request: HttpRequest, kind: str, version: int) -> HttpResponseBase:
    """One version: its table in words, examples, notes, history, the difference to what it is based on, what may be
    done."""
    require_kind(kind)
    who, now = signed_in(request), clock.now()
    found = queries.version_of(kind=kind, version=version)
    table = found.read_table()
    checked = check(table, found.read_examples())
    base = queries.version_file(version_id=found.based_on) if found.based_on else None
    reason = forms_policies.SendBack()
    if found.state == "in_review" and who.may("policies.review"):
        offer((reason, "reason", "policy"))
    others, begins = queries.shelf(kind=kind, limit=50), asked_about(found, now)
    values = {
        **frame(found),
        **_content(found, checked),
        "base": base,
        "changes": shown.shown_changes(kind, compare(base.read_table(), table)) if base else [],
        "asked": begins,
        "offers": _offered(found, checked, who, now, waits=begins is not None and begins.waits),
        "history": _history(found),
        "others": [(row, row.stands(now)) for row in others if row.version != version][:10],
        "stands": next((row.stands(now) for row in others if row.version == version), found.state),
        "activate_form": forms_policies.Activate(),
        "send_back_form": reason,
    }
    return render(request, "console/policies/one.html", values)


def require_kind(kind: str) -> None:
    """Raise `Http404` for what is no kind of policy."""
    if kind not in FACTS:
        raise Http404(f"There is no kind of policy called {kind[:40]}.")


def frame(found: VersionFile) -> dict[str, Any]:
    """What every page of a version says about it."""
    return {
        "policy": found,
        "kind_name": kind_name(found.kind),
        "question": QUESTIONS[found.kind],
        "scope": shown.scope_words(found.scope),
        "owner": shown.role_words(found.owner_role),
    }


def _content(found: VersionFile, checked: Checked) -> dict[str, Any]:
    table = found.read_table()
    return {
        "rows": shown.shown_rows(table, checked),
        "columns": shown.columns_in_words(table),
        "table_problems": shown.table_problems(checked),
        "checked": checked,
        "adds_up": found.kind in ADDED_UP,
        "examples": found.read_examples() if checked.problems else checked.examples,
    }


def _offered(found: VersionFile, checked: Checked, who: Staff, now: datetime, *, waits: bool) -> dict[str, Any]:
    """What may be done, and what not and why; what others were asked to let begin is not begun a second time."""
    all_of_them = [
        replace(each, why_not=each.why_not or WAITS[each.action]) if waits and each.action in WAITS else each
        for each in offers(found, checked, who, access.roles_of(who.user_id), now)
    ]
    return {
        "allowed": [each for each in all_of_them if not each.why_not],
        "missing": [each for each in all_of_them if each.why_not],
        "actions": {each.action for each in all_of_them if not each.why_not},
    }


def _history(found: VersionFile) -> list[Moment]:
    """The steps as a timeline, the newest first; of many edits the latest."""
    names = access.names_of({step.actor for step in found.steps} | {found.created_by})
    steps = list(found.steps)
    edits = [step for step in steps if step.action == "edit"][:-EDITS_SHOWN]
    told = []
    for step in steps:
        if step in edits:
            continue
        title, tone, icon = STEPS.get(step.action, (step.action.capitalize(), "plain", "circle"))
        text = f"Reason: {step.reason.replace('_', ' ')}" if step.reason else f"Revision {step.revision}"
        told.append(Moment(step.at, step.at, title, text, tone, icon, who=who_words(step.actor, names)))
    if not steps:
        title, tone, icon = STEPS["publish"]
        by = who_words(found.created_by, names)
        told.append(Moment(found.created_at, found.created_at, title, "", tone, icon, who=by))
    return newest_first(told)
