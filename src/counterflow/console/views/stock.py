"""Stock by state: pieces and value in the books, now or as booked up to an earlier day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from counterflow.catalog import queries as catalog
from counterflow.console import cells
from counterflow.console.listing import Asked, Column, Filter, asked, csv_answer, listing
from counterflow.console.nodes import node_choices
from counterflow.console.page import page, render
from counterflow.console.simulated import notices, with_words
from counterflow.facilities import queries as facilities
from counterflow.ledger import queries
from counterflow.ledger.chart import State

Row = queries.StockRow
CHART_ORDER = {state: place for place, state in enumerate(State)}
OWNERS = {"us": "Ours", "customer": "Customer's", "consignor": "Consignor's", "unknown": "Unknown"}


def _net(row: Row) -> int:
    return row.cost_minor + row.allowance_minor


COLUMNS: tuple[Column[Row], ...] = (
    Column("State", lambda r: cells.badge("stock", r.state)),
    Column("Entity", lambda r: cells.code(r.entity)),
    Column("Owner", lambda r: cells.text(OWNERS.get(r.owner, r.owner))),
    Column("On hand", lambda r: cells.yes_no(r.on_hand)),
    Column("Sellable", lambda r: cells.yes_no(r.sellable)),
    Column("Pieces", lambda r: cells.number(r.quantity), end=True),
    Column("Cost", lambda r: cells.money(r.cost_minor, r.currency), end=True),
    Column("Allowance", lambda r: cells.money(r.allowance_minor, r.currency), end=True),
    Column("Value", lambda r: cells.money(_net(r), r.currency), end=True),
    Column("Currency", lambda r: cells.text(r.currency), file_only=True),
)


def _filters(nodes: Sequence[facilities.NodeRow]) -> tuple[Filter, ...]:
    return (
        Filter("node", "Node", node_choices(nodes)),
        Filter("sku", "SKU", kind="text"),
        Filter("on", "Booked up to", kind="date"),
        Filter("known", "As known at the end of", kind="date"),
        Filter("others", "Also show", [("yes", "Places outside our stock")], every="Nothing more"),
    )


@page("ledger.view")
def stock(request: HttpRequest) -> HttpResponseBase:
    """Pieces and value in every state."""
    nodes = facilities.nodes()
    filters = _filters(nodes)
    wanted = asked(request, filters)
    rows = _rows(wanted, {node.code: node.id for node in nodes})
    simulated = queries.simulated()
    if wanted.csv:
        return csv_answer("stock", with_words(COLUMNS, simulated), rows)
    values = {
        "list": listing(COLUMNS, rows, wanted, filters=filters),
        "figures": _figures(rows),
        "sku": wanted.chosen.get("sku", ""),
        "now": not (wanted.chosen.get("on") or wanted.chosen.get("known")),
        "simulated": notices(simulated),
    }
    return render(request, "console/ledger/stock.html", values)


def _rows(wanted: Asked, node_ids: dict[str, int]) -> list[Row]:
    chosen = wanted.chosen
    items = None
    if sku := chosen.get("sku"):
        items = [item.id for item in catalog.items_by_sku(skus=[sku]).values()]
    found = queries.stock_by_state(
        nodes=[node_ids[chosen["node"]]] if "node" in chosen else None,
        items=items,
        as_of=queries.AsOf(booked=_day(chosen.get("on")), known=_end_of(_day(chosen.get("known")))),
        counter_accounts="others" in chosen,
    )
    return sorted(found, key=in_chart_order)


def in_chart_order(row: Row) -> tuple[str, int, str]:
    """By entity, then as the chart lists the states."""
    return row.entity, CHART_ORDER[State(row.state)], row.owner


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _end_of(day: date | None) -> datetime | None:
    """The last instant of a day in the reader's zone."""
    if day is None:
        return None
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=timezone.get_current_timezone())
    return midnight - timedelta(microseconds=1)


def _figures(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """What a controller looks for first: pieces on hand and sellable, value by currency."""
    own = [row for row in rows if row.owner == "us"]
    values: dict[str, int] = defaultdict(int)
    for row in own:
        values[row.currency] += _net(row)
    return [
        ("Our pieces on hand", f"{sum(row.quantity for row in own if row.on_hand):,}"),
        ("Of them sellable", f"{sum(row.quantity for row in own if row.sellable):,}"),
        *((f"Value in {currency}", cells.money_text(value, currency)) for currency, value in sorted(values.items())),
    ]
