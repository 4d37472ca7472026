"""Take promises of stock back, or note that they were kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import NotFound
from counterflow.ledger.overlays import lift


class ReservationNotFound(NotFound):
    """No stock was ever reserved with the reference {reference}."""


@dataclass(frozen=True)
class ReleaseReservation:
    """The reference under which stock was reserved."""

    reference: str


@command(needs="ledger.reserve")
def release_reservations(ctx: Context, *, items: Sequence[ReleaseReservation]) -> Batch:
    """Free what each reference reserved. Refuses `ReservationNotFound`. One statement."""
    lifted = {row.reference: row for row in lift(ctx, "reservation", (item.reference for item in items))}
    results: list[Done | Refused] = []
    seen: set[str] = set()
    for item in items:
        row = lifted.get(item.reference)
        if row is None:
            results.append(Refused.of(item.reference, ReservationNotFound(reference=item.reference)))
            continue
        fresh = row.fresh and item.reference not in seen
        seen.add(item.reference)
        results.append(Done(item.reference, {"quantity": row.quantity}, replayed=not fresh))
    return Batch(results)
