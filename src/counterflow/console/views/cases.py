"""Cases: what waits for a person, and what people did about it."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from counterflow.access import queries as access
from counterflow.console import cells, forms
from counterflow.console.case_facts import shown, subject
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing, pages
from counterflow.console.page import act, page, readable, render, signed_in
from counterflow.console.simulated import notices
from counterflow.evidence import queries as evidence
from counterflow.ledger import queries as ledger
from counterflow.refunds.subjects import money_of
from counterflow.workqueue import commands, queries
from counterflow.workqueue.kinds import QUEUES

Row = queries.CaseRow
COLUMNS: tuple[Column[Row], ...] = (
    Column("Case", lambda c: cells.text(c.meaning, href=reverse("case", args=[c.id]))),
    Column("Urgency", lambda c: cells.badge("urgency", c.urgency)),
    Column("Queue", lambda c: cells.words(c.queue)),
    Column("About", lambda c: cells.code(subject(c.facts))),
    Column("At risk", lambda c: cells.money(c.money_at_risk_minor, c.currency or ""), end=True),
    Column("Opened", lambda c: cells.instant(c.opened_at)),
    Column("Due", lambda c: cells.instant(c.due_at)),
    Column("State", lambda c: cells.badge("case", c.state)),
)
LOOSE = ("unidentified_parcel", "blind_return", "wrong_item", "over")
"""Kinds of cases about goods whose return somebody may find."""
FILTERS = (
    Filter("state", "State", [("open", "Open"), ("closed", "Closed")], first="open"),
    Filter("queue", "Queue", [(queue, queue.capitalize()) for queue in QUEUES]),
    Filter("whose", "Whose", [("mine", "Mine")]),
)


@page("workqueue.view")
def cases(request: HttpRequest) -> HttpResponseBase:
    """Cases, the most urgent first."""
    wanted = asked(request, FILTERS)
    mine = signed_in(request).actor if wanted.chosen.get("whose") else ""

    def found(after: str | None, limit: int) -> list[Row]:
        return queries.cases(
            state=wanted.chosen.get("state"),
            queue=wanted.chosen.get("queue", ""),
            assignee=mine,
            after=after,
            limit=limit,
        )

    if wanted.csv:
        return csv_answer("cases", COLUMNS, pages(found, lambda row: row.cursor, most=CSV_ROWS_MAX))
    rows = found(wanted.place or None, PAGE_SIZE + 1)
    more = rows[PAGE_SIZE - 1].cursor if len(rows) > PAGE_SIZE else ""
    drawn = listing(COLUMNS, rows[:PAGE_SIZE], wanted, filters=FILTERS, next_place=more)
    values = {"list": drawn, "simulated": notices(ledger.simulated())}
    return render(request, "console/cases/list.html", values)


@page("workqueue.view")
def case(request: HttpRequest, case_id: int) -> HttpResponseBase:
    """One case: what it is about, what was said, what may be done."""
    who, found = signed_in(request), queries.case(case_id)
    actors = [comment.by for comment in found.comments] + [a for a in (found.case.assignee, found.case.closed_by) if a]
    names = access.names_of(actors)
    values = {
        "case": found.case,
        "named": bool(subject(found.case.facts)),
        "loose": _loose(found.case) if who.may("receiving.view") else "",
        "money": money_of(subject_kind=found.case.subject_kind, subject_id=found.case.subject_id),
        "statement": found.case.subject_kind == "statement" and who.may("reconciliation.view"),
        "facts": shown(found.case.facts, found.case.currency or "", who.may),
        "comments": [(comment, names[comment.by]) for comment in found.comments],
        "assignee": names.get(found.case.assignee or "", ""),
        "closed_by": names.get(found.case.closed_by or "", ""),
        "mine": found.case.assignee == who.actor,
        "may_work": who.may("workqueue.work"),
        "close_form": forms.CloseCase(kind=found.case.kind),
        "comment_form": forms.Comment(),
        "photos": evidence.photos_of(subject_kind="case", subject_id=case_id),
        "simulated": notices(ledger.simulated()),
    }
    return render(request, "console/cases/one.html", values)


def _loose(case: Row) -> str:
    """The plate of goods that answer for no return, where the case is about such."""
    plate = case.facts.get("lpn", "")
    return plate if case.kind in LOOSE and case.subject_kind == "unit" and isinstance(plate, str) else ""


@page("workqueue.work")
@require_POST
def case_assign(request: HttpRequest, case_id: int) -> HttpResponseBase:
    """Take a case, or put it back."""
    back = request.POST.get("to") == "nobody"
    item = commands.AssignCase(case_id, None if back else signed_in(request).actor)
    words = "The case is in its queue again." if back else "The case is yours."
    act(request, words, lambda ctx: commands.assign_cases(ctx, items=[item]))
    return redirect("case", case_id=case_id)


@page("workqueue.work")
@require_POST
def case_comment(request: HttpRequest, case_id: int) -> HttpResponseBase:
    """Say something about a case."""
    form = forms.Comment(request.POST)
    if readable(request, form):
        act(
            request,
            "Comment kept.",
            lambda ctx: commands.comment_cases(
                ctx, items=[commands.CommentCase(case_id, form.cleaned_data["text"], reference=ctx.key)]
            ),
        )
    return redirect("case", case_id=case_id)


@page("workqueue.work")
@require_POST
def case_close(request: HttpRequest, case_id: int) -> HttpResponseBase:
    """Close a case with an outcome."""
    form = forms.CloseCase(request.POST, kind=queries.case(case_id).case.kind)
    if readable(request, form):
        item = commands.CloseCase(case_id, form.cleaned_data["outcome"], form.cleaned_data["note"])
        act(request, "Case closed.", lambda ctx: commands.close_cases(ctx, items=[item]))
    return redirect("case", case_id=case_id)
