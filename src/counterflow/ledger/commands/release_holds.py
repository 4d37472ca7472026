"""Lift holds: the goods may be used again."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import NotFound
from counterflow.kernel.events import Event, emit
from counterflow.ledger import events
from counterflow.ledger.overlays import Lifted, lift


class HoldNotFound(NotFound):
    """No hold was ever laid with the reference {reference}."""


@dataclass(frozen=True)
class ReleaseHold:
    """The reference under which holds were laid."""

    reference: str


@command(needs="ledger.hold")
def release_holds(ctx: Context, *, items: Sequence[ReleaseHold]) -> Batch:
    """Lift every hold of each reference. Refuses `HoldNotFound`. One statement."""
    lifted: dict[str, list[Lifted]] = defaultdict(list)
    for row in lift(ctx, "hold", (item.reference for item in items)):
        lifted[row.reference].append(row)
    results: list[Done | Refused] = []
    seen: set[str] = set()
    for item in items:
        rows = lifted.get(item.reference)
        if not rows:
            results.append(Refused.of(item.reference, HoldNotFound(reference=item.reference)))
            continue
        fresh = [row for row in rows if row.fresh and item.reference not in seen]
        seen.add(item.reference)
        emit(ctx, [Event(events.STOCK_FREED, row.id, facts={"reference": row.reference}) for row in fresh])
        results.append(Done(item.reference, {"lifted": len(fresh)}, replayed=not fresh))
    return Batch(results)
