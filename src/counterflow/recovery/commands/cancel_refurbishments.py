"""Cancel refurbishment orders: the unit waits again, and what work had added to its value is expensed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.kernel.events import Event, emit
from counterflow.ledger.chart import State
from counterflow.ledger.overlays import lock_shelves
from counterflow.ledger.posting import Entry, Move, Place, post
from counterflow.receiving.lookups import UnitNow, lock_units
from counterflow.receiving.models import Unit
from counterflow.receiving.rules import instant, require_code
from counterflow.recovery import events
from counterflow.recovery.lookups import OrderNow, lock_orders, order_of, outside, require_unheld
from counterflow.recovery.models import Refurbishment
from counterflow.recovery.states import ORDER


@dataclass(frozen=True)
class CancelRefurbishment:
    """An order that is given up. `reason` is a code."""

    order: str
    reason: str
    happened_at: datetime | None = None


@command(needs="receiving.refurbish")
def cancel_refurbishments(ctx: Context, *, items: Sequence[CancelRefurbishment]) -> Batch:
    """Put each unit back where it waited, at the value it came with; what it took meanwhile is an expense.

    Refuses `OrderNotFound`, `MoveNotAllowed`, `UnitOnHold`, `CodeMalformed`, `TimeInvalid`, `IdentityReused`. SQL:
    three look-ups, then one write a table.
    """
    orders = lock_orders(ctx, (item.order for item in items))
    units = {unit.id: unit for unit in lock_units(ctx, (order.lpn for order in orders.values())).values()}
    places = [unit.place for unit in units.values() if unit.stock_state == State.IN_REFURBISHMENT]
    shelves = lock_shelves(ctx, [*places, *(replace(place, state=State.REFURBISHABLE) for place in places)])
    gone: Counter[Place] = Counter()
    rows: list[dict[str, Any]] = []
    entries: list[Entry] = []
    touched: Counter[int] = Counter()
    results: list[Done | Refused] = []
    for item in items:
        try:
            order = order_of(orders, item.order)
            digest = content_hash(item)
            if order.end_hash is not None:
                if order.end_hash != digest:
                    raise IdentityReused(what="end of refurbishment order", identity=item.order)
                results.append(Done(item.order, {"order_id": order.id}, replayed=True))
                continue
            happened, reason = instant(item.happened_at, ctx.at), require_code(item.reason)
            state, unit = ORDER.move("cancel", order.state), units[order.unit_id]
            require_unheld(unit, shelves, gone)
            gone[unit.place] += unit.quantity
            order.state, order.end_hash = str(state), digest
            entries += _cancel(ctx, order, unit, happened)
            touched[order.unit_id] += 1
            rows.append(_row(order, entries[-1].id, reason, happened, unit))
            facts = {"number": order.number, "reason": reason, "unit_id": order.unit_id}
            emit(ctx, [Event(events.REFURBISHMENT_CANCELLED, order.id, happened, facts)])
            results.append(Done(item.order, {"order_id": order.id}))
        except DomainError as error:
            results.append(Refused.of(item.order[:120], error))
    db.update(Refurbishment, sorted(rows, key=lambda row: int(row["id"])))
    names = ("id", "stock_state", "cost_minor", "work_id")
    db.update(Unit, [{name: getattr(units[i], name) for name in names} for i in sorted(touched)])
    post(ctx, entries)
    return Batch(results)


def _cancel(ctx: Context, order: OrderNow, unit: UnitNow, happened: datetime) -> list[Entry]:
    entries = []
    if order.capitalised_minor:
        spent = Move(unit.place, outside(unit.place, State.TRANSFORMATION), 0, order.capitalised_minor, 0, unit.id)
        entries.append(Entry(ctx.new_id(), unit.entity_id, "expense_refurbishment", happened, [spent]))
        unit.cost_minor -= order.capitalised_minor
    here = unit.place
    unit.stock_state, unit.work_id = str(State.REFURBISHABLE), None
    back = Move(here, unit.place, unit.quantity, unit.cost_minor, unit.allowance_minor, unit.id)
    return [*entries, Entry(ctx.new_id(), unit.entity_id, "cancel_refurbishment", happened, [back])]


def _row(order: OrderNow, entry_id: int, reason: str, happened: datetime, unit: UnitNow) -> dict[str, Any]:
    return {
        "id": order.id,
        "state": order.state,
        "reason": reason,
        "cost_after_minor": unit.cost_minor,
        "allowance_after_minor": unit.allowance_minor,
        "end_hash": order.end_hash,
        "ended_at": happened,
        "end_entry_id": entry_id,
    }
