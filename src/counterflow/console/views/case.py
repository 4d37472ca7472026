"""One case: what it is about, why it stands where it stands, what was said and done, and what may be done."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from counterflow.access import queries as access
from counterflow.access.roles import permissions_for
from counterflow.console import forms_cases
from counterflow.console.case_actions import about, next_actions
from counterflow.console.case_facts import shown, subject
from counterflow.console.case_lists import role_name
from counterflow.console.case_steps import actors_of, history
from counterflow.console.forms import Form
from counterflow.console.page import act, page, readable, render, signed_in
from counterflow.console.simulated import notices
from counterflow.console.stories import who_words
from counterflow.evidence import queries as evidence
from counterflow.kernel.clock import now
from counterflow.kernel.found import id_of
from counterflow.ledger import queries as ledger
from counterflow.refunds.subjects import money_of
from counterflow.workqueue import commands, queries
from counterflow.workqueue.commands.assign_cases import working_roles
from counterflow.workqueue.explaining import explain
from counterflow.workqueue.kinds import KINDS, needs_of

PEOPLE_MAX = 500


@page("workqueue.view")
def case(request: HttpRequest, case_id: int) -> HttpResponseBase:
    """One case."""
    who, at = signed_in(request), now()
    view = queries.case(case_id, may=who.may)
    row = view.case
    may_work = who.may("workqueue.work")
    money = money_of(subject_kind=row.subject_kind, subject_id=row.subject_id)
    numbers = {"rma": money.rma, "channel": money.channel, "order": money.order} if money else {}
    kept = evidence.documents(subject_kind="case", subject_ids=view.ids)
    names = access.names_of(actors_of(view) | {document.by for document in kept})
    values = {
        "case": row,
        "role": role_name(row.owner_role),
        "priority": explain(row, at) if row.state == "open" else None,
        "named": bool(subject(row.facts)),
        "money": money,
        "statement": row.subject_kind == "statement" and who.may("reconciliation.view"),
        "facts": shown(row.facts, row.currency or "", who.may),
        "actions": next_actions(row, about(row, **numbers), who.may) if row.state == "open" else [],
        "evidence": KINDS[row.kind].guide.evidence if row.kind in KINDS and row.state == "open" else (),
        "comments": [(said, who_words(said.by, names)) for said in view.comments],
        "merged": view.merged,
        "related": view.related,
        "events": history(view, names),
        "assignee": who_words(row.assignee, names) if row.assignee else "",
        "closed_by": who_words(row.closed_by, names) if row.closed_by else "",
        "mine": row.assignee == who.actor,
        "may_work": may_work,
        "photos": evidence.photos(subject_kind="case", subject_ids=view.ids),
        "documents": [(document, who_words(document.by, names)) for document in kept],
        "limit_mb": settings.DOCUMENT_BYTES_MAX // 2**20,
        "comment_form": forms_cases.Comment(),
        "simulated": notices(ledger.simulated()),
    }
    if may_work and row.state == "open":
        values |= forms_of(row.kind)
    return render(request, "console/cases/one.html", values)


def forms_of(kind: str) -> dict[str, Form]:
    """The forms of what may be done with an open case."""
    return {
        "close_form": forms_cases.CloseCase.of_kind(kind),
        "assign_form": forms_cases.Assign(people=workers(kind), roles=working_roles(kind)),
        "snooze_form": forms_cases.Snooze(first=tomorrow()),
        "escalate_form": forms_cases.Escalate(roles=working_roles(kind)),
        "merge_form": forms_cases.Merge(),
    }


def workers(*kinds: str) -> list[tuple[str, str]]:
    """Who may be given a case, or one of each of these kinds: actor and name, by name. One statement."""
    found = access.users(active=True, sort="name", limit=PEOPLE_MAX)
    needs = {"workqueue.work", *map(needs_of, kinds)} - {""}
    return [(f"user:{user.id}", user.name) for user in found if needs <= permissions_for(user.roles)]


def tomorrow() -> str:
    """Nine in the morning of tomorrow, as a field of the page takes it."""
    return f"{timezone.localtime(now()) + timedelta(days=1):%Y-%m-%d}T09:00"


@page("workqueue.work")
@require_POST
def case_assign(request: HttpRequest, case_id: int) -> HttpResponseBase:
    """Take a case, put it back, or give it to somebody."""
    to = request.POST.get("to", "")
    if to in ("me", "nobody"):
        item = commands.AssignCase(case_id, signed_in(request).actor if to == "me" else None)
        words = "The case is yours." if to == "me" else "The case is in its queue again."
        act(request, words, lambda ctx: commands.assign_cases(ctx, items=[item]))
        return redirect("case", case_id=case_id)
    form = forms_cases.Assign(request.POST, people=workers())
    if readable(request, form):
        given = form.cleaned_data
        item = commands.AssignCase(case_id, given["assignee"] or None, given["role"])
        act(request, "The case is handed on.", lambda ctx: commands.assign_cases(ctx, items=[item]))
    return redirect("case", case_id=case_id)


@page("workqueue.work")
@require_POST
def case_comment(request: HttpRequest, case_id: int) -> HttpResponseBase:
    """Say something about a case."""
    form = forms_cases.Comment(request.POST)
    if readable(request, form):
        text = form.cleaned_data["text"]
        act(
            request,
            "Comment kept.",
            lambda ctx: commands.comment_cases(ctx, items=[commands.CommentCase(case_id, text, reference=ctx.key)]),
        )
    return redirect("case", case_id=case_id)


@page("workqueue.work")
@require_POST
def case_close(request: HttpRequest, case_id: int) -> HttpResponseBase:
    """Close a case with an outcome."""
    kind = queries.case(case_id, may=signed_in(request).may).case.kind
    form = forms_cases.CloseCase.of_kind(kind, request.POST)
    if readable(request, form):
        item = commands.CloseCase(case_id, form.cleaned_data["outcome"], form.cleaned_data["note"])
        act(request, "Case closed.", lambda ctx: commands.close_cases(ctx, items=[item]))
    return redirect("case", case_id=case_id)


@page("workqueue.work")
@require_POST
def case_reopen(request: HttpRequest, case_id: int) -> HttpResponseBase:
    """Open a closed case again."""
    item = commands.ReopenCase(case_id, "by_hand")
    act(request, "The case is open again.", lambda ctx: commands.reopen_cases(ctx, items=[item]))
    return redirect("case", case_id=case_id)


@page("workqueue.work")
@require_POST
def case_retry(request: HttpRequest, case_id: int) -> HttpResponseBase:
    """Let what was given up be tried again."""
    item = commands.RetryDelivery(case_id)
    words = "It is tried again. If it fails again, a new case opens."
    act(request, words, lambda ctx: commands.retry_deliveries(ctx, items=[item]))
    return redirect("case", case_id=case_id)


@page("workqueue.work")
@require_POST
def case_snooze(request: HttpRequest, case_id: int) -> HttpResponseBase:
    """Put a case off, or take it back at once."""
    if "wake" in request.POST:
        item = commands.SnoozeCase(case_id, None)
        act(request, "The case is back in the lists.", lambda ctx: commands.snooze_cases(ctx, items=[item]))
        return redirect("case", case_id=case_id)
    form = forms_cases.Snooze(request.POST, first=tomorrow())
    if readable(request, form):
        item = commands.SnoozeCase(case_id, form.cleaned_data["until"], form.cleaned_data["reason"])
        act(request, "The case is put off.", lambda ctx: commands.snooze_cases(ctx, items=[item]))
    return redirect("case", case_id=case_id)


@page("workqueue.work")
@require_POST
def case_escalate(request: HttpRequest, case_id: int) -> HttpResponseBase:
    """Hand a case to another role."""
    form = forms_cases.Escalate(request.POST)
    if readable(request, form):
        given = form.cleaned_data
        severity = int(given["severity"]) if given["severity"] else None
        item = commands.EscalateCase(case_id, given["role"], given["reason"], severity)
        act(request, "The case is escalated.", lambda ctx: commands.escalate_cases(ctx, items=[item]))
    return redirect("case", case_id=case_id)


@page("workqueue.work")
@require_POST
def case_merge(request: HttpRequest, case_id: int) -> HttpResponseBase:
    """Close a case into another; then that one's page."""
    form = forms_cases.Merge(request.POST)
    if not readable(request, form):
        return redirect("case", case_id=case_id)
    into = id_of(form.cleaned_data["into"].lower().removeprefix("case").strip(" #"))
    if into is None:
        messages.error(request, "Write the number of the case that goes on, as its page shows it.")
        return redirect("case", case_id=case_id)
    item = commands.MergeCases(into, (case_id,))
    done = act(request, "The cases are one.", lambda ctx: commands.merge_cases(ctx, items=[item]))
    return redirect("case", case_id=into if done else case_id)
