"""Let clocks go on: the customer has answered, or there is nothing to wait for any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.clocks import events
from counterflow.clocks.commands.keeping import keep
from counterflow.clocks.commands.pauses import find_paused, subjects_of
from counterflow.clocks.models import Pause
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, NotFound, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.returns.rules import require_reason


class PauseNotFound(NotFound):
    """There is no pause {pause}."""


class PauseOver(Refusal):
    """The pause {pause} was over at {until}; nothing stands still because of it."""


@dataclass(frozen=True)
class ResumeClock:
    """A pause by the reference it was asked for with, and why it ends, as a code such as `answered`.

    `happened_at` is when it ended; now where it is not said.
    """

    pause: str
    reason: str = "answered"
    happened_at: datetime | None = None


@command(needs="workqueue.work")
def resume_clocks(ctx: Context, *, items: Sequence[ResumeClock]) -> Batch:
    """End each pause; what is due moves back by the working time that was left of it.

    Refuses `PauseNotFound`, `PauseOver`, `ReasonMissing`. The number of statements does not depend on the batch.
    """
    known = find_paused(ctx, [], [item.pause for item in items]).by_reference
    ended: dict[int, dict[str, Any]] = {}
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_resume(ctx, item, known, ended))
        except DomainError as error:
            results.append(Refused.of(item.pause[:200], error))
    names = ("id", "to_at", "resumed_by", "resume_reason")
    db.update(Pause, [{name: row[name] for name in names} for _, row in sorted(ended.items())])
    if ended:
        keep(ctx, subjects_of([row["subject_id"] for row in ended.values()]), ringing=False)
    told = [(row["subject_id"], row["to_at"], {"reason": row["resume_reason"]}) for row in ended.values()]
    emit(ctx, [Event(events.CLOCKS_RESUMED, subject, at, facts) for subject, at, facts in told])
    return Batch(results)


def _resume(
    ctx: Context, item: ResumeClock, known: dict[str, dict[str, Any]], ended: dict[int, dict[str, Any]]
) -> Done:
    row = known.get(item.pause)
    if row is None:
        raise PauseNotFound(pause=item.pause[:80])
    require_reason(item.reason)
    if row["to_at"] is not None:
        return Done(item.pause, {"pause_id": row["id"], "to_at": row["to_at"].isoformat()}, replayed=True)
    at = max(row["from_at"], ctx.when(item.happened_at))
    if at >= row["until_at"]:
        raise PauseOver(pause=item.pause[:80], until=row["until_at"].isoformat())
    row |= {"to_at": at, "resumed_by": ctx.actor, "resume_reason": item.reason}
    ended[row["id"]] = row
    return Done(item.pause, {"pause_id": row["id"], "to_at": at.isoformat()})
