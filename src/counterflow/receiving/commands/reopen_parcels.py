"""Reopen parcels that were closed by mistake: what is still missing is on its way again, as the carrier told it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.db import update
from counterflow.kernel.errors import DomainError
from counterflow.kernel.events import Event
from counterflow.logistics.commands.writing import Pending, move_steps, write_counters
from counterflow.logistics.lookups import Key, Tracked, hold_names, lock_lines, lock_parcels, parcel_name
from counterflow.logistics.models import Parcel
from counterflow.logistics.rules import carry, require_text
from counterflow.logistics.states import HANDS, REPORTS
from counterflow.logistics.states import Parcel as State
from counterflow.receiving import events
from counterflow.receiving.commands.close_parcels import ParcelNotFound


@dataclass(frozen=True)
class ReopenParcel:
    """Say that a parcel is not emptied after all."""

    carrier: str
    tracking: str


@command(needs="receiving.receive")
def reopen_parcels(ctx: Context, *, items: Sequence[ReopenParcel]) -> Batch:
    """Take back the closing of each parcel; goods that were to be in it are in its carrier's hands again.

    The entries of the closing stay, and new ones turn them: that is also right where pieces have moved on
    meanwhile. Refuses `ParcelNotFound`, `TextInvalid`. A parcel that is open already is a replay.
    """
    checked = [_check(item) for item in items]
    keys = sorted({(i.carrier, i.tracking) for i in checked if isinstance(i, ReopenParcel)})
    hold_names(ctx, map(parcel_name, keys))
    lines = lock_lines(ctx, parcels=keys)
    parcels = lock_parcels(ctx, keys, lines)
    pending, opened = Pending(), list[dict[str, Any]]()
    results: list[Done | Refused] = []
    for given, item in zip(items, checked, strict=True):
        try:
            if isinstance(item, DomainError):
                raise item
            results.append(_reopen(ctx, item, parcels, pending, opened))
        except DomainError as error:
            results.append(Refused.of(str(given.tracking)[:120], error))
    update(Parcel, sorted(opened, key=lambda row: int(row["id"])))
    write_counters(lines.values())
    pending.write(ctx, outcome="reopened")
    return Batch(results)


def _check(item: ReopenParcel) -> ReopenParcel | DomainError:
    try:
        require_text("carrier", item.carrier)
        require_text("tracking", item.tracking)
    except DomainError as error:
        return error
    return item


def _reopen(
    ctx: Context, item: ReopenParcel, parcels: dict[Key, Tracked], pending: Pending, opened: list[dict[str, Any]]
) -> Done:
    parcel = parcels.get((item.carrier, item.tracking))
    if parcel is None:
        raise ParcelNotFound(carrier=item.carrier, tracking=item.tracking)
    facts = {"parcel_id": parcel.id, "rma": parcel.rma}
    if parcel.state != State.EMPTIED:
        return Done(item.tracking, facts, replayed=True)
    # Nothing was reported: it was only announced. Else the latest report says where it is.
    parcel.state = list(REPORTS.values())[parcel.latest.rank] if parcel.latest else State.ANNOUNCED
    parcel.closed_empty = None
    opened.append({"id": parcel.id, "state": str(parcel.state), "closed_empty": None})
    move_steps(ctx, pending, carry(parcel.contents, HANDS[parcel.state]), ctx.at, parcel.id)
    pending.settled.append(f"parcel:{parcel.id}:short")
    pending.events.append(Event(events.PARCEL_REOPENED, parcel.id, ctx.at, {"rma_id": parcel.rma_id}))
    return Done(item.tracking, facts)
