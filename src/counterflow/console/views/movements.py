"""Movements of a SKU, a node, a unit or a document, the ones booked last first."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from counterflow.access import queries as access
from counterflow.catalog import queries as catalog
from counterflow.console import cells
from counterflow.console.badges import badge as badge_of
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing
from counterflow.console.movement_words import KINDS, kind_words
from counterflow.console.nodes import node_choices
from counterflow.console.page import page, render, signed_in
from counterflow.console.simulated import notices, with_words
from counterflow.console.stories import who_words
from counterflow.facilities import queries as facilities
from counterflow.inventory import movements as queries
from counterflow.inventory.causes import Cause, subjects_of
from counterflow.kernel import clock
from counterflow.ledger import queries as ledger

Row = queries.MoveRow
May = Callable[[str], bool]
PAGES = {
    "unit": ("unit", "receiving.view"),
    "return": ("return", "returns.view"),
    "stock": ("statement", "reconciliation.view"),
    "count": ("statement", "reconciliation.view"),
}
"""The page of a document, and the permission that opens it."""


def place_words(state: str, node: str) -> str:
    """Where goods came from or went to, in words."""
    label = badge_of("stock", state).label if state else "Value only"
    return f"{label}, {node}" if node else label


def cause_words(cause: Cause | None) -> str:
    """The document behind a movement, in words."""
    if cause is None:
        return ""
    words = {"stock": f"Statement {cause.number}", "count": f"Count of {cause.name}", "order": f"Order {cause.name}"}
    return words.get(cause.kind, cause.name)


def cause_link(cause: Cause | None, may: May) -> str:
    """The page of the document, or of the return it belongs to, where the reader may see it."""
    if cause is None:
        return ""
    name = cause.number if cause.kind in ("stock", "count") else cause.name
    url, needs = PAGES.get(cause.kind, ("return", "returns.view"))
    if cause.kind not in PAGES:
        name = cause.also
    return reverse(url, args=[name]) if name and may(needs) else ""


def columns(names: dict[str, str], may: May) -> tuple[Column[Row], ...]:
    """Columns of movements; `names` are those of who booked them."""
    return (
        Column("Happened", lambda m: cells.instant(m.happened_at)),
        Column("What", lambda m: cells.text(kind_words(m.kind, reversal=m.reversal), href=_entry(m))),
        Column("SKU", lambda m: cells.code(m.sku, href=reverse("stock_item", args=[m.sku]) if m.sku else "")),
        Column("From", lambda m: cells.text(place_words(m.from_state, m.from_node))),
        Column("To", lambda m: cells.text(place_words(m.to_state, m.to_node))),
        Column("Pieces", lambda m: cells.number(m.quantity), end=True),
        Column("Value", lambda m: cells.money(m.value_minor, m.currency), end=True),
        Column("About", lambda m: cells.code(cause_words(m.cause), href=cause_link(m.cause, may))),
        Column("Who", lambda m: cells.text(who_words(m.actor, names))),
        Column("Learnt", lambda m: cells.instant(m.recorded_at)),
        Column("Booked", lambda m: cells.day(m.accounting_date)),
        Column("Lot", lambda m: cells.code(m.lot), file_only=True),
        Column("Owner", lambda m: cells.text(m.owner), file_only=True),
        Column("Books", lambda m: cells.code(m.entity), file_only=True),
        Column("Currency", lambda m: cells.text(m.currency), file_only=True),
        Column("Entry", lambda m: cells.number(m.entry_id), file_only=True),
    )


def _entry(row: Row) -> str:
    return reverse("entry", args=[row.entry_id])


def link_to(**asks: str) -> str:
    """The page of movements, asked something."""
    return f"{reverse('movements')}?{urlencode({name: value for name, value in asks.items() if value})}"


@page("ledger.view")
def movements(request: HttpRequest) -> HttpResponseBase:
    """Movements of goods, filtered."""
    nodes, who = facilities.nodes(), signed_in(request)
    filters = (
        Filter("sku", "SKU", kind="text"),
        Filter("document", "Unit, return, tracking or order", kind="text"),
        Filter("node", "Node", node_choices(nodes)),
        Filter("kind", "What", list(KINDS.items())),
        Filter("from", "Learnt from", kind="date"),
        Filter("to", "Learnt up to", kind="date"),
    )
    wanted = asked(request, filters)
    chosen, ids = wanted.chosen, {node.code: node.id for node in nodes}
    sku = chosen.get("sku", "")
    item = catalog.items_by_sku(skus=[sku]).get(sku) if sku else None
    document = chosen.get("document")
    which = queries.Wanted(
        item=item.id if item else 0,
        node=ids.get(chosen.get("node", ""), 0),
        subjects=subjects_of(document=document) if document else None,
        kind=chosen.get("kind", ""),
        since=_midnight(chosen.get("from")),
        until=_midnight(chosen.get("to"), days=1),
    )
    unknown = bool(sku) and item is None
    simulated = ledger.simulated()
    if wanted.csv:
        return csv_answer("movements", with_words(columns({}, who.may), simulated), [] if unknown else _all(which))
    now = clock.now()
    place = wanted.place or None
    found = queries.Found([], "") if unknown else queries.movements(wanted=which, place=place, now=now, limit=PAGE_SIZE)
    names = access.names_of(row.actor for row in found.rows)
    values = {
        "list": listing(
            _shown(names, who.may, item is not None), found.rows, wanted, filters=filters, next_place=found.place
        ),
        "item": item,
        "walked": queries.WALK_DAYS if which.walks and which.since is None else 0,
        "simulated": notices(simulated),
    }
    return render(request, "console/inventory/movements.html", values)


def _shown(names: dict[str, str], may: May, one_item: bool) -> tuple[Column[Row], ...]:
    """Columns of the page; of one item its SKU stands above."""
    return tuple(c for c in columns(names, may) if not (one_item and c.label == "SKU"))


def _midnight(day: str | None, *, days: int = 0) -> datetime | None:
    """The first instant of a day in the reader's zone, or of a later one."""
    if not day:
        return None
    midnight = datetime.combine(date.fromisoformat(day) + timedelta(days=days), time())
    return timezone.make_aware(midnight, timezone.get_current_timezone())


def _all(which: queries.Wanted) -> Iterator[Row]:
    """Every movement that a file takes, page by page."""
    place: str | None = None
    left, now = CSV_ROWS_MAX, clock.now()
    while left > 0:
        found = queries.movements(wanted=which, place=place, now=now, limit=500)
        yield from found.rows[:left]
        if not found.place:
            return
        left, place = left - len(found.rows), found.place
