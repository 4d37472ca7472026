"""Refurbishment orders: what is in work and what waits for it, one order with its costs, and its end."""

from uuid import uuid4

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from counterflow.console import cells, forms_recovery
from counterflow.console.journal_lines import entries_about
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing, pages
from counterflow.console.nodes import node_choices
from counterflow.console.page import act, page, readable, render, signed_in
from counterflow.console.simulated import notices, of
from counterflow.console.station import plate_in
from counterflow.facilities import queries as facilities
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.kernel.money import to_minor
from counterflow.ledger import queries as ledger
from counterflow.receiving import queries as receiving
from counterflow.recovery import queries
from counterflow.recovery.commands.add_refurbishment_costs import AddRefurbishmentCost, add_refurbishment_costs
from counterflow.recovery.commands.cancel_refurbishments import CancelRefurbishment, cancel_refurbishments
from counterflow.recovery.commands.finish_refurbishments import FinishRefurbishment, finish_refurbishments
from counterflow.recovery.commands.start_refurbishments import StartRefurbishment, start_refurbishments

Row = queries.RefurbishmentRow
STATES = (("open", "In work"), ("finished", "Finished"), ("cancelled", "Cancelled"))
WAITING_SHOWN = 12
COLUMNS: tuple[Column[Row], ...] = (
    Column("Order", lambda o: cells.code(o.number, href=reverse("refurbishment", args=[o.number]))),
    Column("State", lambda o: cells.badge("refurbishment", o.state)),
    Column("Unit", lambda o: cells.code(o.lpn, href=reverse("unit", args=[o.lpn]), simulated=o.simulated)),
    Column("Item", lambda o: cells.text(o.item_name or o.sku, note=o.sku)),
    Column("Node", lambda o: cells.code(o.node)),
    Column("Came with", lambda o: cells.money(o.came_minor, o.currency), end=True),
    Column("Costs", lambda o: cells.money(o.capitalised_minor + o.expensed_minor, o.currency), end=True),
    Column("Value", lambda o: cells.money(o.value_minor, o.currency), end=True),
    Column("Started", lambda o: cells.date_of(o.started_at)),
    Column("Outcome", lambda o: cells.words(o.outcome)),
    Column("Currency", lambda o: cells.text(o.currency), file_only=True),
    Column("Simulated", lambda o: cells.simulated(o.simulated), file_only=True),
)


@page("recovery.view")
def refurbishments(request: HttpRequest) -> HttpResponseBase:
    """Orders, the newest first, and the units that wait for work."""
    nodes, who = facilities.nodes(active=True), signed_in(request)
    filters = (Filter("node", "Node", node_choices(nodes)), Filter("state", "State", STATES))
    wanted = asked(request, filters)
    node, state = wanted.chosen.get("node", ""), wanted.chosen.get("state", "")

    def found(before: str | None, limit: int) -> list[Row]:
        place = int(before) if before else None
        return queries.refurbishments(node=node, state=state, search=wanted.search, before_id=place, limit=limit)

    if wanted.csv:
        return csv_answer("refurbishments", COLUMNS, pages(found, lambda row: str(row.id), most=CSV_ROWS_MAX))
    rows = found(wanted.after_id, PAGE_SIZE + 1)
    more = str(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else ""
    waiting = queries.waiting(states=["refurbishable"])
    here = node or (waiting[0].node if waiting else "")
    words = "Order, plate or SKU"
    drawn = listing(COLUMNS, rows[:PAGE_SIZE], wanted, filters=filters, search_label=words, next_place=more)
    values = {
        "list": drawn,
        "waiting": waiting,
        "units": receiving.shelf(node=here, stock_state="refurbishable", limit=WAITING_SHOWN) if here else [],
        "here": here,
        "may_start": who.may("receiving.refurbish"),
        "simulated": notices(ledger.simulated(), marked=any(row.simulated for row in rows)),
    }
    return render(request, "console/recovery/refurbishments.html", values)


@page("recovery.view")
def refurbishment(request: HttpRequest, number: str) -> HttpResponseBase:
    """One order: its unit, what it took, what may be done now."""
    file, who = queries.refurbishment(number=number), signed_in(request)
    values = {
        "order": file.order,
        "costs": file.costs,
        "entries": entries_about([file.unit_id, file.order.id]) if who.may("ledger.view") else [],
        "actions": file.order.actions if who.may("receiving.refurbish") else [],
        "cost_form": forms_recovery.Cost(),
        "finish_form": forms_recovery.Finish(),
        "cancel_form": forms_recovery.Reason(),
        "simulated": notices(of(ledger.simulated(), file.order.entity), marked=file.order.simulated),
    }
    return render(request, "console/recovery/refurbishment.html", values)


@page("receiving.refurbish")
@require_POST
def refurbishment_start(request: HttpRequest) -> HttpResponseBase:
    """Open an order for a unit that waits."""
    form = forms_recovery.Scan(request.POST)
    opened: list[str] = []

    def start(ctx: Context) -> Batch:
        lpn = plate_in(form.cleaned_data["scan"], today=ctx.at.date()) or form.cleaned_data["scan"]
        item = StartRefurbishment(f"console-{ctx.key}", lpn)
        batch = start_refurbishments(ctx, items=[item])
        opened.extend(done.facts["number"] for done in batch.done)
        return batch

    if readable(request, form) and act(request, "The order is open.", start):
        return redirect("refurbishment", number=opened[0])
    return redirect("refurbishments")


@page("receiving.refurbish")
@require_POST
def refurbishment_cost(request: HttpRequest, number: str) -> HttpResponseBase:
    """Add a part, labour or a service."""
    form = forms_recovery.Cost(request.POST)
    if readable(request, form):
        given, order = form.cleaned_data, queries.refurbishment(number=number).order
        key = request.POST.get("key") or uuid4().hex

        def add(ctx: Context) -> Batch:
            amount = to_minor(given["amount"], order.currency)
            item = AddRefurbishmentCost(
                number, key[:60], given["kind"], given["what"], amount, given["quantity"], given["capitalise"]
            )
            return add_refurbishment_costs(ctx, items=[item])

        act(request, "The cost is recorded.", add)
    return redirect("refurbishment", number=number)


@page("receiving.refurbish")
@require_POST
def refurbishment_finish(request: HttpRequest, number: str) -> HttpResponseBase:
    """End the work, and send the unit where it leads."""
    form = forms_recovery.Finish(request.POST)
    if readable(request, form):
        given, order = form.cleaned_data, queries.refurbishment(number=number).order

        def finish(ctx: Context) -> Batch:
            net = None if given["net_value"] is None else to_minor(given["net_value"], order.currency)
            item = FinishRefurbishment(number, given["outcome"], given["grade"], net, given["sku"])
            return finish_refurbishments(ctx, items=[item])

        act(request, f"{number} is finished.", finish)
    return redirect("refurbishment", number=number)


@page("receiving.refurbish")
@require_POST
def refurbishment_cancel(request: HttpRequest, number: str) -> HttpResponseBase:
    """Give the work up."""
    form = forms_recovery.Reason(request.POST)
    if readable(request, form):
        item = CancelRefurbishment(number, form.cleaned_data["reason"])
        act(request, f"{number} is cancelled.", lambda ctx: cancel_refurbishments(ctx, items=[item]))
    return redirect("refurbishment", number=number)
