"""Finish refurbishment: the unit goes on as what it has become, carried at no more than can be got for it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.kernel.events import Event, emit
from counterflow.ledger.chart import State
from counterflow.ledger.naming import SkuNotFound
from counterflow.ledger.overlays import Shelf, lock_shelves
from counterflow.ledger.posting import Entry, Move, Place, post
from counterflow.receiving.lookups import UnitNow, lock_units
from counterflow.receiving.models import Unit
from counterflow.receiving.rules import instant, require_grade
from counterflow.recovery import events, rules
from counterflow.recovery.lookups import OrderNow, lock_orders, order_of, outside, require_unheld
from counterflow.recovery.models import Refurbishment
from counterflow.recovery.states import ORDER, Outcome


@dataclass(frozen=True)
class FinishRefurbishment:
    """How work on an order ended: outcome available, secondary or scrapped, and the grade the unit has now.

    `net_value_minor` is what can be got for all its pieces after costs to sell, needed unless it is scrapped. With a
    `sku` the unit has become another item.
    """

    order: str
    outcome: str
    grade: str
    net_value_minor: int | None = None
    sku: str = ""
    happened_at: datetime | None = None


@dataclass
class _Plan:
    orders: dict[str, OrderNow]
    units: dict[int, UnitNow]
    items: dict[str, int]
    shelves: dict[Place, Shelf]
    gone: Counter[Place] = field(default_factory=Counter)
    rows: list[dict[str, Any]] = field(default_factory=list)
    touched: dict[int, UnitNow] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)


@command(needs="receiving.refurbish")
def finish_refurbishments(ctx: Context, *, items: Sequence[FinishRefurbishment]) -> Batch:
    """Write each unit down where it is carried above its net realisable value, and send it where the work leads.

    Refuses `OrderNotFound`, `MoveNotAllowed`, `WordUnknown`, `GradeUnknown`, `NetValueMissing`, `AmountInvalid`,
    `SkuNotFound`, `UnitOnHold`, `TimeInvalid`, `IdentityReused`. SQL: four look-ups, then one write a table.
    """
    orders = lock_orders(ctx, (item.order for item in items))
    units = {unit.id: unit for unit in lock_units(ctx, (order.lpn for order in orders.values())).values()}
    wanted = sorted({item.sku for item in items if item.sku})
    found = db.rows("SELECT sku, id FROM catalog_item WHERE sku = ANY(%s::text[])", [wanted])
    plan = _Plan(orders, units, {row.sku: row.id for row in found}, {})
    plan.shelves = lock_shelves(ctx, _places(items, plan))
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_finish(ctx, item, plan))
        except DomainError as error:
            results.append(Refused.of(item.order[:120], error))
    db.update(Refurbishment, sorted(plan.rows, key=lambda row: int(row["id"])))
    names = ("id", "item_id", "stock_state", "cost_minor", "allowance_minor", "work_id")
    db.update(Unit, [{name: getattr(unit, name) for name in names} for _, unit in sorted(plan.touched.items())])
    post(ctx, plan.entries)
    return Batch(results)


def _places(items: Sequence[FinishRefurbishment], plan: _Plan) -> list[Place]:
    """Where the units are, what they may become there, and where they may go."""
    places = []
    for item in items:
        order = plan.orders.get(item.order)
        unit = plan.units.get(order.unit_id) if order else None
        if unit is None or unit.stock_state != State.IN_REFURBISHMENT:
            continue
        for item_id in {unit.item_id, plan.items.get(item.sku, unit.item_id)}:
            here = replace(unit.place, item=item_id)
            places += [here, replace(here, state=State.SECONDARY)]
            places.append(replace(here, state=State.AVAILABLE, bucket="pool"))
    return places


def _target(unit: UnitNow, outcome: str) -> Place:
    """Where a finished unit goes; beside another system of record what may be sold is handed over."""
    if outcome == Outcome.AVAILABLE:
        if unit.scope == "returns_only":
            return outside(unit.place, State.HANDED_OVER)
        return replace(unit.place, state=State.AVAILABLE, bucket="pool")
    if outcome == Outcome.SECONDARY:
        return replace(unit.place, state=State.SECONDARY)
    return outside(unit.place, State.SCRAPPED)


def _finish(ctx: Context, item: FinishRefurbishment, plan: _Plan) -> Done:
    happened, digest = instant(item.happened_at, ctx.at), content_hash(item)
    order = order_of(plan.orders, item.order)
    if order.end_hash is not None:
        if order.end_hash != digest:
            raise IdentityReused(what="end of refurbishment order", identity=item.order)
        return Done(item.order, {"order_id": order.id}, replayed=True)
    outcome = rules.require_word("outcome", item.outcome, list(Outcome))
    grade = require_grade(item.grade)
    if item.net_value_minor is not None:
        rules.require_amount("A net realisable value", item.net_value_minor)
    unit = plan.units[order.unit_id]
    worth = rules.worth_after(unit.cost_minor, unit.allowance_minor, outcome, item.net_value_minor)
    if item.sku and item.sku not in plan.items:
        raise SkuNotFound(sku=item.sku[:80])
    state = ORDER.move("finish", order.state)
    require_unheld(unit, plan.shelves, plan.gone)
    plan.gone[unit.place] += unit.quantity

    if worth.written_down:
        down = Move(unit.place, outside(unit.place, State.TRANSFORMATION), 0, 0, worth.written_down, unit.id)
        plan.entries.append(Entry(ctx.new_id(), unit.entity_id, "write_down", happened, [down]))
    unit.allowance_minor = worth.allowance
    if item.sku and plan.items[item.sku] != unit.item_id:
        plan.entries.append(_transform(ctx, unit, plan.items[item.sku], happened))
    target, entry_id = _target(unit, outcome), ctx.new_id()
    move = Move(unit.place, target, unit.quantity, worth.cost, worth.allowance, unit.id)
    plan.entries.append(Entry(entry_id, unit.entity_id, "finish_refurbishment", happened, [move]))
    unit.stock_state = "" if target.bucket == "pool" else str(target.state)
    if target.bucket == "pool" or not target.valued:
        unit.cost_minor = unit.allowance_minor = 0
    unit.work_id, order.state, order.end_hash = None, str(state), digest
    plan.touched[unit.id] = unit
    plan.rows.append(
        {
            "id": order.id,
            "state": order.state,
            "outcome": outcome,
            "grade": grade,
            "result_item_id": unit.item_id,
            "net_value_minor": item.net_value_minor,
            "written_down_minor": worth.written_down,
            "cost_after_minor": worth.cost,
            "allowance_after_minor": worth.allowance,
            "end_hash": digest,
            "ended_at": happened,
            "end_entry_id": entry_id,
        }
    )
    facts = {"number": order.number, "outcome": outcome, "grade": grade, "unit_id": unit.id}
    emit(ctx, [Event(events.REFURBISHMENT_FINISHED, order.id, happened, facts)])
    told = {"value_minor": worth.value, "written_down_minor": worth.written_down}
    return Done(item.order, {"order_id": order.id, **told})


def _transform(ctx: Context, unit: UnitNow, item_id: int, happened: datetime) -> Entry:
    """The unit becomes another item where it lies, with all its value."""
    old, new = unit.place, replace(unit.place, item=item_id)
    moves = [
        Move(old, outside(old, State.TRANSFORMATION), unit.quantity, unit.cost_minor, unit.allowance_minor, unit.id),
        Move(outside(new, State.TRANSFORMATION), new, unit.quantity, unit.cost_minor, unit.allowance_minor, unit.id),
    ]
    unit.item_id = item_id
    return Entry(ctx.new_id(), unit.entity_id, "transform", happened, moves)
