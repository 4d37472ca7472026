"""The list of cases: what waits for a person, filters that are kept, and taking the next one."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from counterflow.access import queries as access
from counterflow.console import case_lists, forms_cases
from counterflow.console.case_lists import FILTERS, ONLY_IN_FILES, Names, address_of, picked, question_of
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Asked, asked, csv_answer, listing, pages
from counterflow.console.page import Staff, act, context, page, readable, render, signed_in
from counterflow.console.simulated import notices
from counterflow.kernel.clock import now
from counterflow.kernel.commands import Batch
from counterflow.kernel.errors import DomainError
from counterflow.kernel.found import id_of
from counterflow.ledger import queries as ledger
from counterflow.workqueue import commands, queries, queries_lists
from counterflow.workqueue.filters import NOBODY, CaseFilter
from counterflow.workqueue.questions import VIEWS, Asker, meant
from counterflow.workqueue.states import State

LOOKED_AT = 100
"""Of so many that wait in a list the first that is still nobody's is taken."""
PLACES_KEPT = ("place", "format", "done", "count")


@page("workqueue.view")
def cases(request: HttpRequest) -> HttpResponseBase:
    """Cases, those to act on soonest first."""
    who, at = signed_in(request), now()
    asker, wanted = asker_of(who), asked(request, FILTERS)
    question = question_of(wanted)
    meaning = meant(question, asker=asker, at=at, zone=_zone())
    names, may_work = Names(), who.may("workqueue.work")
    columns = case_lists.columns(names, at, pick=may_work and not wanted.csv)

    def found(after: str | None, limit: int) -> list[queries.CaseRow]:
        rows = queries.found(meaning, after=after, limit=limit, at=at)
        if unknown := {row.assignee for row in rows if row.assignee} - set(names.known):
            names.known |= access.names_of(unknown)
        return rows

    if wanted.csv:
        every = [*columns.values(), *ONLY_IN_FILES]
        return csv_answer("cases", every, pages(found, lambda row: row.cursor, most=CSV_ROWS_MAX))
    rows = found(wanted.place or None, PAGE_SIZE + 1)
    more = rows[PAGE_SIZE - 1].cursor if len(rows) > PAGE_SIZE else ""
    shown = picked(wanted, columns)
    saved = queries_lists.saved(asker=asker)
    values = {
        "list": listing(
            shown,
            rows[:PAGE_SIZE],
            wanted,
            filters=FILTERS,
            search_label="Any number, or words of its kind",
            next_place=more,
        ),
        "views": _views(asker, question.told, at),
        "saved": [(row, address_of(row.question, row.columns), row.question == question.told) for row in saved],
        "open": question.state == "open",
        "may_work": may_work,
        "query": _query(wanted),
        "empty": EMPTY.get(_view_of(question.told), "Nothing is unknown, in doubt or in dispute."),
        "save_form": forms_cases.SaveFilter(roles=asker.roles),
        "done": id_of(request.GET.get("done")) if may_work else None,
        "count": request.GET.get("count", "")[:12],
        "simulated": notices(ledger.simulated()),
    }
    return render(request, "console/cases/list.html", values)


EMPTY = {
    "mine": "Nothing is in your hands. Take the next case, or look at what is nobody's.",
    "role": "Nothing waits for your roles.",
    "unassigned": "Every open case is somebody's.",
    "overdue": "Nothing is late.",
    "today": "Nothing is due today.",
    "snoozed": "Nothing is put off.",
}
"""What an empty list of those at hand means."""


def asker_of(who: Staff) -> Asker:
    """Who asks for cases, on a page."""
    return Asker(who.actor, access.roles_of(who.user_id), who.permissions)


def _zone() -> Any:
    return timezone.get_current_timezone()


def _views(asker: Asker, told: dict[str, Any], at: datetime) -> list[tuple[queries_lists.ViewCount, str, bool]]:
    """The lists at hand with their addresses, and which of them is shown."""
    found = queries_lists.views(asker=asker, at=at, zone=_zone())
    return [(view, address_of(view.question), view.question == told) for view in found]


def _view_of(told: dict[str, Any]) -> str:
    return next((view.code for view in VIEWS if view.question.told == told), "")


def _query(wanted: Asked) -> str:
    """What the address asks, without the place in it."""
    query = wanted.query.copy()
    for name in PLACES_KEPT:
        query.pop(name, None)
    return query.urlencode()


@page("workqueue.work")
@require_POST
def cases_take(request: HttpRequest) -> HttpResponseBase:
    """Take the next case of the list that is shown; then its page."""
    query, at = QueryDict(request.POST.get("query", "")[:2_000]), now()
    shown = filter_of(query, asker_of(signed_in(request)), at)
    free = replace(shown, state=State.OPEN, assignee=NOBODY, snoozed="no", sort="priority")
    waiting = tuple(row.id for row in queries.found(free, limit=LOOKED_AT, at=at))
    wanted = commands.TakeCases(case_ids=waiting or (0,))
    try:
        (result,) = commands.take_cases(context(request), items=[wanted])
    except DomainError as error:
        messages.error(request, error.message)
        return redirect(f"{reverse('cases')}?{query.urlencode()}")
    batch = Batch([result])
    if batch.refused:
        messages.error(request, f"{batch.refused[0].message} Choose another queue, or look at what is put off.")
        return redirect(f"{reverse('cases')}?{query.urlencode()}")
    messages.success(request, "The case is yours.")
    return redirect("case", case_id=batch.done[0].facts["cases"][0])


@page("access.own")
@require_POST
def cases_keep(request: HttpRequest) -> HttpResponseBase:
    """Keep what the list shows now under a name."""
    asker, query = asker_of(signed_in(request)), QueryDict(request.POST.get("query", "")[:2_000])
    form = forms_cases.SaveFilter(request.POST, roles=asker.roles)
    if readable(request, form):
        told = question_of(_asked_of(query)).told
        columns = tuple(code for code in query.get("columns", "").split(",") if code)
        item = commands.SaveFilter(form.cleaned_data["name"], told, columns, form.cleaned_data["role"])
        words = "The filter is kept; it stands above the list."
        act(request, words, lambda ctx: commands.save_filters(ctx, items=[item]))
    return redirect(f"{reverse('cases')}?{query.urlencode()}")


@page("access.own")
@require_POST
def cases_drop(request: HttpRequest) -> HttpResponseBase:
    """Let go of a kept filter."""
    owner, name = request.POST.get("owner", "")[:80], request.POST.get("name", "")[:80]
    item = commands.DropFilter(name, owner.removeprefix("role:") if owner.startswith("role:") else "")
    act(request, "The filter is gone.", lambda ctx: commands.drop_filters(ctx, items=[item]))
    return redirect("cases")


def _asked_of(query: QueryDict) -> Asked:
    """What a kept query asks, as the address would."""
    given = {f.name: query.get(f.name, f.first).strip()[:200] for f in FILTERS}
    chosen = {f.name: given[f.name] for f in FILTERS if f.accepts(given[f.name])}
    return Asked(query.get("q", "").strip()[:200], chosen, "", "", csv=False, query=query)


def filter_of(query: QueryDict, asker: Asker, at: datetime) -> CaseFilter:
    """The filter that a query means for whoever asks."""
    return meant(question_of(_asked_of(query)), asker=asker, at=at, zone=_zone())
