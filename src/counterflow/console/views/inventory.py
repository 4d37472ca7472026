"""Inventory: stock by SKU and node with a column a state, now or at an instant; the licence plates in a place."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from counterflow.catalog import queries as catalog
from counterflow.console import as_of, cells
from counterflow.console.badges import BADGES
from counterflow.console.badges import badge as badge_of
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Asked, Column, Filter, asked, csv_answer, listing
from counterflow.console.nodes import node_choices
from counterflow.console.page import page, render
from counterflow.console.simulated import notices, with_words
from counterflow.console.views.stock import OWNERS
from counterflow.facilities import queries as facilities
from counterflow.inventory import item as items
from counterflow.inventory import queries
from counterflow.inventory.holdings import Axis, When
from counterflow.inventory.queries import Which
from counterflow.kernel.found import id_of
from counterflow.ledger import queries as ledger
from counterflow.ledger.chart import TRAITS

Row = queries.MatrixRow
STATES = [state for state, trait in TRAITS.items() if trait.guarded]


def _filters(nodes: Sequence[facilities.NodeRow], families: Sequence[str]) -> tuple[Filter, ...]:
    entities = sorted({node.entity for node in nodes})
    return (
        Filter("node", "Node", node_choices(nodes)),
        Filter("state", "State", [(str(state), BADGES["stock"][state].label) for state in STATES]),
        Filter("family", "Family", [(family, family.capitalize()) for family in families]),
        Filter("owner", "Owner", list(OWNERS.items())),
        *([Filter("entity", "Books", [(entity, entity) for entity in entities])] if len(entities) > 1 else []),
        Filter("rows", "One row a", [("item", "SKU"), ("node", "node")], every="SKU, node"),
        Filter("only", "Which", [("sellable", "Sellable stock"), ("all", "Also without stock")], every="With stock"),
        Filter("show", "States show", [("value", "Value")], every="Pieces"),
        *as_of.FILTERS,
    )


def which_of(wanted: Asked) -> Which:
    """What an address asks for."""
    chosen = wanted.chosen
    return Which(
        node=chosen.get("node", ""),
        state=chosen.get("state", ""),
        search=wanted.search,
        family=chosen.get("family", ""),
        owner=chosen.get("owner", ""),
        entity=chosen.get("entity", ""),
        stocked=chosen.get("only") != "all",
        sellable=chosen.get("only") == "sellable",
        group=chosen.get("rows") or "place",
    )


@page("ledger.view")
def inventory(request: HttpRequest) -> HttpResponseBase:
    """Stock by SKU and node, a column a state."""
    nodes = facilities.nodes()
    filters = _filters(nodes, queries.families())
    wanted = asked(request, filters, sort="sku")
    which, when = which_of(wanted), as_of.asked_when(wanted.chosen)
    simulated = ledger.simulated()
    if wanted.csv:
        columns = with_words(_columns(wanted, STATES, when, "both"), simulated)
        return csv_answer("inventory", columns, _all(which, when, wanted.sort))
    sums = queries.totals(which=which, when=when)
    rows = queries.matrix(which=which, when=when, sort=wanted.sort, place=wanted.place or None, limit=PAGE_SIZE + 1)
    shown = rows[:PAGE_SIZE]
    more = shown[-1].place if len(rows) > PAGE_SIZE else ""
    there = {row.state for row in sums}
    foreign = any(row.owner != "us" for row in shown)
    columns = _columns(
        wanted, [state for state in STATES if state in there], when, wanted.chosen.get("show", ""), owners=foreign
    )
    values = {
        "list": listing(columns, shown, wanted, filters=filters, search_label="SKU, name or GTIN", next_place=more),
        "figures": _figures(sums, when),
        "states": _states(sums, wanted),
        "when": as_of.shown(when, wanted),
        "simulated": notices(simulated),
    }
    return render(request, "console/inventory/list.html", values)


def _all(which: Which, when: When, sort: str) -> Iterator[Row]:
    """Every row that a file takes; each step reads all places again, so steps are long."""
    place: str | None = None
    left, step = CSV_ROWS_MAX, 20_000
    while left > 0:
        rows = queries.matrix(which=which, when=when, sort=sort, place=place, limit=min(step, left))
        yield from rows
        if len(rows) < step:
            return
        left, place = left - len(rows), rows[-1].place


def _columns(
    wanted: Asked, states: Sequence[str], when: When, show: str, *, owners: bool = True
) -> tuple[Column[Row], ...]:
    """Columns as the filters have them. `show` is value, both (for a file) or else pieces."""
    group, later = wanted.chosen.get("rows") or "place", when.axis is Axis.LATER
    found: list[Column[Row]] = []
    if group != "node":
        found += [
            Column("SKU", lambda r: cells.code(r.sku, href=_item(r, wanted), note=r.name), sort="sku"),
            Column("Name", lambda r: cells.text(r.name), file_only=show != "both"),
            Column("Family", lambda r: cells.text(r.family), file_only=True),
        ]
    if group != "item":
        found += [
            Column("Node", lambda r: cells.code(r.node or "On the way"), sort="node"),
            Column("Pool", lambda r: cells.text(r.pool), file_only=group != "node"),
        ]
    found += [
        Column("Books", lambda r: cells.code(r.entity), file_only=group == "place"),
        Column("Owner", lambda r: cells.text(owner_words(r.owner)), file_only=not owners),
        Column("On hand", lambda r: cells.number(r.on_hand, signed=later), end=True, sort="pieces"),
    ]
    if not later:
        found += [
            Column("Held", lambda r: cells.number(r.held), end=True, file_only=True),
            Column("Reserved", lambda r: cells.number(r.reserved), end=True, file_only=True),
            Column("ATS", lambda r: cells.number(r.available), end=True, sort="ats"),
        ]
    found += [
        Column("Value", lambda r: cells.money(r.value_minor, r.currency), end=True, sort="value"),
        Column("Currency", lambda r: cells.text(r.currency), file_only=True),
    ]
    for state in states:
        found += _state_columns(state, wanted, show, signed=later)
    return tuple(found)


def _state_columns(state: str, wanted: Asked, show: str, *, signed: bool) -> list[Column[Row]]:
    label = BADGES["stock"][state].label

    def pieces(row: Row) -> cells.Cell:
        cell = row.states.get(state)
        if cell is None:
            return cells.number(None)
        return cells.number(cell.quantity, href=_item(row, wanted) if row.sku else "", signed=signed)

    def value(row: Row) -> cells.Cell:
        cell = row.states.get(state)
        return cells.money(None if cell is None else cell.value_minor, row.currency)

    if show == "both":
        return [Column(label, pieces, end=True), Column(f"{label}, value", value, end=True)]
    return [Column(label, value if show == "value" else pieces, end=True)]


def owner_words(owner: str) -> str:
    """Whose goods, in words."""
    return OWNERS.get(owner, owner)


def _item(row: Row, wanted: Asked) -> str:
    """The page of an item, of the same node and the same past."""
    asks = {name: wanted.chosen[name] for name in ("at", "past") if name in wanted.chosen}
    if row.node:
        asks["node"] = row.node
    address = reverse("stock_item", args=[row.sku]) if row.sku else ""
    return f"{address}?{urlencode(asks)}" if asks and address else address


def _figures(sums: Sequence[queries.TotalRow], when: When) -> list[tuple[str, str]]:
    """Pieces on hand, what may be promised in each channel pool, value by currency; ours only."""
    own = [row for row in sums if row.owner == "us"]
    values: dict[str, int] = defaultdict(int)
    pools: dict[str, int] = defaultdict(int)
    for row in own:
        values[row.currency] += row.value_minor
        if row.sellable and row.pool:
            pools[row.pool] += row.available
    told = [("Our pieces on hand", cells.number(sum(row.quantity for row in own if row.on_hand)).text)]
    if when.axis is not Axis.LATER:
        named = len(pools) > 1
        for pool, pieces in sorted(pools.items()):
            told.append((f"ATS, pool {pool}" if named else "Available to sell", f"{pieces:,}"))
    return told + [(f"Value in {c}", cells.money_text(value, c)) for c, value in sorted(values.items())]


def _states(sums: Sequence[queries.TotalRow], wanted: Asked) -> list[dict[str, object]]:
    """Every state with its pieces, and its value by currency, whoever owns the goods."""
    found = []
    for state in STATES:
        rows = [row for row in sums if row.state == state]
        values: dict[str, int] = defaultdict(int)
        for row in rows:
            values[row.currency] += row.value_minor
        if rows:
            found.append(
                {
                    "state": str(state),
                    "badge": badge_of("stock", state),
                    "pieces": sum(row.quantity for row in rows),
                    "worth": [cells.money_text(value, c) for c, value in sorted(values.items()) if value],
                    "link": wanted.link(state=str(state)),
                }
            )
    return found


Unit = items.UnitRow
UNIT_COLUMNS: tuple[Column[Unit], ...] = (
    Column("Unit", lambda u: cells.code(u.lpn, href=reverse("unit", args=[u.lpn]))),
    Column("Stock state", lambda u: cells.badge("stock", u.stock_state)),
    Column("Node", lambda u: cells.code(u.node)),
    Column("Lot", lambda u: cells.code(u.lot)),
    Column("Owner", lambda u: cells.text(owner_words(u.owner))),
    Column("Grade", lambda u: cells.text(u.grade)),
    Column("Pieces", lambda u: cells.number(u.quantity), end=True),
    Column("Value", lambda u: cells.money(u.value_minor, u.currency), end=True),
    Column("Received", lambda u: cells.date_of(u.received_at)),
    Column("Currency", lambda u: cells.text(u.currency), file_only=True),
)


@page("ledger.view")
def stock_units(request: HttpRequest) -> HttpResponseBase:
    """The licence plates of one SKU that are in our stock."""
    nodes = node_choices(facilities.nodes())
    filters = (
        Filter("sku", "SKU", kind="text"),
        Filter("node", "Node", nodes),
        Filter("state", "State", [(str(state), BADGES["stock"][state].label) for state in STATES]),
        Filter("lot", "Lot", kind="text"),
    )
    wanted = asked(request, filters)
    sku = wanted.chosen.get("sku", "")
    item = catalog.items_by_sku(skus=[sku]).get(sku)
    if item is None and sku:
        raise Http404(f"There is no item {sku}.")

    def found(after: int, limit: int) -> list[Unit]:
        chosen = {name: wanted.chosen.get(name, "") for name in ("node", "state", "lot")}
        return items.units(item=item.id, after=after, limit=limit, **chosen) if item else []

    if wanted.csv:
        return csv_answer(f"units-{sku}", UNIT_COLUMNS, found(0, CSV_ROWS_MAX))
    rows = found(id_of(wanted.place) or 0, PAGE_SIZE + 1)
    more = str(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else ""
    values = {
        "item": item,
        "list": listing(UNIT_COLUMNS, rows[:PAGE_SIZE], wanted, filters=filters, next_place=more),
        "simulated": notices(ledger.simulated()),
    }
    return render(request, "console/inventory/units.html", values)
