"""The books: does stock tie to them, what every account holds, and single entries."""

from datetime import date

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from counterflow.console import cells
from counterflow.console.listing import Column, Filter, asked, csv_answer, listing
from counterflow.console.movement_words import kind_words
from counterflow.console.page import page, render, signed_in
from counterflow.console.simulated import notices, of, with_words
from counterflow.console.views.movements import cause_link, cause_words
from counterflow.console.views.stock import CHART_ORDER
from counterflow.facilities import queries as facilities
from counterflow.inventory.causes import causes
from counterflow.ledger import journal, queries
from counterflow.ledger.chart import State
from counterflow.receiving.queries import units_value

Tie = queries.TieRow
TIE_COLUMNS: tuple[Column[Tie], ...] = (
    Column("State", lambda r: cells.badge("stock", r.state)),
    Column("Entity", lambda r: cells.code(r.entity)),
    Column("Pieces", lambda r: cells.number(r.quantity), end=True),
    Column("Value of positions", lambda r: cells.money(r.positions_minor, r.currency), end=True),
    Column("General ledger", lambda r: cells.money(r.gl_minor, r.currency), end=True),
    Column("Positions of units", lambda r: cells.money(r.unit_positions_minor, r.currency), end=True),
    Column("Units themselves", lambda r: cells.money(r.units_minor, r.currency), end=True),
    Column("Difference", lambda r: cells.money(r.difference_minor, r.currency), end=True),
    Column("Verdict", lambda r: cells.badge("tie_out", "differs" if r.difference_minor else "ties")),
    Column("Currency", lambda r: cells.text(r.currency), file_only=True),
)
Trial = queries.TrialRow
KINDS = {"asset": "Asset", "liability": "Liability", "equity": "Equity", "income": "Income", "expense": "Expense"}
TRIAL_COLUMNS: tuple[Column[Trial], ...] = (
    Column("Account", lambda r: cells.text(r.name, note=r.account)),
    Column("Code", lambda r: cells.text(r.account, mono=True)),
    Column("Kind", lambda r: cells.text(KINDS.get(r.kind, r.kind))),
    Column("Entity", lambda r: cells.code(r.entity)),
    Column("Debit", lambda r: cells.money(max(r.balance_minor, 0) or None, r.currency), end=True),
    Column("Credit", lambda r: cells.money(max(-r.balance_minor, 0) or None, r.currency), end=True),
    Column("Currency", lambda r: cells.text(r.currency), file_only=True),
)
TRIAL_FILTERS = (Filter("on", "Booked up to", kind="date"),)


@page("ledger.view")
def tie_out(request: HttpRequest) -> HttpResponseBase:
    """Stock value by state against the general ledger: three sums that must meet."""
    wanted = asked(request)
    rows = sorted(queries.tie_out(units=units_value()), key=lambda row: (row.entity, CHART_ORDER[State(row.state)]))
    simulated = queries.simulated()
    if wanted.csv:
        return csv_answer("tie-out", with_words(TIE_COLUMNS, simulated), rows)
    apart = [row for row in rows if row.difference_minor]
    totals = [
        (entity, currency, sum(r.positions_minor for r in own), sum(r.gl_minor for r in own))
        for entity, currency in dict.fromkeys((r.entity, r.currency) for r in rows)
        for own in [[r for r in rows if r.entity == entity]]
    ]
    values = {
        "list": listing(TIE_COLUMNS, rows, wanted),
        "apart": apart,
        "states": len(rows),
        "totals": totals,
        "simulated": notices(simulated),
    }
    return render(request, "console/ledger/tie_out.html", values)


@page("ledger.view")
def trial_balance(request: HttpRequest) -> HttpResponseBase:
    """Every account with a balance; an entity's debits equal its credits."""
    wanted = asked(request, TRIAL_FILTERS)
    day = date.fromisoformat(wanted.chosen["on"]) if "on" in wanted.chosen else None
    rows = queries.trial_balance(as_of=queries.AsOf(booked=day))
    simulated = queries.simulated()
    if wanted.csv:
        return csv_answer("trial-balance", with_words(TRIAL_COLUMNS, simulated), rows)
    sums = [
        (entity, currency, sum(max(r.balance_minor, 0) for r in own), sum(max(-r.balance_minor, 0) for r in own))
        for entity, currency in dict.fromkeys((r.entity, r.currency) for r in rows)
        for own in [[r for r in rows if r.entity == entity]]
    ]
    drawn = listing(TRIAL_COLUMNS, rows, wanted, filters=TRIAL_FILTERS)
    values = {"list": drawn, "sums": sums, "simulated": notices(simulated)}
    return render(request, "console/ledger/trial_balance.html", values)


@page("ledger.view")
def entry(request: HttpRequest, entry_id: int) -> HttpResponseBase:
    """One journal entry with its lines."""
    found = journal.entry(id=entry_id)
    if found is None:
        raise Http404(f"There is no journal entry {entry_id}.")
    nodes = {node.id: node.code for node in facilities.nodes()}
    simulated = notices(of(queries.simulated(), found.entity))
    words = kind_words(found.kind, reversal=bool(found.reverses))
    behind = causes(subjects=sorted({line.subject_id for line in found.lines if line.subject_id}))
    may = signed_in(request).may
    about = {cause_words(cause): cause_link(cause, may) for cause in behind.values()}
    values = {"entry": found, "words": words, "about": about, "nodes": nodes, "simulated": simulated}
    return render(request, "console/ledger/entry.html", values)
