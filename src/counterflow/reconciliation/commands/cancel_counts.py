"""Cancel counts that were not compared; what was counted stays on record and has no effect."""

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
class CancelCount:
    """A count that is not to be finished."""

    count_id: int


@command(needs="reconciliation.compare")
def cancel_counts(ctx: Context, *, items: Sequence[CancelCount]) -> Batch:
    """Cancel each count. Refuses `CountNotFound`, `MoveNotAllowed`. Counts under lock, one write."""
    counts = lock_counts(ctx, (item.count_id for item in items))
    ended: dict[int, dict[str, Any]] = {}
    results: list[Done | Refused] = []
    for item in items:
        try:
            count = counts.get(item.count_id)
            if count is None:
                raise rules.CountNotFound(id=item.count_id)
            if count.state == CountState.CANCELLED or count.id in ended:
                results.append(Done(str(count.id), {"count": count.id}, replayed=True))
                continue
            state = COUNT.move("cancel", CountState(count.state))
            ended[count.id] = {"id": count.id, "state": str(state), "ended_at": ctx.at, "ended_by": ctx.actor}
            emit(ctx, [Event(events.COUNT_CANCELLED, count.id, facts={"count": count.id})])
            results.append(Done(str(count.id), {"count": count.id}))
        except DomainError as error:
            results.append(Refused.of(str(item.count_id), error))
    db.update(Count, [ended[count_id] for count_id in sorted(ended)])
    return Batch(results)
