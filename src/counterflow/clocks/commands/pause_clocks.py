"""Let clocks stand still while we wait for a customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from counterflow.clocks import events
from counterflow.clocks.commands.keeping import keep
from counterflow.clocks.commands.pauses import Paused, find_paused, subjects_of
from counterflow.clocks.models import Pause
from counterflow.clocks.pausing import DAYS_MAX, DAYS_USUAL, REASONS
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Conflict, DomainError, IdentityReused, Invalid
from counterflow.kernel.events import Event, emit
from counterflow.returns.rules import require_reference


class PauseReasonUnknown(Invalid):
    """{reason} is no reason to let clocks stand still; known are {known}."""


class PauseTooLong(Invalid):
    """A pause ends after it begins and at most {days} days later; choose another instant."""


class PausedAlready(Conflict):
    """The clocks of {subject} stand still already since {since}, until {until}; end that first."""


@dataclass(frozen=True)
class PauseClock:
    """Wait for the customer of a return, or in a case; name one of the two.

    `request_ref` is the asker's own name for the pause, unique for ever. It ends at `until`, 14 days after it began
    where that is not said, or when somebody ends it. `happened_at` is when it began; now where it is not said.
    """

    request_ref: str
    reason: str
    rma: str = ""
    case_id: int | None = None
    until: datetime | None = None
    happened_at: datetime | None = None


@command(needs="workqueue.work")
def pause_clocks(ctx: Context, *, items: Sequence[PauseClock]) -> Batch:
    """Let the clocks of each return or case stand still; what is due moves by the working time in between.

    Clocks of stages in which the customer or a carrier has to act go on. Refuses `ReferenceMissing`,
    `PauseSubjectUnclear`, `RmaNotFound`, `CaseNotFound`, `PauseReasonUnknown`, `PauseTooLong`, `PausedAlready`,
    `IdentityReused`. The number of statements does not depend on the batch.
    """
    paused = find_paused(ctx, [(item.rma, item.case_id) for item in items], [item.request_ref for item in items])
    fresh: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_pause(ctx, item, paused, fresh))
        except DomainError as error:
            results.append(Refused.of(item.request_ref[:200], error))
    db.insert(Pause, fresh)
    if fresh:
        keep(ctx, subjects_of([row["subject_id"] for row in fresh]), ringing=False)
    emit(
        ctx,
        [Event(events.CLOCKS_PAUSED, row["subject_id"], row["from_at"], {"reason": row["reason"]}) for row in fresh],
    )
    return Batch(results)


def _pause(ctx: Context, item: PauseClock, paused: Paused, fresh: list[dict[str, Any]]) -> Done:
    require_reference(item.request_ref)
    subject = paused.subject(item.rma, item.case_id)
    content = content_hash([*subject, item.reason, item.until])
    before = paused.by_reference.get(item.request_ref)
    if before is not None:
        if before["content_hash"] != content:
            raise IdentityReused(what="pause", identity=item.request_ref)
        return Done(item.request_ref, {"pause_id": before["id"]}, replayed=True)
    if item.reason not in REASONS:
        raise PauseReasonUnknown(reason=item.reason[:40], known=", ".join(REASONS))
    begin = ctx.when(item.happened_at)
    until = item.until or begin + timedelta(days=DAYS_USUAL)
    if not begin < until <= begin + timedelta(days=DAYS_MAX):
        raise PauseTooLong(days=DAYS_MAX)
    for other in paused.pauses.get(subject, ()):
        end = other["until_at"] if other["to_at"] is None else min(other["to_at"], other["until_at"])
        if other["from_at"] < until and begin < end:
            since, last = other["from_at"].isoformat(), end.isoformat()
            raise PausedAlready(subject=item.rma or f"case {item.case_id}", since=since, until=last)
    row = {
        "id": ctx.new_id(),
        "request_ref": item.request_ref,
        "content_hash": content,
        "subject_kind": subject[0],
        "subject_id": subject[1],
        "reason": item.reason,
        "from_at": begin,
        "until_at": until,
        "to_at": None,
        "paused_by": ctx.actor,
        "resumed_by": "",
        "resume_reason": "",
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
    }
    fresh.append(row)
    paused.add(row)
    return Done(item.request_ref, {"pause_id": row["id"]})
