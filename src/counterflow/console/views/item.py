"""One item: where it is with lot and licence plates, what may be promised and why, its states over time, movements."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from counterflow.access import queries as access
from counterflow.catalog import queries as catalog
from counterflow.console import as_of, cells
from counterflow.console.badges import Badge
from counterflow.console.badges import badge as badge_of
from counterflow.console.listing import Column, Filter, asked, csv_answer, listing
from counterflow.console.nodes import node_choices
from counterflow.console.page import page, render, signed_in
from counterflow.console.simulated import notices
from counterflow.console.views import movements
from counterflow.console.views.inventory import owner_words
from counterflow.facilities import queries as facilities
from counterflow.inventory import item as queries
from counterflow.inventory import movements as moves
from counterflow.inventory.holdings import Axis, When
from counterflow.kernel import clock
from counterflow.ledger import queries as ledger
from counterflow.ledger.chart import State

Place = queries.PlaceRow
DAYS = 90
MOVES_SHOWN = 20
WIDE, HIGH = 240, 32
CHART_ORDER = {state: place for place, state in enumerate(State)}


def _place_columns(sku: str, *, later: bool, units: bool) -> tuple[Column[Place], ...]:
    def pieces(row: Place) -> cells.Cell:
        linked = units and row.bucket == "unit" and row.node
        asks = urlencode({"sku": sku, "node": row.node, "state": row.state})
        return cells.number(row.quantity, href=f"{reverse('stock_units')}?{asks}" if linked else "", signed=later)

    found: list[Column[Place]] = [
        Column("Node", lambda p: cells.code(p.node or p.custodian or "On the way")),
        Column("State", lambda p: cells.badge("stock", p.state)),
        Column("Lot", lambda p: cells.code(p.lot)),
        Column("Kept as", lambda p: cells.text("Licence plates" if p.bucket == "unit" else "Pool")),
        Column("Owner", lambda p: cells.text(owner_words(p.owner))),
        Column("Pieces", pieces, end=True),
    ]
    if not later:
        found += [
            Column("Held", lambda p: cells.number(p.held or None), end=True),
            Column("Reserved", lambda p: cells.number(p.reserved or None), end=True),
            Column("ATS", lambda p: cells.number(p.available if p.sellable else None), end=True),
        ]
    found += [
        Column("Value", lambda p: cells.money(p.value_minor, p.currency), end=True),
        Column("Books", lambda p: cells.code(p.entity), file_only=True),
        Column("Custodian", lambda p: cells.code(p.custodian), file_only=True),
        Column("Currency", lambda p: cells.text(p.currency), file_only=True),
    ]
    return tuple(found)


@dataclass(frozen=True)
class Promise:
    """What may be promised of the pool of a channel, and how that comes about."""

    pool: str
    sellable: int
    held: int
    reserved: int
    available: int


def _promises(places: Sequence[Place]) -> list[Promise]:
    pools: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        if place.sellable and place.owner == "us":
            pools[place.pool].append(place)
    return [
        Promise(
            pool,
            sum(p.quantity for p in own),
            sum(p.held for p in own),
            sum(p.reserved for p in own),
            sum(p.available for p in own),
        )
        for pool, own in sorted(pools.items())
    ]


@dataclass(frozen=True)
class Line:
    """A state over time as it is drawn: the points of its line, and the numbers that say the same."""

    badge: Badge
    points: str
    first: int
    low: int
    high: int
    last: int
    words: str


def _lines(history: Sequence[queries.History]) -> list[Line]:
    found = []
    for line in sorted(history, key=lambda h: CHART_ORDER[State(h.state)]):
        shown, pieces = badge_of("stock", line.state), line.pieces
        low, high = min(pieces), max(pieces)
        words = f"{shown.label}: {pieces[0]:,} {DAYS} days ago, between {low:,} and {high:,} since, {pieces[-1]:,} now"
        found.append(Line(shown, _points(pieces), pieces[0], low, high, pieces[-1], words))
    return found


def _points(pieces: Sequence[int]) -> str:
    """The corners of a line of steps, in a box of `WIDE` by `HIGH` with room for the stroke; 0 lies at the bottom."""
    top, step = max(*pieces, 1), WIDE / (len(pieces) - 1)
    corners = []
    for n, value in enumerate(pieces):
        y = f"{HIGH - 2 - (HIGH - 4) * max(0, value) / top:.1f}"
        corners.append(f"{n * step:.1f},{y}")
        if n + 1 < len(pieces):
            corners.append(f"{(n + 1) * step:.1f},{y}")
    return " ".join(corners)


@page("ledger.view")
def stock_item(request: HttpRequest, sku: str) -> HttpResponseBase:
    """One item, now or at an instant."""
    item = catalog.items_by_sku(skus=[sku]).get(sku)
    if item is None:
        raise Http404(f"There is no item {sku}.")
    nodes = facilities.nodes()
    filters = (Filter("node", "Node", node_choices(nodes)), *as_of.FILTERS)
    wanted = asked(request, filters)
    when, node = as_of.asked_when(wanted.chosen), wanted.chosen.get("node", "")
    places = queries.places(sku=sku, node=node, when=when)
    later = when.axis is Axis.LATER
    place_columns = _place_columns(sku, later=later, units=when.axis is Axis.NOW)
    if wanted.csv:
        return csv_answer(f"inventory-{item.id}", place_columns, places)
    node_id = next((row.id for row in nodes if row.code == node), 0)
    which = moves.Wanted(item=item.id, node=node_id)
    found = moves.movements(wanted=which, now=clock.now(), limit=MOVES_SHOWN)
    names = access.names_of(row.actor for row in found.rows)
    own = [place for place in places if place.owner == "us"]
    values = {
        "item": item,
        "node": node,
        "when": as_of.shown(when, wanted),
        "figures": _figures(own, when),
        "list": listing(place_columns, places, wanted, filters=filters),
        "promises": [] if later else _promises(places),
        "overlays": [] if later else queries.overlays(item=item.id, when=when),
        "lines": _lines(queries.history(item=item.id, today=timezone.localdate(), days=DAYS)),
        "days": DAYS,
        "moves": listing(_move_columns(names, signed_in(request).may), found.rows, wanted),
        "moves_link": movements.link_to(sku=sku, node=node),
        "simulated": notices(ledger.simulated()),
    }
    return render(request, "console/inventory/item.html", values)


def _move_columns(names: dict[str, str], may: movements.May) -> tuple[Column[moves.MoveRow], ...]:
    return tuple(c for c in movements.columns(names, may) if c.label != "SKU" and not c.file_only)


def _figures(own: Sequence[Place], when: When) -> list[tuple[str, str]]:
    """Ours only: pieces on hand, what may be promised, and value by currency."""
    values: dict[str, int] = defaultdict(int)
    for place in own:
        values[place.currency] += place.value_minor
    told = [("Our pieces on hand", cells.number(sum(p.quantity for p in own if p.on_hand)).text)]
    if when.axis is not Axis.LATER:
        told.append(("Available to sell", f"{sum(p.available for p in own):,}"))
    return told + [(f"Value in {c}", cells.money_text(value, c)) for c, value in sorted(values.items())]
