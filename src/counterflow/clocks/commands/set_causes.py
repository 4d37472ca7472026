"""Say why something took too long, where what was derived is not it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.clocks.causes import MEANINGS
from counterflow.clocks.commands.locking import hold_subjects
from counterflow.clocks.models import Clock
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import DomainError, Invalid, NotFound, Refusal
from counterflow.returns.rules import require_reason


class ClockNotFound(NotFound):
    """There is no clock {clock}."""


class CauseUnknown(Invalid):
    """{cause} is no cause; known are {known}."""


class NotLate(Refusal):
    """Clock {clock} is not late, so nothing caused it."""


@dataclass(frozen=True)
class SetCause:
    """A clock that is late, the code of what caused it, and on what grounds, as a code."""

    clock_id: int
    cause: str
    reason: str


@command(needs="workqueue.work")
def set_causes(ctx: Context, *, items: Sequence[SetCause]) -> Batch:
    """Set the cause of each late clock; it stays, whatever is derived later. The last of several for a clock counts.

    Refuses `ClockNotFound`, `CauseUnknown`, `NotLate`, `ReasonMissing`. Four statements.
    """
    wanted = sorted({item.clock_id for item in items})
    about = db.rows("SELECT subject_id FROM clocks_clock WHERE id = ANY(%s::bigint[])", [wanted])
    hold_subjects(row.subject_id for row in about)
    sql = """SELECT id, breached_at, cause, cause_by, cause_reason FROM clocks_clock WHERE id = ANY(%s::bigint[])
             ORDER BY id FOR NO KEY UPDATE"""
    found = db.lock(ctx, Rank.CLOCK, sql, [wanted])
    known = {row.id: row._asdict() for row in found}
    changed: dict[int, dict[str, Any]] = {}
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_set(ctx, item, known.get(item.clock_id), changed))
        except DomainError as error:
            results.append(Refused.of(str(item.clock_id), error))
    db.update(Clock, [row for _, row in sorted(changed.items())])
    return Batch(results)


def _set(ctx: Context, item: SetCause, row: dict[str, Any] | None, changed: dict[int, dict[str, Any]]) -> Done:
    if row is None:
        raise ClockNotFound(clock=item.clock_id)
    if item.cause not in MEANINGS:
        raise CauseUnknown(cause=item.cause[:40], known=", ".join(MEANINGS))
    require_reason(item.reason)
    if row["breached_at"] is None:
        raise NotLate(clock=item.clock_id)
    said = {"cause": item.cause, "cause_reason": item.reason}
    replayed = bool(row["cause_by"]) and all(row[name] == value for name, value in said.items())
    if not replayed:
        row |= {**said, "cause_by": ctx.actor}
        changed[row["id"]] = {name: row[name] for name in ("id", "cause", "cause_by", "cause_reason")}
    return Done(str(item.clock_id), said, replayed=replayed)
