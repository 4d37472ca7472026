"""Advance a back-test by one chunk: read it, decide it anew, and add what differs to what was found before."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from django.db import connection

from counterflow.backtests import totals
from counterflow.backtests.commands.locking import BacktestNotFound
from counterflow.backtests.comparing import Differing, Wish, compare
from counterflow.backtests.deciding import Draft
from counterflow.backtests.events import BACKTEST_ENDED
from counterflow.backtests.models import Backtest
from counterflow.backtests.reading import Period, Span, spans, stories
from counterflow.backtests.states import BACKTEST, Overrides
from counterflow.backtests.states import Backtest as State
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import Conflict, DomainError
from counterflow.kernel.events import Event, emit
from counterflow.policies.trials import past_versions, version_of

ORDERS_AT_ONCE = 10_000

_LOCK = "SELECT * FROM backtests_backtest WHERE id = %s ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"


class Elsewhere(Conflict):
    """The back-test {backtest_id} is not at chunk {chunk}, or another worker has it."""


@dataclass(frozen=True)
class AdvanceBacktest:
    """A run, and the chunk that comes next: 0 cuts the period into chunks, n compares the n-th."""

    backtest_id: int
    chunk: int


@command(needs="policies.test")
def advance_backtests(ctx: Context, *, items: Sequence[AdvanceBacktest]) -> Batch:
    """Do the next chunk of each run, whole or not at all; the last one ends it.

    Refuses `BacktestNotFound`, `Elsewhere` (another worker did it, or is at it), `MoveNotAllowed`. Ten SQL statements
    at most for a chunk, however much is in it; the worker takes one at a time.
    """
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_advance(ctx, item))
        except DomainError as error:
            results.append(Refused.of(str(item.backtest_id), error))
    return Batch(results)


def _advance(ctx: Context, item: AdvanceBacktest) -> Done:
    found = db.lock(ctx, Rank.WORK, _LOCK, [item.backtest_id])
    if not found:
        if not db.rows("SELECT id FROM backtests_backtest WHERE id = %s", [item.backtest_id]):
            raise BacktestNotFound(backtest_id=item.backtest_id)
        raise Elsewhere(backtest_id=item.backtest_id, chunk=item.chunk)
    run = found[0]
    state = BACKTEST.move("advance", run.state)
    if item.chunk != (0 if run.state == State.WAITING else run.done + 1):
        raise Elsewhere(backtest_id=item.backtest_id, chunk=item.chunk)
    period = Period(run.since, run.until, run.started_at, run.channel)
    if item.chunk == 0:
        chunks = spans(period, size=ORDERS_AT_ONCE)
        change = {
            "chunks": [[span.after, span.last, span.blind] for span in chunks],
            "total": len(chunks),
            "totals": totals.empty(),
            "done": 0,
        }
    else:
        chunks = [Span(*chunk) for chunk in run.chunks]
        change = _compare(run, period, chunks[run.done])
    if change["done"] == len(chunks):
        state = BACKTEST.move("finish", state)
        emit(ctx, [Event(BACKTEST_ENDED, run.id, facts={"state": str(state)})])
    ended = ctx.at if state == State.DONE else None
    db.update(Backtest, [{"id": run.id, "state": str(state), "ended_at": ended, **change}])
    told = {"state": str(state), "done": change["done"], "total": len(chunks)}
    return Done(str(item.backtest_id), told)


def _compare(run: Any, period: Period, span: Span) -> dict[str, Any]:
    """Compare one chunk; what changes in the run's row."""
    version = version_of(run.version_id, run.kind, run.content, run.scope)
    draft = Draft(version, past_versions(run.kind))
    wish = Wish(run.brand, run.family, Overrides(run.overrides))
    found = compare(stories(period, span), draft, wish)
    _copy(run.id, draft, found.differing)
    return {"done": run.done + 1, "totals": totals.bounded(totals.merge(run.totals, found.totals))}


_COLUMNS = (
    "backtest_id, change, rma_id, rma, line_no, unit_id, asked_at, was, would, version_was, version_would, row_was,"
    " row_would, currency, value_minor, refunded_was_minor, refunded_would_minor, possible_minor, due_was, due_would,"
    " brand, family, channel_kind, customer_segment, zone, reason_code, value_band"
)


def _copy(backtest_id: int, draft: Draft, differing: Sequence[Differing]) -> None:
    """Write what differs by one COPY; none for nothing."""
    if not differing:
        return
    db.flush()
    text = StringIO()
    csv.writer(text).writerows(_row(backtest_id, one) for one in differing)
    connection.ensure_connection()
    raw: Any = connection.connection
    sql = f"COPY backtests_difference ({_COLUMNS}) FROM STDIN (FORMAT csv, FORCE_NOT_NULL ({_TEXTS}))"
    with connection.wrap_database_errors, raw.cursor() as cursor, cursor.copy(sql) as copying:
        copying.write(text.getvalue())


_TEXTS = "brand, family, channel_kind, customer_segment, zone, reason_code, value_band, currency"


def _row(backtest_id: int, one: Differing) -> Iterable[Any]:
    was, would = one.rows
    return (
        backtest_id,
        one.change,
        one.request.id,
        one.request.number,
        one.line.line_no,
        one.unit_id,
        one.request.asked_at.isoformat(),
        *one.fates,
        was.version_id,
        would.version_id,
        was.row_id,
        would.row_id,
        one.request.currency,
        int(one.line.eligibility.facts.get("value_minor", 0)),
        *one.refunded,
        one.possible,
        *(at and at.isoformat() for at in one.due),
        *one.segments,
    )
