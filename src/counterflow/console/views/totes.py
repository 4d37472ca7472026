"""Totes: which there are, what they are for, what is in them, and their labels."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from counterflow.console import cells, forms_recovery
from counterflow.console.downloads import pdf_answer
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing, pages
from counterflow.console.nodes import node_choices
from counterflow.console.page import act, page, readable, render, signed_in
from counterflow.facilities import queries as facilities
from counterflow.facilities.commands.record_totes import RecordTote, record_totes
from counterflow.facilities.rules import Purpose
from counterflow.receiving.commands.empty_totes import EmptyTote, empty_totes
from counterflow.receiving.queries_station import in_totes
from counterflow.recovery import papers

Row = tuple[facilities.ToteRow, int]
PURPOSES = [(purpose.value, purpose.value.replace("_", " ").capitalize()) for purpose in Purpose]
COLUMNS: tuple[Column[Row], ...] = (
    Column("Tote", lambda t: cells.code(t[0].code, href=reverse("tote_label", args=[t[0].code]))),
    Column("For", lambda t: cells.words(t[0].purpose)),
    Column("Node", lambda t: cells.code(t[0].node)),
    Column("In it", lambda t: cells.number(t[1]), end=True),
    Column("Takes", lambda t: cells.number(t[0].capacity), end=True),
    Column("In use", lambda t: cells.yes_no(t[0].active)),
)


@page("facilities.view")
def totes(request: HttpRequest) -> HttpResponseBase:
    """Totes by code."""
    nodes, who = facilities.nodes(active=True), signed_in(request)
    filters = (Filter("node", "Node", node_choices(nodes)), Filter("purpose", "For", PURPOSES))
    wanted = asked(request, filters)

    def found(after: str | None, limit: int) -> list[Row]:
        node, purpose = (wanted.chosen.get(name, "") for name in ("node", "purpose"))
        rows = facilities.totes(node=node, purpose=purpose, search=wanted.search, after=after or "", limit=limit)
        counts = in_totes(codes=[row.code for row in rows])
        return [(row, counts.get(row.code, 0)) for row in rows]

    if wanted.csv:
        return csv_answer("totes", COLUMNS, pages(found, lambda row: row[0].code, most=CSV_ROWS_MAX))
    rows = found(wanted.place, PAGE_SIZE + 1)
    more = rows[PAGE_SIZE - 1][0].code if len(rows) > PAGE_SIZE else ""
    names = node_choices(nodes)
    values = {
        "list": listing(COLUMNS, rows[:PAGE_SIZE], wanted, filters=filters, search_label="Code", next_place=more),
        "form": forms_recovery.Tote(nodes=names) if who.may("facilities.edit") else None,
        "may_empty": who.may("receiving.dispose"),
    }
    return render(request, "console/recovery/totes.html", values)


@page("facilities.edit")
@require_POST
def tote_record(request: HttpRequest) -> HttpResponseBase:
    """Record a tote, or change one."""
    form = forms_recovery.Tote(request.POST, nodes=node_choices(facilities.nodes(active=True)))
    if readable(request, form):
        given = form.cleaned_data
        item = RecordTote(given["code"], given["node"], given["purpose"], given["capacity"])
        act(request, f"Tote {item.code} is recorded.", lambda ctx: record_totes(ctx, items=[item]))
    return redirect("totes")


@page("receiving.dispose")
@require_POST
def tote_empty(request: HttpRequest) -> HttpResponseBase:
    """What lay in a tote was taken to its shelf."""
    code = request.POST.get("tote", "").strip()[:120]
    act(request, f"Tote {code} is empty.", lambda ctx: empty_totes(ctx, items=[EmptyTote(code)]))
    return redirect("totes")


@page("facilities.view")
def tote_label(request: HttpRequest, code: str) -> HttpResponseBase:
    """The label of a tote."""
    found = facilities.totes_by_code(codes=[code])
    if code not in found:
        return redirect("totes")
    return pdf_answer(papers.tote_label(found[code]), f"tote-{code}")
