"""Sale lots and pallets for suppliers: lists, one of them with what is in it, and its papers."""

from collections.abc import Callable

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from counterflow.catalog import partners
from counterflow.console import cells, forms_recovery
from counterflow.console.downloads import pdf_answer
from counterflow.console.forms import Form
from counterflow.console.journal_lines import entries_about
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing, pages
from counterflow.console.nodes import node_choices
from counterflow.console.page import page, render, signed_in
from counterflow.console.simulated import notices, of
from counterflow.facilities import queries as facilities
from counterflow.ledger import queries as ledger
from counterflow.receiving import queries as receiving
from counterflow.recovery import papers, queries

Row = queries.LoadRow
Line = queries.LoadLineRow
WAITING_SHOWN = 12
LOT_STATES = (
    ("open", "Open"),
    ("closed", "Closed"),
    ("sold", "Sold"),
    ("shipped", "Shipped"),
    ("cancelled", "Cancelled"),
)
PALLET_STATES = tuple(state for state in LOT_STATES if state[0] != "sold")
NEEDS = {
    "load": "recovery.load",
    "close": "recovery.load",
    "reopen": "recovery.load",
    "cancel": "recovery.load",
    "sell": "recovery.sell",
    "ship": "recovery.ship",
}


def _link(row: Row) -> cells.Cell:
    return cells.code(row.number, href=reverse(row.kind, args=[row.number]), simulated=row.simulated)


LOTS: tuple[Column[Row], ...] = (
    Column("Lot", _link),
    Column("State", lambda w: cells.badge("load", w.state)),
    Column("Buyer", lambda w: cells.text(w.buyer)),
    Column("Node", lambda w: cells.code(w.node)),
    Column("Lines", lambda w: cells.number(w.lines), end=True),
    Column("Pieces", lambda w: cells.number(w.pieces), end=True),
    Column("Value", lambda w: cells.money(w.value_minor, w.currency), end=True),
    Column("Brings", lambda w: cells.money(w.proceeds_minor, w.currency), end=True),
    Column("Gain or loss", lambda w: cells.money(w.gain_minor, w.currency), end=True),
    Column("Opened", lambda w: cells.date_of(w.opened_at)),
    Column("Shipped", lambda w: cells.date_of(w.shipped_at)),
    Column("Currency", lambda w: cells.text(w.currency), file_only=True),
    Column("Simulated", lambda w: cells.simulated(w.simulated), file_only=True),
)
PALLETS: tuple[Column[Row], ...] = (
    Column("Pallet", _link),
    Column("State", lambda w: cells.badge("load", w.state)),
    Column("Supplier", lambda w: cells.text(w.supplier_name or w.supplier, note=w.supplier)),
    Column("SSCC", lambda w: cells.code(w.sscc)),
    Column("Node", lambda w: cells.code(w.node)),
    Column("Units", lambda w: cells.number(w.lines), end=True),
    Column("Pieces", lambda w: cells.number(w.pieces), end=True),
    Column("Value", lambda w: cells.money(w.value_minor, w.currency), end=True),
    Column("Opened", lambda w: cells.date_of(w.opened_at)),
    Column("Shipped", lambda w: cells.date_of(w.shipped_at)),
    Column("Tracking", lambda w: cells.text(w.tracking, note=w.carrier, mono=True)),
    Column("Currency", lambda w: cells.text(w.currency), file_only=True),
    Column("Simulated", lambda w: cells.simulated(w.simulated), file_only=True),
)
MANIFEST: tuple[Column[tuple[Row, Line]], ...] = (
    Column("Load", lambda x: cells.text(x[0].number)),
    Column("SSCC", lambda x: cells.text(x[0].sscc)),
    Column("Plate", lambda x: cells.text(x[1].lpn)),
    Column("SKU", lambda x: cells.text(x[1].sku)),
    Column("GTIN", lambda x: cells.text(x[1].gtin)),
    Column("Item", lambda x: cells.text(x[1].item_name)),
    Column("Pieces", lambda x: cells.number(x[1].quantity)),
    Column("Grade", lambda x: cells.text(x[1].grade)),
    Column("Damage", lambda x: cells.text(x[1].damage_code)),
    Column("Price share", lambda x: cells.money(x[1].proceeds_minor, x[0].currency)),
    Column("Currency", lambda x: cells.text(x[0].currency if x[0].kind == "lot" else "")),
)


@page("recovery.view")
def lots(request: HttpRequest) -> HttpResponseBase:
    """Sale lots, the newest first."""
    return _list(request, "lot", LOTS, LOT_STATES, "Lot or buyer", lambda nodes: forms_recovery.NewLot(nodes=nodes))


@page("recovery.view")
def pallets(request: HttpRequest) -> HttpResponseBase:
    """Pallets for suppliers, the newest first."""

    def form(nodes: list[tuple[str, str]]) -> forms_recovery.NewPallet:
        suppliers = [(row.code, row.name or row.code) for row in partners.suppliers(active=True, limit=500)]
        return forms_recovery.NewPallet(nodes=nodes, suppliers=suppliers)

    return _list(request, "pallet", PALLETS, PALLET_STATES, "Pallet, SSCC or supplier", form)


def _list(
    request: HttpRequest,
    kind: str,
    columns: tuple[Column[Row], ...],
    states: tuple[tuple[str, str], ...],
    search_label: str,
    form: Callable[[list[tuple[str, str]]], Form],
) -> HttpResponseBase:
    nodes, who = facilities.nodes(active=True), signed_in(request)
    filters = (Filter("node", "Node", node_choices(nodes)), Filter("state", "State", states))
    wanted = asked(request, filters)

    def found(before: str | None, limit: int) -> list[Row]:
        place = int(before) if before else None
        chosen = {name: wanted.chosen.get(name, "") for name in ("node", "state")}
        return queries.loads(kind=kind, search=wanted.search, before_id=place, limit=limit, **chosen)

    if wanted.csv:
        return csv_answer(f"{kind}s", columns, pages(found, lambda row: str(row.id), most=CSV_ROWS_MAX))
    rows = found(wanted.after_id, PAGE_SIZE + 1)
    more = str(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else ""
    values = {
        "kind": kind,
        "list": listing(columns, rows[:PAGE_SIZE], wanted, filters=filters, search_label=search_label, next_place=more),
        "waiting": queries.waiting(states=["secondary_channel" if kind == "lot" else "to_supplier"]),
        "form": form(node_choices(nodes)) if who.may("recovery.load") else None,
        "simulated": notices(ledger.simulated(), marked=any(row.simulated for row in rows)),
    }
    return render(request, "console/recovery/loads.html", values)


@page("recovery.view")
def lot(request: HttpRequest, number: str) -> HttpResponseBase:
    """One lot."""
    return _one(request, number, "lot")


@page("recovery.view")
def pallet(request: HttpRequest, number: str) -> HttpResponseBase:
    """One pallet."""
    return _one(request, number, "pallet")


def _one(request: HttpRequest, number: str, kind: str) -> HttpResponseBase:
    file, who = _file(number, kind), signed_in(request)
    load = file.load
    if request.GET.get("format") == "csv":
        return csv_answer(f"manifest-{number}", MANIFEST, ((load, line) for line in file.lines))
    actions = [action for action in load.actions if who.may(NEEDS[action])]
    state = "secondary_channel" if kind == "lot" else "to_supplier"
    values = {
        "load": load,
        "lines": file.lines,
        "kind": kind,
        "steps": _steps(load),
        "actions": actions,
        "waiting": _waiting(load, state) if "load" in actions else [],
        "entries": entries_about([load.id]) if kind == "lot" and load.ship_entry_id and who.may("ledger.view") else [],
        "scan_form": forms_recovery.Scan(),
        "pieces_form": forms_recovery.Pieces(),
        "sale_form": forms_recovery.Sale(),
        "ship_form": forms_recovery.Shipment(),
        "simulated": notices(of(ledger.simulated(), load.entity), marked=load.simulated),
    }
    return render(request, "console/recovery/load.html", values)


def _waiting(load: Row, state: str) -> list[receiving.UnitRow]:
    """Units at the node that would fit."""
    return receiving.shelf(node=load.node, stock_state=state, supplier=load.supplier, limit=WAITING_SHOWN)


def _file(number: str, kind: str) -> queries.LoadFile:
    file = queries.load(number=number)
    if file.load.kind != kind:
        raise Http404
    return file


def _steps(load: Row) -> list[tuple[str, str]]:
    """The life of a load, each step done, now or to come."""
    words = ["open", "closed", "sold", "shipped"] if load.kind == "lot" else ["open", "closed", "shipped"]
    if load.state not in words:
        return [(load.state, "now")]
    now = words.index(load.state)
    return [(word, "done" if n < now else "now" if n == now else "") for n, word in enumerate(words)]


@page("recovery.view")
def pallet_label(request: HttpRequest, number: str) -> HttpResponseBase:
    """The label of a pallet: its SSCC as GS1-128."""
    load = _file(number, "pallet").load
    return pdf_answer(papers.pallet_label(load), f"label-{load.sscc}")


@page("recovery.view")
def packing_list(request: HttpRequest, number: str) -> HttpResponseBase:
    """What is on a pallet, or in a lot, to go with it."""
    file = queries.load(number=number)
    return pdf_answer(papers.packing_list(file), f"packing-list-{file.load.number}")
