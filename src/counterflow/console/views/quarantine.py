"""Quarantine: what is set apart, since when and why, and letting it go."""

from typing import Any

from django.forms import Select
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from counterflow.console import cells, forms_recovery
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing, pages
from counterflow.console.nodes import node_choices
from counterflow.console.page import act, page, readable, render, signed_in
from counterflow.console.reasons import offer
from counterflow.console.simulated import notices
from counterflow.facilities import queries as facilities
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.kernel.found import id_of
from counterflow.ledger import queries as ledger
from counterflow.policies import queries as policies
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.release_units import ReleaseUnit, release_units
from counterflow.receiving.queries_station import ApartRow as Row
from counterflow.receiving.queries_station import set_apart

COLUMNS: tuple[Column[Row], ...] = (
    Column("Unit", lambda u: cells.code(u.lpn, href=reverse("unit", args=[u.lpn]), simulated=u.simulated)),
    Column("Item", lambda u: cells.text(u.item_name or u.sku, note=u.sku)),
    Column("Pieces", lambda u: cells.number(u.quantity), end=True),
    Column("Since", lambda u: cells.date_of(u.since)),
    Column("Grade", lambda u: cells.text(u.grade)),
    Column("Held", lambda u: cells.text(u.hold_reasons.replace("_", " "))),
    Column("Cases", lambda u: cells.text(u.cases.replace("_", " "))),
    Column("Value", lambda u: cells.money(u.value_minor, u.currency), end=True),
    Column("Currency", lambda u: cells.text(u.currency), file_only=True),
    Column("Simulated", lambda u: cells.simulated(u.simulated), file_only=True),
)


@page("receiving.view")
def quarantine(request: HttpRequest) -> HttpResponseBase:
    """Units set apart at a node, the oldest first, each with its reason in words."""
    nodes, who = facilities.nodes(active=True), signed_in(request)
    first = nodes[0].code if nodes else ""
    filters = (Filter("node", "Node", node_choices(nodes), every="", first=first),)
    wanted = asked(request, filters)
    node = wanted.chosen.get("node") or first

    def found(after: str | None, limit: int) -> list[Row]:
        return set_apart(node=node, search=wanted.search, after_id=int(after or 0), limit=limit)

    if wanted.csv:
        return csv_answer(f"quarantine-{node}", COLUMNS, pages(found, lambda row: str(row.id), most=CSV_ROWS_MAX))
    rows = found(wanted.after_id, PAGE_SIZE + 1)
    more = str(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else ""
    shown, form = rows[:PAGE_SIZE], forms_recovery.Release()
    if shown and who.may("receiving.release"):
        offer((form, "why", "override"))
        if not isinstance(form.fields["why"].widget, Select):
            del form.fields["why"]
    values = {
        "list": listing(COLUMNS, shown, wanted, filters=filters, search_label="Plate or SKU", next_place=more),
        "units": list(zip(shown, _reasons(shown), strict=True)),
        "node": node,
        "form": form,
        "may_release": who.may("receiving.release"),
        "simulated": notices(ledger.simulated(), marked=any(row.simulated for row in shown)),
    }
    return render(request, "console/recovery/quarantine.html", values)


def _reasons(rows: list[Row]) -> list[str]:
    """Why each unit is set apart: what the policy's row says, or what staff gave as their reason."""
    if not rows:
        return []
    made = policies.decisions(subject_ids=[row.id for row in rows], kind="disposition", limit=PAGE_SIZE * 4)
    said = {decision.subject_id: decision for decision in reversed(made)}
    reasons = []
    for row in rows:
        decision = said.get(row.id)
        if row.override_reason:
            reasons.append(f"Staff set it apart: {row.override_reason.replace('_', ' ')}.")
        elif row.round == 0:
            reasons.append("Set apart before it was inspected.")
        else:
            reasons.append(decision.text if decision else "")
    return reasons


@page("receiving.release")
@require_POST
def quarantine_release(request: HttpRequest) -> HttpResponseBase:
    """Release the chosen units: to the bench, or to where staff send them."""
    form, chosen = forms_recovery.Release(request.POST), request.POST.getlist("unit")[:PAGE_SIZE]
    marks = [mark for text in chosen if (mark := _mark(text)) is not None]
    form.full_clean()
    if not marks:
        form.add_error(None, "Choose at least one unit.")
    if readable(request, form):
        given = form.cleaned_data
        act(request, "{count} released.", lambda ctx: _release(ctx, marks, given))
    return redirect(f"{reverse('quarantine')}?node={request.POST.get('node', '')[:80]}")


Mark = tuple[str, int, int]


def _mark(text: str) -> Mark | None:
    """A unit by the disposal that set it apart, as the page named it: plate, round and attempt."""
    lpn, number, last = (["", "", *text.rsplit(":", 2)])[-3:]
    found, attempt = id_of(number), id_of(last)
    return None if not lpn or found is None or attempt is None else (lpn[:120], found, attempt)


def _release(ctx: Context, marks: list[Mark], given: dict[str, Any]) -> Batch:
    """One command for all of them. The reason of the release is the one to differ, where no other is given."""
    to, why, note = given["to"], given["why"] or given["reason"], given["note"]
    if not to:
        back = [ReleaseUnit(lpn, given["reason"], number, last) for lpn, number, last in marks]
        return release_units(ctx, items=back)
    items = [DisposeUnit(lpn, number, to, why, attempt=last + 1, note=note) for lpn, number, last in marks]
    return dispose_units(ctx, items=items)
