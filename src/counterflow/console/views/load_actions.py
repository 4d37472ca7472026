"""What may be done with lots and pallets: open, fill, close, sell, ship."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from counterflow.catalog import partners
from counterflow.console import forms_recovery
from counterflow.console.nodes import node_choices
from counterflow.console.page import act, page, readable
from counterflow.console.station import plate_in
from counterflow.facilities import queries as facilities
from counterflow.kernel import clock
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.kernel.money import to_minor
from counterflow.recovery import queries
from counterflow.recovery.commands.cancel_loads import CancelLoad, cancel_loads
from counterflow.recovery.commands.close_loads import CloseLoad, close_loads
from counterflow.recovery.commands.load_pieces import LoadPieces, load_pieces
from counterflow.recovery.commands.load_units import LoadUnit, load_units
from counterflow.recovery.commands.open_lots import OpenLot, open_lots
from counterflow.recovery.commands.open_pallets import OpenPallet, open_pallets
from counterflow.recovery.commands.reopen_loads import ReopenLoad, reopen_loads
from counterflow.recovery.commands.sell_lots import SellLot, sell_lots
from counterflow.recovery.commands.ship_loads import ShipLoad, ship_loads
from counterflow.recovery.commands.unload_goods import UnloadGoods, unload_goods


def _opened(request: HttpRequest, kind: str, run: Callable[[Context], Batch]) -> HttpResponseBase:
    numbers: list[str] = []

    def opening(ctx: Context) -> Batch:
        batch = run(ctx)
        numbers.extend(done.facts["number"] for done in batch.done)
        return batch

    if act(request, f"The {kind} is open. Scan what goes into it.", opening):
        return redirect(kind, number=numbers[0])
    return redirect(f"{kind}s")


@page("recovery.load")
@require_POST
def lot_open(request: HttpRequest) -> HttpResponseBase:
    """Open a lot."""
    nodes = node_choices(facilities.nodes(active=True))
    form = forms_recovery.NewLot(request.POST, nodes=nodes)
    if not readable(request, form):
        return redirect("lots")
    given = form.cleaned_data
    return _opened(
        request, "lot", lambda ctx: open_lots(ctx, items=[OpenLot(f"console-{ctx.key}", given["node"], given["buyer"])])
    )


@page("recovery.load")
@require_POST
def pallet_open(request: HttpRequest) -> HttpResponseBase:
    """Open a pallet."""
    nodes = node_choices(facilities.nodes(active=True))
    suppliers = [(row.code, row.code) for row in partners.suppliers(active=True, limit=500)]
    form = forms_recovery.NewPallet(request.POST, nodes=nodes, suppliers=suppliers)
    if not readable(request, form):
        return redirect("pallets")
    given = form.cleaned_data
    return _opened(
        request,
        "pallet",
        lambda ctx: open_pallets(ctx, items=[OpenPallet(f"console-{ctx.key}", given["node"], given["supplier"])]),
    )


def _back(number: str) -> HttpResponseBase:
    return redirect(queries.load(number=number).load.kind, number=number)


@page("recovery.load")
@require_POST
def load_scan(request: HttpRequest, number: str) -> HttpResponseBase:
    """Put one scanned unit in."""
    form = forms_recovery.Scan(request.POST)
    if readable(request, form):
        lpn = plate_in(form.cleaned_data["scan"], today=clock.now().date()) or form.cleaned_data["scan"]
        act(request, f"{lpn} is in.", lambda ctx: load_units(ctx, items=[LoadUnit(number, lpn)]))
    return _back(number)


@page("recovery.load")
@require_POST
def load_add_pieces(request: HttpRequest, number: str) -> HttpResponseBase:
    """Put pieces of the shelf into a lot."""
    form = forms_recovery.Pieces(request.POST)
    if readable(request, form):
        given = form.cleaned_data

        def add(ctx: Context) -> Batch:
            item = LoadPieces(number, f"console-{ctx.key}", given["sku"], given["quantity"])
            return load_pieces(ctx, items=[item])

        act(request, f"{given['quantity']} of {given['sku']} are in.", add)
    return _back(number)


@page("recovery.load")
@require_POST
def load_remove(request: HttpRequest, number: str) -> HttpResponseBase:
    """Take one line out."""
    item = UnloadGoods(number, request.POST.get("lpn", "")[:120], request.POST.get("ref", "")[:120])
    act(request, "It is out again.", lambda ctx: unload_goods(ctx, items=[item]))
    return _back(number)


MOVES: dict[str, tuple[str, Callable[[Context, str], Batch]]] = {
    "close": ("{number} is closed.", lambda ctx, number: close_loads(ctx, items=[CloseLoad(number)])),
    "reopen": ("{number} is open again.", lambda ctx, number: reopen_loads(ctx, items=[ReopenLoad(number)])),
    "cancel": ("{number} is cancelled.", lambda ctx, number: cancel_loads(ctx, items=[CancelLoad(number)])),
}


@page("recovery.load")
@require_POST
def load_move(request: HttpRequest, number: str) -> HttpResponseBase:
    """Close it, open it again, or give it up."""
    words, run = MOVES.get(request.POST.get("to", ""), MOVES["close"])
    act(request, words.replace("{number}", number), lambda ctx: run(ctx, number))
    return _back(number)


@page("recovery.sell")
@require_POST
def lot_sell(request: HttpRequest, number: str) -> HttpResponseBase:
    """Record what the buyer pays."""
    form = forms_recovery.Sale(request.POST)
    if readable(request, form):
        given, load = form.cleaned_data, queries.load(number=number).load

        def sell(ctx: Context) -> Batch:
            return sell_lots(ctx, items=[SellLot(number, to_minor(given["amount"], load.currency))])

        act(request, f"{number} is sold. It is booked when it leaves.", sell)
    return _back(number)


@page("recovery.ship")
@require_POST
def load_ship(request: HttpRequest, number: str) -> HttpResponseBase:
    """Let it leave, and book what leaves."""
    form = forms_recovery.Shipment(request.POST)
    if readable(request, form):
        given = form.cleaned_data
        item = ShipLoad(number, given["carrier"], given["tracking"])
        act(request, f"{number} has left.", lambda ctx: ship_loads(ctx, items=[item]))
    return _back(number)
