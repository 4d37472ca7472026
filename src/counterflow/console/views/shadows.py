"""Versions that decide silently: how often they agree with those in force, and what they would have done otherwise."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from counterflow.access import queries as access
from counterflow.console import cells
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing, pages
from counterflow.console.page import act, page, render, signed_in
from counterflow.console.stories import who_words
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.policies import queries_shadows as queries
from counterflow.policies.commands.end_shadows import EndShadow, end_shadows
from counterflow.policies.commands.start_shadows import StartShadow, start_shadows
from counterflow.policies.queries_shadows import DifferenceRow, ShadowRow


@page("policies.view")
def shadows(request: HttpRequest) -> HttpResponseBase:
    """Versions that decide silently, or did; the newest first."""
    wanted = asked(request)

    def found(after: str | None, limit: int) -> list[ShadowRow]:
        return queries.shadows(before_id=int(after) if after else None, limit=limit)

    rows = found(wanted.after_id, PAGE_SIZE + 1)
    columns = _columns(access.names_of({row.started_by for row in rows}))
    if wanted.csv:
        return csv_answer("silent", columns, pages(found, lambda row: str(row.id), most=CSV_ROWS_MAX))
    more = str(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else ""
    values = {"list": listing(columns, rows[:PAGE_SIZE], wanted, next_place=more)}
    return render(request, "console/backtests/shadows.html", values)


def _columns(names: dict[str, str]) -> tuple[Column[ShadowRow], ...]:
    return (
        Column(
            "Version", lambda s: cells.text(f"{s.kind.capitalize()} {s.version}", href=reverse("shadow", args=[s.id]))
        ),
        Column("Name", lambda s: cells.text(s.name)),
        Column("State", lambda s: cells.badge("shadow", s.state)),
        Column("Asked", lambda s: cells.number(s.asked), end=True),
        Column("Agrees", lambda s: cells.text(_percent(s.agreement)), end=True),
        Column("Differs", lambda s: cells.number(s.differed), end=True),
        Column("Failed", lambda s: cells.number(s.failed), end=True),
        Column("Since", lambda s: cells.instant(s.started_at)),
        Column("By", lambda s: cells.text(who_words(s.started_by, names))),
    )


def _percent(agreement: float | None) -> str:
    return "" if agreement is None else f"{agreement:.1f} %"


DIFFERENCES: tuple[Column[DifferenceRow], ...] = (
    Column("About", lambda d: _about(d)),
    Column("Decided", lambda d: cells.instant(d.decided_at)),
    Column("Decided by row", lambda d: cells.text(d.row_id, mono=True)),
    Column("Answer", lambda d: cells.text(_answer(d.outcome, d.shadow_outcome))),
    Column("Silent row", lambda d: cells.text(d.shadow_row_id, mono=True)),
    Column("Would have been", lambda d: cells.text(_answer(d.shadow_outcome, d.outcome))),
    Column("Value", lambda d: cells.money(d.value_minor, d.currency) if d.currency else cells.text(""), end=True),
    Column("Currency", lambda d: cells.text(d.currency or ""), file_only=True),
)


def _about(row: DifferenceRow) -> cells.Cell:
    if row.rma:
        return cells.code(row.rma, href=reverse("return", args=[row.rma]))
    return cells.code(row.lpn, href=reverse("unit", args=[row.lpn])) if row.lpn else cells.text("")


def _answer(outcome: object, other: object) -> str:
    """The parts of an answer in which it differs from another, in words."""
    if not isinstance(outcome, dict) or not isinstance(other, dict):
        return ""
    parts = [name for name in outcome if name != "code" and outcome[name] != other.get(name)]
    return ", ".join(f"{name.replace('_', ' ')} {str(outcome[name]).replace('_', ' ').lower()}" for name in parts)


@page("policies.view")
def shadow(request: HttpRequest, shadow_id: int) -> HttpResponseBase:
    """One version that decides silently: agreement, differences by pair of rows with money, and each of them."""
    found = queries.shadow(shadow_id)
    pairs = queries.row_pairs(shadow_id=shadow_id)
    filters = [
        Filter("row", "Decided by row", [(name, name) for name in sorted({p.row_id for p in pairs})]),
        Filter("shadow_row", "Silent row", [(name, name) for name in sorted({p.shadow_row_id for p in pairs})]),
    ]
    wanted = asked(request, filters)

    def differing(after: str | None, limit: int) -> list[DifferenceRow]:
        return queries.differences(
            shadow_id=shadow_id, before_id=int(after) if after else None, limit=limit, **wanted.chosen
        )

    if wanted.csv:
        rows = pages(differing, lambda row: str(row.id), most=CSV_ROWS_MAX)
        return csv_answer(f"silent-{shadow_id}", DIFFERENCES, rows)
    rows_now = differing(wanted.after_id, PAGE_SIZE + 1)
    more = str(rows_now[PAGE_SIZE - 1].id) if len(rows_now) > PAGE_SIZE else ""
    values = {
        "shadow": found,
        "agreement": _percent(found.agreement),
        "pairs": pairs,
        "list": listing(DIFFERENCES, rows_now[:PAGE_SIZE], wanted, filters=filters, next_place=more),
        "may_test": signed_in(request).may("policies.test"),
    }
    return render(request, "console/backtests/shadow.html", values)


@page("policies.test")
@require_POST
def shadow_start(request: HttpRequest) -> HttpResponseBase:
    """Let a version decide silently."""
    version, revision = (_number(request.POST.get(name, "")) for name in ("version", "revision"))
    made: list[int] = []

    def run(ctx: Context) -> Batch:
        batch = start_shadows(ctx, items=[StartShadow(version, revision)])
        made.extend(done.facts["shadow_id"] for done in batch.done)
        return batch

    act(request, "It decides silently from now on.", run)
    return redirect("shadow", shadow_id=made[0]) if made else redirect("shadows")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


@page("policies.test")
@require_POST
def shadow_end(request: HttpRequest, shadow_id: int) -> HttpResponseBase:
    """Let a version decide silently no longer."""
    act(request, "It is asked no longer.", lambda ctx: end_shadows(ctx, items=[EndShadow(shadow_id)]))
    return redirect("shadow", shadow_id=shadow_id)
