"""Back-tests: what a version would have done to past returns; starting one, watching it, reading it."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from counterflow.access import queries as access
from counterflow.backtests import queries
from counterflow.backtests.commands.cancel_backtests import CancelBacktest, cancel_backtests
from counterflow.backtests.commands.start_backtests import StartBacktest, start_backtests
from counterflow.backtests.queries import CHANGES, BacktestRow, DifferenceRow
from counterflow.backtests.totals import DIMENSIONS
from counterflow.console import cells, forms_backtests, trials
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing, pages
from counterflow.console.page import act, page, render, signed_in
from counterflow.console.stories import who_words
from counterflow.kernel import clock
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.orders import queries as orders

DAYS_FIRST = 90
DIMENSION_WORDS = {
    "brand": "Brand",
    "family": "Family",
    "channel_kind": "Channel",
    "customer_segment": "Customers",
    "zone": "Zone",
    "reason_code": "Reason",
    "value_band": "Value",
}
FILTERS = (
    Filter("state", "State", [(s, s.capitalize()) for s in ("waiting", "running", "done", "failed", "cancelled")]),
    Filter("kind", "Kind", [(k, k.capitalize()) for k in ("eligibility", "refund", "disposition")]),
)


@page("policies.view")
def backtests(request: HttpRequest) -> HttpResponseBase:
    """Back-tests, the newest first."""
    wanted = asked(request, FILTERS)

    def found(after: str | None, limit: int) -> list[BacktestRow]:
        return queries.backtests(
            state=wanted.chosen.get("state"),
            kind=wanted.chosen.get("kind"),
            before_id=int(after) if after else None,
            limit=limit,
        )

    rows = found(wanted.after_id, PAGE_SIZE + 1)
    columns = _columns(access.names_of({row.started_by for row in rows}))
    if wanted.csv:
        return csv_answer("back-tests", columns, pages(found, lambda row: str(row.id), most=CSV_ROWS_MAX))
    more = str(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else ""
    values = {"list": listing(columns, rows[:PAGE_SIZE], wanted, filters=FILTERS, next_place=more)}
    return render(request, "console/backtests/list.html", values)


def _columns(names: dict[str, str]) -> tuple[Column[BacktestRow], ...]:
    return (
        Column(
            "Version", lambda r: cells.text(f"{r.kind.capitalize()} {r.version}", href=reverse("backtest", args=[r.id]))
        ),
        Column("Name", lambda r: cells.text(r.name)),
        Column("State", lambda r: cells.badge("backtest", r.state)),
        Column("Done", lambda r: cells.text(f"{r.percent} %"), end=True),
        Column("Asked for from", lambda r: cells.date_of(r.since)),
        Column("To", lambda r: cells.date_of(r.until - timedelta(seconds=1))),
        Column("Only", lambda r: cells.text(_narrowed(r))),
        Column("Started", lambda r: cells.instant(r.started_at)),
        Column("By", lambda r: cells.text(who_words(r.started_by, names))),
    )


def _narrowed(row: BacktestRow) -> str:
    """What a run is narrowed to, in words."""
    return ", ".join(word for word in (row.channel, row.brand, row.family) if word)


@page("policies.test")
def backtest_new(request: HttpRequest) -> HttpResponseBase:
    """Start a back-test."""
    versions = [(str(v.id), f"{v.kind.capitalize()} {v.version}: {v.name}") for v in queries.candidates()]
    channels = [(c.code, c.name) for c in orders.channels()]
    today = timezone.localdate(clock.now())
    first = {
        "version": request.GET.get("version", ""),
        "since": today - timedelta(days=DAYS_FIRST),
        "until": today,
        "overrides": "kept",
    }
    posted = request.POST if request.method == "POST" else None
    form = forms_backtests.StartBacktest(posted, initial=first, versions=versions, channels=channels)
    if posted is not None and form.is_valid():
        started = _start(request, form.cleaned_data)
        if started:
            return redirect("backtest", backtest_id=started)
    return render(request, "console/backtests/new.html", {"form": form, "versions": versions})


def _start(request: HttpRequest, read: dict[str, Any]) -> int | None:
    made: list[int] = []

    def run(ctx: Context) -> Batch:
        item = StartBacktest(
            request_ref=f"console:{ctx.key}",
            version_id=int(read["version"]),
            since=_begin(read["since"]),
            until=_begin(read["until"] + timedelta(days=1)),
            channel=read["channel"],
            brand=read["brand"].strip(),
            family=read["family"].strip(),
            overrides=read["overrides"],
        )
        batch = start_backtests(ctx, items=[item])
        made.extend(done.facts["backtest_id"] for done in batch.done)
        return batch

    act(request, "The back-test is under way.", run)
    return made[0] if made else None


def _begin(day: date) -> datetime:
    """The beginning of a day in the reader's zone."""
    return datetime.combine(day, time(), timezone.get_current_timezone())


@page("policies.view")
def backtest(request: HttpRequest, backtest_id: int) -> HttpResponseBase:
    """One back-test: how far it is, both sides, what changes, segments."""
    found, who = queries.backtest(backtest_id), signed_in(request)
    dimension = request.GET.get("by", "")
    dimension = dimension if dimension in DIMENSIONS else "channel_kind"
    currencies = sorted({*found.before.refunded, *found.after.refunded})
    values = {
        "run": found.backtest,
        "open": found.backtest.state in ("waiting", "running"),
        "found": found,
        "narrowed": _narrowed(found.backtest),
        "last_day": found.backtest.until - timedelta(seconds=1),
        "fates": trials.fates(found),
        "money": trials.money(found),
        "times": trials.times(found),
        "places": trials.places(found),
        "weeks": trials.weeks(found),
        "changes": trials.changes(found),
        "stakes": trials.stakes(found),
        "row_pairs": trials.row_pairs(found),
        "dimension": dimension,
        "dimensions": DIMENSION_WORDS,
        "segments": trials.segment_rows(queries.segments(backtest_id=backtest_id, dimension=dimension), currencies),
        "overrides": dict(forms_backtests.OVERRIDES)[found.backtest.overrides],
        "started_by": who_words(found.backtest.started_by, access.names_of([found.backtest.started_by])),
        "may_test": who.may("policies.test"),
    }
    return render(request, "console/backtests/one.html", values)


@page("policies.test")
@require_POST
def backtest_cancel(request: HttpRequest, backtest_id: int) -> HttpResponseBase:
    """Stop a back-test."""
    act(request, "The back-test is cancelled.", lambda ctx: cancel_backtests(ctx, items=[CancelBacktest(backtest_id)]))
    return redirect("backtest", backtest_id=backtest_id)


def _returns_columns(kind: str) -> tuple[Column[DifferenceRow], ...]:
    """Columns of the returns that differ: what a policy of a kind decides is shown, the file has all of it."""
    money, refund, units = kind != "disposition", kind == "refund", kind == "disposition"
    shown: tuple[Column[DifferenceRow], ...] = (
        Column("Return", lambda d: cells.code(d.rma, href=reverse("return", args=[d.rma]))),
        Column("Line", lambda d: cells.number(d.line_no), end=True, file_only=True),
        Column("Plate", lambda d: _plate(d.lpn), file_only=not units),
        Column("Change", lambda d: cells.text(d.change), file_only=True),
        Column("What changes", lambda d: cells.text(CHANGES[d.change].capitalize())),
        Column("Asked", lambda d: cells.date_of(d.asked_at)),
        Column("Was", lambda d: cells.words(d.was)),
        Column("Because", lambda d: cells.text(d.text_was, note=d.row_was)),
        Column("Would", lambda d: cells.words(d.would)),
        Column("Because of", lambda d: cells.text(d.text_would, note=d.row_would)),
        Column("Value", lambda d: cells.money(d.value_minor, d.currency), end=True, file_only=refund),
        Column("Refunded", lambda d: cells.money(d.refunded_was_minor, d.currency), end=True, file_only=not money),
        Column("Would be", lambda d: cells.money(d.refunded_would_minor, d.currency), end=True, file_only=not money),
        Column(
            "At most more",
            lambda d: cells.money(d.possible_minor or None, d.currency),
            end=True,
            file_only=kind != "eligibility",
        ),
        Column("Due", lambda d: cells.date_of(d.due_was), file_only=not refund),
        Column("Due then", lambda d: cells.date_of(d.due_would), file_only=not refund),
        Column("Currency", lambda d: cells.text(d.currency), file_only=True),
        Column("Row", lambda d: cells.text(d.row_was), file_only=True),
        Column("Row then", lambda d: cells.text(d.row_would), file_only=True),
    )
    return (*shown, *(_segment_column(name, words) for name, words in DIMENSION_WORDS.items()))


def _plate(lpn: str | None) -> cells.Cell:
    return cells.code(lpn, href=reverse("unit", args=[lpn])) if lpn else cells.text("")


def _segment_column(name: str, words: str) -> Column[DifferenceRow]:
    return Column(words, lambda d: cells.text(getattr(d, name)), file_only=True)


@page("policies.view")
def backtest_returns(request: HttpRequest, backtest_id: int) -> HttpResponseBase:
    """The returns that would have ended otherwise, with both rows and why."""
    run = queries.backtest(backtest_id)
    filters = _filters(backtest_id, run.changes)
    wanted, columns = asked(request, filters), _returns_columns(run.backtest.kind)

    def found(after: str | None, limit: int) -> list[DifferenceRow]:
        return queries.differences(
            backtest_id=backtest_id, after_id=int(after) if after else None, limit=limit, **wanted.chosen
        )

    if wanted.csv:
        rows = pages(found, lambda row: str(row.id), most=CSV_ROWS_MAX)
        return csv_answer(f"back-test-{backtest_id}", columns, rows)
    rows_now = found(wanted.after_id, PAGE_SIZE + 1)
    more = str(rows_now[PAGE_SIZE - 1].id) if len(rows_now) > PAGE_SIZE else ""
    drawn = listing(columns, rows_now[:PAGE_SIZE], wanted, filters=filters, next_place=more)
    return render(request, "console/backtests/returns.html", {"run": run.backtest, "list": drawn})


def _filters(backtest_id: int, found: Any) -> list[Filter]:
    """Filters by what changes and by the segments that occur."""
    values: dict[str, list[tuple[str, str]]] = {}
    for row in queries.segments(backtest_id=backtest_id):
        if row.differ and row.value != "other":
            values.setdefault(row.dimension, []).append((row.value, row.value.replace("_", " ")))
    changes = Filter(
        "change", "What changes", [(code, words.capitalize()) for code, words in CHANGES.items() if code in found]
    )
    return [changes, *(Filter(name, DIMENSION_WORDS[name], values[name]) for name in DIMENSIONS if name in values)]
