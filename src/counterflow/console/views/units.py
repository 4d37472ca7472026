"""The bench of a node, and one unit with its story, its value and what may be done with it."""

from collections.abc import Iterator, Sequence

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from counterflow.console import cells, forms
from counterflow.console.journal_lines import EntryShown, entries_about
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing, pages
from counterflow.console.moments import Moment, newest_first
from counterflow.console.nodes import node_choices
from counterflow.console.page import act, page, readable, render, signed_in
from counterflow.console.reasons import offer
from counterflow.console.simulated import notices, of
from counterflow.console.stories import damage_words
from counterflow.evidence import queries as evidence
from counterflow.facilities import queries as facilities
from counterflow.ledger import queries as ledger
from counterflow.policies import queries as policies
from counterflow.receiving import queries
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.reverse_receipts import ReverseReceipt, reverse_receipts
from counterflow.receiving.commands.send_back_units import SendBackUnit, send_back_units
from counterflow.receiving.states import Unit

Row = queries.UnitRow


def _arrived(unit: Row) -> cells.Cell:
    """How a unit arrived; what came as expected needs no colour."""
    return cells.text("As expected") if unit.found == "expected" else cells.badge("found", unit.found)


COLUMNS: tuple[Column[Row], ...] = (
    Column("Unit", lambda u: cells.code(u.lpn, href=reverse("unit", args=[u.lpn]))),
    Column("State", lambda u: cells.badge("unit", u.state)),
    Column("Item", lambda u: cells.text(u.item_name or u.sku, note=u.sku)),
    Column("Pieces", lambda u: cells.number(u.quantity), end=True),
    Column("Arrived as", lambda u: _arrived(u)),
    Column("Return", lambda u: cells.code(u.rma or "", href=reverse("return", args=[u.rma]) if u.rma else "")),
    Column("Grade", lambda u: cells.text(u.grade)),
    Column("Value", lambda u: cells.money(u.cost_minor + u.allowance_minor, u.currency), end=True),
    Column("Received", lambda u: cells.date_of(u.received_at)),
    Column("Simulated", lambda u: cells.simulated(u.simulated), file_only=True),
)
STATES = (("received", "Received"), ("inspected", "Inspected"), ("set_apart", "Set apart"), ("released", "Released"))
GONE = (Unit.SENT_BACK, Unit.REVERSED)
"""States of units that are not in our hands."""
NEEDS = {
    "inspect": "receiving.inspect",
    "dispose": "receiving.dispose",
    "set_apart": "receiving.dispose",
    "reverse": "receiving.reverse",
    "send_back": "logistics.ship",
}


@page("receiving.view")
def bench(request: HttpRequest) -> HttpResponseBase:
    """Units at a node that wait for a decision, the oldest first."""
    nodes = facilities.nodes(active=True)
    first = nodes[0].code if nodes else ""
    filters = (
        Filter("node", "Node", node_choices(nodes), every="", first=first),
        Filter("state", "State", STATES),
    )
    wanted = asked(request, filters)
    node = wanted.chosen.get("node") or first

    def found(after: str | None, limit: int) -> list[Row]:
        return queries.bench(node=node, state=wanted.chosen.get("state", ""), after_id=int(after or 0), limit=limit)

    if wanted.csv:
        return csv_answer(f"bench-{node}", COLUMNS, pages(found, lambda row: str(row.id), most=CSV_ROWS_MAX))
    rows = found(wanted.after_id, PAGE_SIZE + 1)
    more = str(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else ""
    drawn = listing(COLUMNS, rows[:PAGE_SIZE], wanted, filters=filters, next_place=more)
    simulated = notices(ledger.simulated(), marked=any(row.simulated for row in rows))
    values = {"list": drawn, "node": node, "simulated": simulated}
    return render(request, "console/units/bench.html", values)


@page("receiving.view")
def unit(request: HttpRequest, lpn: str) -> HttpResponseBase:
    """One unit: where it is, what it is worth, its story, its entries."""
    file, who = queries.unit(lpn=lpn), signed_in(request)
    entries = entries_about([file.unit.id])
    actions = [action for action in file.unit.actions if action in NEEDS and who.may(NEEDS[action])]
    inspect_form, dispose_form, reverse_form = forms.Inspect(), forms.Dispose(), forms.Reason()
    if actions:
        offer(
            (inspect_form, "damage_code", "damage"),
            (dispose_form, "reason", "override"),
            (reverse_form, "reason", "override"),
        )
    values = {
        "unit": file.unit,
        "value_minor": file.unit.cost_minor + file.unit.allowance_minor,
        "moments": newest_first([*_moments(file), *_left(entries)]),
        "entries": entries if who.may("ledger.view") else [],
        "gone": file.unit.state in GONE,
        "nodes": {node.id: node.code for node in facilities.nodes()},
        "decisions": policies.decisions(subject_ids=[file.unit.id]) if who.may("policies.view") else [],
        "actions": actions,
        "photos": evidence.photos_of(subject_kind="unit", subject_id=file.unit.id),
        "damage": damage_words(file.unit.damage_code),
        "inspect_form": inspect_form,
        "dispose_form": dispose_form,
        "reverse_form": reverse_form,
        "simulated": notices(of(ledger.simulated(), file.unit.entity), marked=file.unit.simulated),
    }
    return render(request, "console/units/one.html", values)


def _moments(file: queries.UnitFile) -> Iterator[Moment]:
    unit = file.unit
    pieces = f"{unit.quantity} piece{'s' if unit.quantity != 1 else ''} of {unit.sku} at {unit.node}"
    yield Moment(unit.received_at, unit.received_at, "Received", pieces, "wait", "box")
    for seen in file.inspections:
        passed = "passed" if seen.passed else "failed"
        found = ", ".join(filter(None, (f"grade {seen.grade}", damage_words(seen.damage_code))))
        if seen.grade_reason:
            found += f"; plan {seen.plan} suggested {seen.suggested_grade}, staff differed: {_words(seen.grade_reason)}"
        if seen.waits:
            found += "; it waits for another person to look at it too"
        tone, icon = ("good", "clipboard-check") if seen.passed else ("stop", "x")
        yield Moment(seen.happened_at, seen.recorded_at, f"Inspection {seen.round} {passed}", found, tone, icon)
    for sent in file.disposals:
        text = ""
        if sent.override_reason:
            text = f"Policy said {_words(sent.asked)}; staff differed: {_words(sent.override_reason)}."
        title = f"Disposed: {_words(sent.disposition)}"
        yield Moment(sent.happened_at, sent.recorded_at, title, text, "good", "switch-horizontal")
        yield from _undone(sent)


def _undone(sent: queries.DisposalRow) -> Iterator[Moment]:
    """That a disposal was taken back, or what it set apart was let go."""
    if sent.taken_back_at:
        why, at = f"{_words(sent.taken_back_reason).capitalize()}.", sent.taken_back_at
        yield Moment(at, at, f"Taken back: {_words(sent.disposition)}", why, "stop", "arrow-back-up")
    if sent.released_at:
        why = f"{_words(sent.release_reason).capitalize()}."
        yield Moment(sent.released_at, sent.released_at, "Released to the bench", why, "wait", "arrow-right")


def _left(entries: Sequence[EntryShown]) -> Iterator[Moment]:
    """How a unit went out of our hands again, as its entries tell."""
    for entry in entries:
        at = entry.happened_at
        if entry.reverses and entry.kind == "receive":
            yield Moment(at, at, "Receipt reversed", "What it counted for was taken back", "stop", "arrow-back-up")
        elif entry.kind == "send_back":
            yield Moment(at, at, "Sent back to the customer", "", "plain", "truck")


def _words(code: str) -> str:
    return code.replace("_", " ")


@page("receiving.inspect")
@require_POST
def unit_inspect(request: HttpRequest, lpn: str) -> HttpResponseBase:
    """Record an inspection."""
    form = forms.Inspect(request.POST)
    if readable(request, form):
        given, known = form.cleaned_data, queries.unit(lpn=lpn).unit
        item = InspectUnit(
            lpn,
            given["grade"],
            round=known.round + 1,
            damage_code=given["damage_code"],
            serial=given["serial"],
        )
        act(request, f"{lpn} inspected.", lambda ctx: inspect_units(ctx, items=[item]))
    return redirect("unit", lpn=lpn)


@page("receiving.dispose")
@require_POST
def unit_dispose(request: HttpRequest, lpn: str) -> HttpResponseBase:
    """Send a unit where policy, or staff with a reason, says."""
    form = forms.Dispose(request.POST)
    if readable(request, form):
        given, file = form.cleaned_data, queries.unit(lpn=lpn)
        attempt = 1 + sum(row.round == file.unit.round for row in file.disposals)
        item = DisposeUnit(
            lpn, file.unit.round, given["disposition"], given["reason"], attempt=attempt, note=given["note"]
        )
        act(request, f"{lpn} disposed.", lambda ctx: dispose_units(ctx, items=[item]))
    return redirect("unit", lpn=lpn)


@page("receiving.reverse")
@require_POST
def unit_reverse(request: HttpRequest, lpn: str) -> HttpResponseBase:
    """Take back a mistaken receipt."""
    form = forms.Reason(request.POST)
    if readable(request, form):
        item = ReverseReceipt(lpn, form.cleaned_data["reason"])
        act(request, f"Receipt of {lpn} reversed.", lambda ctx: reverse_receipts(ctx, items=[item]))
    return redirect("unit", lpn=lpn)


@page("logistics.ship")
@require_POST
def unit_send_back(request: HttpRequest, lpn: str) -> HttpResponseBase:
    """Record that a rejected unit left for the customer."""
    act(request, f"{lpn} sent back.", lambda ctx: send_back_units(ctx, items=[SendBackUnit(lpn)]))
    return redirect("unit", lpn=lpn)
