"""Counts: what is to be counted, how far it is, what differs, and how well books and shelves agree."""

from datetime import timedelta
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from counterflow.access import queries as access
from counterflow.console import cells, forms_counts
from counterflow.console.badges import BADGES
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing, pages
from counterflow.console.nodes import node_choices
from counterflow.console.page import act, page, readable, render, signed_in
from counterflow.console.simulated import notices, of
from counterflow.console.stories import who_words
from counterflow.console.views.reconciliation import BREAK_COLUMNS
from counterflow.facilities import queries as facilities
from counterflow.inventory.queries import families
from counterflow.kernel import clock
from counterflow.ledger import queries as ledger
from counterflow.reconciliation import queries as reconciliation
from counterflow.reconciliation import queries_counts as queries
from counterflow.reconciliation.commands.cancel_counts import CancelCount, cancel_counts
from counterflow.reconciliation.commands.close_counts import CloseCount, close_counts
from counterflow.reconciliation.commands.compare_counts import CompareCount, compare_counts
from counterflow.reconciliation.commands.create_counts import CreateCount, create_counts

Row = queries.CountRow
Line = queries.LineRow
ACCURACY_DAYS = 365
BREAKS_SHOWN = 50


def _scope_words(row: Row) -> str:
    """What a count is of, in words."""
    words = ", ".join(BADGES["stock"][state].label for state in row.scope["states"])
    more = []
    if row.scope["family"]:
        more.append(str(row.scope["family"]))
    if row.scope["skus"]:
        more.append(f"{len(row.scope['skus'])} SKUs")
    if any(row.scope["sample"]):
        more.append("sample A {} B {} C {}".format(*row.scope["sample"]))
    return f"{words}; {', '.join(more)}" if more else words


def _progress(row: Row) -> cells.Cell:
    return cells.text(f"{row.done:,} of {row.lines:,} lines")


COLUMNS: tuple[Column[Row], ...] = (
    Column("Count", lambda c: cells.code(c.reference, href=reverse("count", args=[c.id]))),
    Column("State", lambda c: cells.badge("count", c.state)),
    Column("Node", lambda c: cells.code(c.node)),
    Column("Of", lambda c: cells.text(_scope_words(c))),
    Column("Counted", _progress),
    Column("Differ", lambda c: cells.number(c.differ if c.statement_id else None), end=True),
    Column("Still open", lambda c: cells.number(c.open if c.statement_id else None), end=True),
    Column("Shrinkage", lambda c: cells.money(c.shrinkage_minor if c.statement_id else None, c.currency), end=True),
    Column("Created", lambda c: cells.date_of(c.created_at)),
    Column("Currency", lambda c: cells.text(c.currency), file_only=True),
)


@page("counts.view")
def counts(request: HttpRequest) -> HttpResponseBase:
    """Counts, the newest first, and how accurate the books are at each node."""
    nodes = node_choices(facilities.nodes())
    states = [(state, shown.label) for state, shown in BADGES["count"].items()]
    filters = (Filter("node", "Node", nodes), Filter("state", "State", states))
    wanted, who = asked(request, filters), signed_in(request)
    columns = COLUMNS if who.may("reconciliation.view") else tuple(c for c in COLUMNS if c.label not in EXPECTED)

    def found(after: str | None, limit: int) -> list[Row]:
        chosen = wanted.chosen
        before = int(after) if after else None
        return queries.counts(node=chosen.get("node"), state=chosen.get("state"), before=before, limit=limit)

    if wanted.csv:
        return csv_answer("counts", columns, pages(found, lambda c: str(c.id), most=CSV_ROWS_MAX))
    rows = found(wanted.after_id, PAGE_SIZE + 1)
    more = str(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else ""
    sees = who.may("reconciliation.view")
    values = {
        "list": listing(columns, rows[:PAGE_SIZE], wanted, filters=filters, next_place=more),
        "accuracy": queries.count_accuracy(since=clock.now() - timedelta(days=ACCURACY_DAYS)) if sees else [],
        "days": ACCURACY_DAYS,
        "simulated": notices(ledger.simulated()),
    }
    return render(request, "console/counts/list.html", values)


EXPECTED = {"Differ", "Still open", "Shrinkage"}
"""Columns that tell what the books have."""


@page("reconciliation.compare")
def count_new(request: HttpRequest) -> HttpResponseBase:
    """Say what is to be counted."""
    nodes = node_choices(facilities.nodes(active=True))
    form = forms_counts.NewCount(request.POST or None, nodes=nodes, families=families())
    if form.is_valid():
        given = dict(form.cleaned_data)
        # The form's own key makes the name, so a form that is sent twice makes one count.
        tail = (request.POST.get("key") or uuid4().hex)[:6]
        reference = f"{given['node']}-{timezone.localdate():%Y%m%d}-{tail}"
        item = CreateCount(reference, **{**given, "states": tuple(given["states"])})
        if act(request, "Count created.", lambda ctx: create_counts(ctx, items=[item])):
            made = next(row for row in queries.counts(node=given["node"]) if row.reference == reference)
            return redirect("count", count_id=made.id)
    values = {"form": form, "simulated": notices(ledger.simulated())}
    return render(request, "console/counts/new.html", values, status=422 if form.is_bound else 200)


def found_count(count_id: int) -> Row:
    """The count of an address."""
    found = queries.count(id=count_id)
    if found is None:
        raise Http404(f"There is no count {count_id}.")
    return found


def _line_columns(*, sees: bool) -> tuple[Column[Line], ...]:
    """Columns of a count's lines; what the books had is for those who may see comparisons."""
    found: list[Column[Line]] = [
        Column("SKU", lambda n: cells.code(n.sku, note=n.name)),
        Column("Name", lambda n: cells.text(n.name)),
        Column("GTIN", lambda n: cells.code(n.gtin), file_only=True),
        Column("Stock state", lambda n: cells.badge("stock", n.stock_state)),
        Column("Line", lambda n: _line_state(n, sees=sees)),
        Column("Round", lambda n: cells.number(n.round), end=True),
        Column("Counted", lambda n: cells.number(n.counted), end=True),
    ]
    if sees:
        found += [
            Column("In the books", lambda n: cells.number(n.book), end=True),
            Column("Apart", lambda n: cells.number(n.apart or None, signed=True), end=True),
        ]
    found.append(Column("Last counted", lambda n: cells.instant(n.last_at)))
    return tuple(found)


def _line_state(line: Line, *, sees: bool) -> cells.Cell:
    """What became of a line; that it agreed or not is not for those who may not see comparisons."""
    hidden = not sees and line.state in ("agreed", "differs")
    return cells.badge("count_line", "counted" if hidden else line.state)


LEFT = ("left", "Not counted yet")
LINE_FILTERS = (
    Filter("line", "Line", [LEFT, *((state, shown.label) for state, shown in BADGES["count_line"].items())]),
    Filter("stock", "Stock state", forms_counts.ON_HAND),
)


@page("counts.view")
def count(request: HttpRequest, count_id: int) -> HttpResponseBase:
    """One count: how far it is, by whom, and, once it was compared, what differs."""
    found, who = found_count(count_id), signed_in(request)
    sees = who.may("reconciliation.view")
    wanted = asked(request, LINE_FILTERS)
    chosen = wanted.chosen if sees else {k: v for k, v in wanted.chosen.items() if v not in ("agreed", "differs")}
    columns = _line_columns(sees=sees)

    def rows_after(after: str | None, limit: int) -> list[Line]:
        state, _, sku = (after or "").partition("|")
        line, stock = chosen.get("line"), chosen.get("stock")
        left = line == LEFT[0]
        line = None if left else line
        return queries.count_lines(count=count_id, state=line, left=left, stock=stock, after=(sku, state), limit=limit)

    if wanted.csv:
        return csv_answer(f"count-{count_id}", columns, pages(rows_after, lambda n: n.place, most=CSV_ROWS_MAX))
    rows = rows_after(wanted.place or None, PAGE_SIZE + 1)
    more = rows[PAGE_SIZE - 1].place if len(rows) > PAGE_SIZE else ""
    people = queries.count_people(count=count_id)
    names = access.names_of([found.created_by, *(p.actor for p in people)])
    stated = found.statement_id if sees else None
    breaks = reconciliation.breaks(statement=stated, limit=BREAKS_SHOWN) if stated else []
    open_breaks = [row.id for row in breaks if row.proposal == "adjust" and row.state == "open"]
    values = {
        "count": found,
        "scope": _scope_words(found),
        "created_by": who_words(found.created_by, names),
        "people": [(who_words(person.actor, names), person) for person in people],
        "list": listing(columns, rows[:PAGE_SIZE], wanted, filters=LINE_FILTERS, next_place=more),
        "breaks": listing(BREAK_COLUMNS, breaks, wanted) if breaks else None,
        "postable": open_breaks if who.may("reconciliation.post") else [],
        "sees": sees,
        "compare_form": forms_counts.CompareCount(),
        "close_form": forms_counts.CloseCount(),
        "file_form": forms_counts.CountFile(),
        "simulated": notices(of(ledger.simulated(), found.entity)),
    }
    return render(request, "console/counts/one.html", values)


@page("reconciliation.compare")
@require_POST
def count_compare(request: HttpRequest, count_id: int) -> HttpResponseBase:
    """Compare the present round."""
    found, form = found_count(count_id), forms_counts.CompareCount(request.POST)
    if readable(request, form):
        given = form.cleaned_data
        item = CompareCount(count_id, found.round, given["leave_uncounted"], not given["no_recount"])
        if act(request, "Compared with the books.", lambda ctx: compare_counts(ctx, items=[item])):
            now = found_count(count_id)
            if now.round > found.round:
                messages.info(request, f"Counted again, as they differ beyond the tolerance: {now.left:,} lines.")
    return redirect("count", count_id=count_id)


@page("reconciliation.compare")
@require_POST
def count_close(request: HttpRequest, count_id: int) -> HttpResponseBase:
    """Close a compared count."""
    form = forms_counts.CloseCount(request.POST)
    if readable(request, form):
        item = CloseCount(count_id, form.cleaned_data["leave_open"])
        act(request, "Count closed.", lambda ctx: close_counts(ctx, items=[item]))
    return redirect("count", count_id=count_id)


@page("reconciliation.compare")
@require_POST
def count_cancel(request: HttpRequest, count_id: int) -> HttpResponseBase:
    """Give up a count that was not compared."""
    act(request, "Count cancelled.", lambda ctx: cancel_counts(ctx, items=[CancelCount(count_id)]))
    return redirect("count", count_id=count_id)
