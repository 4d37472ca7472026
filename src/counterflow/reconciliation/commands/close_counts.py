"""Close counts whose differences are settled, or are left open on purpose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.kernel.events import Event, emit
from counterflow.reconciliation import events
from counterflow.reconciliation import rules_counts as rules
from counterflow.reconciliation.lookups_counts import lock_counts
from counterflow.reconciliation.models import Count
from counterflow.reconciliation.states import COUNT
from counterflow.reconciliation.states import Count as CountState


@dataclass(frozen=True)
class CloseCount:
    """A compared count to close; with `leave_open` differences that nobody posted stay as they are."""

    count_id: int
    leave_open: bool = False


@command(needs="reconciliation.compare")
def close_counts(ctx: Context, *, items: Sequence[CloseCount]) -> Batch:
    """Close each count. Refuses `CountNotFound`, `MoveNotAllowed`, `BreaksOpen`. Counts under lock, one write."""
    counts = lock_counts(ctx, (item.count_id for item in items))
    closed: dict[int, dict[str, Any]] = {}
    results: list[Done | Refused] = []
    for item in items:
        try:
            count = counts.get(item.count_id)
            if count is None:
                raise rules.CountNotFound(id=item.count_id)
            facts = {"count": count.id, "open": count.postable}
            if count.state == CountState.CLOSED or count.id in closed:
                results.append(Done(str(count.id), facts, replayed=True))
                continue
            state = COUNT.move("close", CountState(count.state))
            if count.postable and not item.leave_open:
                raise rules.BreaksOpen(left=count.postable)
            closed[count.id] = {"id": count.id, "state": str(state), "ended_at": ctx.at, "ended_by": ctx.actor}
            emit(ctx, [Event(events.COUNT_CLOSED, count.id, facts=facts)])
            results.append(Done(str(count.id), facts))
        except DomainError as error:
            results.append(Refused.of(str(item.count_id), error))
    db.update(Count, [closed[count_id] for count_id in sorted(closed)])
    return Batch(results)
