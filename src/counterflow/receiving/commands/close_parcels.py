"""Close parcels: all that will come of them has come, and the rest never left the customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, NotFound, Refusal
from counterflow.kernel.events import Event
from counterflow.logistics.commands.writing import Pending, move_steps, write_counters
from counterflow.logistics.lookups import Key, Tracked, hold_names, lock_lines, lock_parcels, parcel_name
from counterflow.logistics.models import Parcel
from counterflow.logistics.rules import Content, Step, at_risk, carry, require_instant, require_text
from counterflow.logistics.states import HANDS, PARCEL
from counterflow.logistics.states import Parcel as State
from counterflow.receiving import events
from counterflow.workqueue.cases import CaseDraft


@dataclass(frozen=True)
class CloseParcel:
    """Say that a parcel is emptied; `empty` if nothing at all was in it."""

    carrier: str
    tracking: str
    empty: bool = False
    happened_at: datetime | None = None


class ParcelNotFound(NotFound):
    """There is no parcel {tracking} of {carrier}."""


class NotEmpty(Refusal):
    """Units were received from parcel {tracking}, so it was not empty; close it without saying so."""


_UNITS = """
SELECT parcel_id, count(*) AS units FROM receiving_unit
WHERE parcel_id = ANY(%s) AND state <> 'reversed' GROUP BY parcel_id
"""


@command(needs="receiving.receive")
def close_parcels(ctx: Context, *, items: Sequence[CloseParcel]) -> Batch:
    """Close each parcel once; what its carrier still held goes back to the customer, with its value.

    Pieces that were announced and are missing open a case, with what was already credited for them.
    Refuses: `ParcelNotFound`, `NotEmpty`, `TextInvalid`, `TimeInvalid`, `IdentityReused`.
    """
    checked = [_check(item) for item in items]
    keys = sorted({(i.carrier, i.tracking) for i in checked if isinstance(i, CloseParcel)})
    hold_names(ctx, map(parcel_name, keys))
    lines = lock_lines(ctx, parcels=keys)
    parcels = lock_parcels(ctx, keys, lines)
    filled = {row.parcel_id for row in db.rows(_UNITS, [sorted(parcel.id for parcel in parcels.values())])}
    pending, closed = Pending(), list[dict[str, Any]]()
    results: list[Done | Refused] = []
    for given, item in zip(items, checked, strict=True):
        try:
            if isinstance(item, DomainError):
                raise item
            results.append(_close(ctx, item, parcels, filled, pending, closed))
        except DomainError as error:
            results.append(Refused.of(str(given.tracking)[:120], error))
    db.update(Parcel, sorted(closed, key=lambda row: int(row["id"])))
    write_counters(lines.values())
    pending.write(ctx, outcome="closed")
    return Batch(results)


def _check(item: CloseParcel) -> CloseParcel | DomainError:
    try:
        require_text("carrier", item.carrier)
        require_text("tracking", item.tracking)
        at = None if item.happened_at is None else require_instant("happened_at", item.happened_at)
    except DomainError as error:
        return error
    return CloseParcel(item.carrier, item.tracking, bool(item.empty), at)


def _close(
    ctx: Context,
    item: CloseParcel,
    parcels: dict[Key, Tracked],
    filled: set[int],
    pending: Pending,
    closed: list[dict[str, Any]],
) -> Done:
    parcel = parcels.get((item.carrier, item.tracking))
    if parcel is None:
        raise ParcelNotFound(carrier=item.carrier, tracking=item.tracking)
    if parcel.state == State.EMPTIED:
        if parcel.closed_empty != item.empty:
            raise IdentityReused(what="closing of parcel", identity=item.tracking)
        return Done(item.tracking, {"parcel_id": parcel.id, "rma": parcel.rma}, replayed=True)
    if item.empty and parcel.id in filled:
        raise NotEmpty(tracking=item.tracking)
    parcel.state, parcel.closed_empty = State(PARCEL.move("empty", parcel.state)), item.empty
    closed.append({"id": parcel.id, "state": str(parcel.state), "closed_empty": item.empty})
    happened = min(item.happened_at or ctx.at, ctx.at)
    steps = carry(parcel.contents, HANDS[parcel.state])
    move_steps(ctx, pending, steps, happened, parcel.id)
    missing = {content.line.line_no: _missing(content, steps) for content in parcel.contents}
    missing = {line_no: quantity for line_no, quantity in missing.items() if quantity}
    if missing or item.empty:
        pending.cases.append(_short(parcel, missing, item.empty))
    pending.settled.append(f"parcel:{parcel.id}:lost")
    facts = {"rma_id": parcel.rma_id, "missing": sum(missing.values()), "empty": item.empty}
    pending.events.append(Event(events.PARCEL_CLOSED, parcel.id, happened, facts))
    return Done(item.tracking, {"parcel_id": parcel.id, "rma": parcel.rma})


def _missing(content: Content, steps: Sequence[Step]) -> int:
    """Announced pieces that did not come in any parcel: what the carrier was said to have, at least."""
    held = sum(s.quantity for s in steps if s.content is content and s.kind == "not_in_parcel")
    return max(held, min(content.announced - content.received, content.line.left))


def _short(parcel: Tracked, missing: dict[int, int], empty: bool) -> CaseDraft:
    lines = [content.line for content in parcel.contents]
    return CaseDraft(
        kind="short",
        subject_kind="parcel",
        subject_id=parcel.id,
        dedupe_key=f"parcel:{parcel.id}:short",
        entity_id=parcel.entity or None,
        money_at_risk_minor=at_risk(lines),
        currency=lines[0].currency if lines else "",
        facts={
            "tracking": parcel.tracking,
            "rma": parcel.rma,
            "missing": {str(line_no): quantity for line_no, quantity in missing.items()},
            "empty": empty,
        },
    )
