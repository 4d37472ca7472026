"""Files of master data: upload and preview, take over part by part, drop, the report of refused rows."""

from collections.abc import Callable
from itertools import chain
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from counterflow.access import queries as access
from counterflow.console.master import files, intake
from counterflow.console.master.forms import Upload
from counterflow.console.master.kinds import Kind
from counterflow.console.page import act, context, not_allowed, page, render, signed_in
from counterflow.console.simulated import notices
from counterflow.console.stories import who_words
from counterflow.kernel import clock
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.kernel.sheets import csv_text
from counterflow.ledger import queries as ledger
from counterflow.registry import queries as registry
from counterflow.registry.commands.keep_intakes import keep_intakes
from counterflow.registry.commands.mark_intakes import MarkIntake, mark_intakes

View = Callable[..., HttpResponseBase]
REPORT = ("row", "column", "value", "what is wrong", "how to mend it")
SHOWN = 100


def upload(kind: Kind) -> View:
    """The page that takes a file of a kind and compares it."""

    @page(kind.edit)
    def show(request: HttpRequest) -> HttpResponseBase:
        who = signed_in(request)
        if not who.may("registry.import"):
            return not_allowed(request, "registry.import")
        form = Upload(request.POST, request.FILES) if request.method == "POST" else Upload()
        if form.is_valid():
            answer = _previewed(request, kind, form)
            if answer is not None:
                return answer
        latest = registry.intakes(kind=kind.name)
        names = access.names_of([row.by for row in latest])
        values = {
            "kind": kind,
            "form": form,
            "latest": [(row, who_words(row.by, names)) for row in latest],
            "columns": kind.fields,
            "simulated": notices(ledger.simulated()),
        }
        return render(request, "console/master/import.html", values, status=422 if form.is_bound else 200)

    return show


def _previewed(request: HttpRequest, kind: Kind, form: Upload) -> HttpResponseBase | None:
    file = form.cleaned_data["file"]
    try:
        table = files.read(kind, file.read())
        found = intake.preview(context(request), kind, table)
        batch = keep_intakes(context(request), items=[found.kept(file.name or kind.name)])
    except DomainError as error:
        form.add_error("file", error.message)
        return None
    return redirect(_at(kind, batch.done[0].facts["intake_id"]))


def _at(kind: Kind, intake_id: int) -> str:
    return reverse(f"master_{kind.name}_intake", args=[intake_id])


def _found(kind: Kind, intake_id: int) -> registry.IntakeRow:
    row = registry.intake(intake_id=intake_id)
    if row.kind != kind.name:
        raise Http404("There is no such file.")
    return row


def one(kind: Kind) -> View:
    """The page of one uploaded file: what it would change, how far it is taken over; POST takes the next part over."""

    @page(kind.edit)
    def show(request: HttpRequest, intake_id: int) -> HttpResponseBase:
        if not signed_in(request).may("registry.import"):
            return not_allowed(request, "registry.import")
        row = _found(kind, intake_id)
        if request.method == "POST":
            return _go_on(request, kind, row)
        running = row.state == "previewed" and (row.taken > 0 or "go" in request.GET)
        values: dict[str, Any] = {
            "kind": kind,
            "intake": row,
            "by": who_words(row.by, access.names_of([row.by])),
            "summary": row.summary,
            "fields": row.summary.get("fields", {}).values(),
            "problems": row.problems[:SHOWN],
            "problems_left": max(0, len(row.problems) - SHOWN),
            "running": running,
            "percent": 100 * row.taken // row.parts if row.parts else 100,
            "work": row.summary.get("new", 0) + row.summary.get("changed", 0),
            "simulated": notices(ledger.simulated()),
        }
        return render(request, "console/master/intake.html", values)

    return show


def _go_on(request: HttpRequest, kind: Kind, row: registry.IntakeRow) -> HttpResponseBase:
    """Drop a file, or take its next part over."""
    here = redirect(_at(kind, row.id))
    if "drop" in request.POST:
        words = "The file was dropped; nothing of it was taken over." if not row.taken else "The rest was dropped."
        act(request, words, lambda ctx: mark_intakes(ctx, items=[MarkIntake(row.id, drop=True)]))
        return redirect(kind.url("import"))
    if request.POST.get("sha256") != row.sha256:
        messages.error(request, "That is not the file that was previewed; upload it again.")
        return here
    if row.state != "previewed":
        messages.error(request, f"The file was {row.state} already.")
        return here
    who = signed_in(request)
    ctx = Context.make(who.actor, who.permissions, clock.now(), source=f"file:{row.id}")
    mark = take_next(ctx, kind, row)
    batch = mark_intakes(context(request), items=[mark])
    for refused in batch.refused:
        messages.error(request, refused.message)
    if batch.done and batch.done[0].facts["state"] == "taken":
        messages.success(request, "The file is taken over.")
        return here
    return redirect(f"{_at(kind, row.id)}?go=on")


def take_next(ctx: Context, kind: Kind, row: registry.IntakeRow) -> MarkIntake:
    """Take the next part of a file over; what is to be noted about it."""
    rows = registry.part(intake_id=row.id, seq=row.taken)
    problems = intake.take_part(ctx, kind, rows, key=f"intake:{row.id}:{row.taken}") if rows else []
    counts = (("taken_rows", len(rows) - len(problems)), ("refused_later", len(problems)))
    return MarkIntake(row.id, row.taken + 1, counts=counts, problems=tuple(p.told() for p in problems))


def report(kind: Kind) -> View:
    """The rows of a file that were refused, as a file to mend them by."""

    @page(kind.edit)
    def show(request: HttpRequest, intake_id: int) -> HttpResponseBase:
        row = _found(kind, intake_id)
        answer = HttpResponse(report_text(row), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{kind.name}-refused-{intake_id}.csv"'
        return answer

    return show


def report_text(row: registry.IntakeRow) -> str:
    """The refused rows of a file as CSV."""
    names = ("line", "column", "value", "wrong", "mend")
    return "".join(csv_text(chain([REPORT], ([problem[name] for name in names] for problem in row.problems))))


def sample(kind: Kind) -> View:
    """An empty file with the columns of a kind and one example row."""

    @page(kind.view)
    def show(request: HttpRequest) -> HttpResponseBase:
        rows = ([f.column for f in kind.fields], [f.example or f.default for f in kind.fields])
        answer = HttpResponse("".join(csv_text(rows)), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{kind.name}-sample.csv"'
        return answer

    return show
