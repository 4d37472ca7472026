"""Start refurbishment: a work order takes a unit that waits for repair or repack."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.ledger.chart import State
from counterflow.ledger.overlays import Shelf, lock_shelves
from counterflow.ledger.posting import Entry, Move, Place, post
from counterflow.receiving.lookups import UnitNow, lock_units, unit_of
from counterflow.receiving.lookups_totes import out_of
from counterflow.receiving.models import PutAway, Unit
from counterflow.receiving.rules import instant
from counterflow.recovery import events, rules
from counterflow.recovery.lookups import require_free, require_unheld
from counterflow.recovery.models import Refurbishment
from counterflow.recovery.states import Order


@dataclass(frozen=True)
class StartRefurbishment:
    """A unit that goes to the workshop; `request_ref` is the asker's own reference of the order, for ever."""

    request_ref: str
    lpn: str
    happened_at: datetime | None = None


class NotRefurbishable(Refusal):
    """Unit {lpn} does not wait for refurbishment; it is {where}."""


@dataclass
class _Plan:
    units: dict[str, UnitNow]
    shelves: dict[Place, Shelf]
    earlier: dict[str, tuple[bytes, str, int]]
    gone: Counter[Place] = field(default_factory=Counter)
    orders: list[dict[str, Any]] = field(default_factory=list)
    touched: dict[int, UnitNow] = field(default_factory=dict)
    taken_out: list[dict[str, Any]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


@command(needs="receiving.refurbish")
def start_refurbishments(ctx: Context, *, items: Sequence[StartRefurbishment]) -> Batch:
    """Open a work order for each unit and move it, with its value, into refurbishment.

    Refuses `UnitNotFound`, `NotRefurbishable`, `InOtherWork`, `UnitOnHold`, `ReferenceMalformed`, `TimeInvalid`,
    `IdentityReused`. SQL: three look-ups, then one write a table.
    """
    units = lock_units(ctx, (item.lpn for item in items))
    found = db.rows(
        "SELECT request_ref, content_hash, number, id FROM recovery_refurbishment WHERE request_ref = ANY(%s::text[])",
        [sorted({item.request_ref for item in items})],
    )
    places = [place for unit in units.values() if unit.stock_state for place in (unit.place, _workshop(unit))]
    earlier = {row.request_ref: (bytes(row.content_hash), row.number, row.id) for row in found}
    plan = _Plan(units, lock_shelves(ctx, places), earlier)
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_start(ctx, item, plan))
        except DomainError as error:
            results.append(Refused.of(item.request_ref[:120], error))
    db.insert(Refurbishment, plan.orders)
    names = ("id", "stock_state", "tote_id", "work_id")
    db.update(Unit, [{name: getattr(unit, name) for name in names} for _, unit in sorted(plan.touched.items())])
    db.insert(PutAway, plan.taken_out)
    post(ctx, plan.entries)
    return Batch(results)


def _workshop(unit: UnitNow) -> Place:
    return Place(unit.entity_id, State.IN_REFURBISHMENT, unit.item_id, unit.node_id, unit.owner, lot=unit.lot)


def _start(ctx: Context, item: StartRefurbishment, plan: _Plan) -> Done:
    rules.require_ref("A refurbishment order", item.request_ref)
    happened, digest = instant(item.happened_at, ctx.at), content_hash(item)
    if (earlier := plan.earlier.get(item.request_ref)) is not None:
        if earlier[0] != digest:
            raise IdentityReused(what="refurbishment order", identity=item.request_ref)
        return Done(item.request_ref, {"number": earlier[1], "order_id": earlier[2]}, replayed=True)
    unit = unit_of(plan.units, item.lpn)
    require_free(unit, "a work order, lot or pallet")
    if unit.stock_state != State.REFURBISHABLE:
        raise NotRefurbishable(lpn=unit.lpn, where=(unit.stock_state or unit.state).replace("_", " "))
    require_unheld(unit, plan.shelves, plan.gone)
    plan.gone[unit.place] += unit.quantity
    order_id, entry_id = ctx.new_id(), ctx.new_id()
    number = f"RO-{order_id}"
    plan.orders.append(
        {
            "id": order_id,
            "number": number,
            "request_ref": item.request_ref,
            "content_hash": digest,
            "unit_id": unit.id,
            "node_id": unit.node_id,
            "entity_id": unit.entity_id,
            "item_id": unit.item_id,
            "state": str(Order.OPEN),
            "cost_minor": unit.cost_minor,
            "allowance_minor": unit.allowance_minor,
            "started_at": happened,
            "recorded_at": ctx.at,
            "start_entry_id": entry_id,
            "command_id": ctx.command_id,
        }
    )
    move = Move(unit.place, _workshop(unit), unit.quantity, unit.cost_minor, unit.allowance_minor, unit.id)
    plan.entries.append(Entry(entry_id, unit.entity_id, "start_refurbishment", happened, [move]))
    plan.taken_out += out_of(ctx, unit, happened)
    unit.stock_state, unit.work_id = str(State.IN_REFURBISHMENT), order_id
    plan.touched[unit.id] = unit
    plan.earlier[item.request_ref] = (digest, number, order_id)
    facts = {"number": number, "lpn": unit.lpn, "unit_id": unit.id}
    emit(ctx, [Event(events.REFURBISHMENT_STARTED, order_id, happened, facts)])
    return Done(item.request_ref, {"number": number, "order_id": order_id})
