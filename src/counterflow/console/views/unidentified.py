"""Goods that nobody could name: the list, one with its clues and suggestions, and the match."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from counterflow.console import cells
from counterflow.console import forms_receiving as forms
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing, pages
from counterflow.console.nodes import node_choices
from counterflow.console.page import act, page, readable, render, signed_in
from counterflow.console.simulated import notices
from counterflow.console.uploads import keep_sent
from counterflow.evidence import queries as evidence
from counterflow.facilities import queries as facilities
from counterflow.kernel import clock
from counterflow.kernel.found import id_of
from counterflow.ledger import queries as ledger
from counterflow.receiving import parked
from counterflow.receiving.commands.keep_clues import KeepClue, keep_clues
from counterflow.receiving.commands.match_units import MatchUnit, match_units

Row = parked.ParkedUnit
COLUMNS: tuple[Column[Row], ...] = (
    Column("Unit", lambda u: cells.code(u.lpn, href=reverse("unidentified_unit", args=[u.lpn]), simulated=u.simulated)),
    Column("Arrived as", lambda u: cells.badge("found", u.found)),
    Column("Taken for", lambda u: cells.text(u.item_name or u.sku, note=u.sku)),
    Column("Pieces", lambda u: cells.number(u.quantity), end=True),
    Column("Parcel", lambda u: cells.code(u.tracking)),
    Column("Clues", lambda u: cells.number(u.clues), end=True),
    Column("Node", lambda u: cells.code(u.node)),
    Column("Received", lambda u: cells.instant(u.received_at)),
    Column("Simulated", lambda u: cells.simulated(u.simulated), file_only=True),
)
FOUND = (
    ("unidentified", "Unidentified"),
    ("blind", "Not announced"),
    ("wrong_item", "Wrong item"),
    ("excess", "More than expected"),
)


@page("receiving.view")
def unidentified(request: HttpRequest) -> HttpResponseBase:
    """What stands here and answers for no return, the newest first."""
    nodes = facilities.nodes(active=True)
    filters = (
        Filter("found", "Arrived as", FOUND, first="unidentified"),
        Filter("node", "Node", node_choices(nodes)),
    )
    wanted = asked(request, filters)

    def found(before: str | None, limit: int) -> list[Row]:
        return parked.parked(
            node=wanted.chosen.get("node", ""),
            found=wanted.chosen.get("found", ""),
            before_id=id_of(before),
            limit=limit,
        )

    if wanted.csv:
        return csv_answer("unidentified", COLUMNS, pages(found, lambda row: str(row.id), most=CSV_ROWS_MAX))
    rows = found(wanted.place or None, PAGE_SIZE + 1)
    more = str(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else ""
    drawn = listing(COLUMNS, rows[:PAGE_SIZE], wanted, filters=filters, next_place=more)
    values = {
        "list": drawn,
        "loose": parked.loose_parcels(limit=8),
        "simulated": notices(ledger.simulated(), marked=any(row.simulated for row in rows)),
    }
    return render(request, "console/receive/unidentified.html", values)


@page("receiving.view")
def unidentified_unit(request: HttpRequest, lpn: str) -> HttpResponseBase:
    """One unit that nobody could name: photos, clues, and whose it may be."""
    known, who = parked.clues(lpn=lpn), signed_in(request)
    sees = who.may("evidence.view")
    values = {
        "known": known,
        "unit": known.unit,
        "suggestions": parked.suggestions(lpn=lpn, at=clock.now()) if who.may("returns.view") else [],
        "may_match": who.may("returns.match"),
        "may_tell": who.may("receiving.receive"),
        "form": forms.Clues(),
        "photos": evidence.photos_of(subject_kind="unit", subject_id=known.unit.id) if sees else [],
        "simulated": notices(ledger.simulated(), marked=known.unit.simulated),
    }
    return render(request, "console/receive/unidentified_unit.html", values)


@page("receiving.receive")
@require_POST
def unidentified_tell(request: HttpRequest, lpn: str) -> HttpResponseBase:
    """Keep clues and photos of a unit."""
    known = parked.clues(lpn=lpn)
    kept = keep_sent(request, "unit", known.unit.id)
    form = forms.Clues(request.POST)
    if readable(request, form) and (any(form.cleaned_data.values()) or not kept):
        item = KeepClue(lpn, **{name: value.strip() for name, value in form.cleaned_data.items()})
        act(request, "The clues are kept.", lambda ctx: keep_clues(ctx, items=[item]))
    return redirect("unidentified_unit", lpn=lpn)


@page("returns.match")
@require_POST
def unidentified_match(request: HttpRequest, lpn: str) -> HttpResponseBase:
    """Match a unit to the line of a return that somebody chose."""
    form = forms.Match(request.POST)
    if not readable(request, form):
        return redirect("unidentified_unit", lpn=lpn)
    rma, line = form.cleaned_data["rma"], form.cleaned_data["line"]
    item = MatchUnit(lpn, rma, line)
    if act(request, f"{lpn} answers for line {line} of {rma}.", lambda ctx: match_units(ctx, items=[item])):
        return redirect("unit", lpn=lpn)
    return redirect("unidentified_unit", lpn=lpn)
