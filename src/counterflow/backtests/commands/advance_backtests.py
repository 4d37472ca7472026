"""Advance a back-test by one chunk: read it, decide it anew, and add what differs to what was found before."""

import csv
import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

from django.db import connection

from counterflow.backtests.commands.locking import BacktestNotFound
from counterflow.backtests.comparing import Differing, Wish, compare
from counterflow.backtests.deciding import Draft
from counterflow.backtests.models import Backtest, Chunk
from counterflow.backtests.reading import Period, Span, spans, stories
from counterflow.backtests.states import BACKTEST, Overrides
from counterflow.backtests.states import Backtest as State
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import Conflict
from counterflow.kernel.states import MoveNotAllowed
from counterflow.policies.trials import past_versions, version_of

ORDERS_AT_ONCE = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_WHOLE = "SELECT * FROM backtests_backtest WHERE id = %s ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
# Workers share the run, so that several do its chunks at once; whoever ends it waits for them.
_SHARED = "SELECT * FROM backtests_backtest WHERE id = %s ORDER BY id FOR SHARE"
_CHUNK = """
SELECT id, after, last, blind FROM backtests_chunk WHERE backtest_id = %s AND n = %s AND totals IS NULL
ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""


class Elsewhere(Conflict):
    """Chunk {chunk} of the back-test {backtest_id} is done, or another worker is at it."""


@dataclass(frozen=True)
class AdvanceBacktest:
    """A run, and what of it is to be done: 0 cuts the period into chunks, n compares the n-th."""

    backtest_id: int
    chunk: int


@command(needs="policies.test")
def advance_backtests(ctx: Context, *, items: Sequence[AdvanceBacktest]) -> Batch:
    """Do a chunk of each run, whole or not at all. Several workers do several chunks of a run at once.

    Refuses `BacktestNotFound`, `Elsewhere` (another worker did it, or is at it), `MoveNotAllowed`. Raises what the
    version itself is at fault for, such as `FactsRefused`: its run cannot go on. Ten SQL statements at most for a
    chunk, however much is in it; the worker takes one at a time.
    """
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_cut(ctx, item) if item.chunk == 0 else _advance(ctx, item))
        except (BacktestNotFound, Elsewhere, MoveNotAllowed) as error:
            results.append(Refused.of(str(item.backtest_id), error))
    return Batch(results)


def _found(ctx: Context, sql: str, item: AdvanceBacktest) -> Any:
    """The run under lock. Raises `BacktestNotFound`, `Elsewhere`."""
    found = db.lock(ctx, Rank.WORK, sql, [item.backtest_id])
    if found:
        return found[0]
    if db.rows("SELECT id FROM backtests_backtest WHERE id = %s", [item.backtest_id]):
        raise Elsewhere(backtest_id=item.backtest_id, chunk=item.chunk)
    raise BacktestNotFound(backtest_id=item.backtest_id)


def _cut(ctx: Context, item: AdvanceBacktest) -> Done:
    """Cut the period of a run that waits into chunks."""
    run = _found(ctx, _WHOLE, item)
    if run.state == State.RUNNING:
        raise Elsewhere(backtest_id=item.backtest_id, chunk=0)
    state = BACKTEST.move("advance", run.state)
    found = spans(Period(run.since, run.until, run.started_at, run.channel), size=ORDERS_AT_ONCE)
    db.insert(
        Chunk,
        [
            {
                "id": ctx.new_id(),
                "backtest_id": run.id,
                "n": n,
                "after": span.after,
                "last": span.last,
                "blind": span.blind,
            }
            for n, span in enumerate(found, start=1)
        ],
    )
    db.update(Backtest, [{"id": run.id, "state": str(state), "total": len(found)}])
    return Done(str(item.backtest_id), {"state": str(state), "total": len(found)})


def _advance(ctx: Context, item: AdvanceBacktest) -> Done:
    """Compare one chunk."""
    run = _found(ctx, _SHARED, item)
    state = BACKTEST.move("advance", run.state)
    chunk = db.lock(ctx, Rank.WORK, _CHUNK, [run.id, item.chunk])
    if not chunk:
        raise Elsewhere(backtest_id=item.backtest_id, chunk=item.chunk)
    (part,) = chunk
    period = Period(run.since, run.until, run.started_at, run.channel)
    draft = _prepared(run)
    wish = Wish(run.brand, run.family, Overrides(run.overrides))
    with _nothing_collected():
        found = compare(stories(period, Span(part.after, part.last, part.blind)), draft, wish)
    _copy(run.id, found.differing)
    db.update(Chunk, [{"id": part.id, "totals": found.totals}])
    return Done(str(item.backtest_id), {"state": str(state), "chunk": item.chunk})


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Let the collector rest: a chunk makes many small objects, none in a circle, and looking takes a third of it."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


# What this process has learnt of the tables of the last few runs; a run never changes.
_DRAFTS: dict[tuple[str, bytes], Draft] = {}
_DRAFTS_MAX = 4


def _prepared(run: Any) -> Draft:
    """The version under test, ready to answer, beside those that decided in the past."""
    key = (f"{connection.settings_dict['NAME']} {run.id}", bytes(run.wish))
    made = _DRAFTS.get(key)
    if made is None:
        if len(_DRAFTS) >= _DRAFTS_MAX:
            _DRAFTS.clear()
        made = Draft(version_of(run.version_id, run.kind, run.content, run.scope), past_versions(run.kind))
        _DRAFTS[key] = made
    return made


_COLUMNS = (
    "backtest_id, change, rma_id, rma, line_no, unit_id, asked_at, was, would, version_was, version_would, row_was,"
    " row_would, currency, value_minor, refunded_was_minor, refunded_would_minor, possible_minor, due_was, due_would,"
    " brand, family, channel_kind, customer_segment, zone, reason_code, value_band"
)


def _copy(backtest_id: int, differing: Sequence[Differing]) -> None:
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
        _instant(one.request.asked_at),
        *one.fates,
        was.version_id,
        would.version_id,
        was.row_id,
        would.row_id,
        one.request.currency,
        int(one.line.eligibility.facts.get("value_minor", 0)),
        *one.refunded,
        one.possible,
        *(at and _instant(at) for at in one.due),
        *one.segments,
    )


def _instant(at: int) -> str:
    """Microseconds since 1970 as COPY reads an instant."""
    return (_EPOCH + timedelta(microseconds=at)).isoformat()
