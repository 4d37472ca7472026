"""Reconciliation: compare a partner's statement of stock with the books, see what differs, post what is proposed."""

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from counterflow.access import queries as access
from counterflow.console import cells, forms
from counterflow.console.badges import BADGES
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing, pages
from counterflow.console.nodes import node_choices
from counterflow.console.page import act, page, render, signed_in
from counterflow.console.simulated import notices, of, with_words
from counterflow.console.stories import who_words
from counterflow.facilities import queries as facilities
from counterflow.kernel.errors import DomainError
from counterflow.kernel.found import id_of
from counterflow.ledger import queries as ledger
from counterflow.reconciliation import queries
from counterflow.reconciliation.commands.compare_statements import StockStatement, compare_statements
from counterflow.reconciliation.commands.post_adjustments import PostAdjustment, post_adjustments
from counterflow.reconciliation.reading import parse_statement

POSTED_AT_ONCE_MAX = 1_000
Statement = queries.StatementRow
STATEMENT_COLUMNS: tuple[Column[Statement], ...] = (
    Column("Statement", lambda s: cells.code(f"{s.node}, {s.rows:,} rows", href=reverse("statement", args=[s.id]))),
    Column("As of", lambda s: cells.instant(s.as_of)),
    Column("Source", lambda s: cells.text(s.source)),
    Column("Pieces", lambda s: cells.number(s.quantity), end=True),
    Column("Breaks", lambda s: cells.number(s.breaks), end=True),
    Column("Still open", lambda s: cells.number(s.open), end=True),
    Column("Explained", lambda s: cells.number(s.explained), end=True),
    Column("At risk", lambda s: cells.money(s.value_at_risk_minor, s.currency), end=True),
    Column("Compared", lambda s: cells.instant(s.compared_at)),
    Column("Currency", lambda s: cells.text(s.currency), file_only=True),
)
Break = queries.BreakRow
BREAK_COLUMNS: tuple[Column[Break], ...] = (
    Column("SKU", lambda b: cells.code(b.sku, href=reverse("stock_item", args=[b.sku]) if b.item_id else "")),
    Column("Break", lambda b: cells.badge("break_kind", b.kind)),
    Column("In the books", lambda b: cells.number(b.expected), end=True),
    Column("Stated", lambda b: cells.number(b.stated), end=True),
    Column("Pieces", lambda b: cells.number(b.quantity), end=True),
    Column("Value", lambda b: cells.money(b.value_minor, b.currency), end=True),
    Column("Cause", lambda b: cells.text(b.cause[:1].upper() + b.cause[1:])),
    Column("Proposal", lambda b: cells.text(proposal(b))),
    Column("State", lambda b: cells.badge("break", b.state)),
    Column("Currency", lambda b: cells.text(b.currency), file_only=True),
)
BREAK_FILTERS = (
    Filter("kind", "Break", [(kind, shown.label) for kind, shown in BADGES["break_kind"].items()]),
    Filter("state", "State", [(state, shown.label) for state, shown in BADGES["break"].items()]),
)


def proposal(row: Break) -> str:
    """What is proposed, in words."""
    if row.proposal == "adjust":
        ends = [
            BADGES["stock"][state].label if state in BADGES["stock"] else state
            for state in (row.from_state, row.to_state)
        ]
        return f"Move {row.quantity:,} from {ends[0].lower()} to {ends[1].lower()}"
    return "Receiving has to say which units" if row.proposal == "by_unit" else ""


@page("reconciliation.view")
def statements(request: HttpRequest) -> HttpResponseBase:
    """Statements that were compared, the newest first."""
    nodes = node_choices(facilities.nodes())
    filters = (Filter("node", "Node", nodes),)
    wanted = asked(request, filters)

    def found(after: str | None, limit: int) -> list[Statement]:
        return queries.statements(node=wanted.chosen.get("node"), before=int(after) if after else None, limit=limit)

    simulated = ledger.simulated()
    if wanted.csv:
        columns = with_words(STATEMENT_COLUMNS, simulated)
        return csv_answer("statements", columns, pages(found, lambda s: str(s.id), most=CSV_ROWS_MAX))
    rows = found(wanted.after_id, PAGE_SIZE + 1)
    more = str(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else ""
    drawn = listing(STATEMENT_COLUMNS, rows[:PAGE_SIZE], wanted, filters=filters, next_place=more)
    return render(request, "console/reconciliation/list.html", {"list": drawn, "simulated": notices(simulated)})


@page("reconciliation.compare")
def compare(request: HttpRequest) -> HttpResponseBase:
    """Upload a statement and compare it."""
    nodes = node_choices(facilities.nodes(active=True))
    form = forms.Compare(request.POST or None, request.FILES or None, nodes=nodes)
    if form.is_valid():
        given = form.cleaned_data
        try:
            read = parse_statement(given["file"].read(), name=given["file"].name)
        except DomainError as error:
            form.add_error("file", error.message)
        else:
            item = StockStatement(given["node"], given["as_of"], read.sha256, read.rows, given["source"])
            if act(request, "Statement compared.", lambda ctx: compare_statements(ctx, items=[item])):
                newest = queries.statements(node=given["node"], limit=50)
                made = next(row for row in newest if row.sha256 == read.sha256 and row.as_of == given["as_of"])
                return redirect("statement", statement_id=made.id)
    values = {"form": form, "simulated": notices(ledger.simulated())}
    return render(request, "console/reconciliation/compare.html", values, status=422 if form.is_bound else 200)


@page("reconciliation.view")
def statement(request: HttpRequest, statement_id: int) -> HttpResponseBase:
    """One statement: what differs, why, and what is proposed."""
    found = _found(statement_id)
    wanted = asked(request, BREAK_FILTERS)

    def rows_after(after: str | None, limit: int) -> list[Break]:
        return queries.breaks(
            statement=statement_id,
            kind=wanted.chosen.get("kind"),
            state=wanted.chosen.get("state"),
            after=int(after or 0),
            limit=limit,
        )

    if wanted.csv:
        return csv_answer(
            f"breaks-{statement_id}", BREAK_COLUMNS, pages(rows_after, lambda b: str(b.id), most=CSV_ROWS_MAX)
        )
    rows = rows_after(wanted.after_id, PAGE_SIZE + 1)
    more = str(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else ""
    shown = rows[:PAGE_SIZE]
    who = signed_in(request)
    postable = [row.id for row in shown if row.proposal == "adjust" and row.state == "open"]
    may_post = who.may("reconciliation.post")
    alone = who.actor == found.compared_by
    values = {
        "statement": found,
        "simulated": notices(of(ledger.simulated(), found.entity)),
        "kinds": queries.kinds(statement=statement_id),
        "refused": queries.refused_rows(statement=statement_id) if found.refused_rows else [],
        "compared_by": who_words(found.compared_by, access.names_of([found.compared_by])),
        "list": listing(BREAK_COLUMNS, shown, wanted, filters=BREAK_FILTERS, next_place=more),
        "postable": postable if may_post else [],
        "for_another": len(postable) if may_post and alone else 0,
    }
    return render(request, "console/reconciliation/one.html", values)


def _found(statement_id: int) -> Statement:
    found = queries.statement(id=statement_id)
    if found is None:
        raise Http404(f"There is no statement {statement_id}.")
    return found


@page("reconciliation.post")
@require_POST
def post(request: HttpRequest, statement_id: int) -> HttpResponseBase:
    """Post the proposed entries of the breaks that were shown and chosen."""
    chosen = [break_id for text in request.POST.getlist("break")[:POSTED_AT_ONCE_MAX] if (break_id := id_of(text))]
    items = [PostAdjustment(break_id) for break_id in dict.fromkeys(chosen)]
    if items:
        act(request, "{count} adjusting entries posted.", lambda ctx: post_adjustments(ctx, items=items))
    return redirect("statement", statement_id=statement_id)
