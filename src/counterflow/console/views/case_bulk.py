"""Many cases at once: what is selected in sum, before something is done with it; doing it; and undoing a closing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from counterflow.console import forms_cases
from counterflow.console.cells import money_text
from counterflow.console.forms import Form
from counterflow.console.page import act, page, readable, render, signed_in
from counterflow.console.views.case import tomorrow, workers
from counterflow.console.views.cases import asker_of, filter_of
from counterflow.kernel.clock import now
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.kernel.found import id_of
from counterflow.workqueue import commands, queries_lists
from counterflow.workqueue.filters import CaseFilter
from counterflow.workqueue.kinds import KINDS, hidden_from
from counterflow.workqueue.queries_lists import CHOSEN_MAX, Chosen

IDS_MAX = 500
"""How many cases a page can name one by one; more are selected by what they match."""


@dataclass(frozen=True)
class _Selection:
    """What is selected: some cases by their ids, or all that a query of the list matches."""

    ids: tuple[int, ...]
    all: bool
    query: str

    @classmethod
    def of(cls, given: QueryDict) -> "_Selection":
        """What an address or a form selects."""
        ids = tuple(found for text in given.getlist("ids")[:IDS_MAX] if (found := id_of(text)) is not None)
        return cls(ids, given.get("all") == "1", given.get("query", "")[:2_000])

    def chosen(self, request: HttpRequest, at: datetime) -> Chosen:
        """The cases it means now. Only open ones can be worked."""
        who = signed_in(request)
        if not self.all:
            wanted = CaseFilter(ids=self.ids, snoozed="any", hidden=hidden_from(who.may))
            return queries_lists.chosen(wanted, at=at)
        return queries_lists.chosen(filter_of(QueryDict(self.query), asker_of(who), at), at=at)

    @property
    def address(self) -> str:
        """The page that shows it."""
        asked: list[tuple[str, str]] = [("query", self.query)]
        asked += [("all", "1")] if self.all else [("ids", str(case_id)) for case_id in self.ids]
        return f"{reverse('cases_chosen')}?{urlencode(asked)}"


def _mark(found: Chosen) -> str:
    """By what a form knows that what it would do is still done with the very cases, for the money, that it showed."""
    return sha256(f"{sorted(found.ids)} {_sum(found)}".encode()).hexdigest()[:32]


def _sum(found: Chosen) -> str:
    """How many, and what is at risk, in words."""
    count = len(found.ids)
    cases = f"{count:,} case{'s' if count != 1 else ''}"
    return ", ".join([cases, *(f"{money_text(minor, currency)} at risk" for currency, minor in found.money.items())])


@page("workqueue.work")
def cases_chosen(request: HttpRequest) -> HttpResponseBase:
    """What is selected, in sum, and what may be done with it."""
    selection = _Selection.of(request.GET)
    found = selection.chosen(request, now())
    kinds = sorted(found.kinds.items(), key=lambda row: -row[1])
    values: dict[str, Any] = {
        "selection": selection,
        "found": found,
        "sum": _sum(found),
        "mark": _mark(found),
        "most": CHOSEN_MAX,
        "kinds": [(KINDS[kind].meaning if kind in KINDS else kind, count) for kind, count in kinds],
        "back": f"{reverse('cases')}?{selection.query}",
    }
    if found.ids:
        values |= {
            "close_form": forms_cases.CloseCase(outcomes=found.outcomes),
            "assign_form": forms_cases.Assign(people=workers(*found.kinds)),
            "snooze_form": forms_cases.Snooze(first=tomorrow()),
            "escalate_form": forms_cases.Escalate(),
            "mergeable": 1 < len(found.ids) <= commands.MERGED_MAX and not selection.all,
        }
    return render(request, "console/cases/chosen.html", values)


@page("workqueue.work")
@require_POST
def cases_act(request: HttpRequest) -> HttpResponseBase:
    """Do one thing with all that is selected, if it is still what the page showed."""
    selection, at = _Selection.of(request.POST), now()
    found = selection.chosen(request, at)
    back = f"{reverse('cases')}?{selection.query}"
    if not found.ids:
        messages.error(request, "Nothing of what was selected is open any more.")
        return redirect(back)
    if _mark(found) != request.POST.get("mark"):
        messages.error(request, f"The list changed meanwhile: it is {_sum(found)} now. Look again before you act.")
        return redirect(selection.address)
    plan = _PLANS.get(request.POST.get("act", ""))
    run = plan(request, found) if plan else None
    if run is None:
        return redirect(selection.address)
    done: list[Batch] = []
    act(request, "{count} done.", lambda ctx: _kept(run(ctx), done))
    closed = [row.facts["command_id"] for batch in done for row in batch.done if "command_id" in row.facts]
    if closed:
        separator = "&" if selection.query else ""
        count = sum(len(row.facts.get("merged", [None])) for row in done[0].done)
        return redirect(f"{back}{separator}done={closed[0]}&count={count}")
    return redirect(back)


def _kept(batch: Batch, kept: list[Batch]) -> Batch:
    kept.append(batch)
    return batch


Run = Callable[[Context], Batch]
Plan = Callable[[HttpRequest, Chosen], Run | None]


def _read(request: HttpRequest, form: Form) -> dict[str, Any] | None:
    """What a form says; None, and what is wrong with it is told, where it cannot be read."""
    return form.cleaned_data if readable(request, form) else None


def _close(request: HttpRequest, found: Chosen) -> Run | None:
    given = _read(request, forms_cases.CloseCase(request.POST, outcomes=found.outcomes))
    if given is None:
        return None
    items = [commands.CloseCase(case_id, given["outcome"], given["note"]) for case_id in found.ids]
    return lambda ctx: commands.close_cases(ctx, items=items)


def _assign(request: HttpRequest, found: Chosen) -> Run | None:
    given = _read(request, forms_cases.Assign(request.POST, people=workers(*found.kinds)))
    if given is None:
        return None
    items = [commands.AssignCase(case_id, given["assignee"] or None, given["role"]) for case_id in found.ids]
    return lambda ctx: commands.assign_cases(ctx, items=items)


def _snooze(request: HttpRequest, found: Chosen) -> Run | None:
    given = _read(request, forms_cases.Snooze(request.POST, first=tomorrow()))
    if given is None:
        return None
    items = [commands.SnoozeCase(case_id, given["until"], given["reason"]) for case_id in found.ids]
    return lambda ctx: commands.snooze_cases(ctx, items=items)


def _escalate(request: HttpRequest, found: Chosen) -> Run | None:
    given = _read(request, forms_cases.Escalate(request.POST))
    if given is None:
        return None
    severity = int(given["severity"]) if given["severity"] else None
    items = [commands.EscalateCase(case_id, given["role"], given["reason"], severity) for case_id in found.ids]
    return lambda ctx: commands.escalate_cases(ctx, items=items)


def _merge(request: HttpRequest, found: Chosen) -> Run | None:
    """The one to act on soonest goes on."""
    if not 1 < len(found.ids) <= commands.MERGED_MAX:
        messages.error(request, f"Select 2 to {commands.MERGED_MAX} cases to merge.")
        return None
    first, *others = found.ids
    return lambda ctx: commands.merge_cases(ctx, items=[commands.MergeCases(first, tuple(others))])


_PLANS: dict[str, Plan] = {
    "close": _close,
    "assign": _assign,
    "snooze": _snooze,
    "escalate": _escalate,
    "merge": _merge,
}


@page("workqueue.work")
@require_POST
def cases_undo(request: HttpRequest) -> HttpResponseBase:
    """Open again what one command of this user closed, just that."""
    command_id = id_of(request.POST.get("command")) or 0
    ids: Sequence[int] = queries_lists.closed_by_command(command_id=command_id, by=signed_in(request).actor)
    if ids:
        items = [commands.ReopenCase(case_id, "undo") for case_id in ids]
        act(request, "{count} open again.", lambda ctx: commands.reopen_cases(ctx, items=items))
    else:
        messages.error(request, "There is nothing to undo: these cases were opened again already.")
    return redirect(f"{reverse('cases')}?{request.POST.get('query', '')[:2_000]}")
