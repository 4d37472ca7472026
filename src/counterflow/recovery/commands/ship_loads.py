"""Ship lots and pallets: the goods leave us, a lot for its buyer, a pallet for its supplier."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Conflict, DomainError
from counterflow.kernel.events import Event, emit
from counterflow.ledger.chart import GL, State
from counterflow.ledger.overlays import Shelf, lock_shelves
from counterflow.ledger.posting import Entry, Money, Move, Place, post
from counterflow.ledger.rules import take
from counterflow.logistics.rules import require_text
from counterflow.receiving.lookups import UnitNow, lock_units
from counterflow.receiving.models import Unit
from counterflow.receiving.rules import instant
from counterflow.recovery import events
from counterflow.recovery.commands.load_pieces import pools
from counterflow.recovery.commands.unload_goods import PiecesGone
from counterflow.recovery.lookups import Line, LoadNow, lines_of, load_of, lock_loads, outside, require_unheld
from counterflow.recovery.models import Load, LoadLine
from counterflow.recovery.states import LOADS, LoadKind
from counterflow.recovery.states import Load as LoadState


@dataclass(frozen=True)
class ShipLoad:
    """A lot or pallet that left, with the carrier and the number it is tracked by where there are any."""

    load: str
    carrier: str = ""
    tracking: str = ""
    happened_at: datetime | None = None


class ShippedOtherwise(Conflict):
    """{load} left with {carrier}, number {tracking}; send the same again or nothing."""


@dataclass
class _Plan:
    loads: dict[str, LoadNow]
    lines: dict[int, list[Line]]
    units: dict[int, UnitNow]
    shelves: dict[Place, Shelf] = field(default_factory=dict)
    gone: Counter[Place] = field(default_factory=Counter)
    rows: list[dict[str, Any]] = field(default_factory=list)
    parts: list[dict[str, Any]] = field(default_factory=list)
    touched: dict[int, UnitNow] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)


@command(needs="recovery.ship")
def ship_loads(ctx: Context, *, items: Sequence[ShipLoad]) -> Batch:
    """Post what leaves in one entry a load: a sold lot with its proceeds against its cost, a pallet at its value.

    Refuses `LoadNotFound`, `MoveNotAllowed`, `UnitOnHold`, `PiecesGone`, `TextInvalid`, `TimeInvalid`,
    `ShippedOtherwise`. SQL: four look-ups, then one write a table.
    """
    loads = lock_loads(ctx, (item.load for item in items))
    lines = lines_of(loads)
    present = {load_id: [line for line in rows if not line.gone] for load_id, rows in lines.items()}
    units = lock_units(ctx, (line.lpn for rows in present.values() for line in rows if line.lpn))
    plan = _Plan(loads, present, {unit.id: unit for unit in units.values()})
    plan.shelves = lock_shelves(ctx, _places(plan))
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_ship(ctx, item, plan))
        except DomainError as error:
            results.append(Refused.of(item.load[:120], error))
    db.update(Load, sorted(plan.rows, key=lambda row: int(row["id"])))
    db.update(LoadLine, sorted(plan.parts, key=lambda row: int(row["id"])))
    names = ("id", "stock_state", "cost_minor", "allowance_minor")
    db.update(Unit, [{name: getattr(unit, name) for name in names} for _, unit in sorted(plan.touched.items())])
    post(ctx, plan.entries)
    return Batch(results)


def _places(plan: _Plan) -> list[Place]:
    places = []
    for load in plan.loads.values():
        for line in plan.lines[load.id]:
            if line.unit_id is None:
                places.append(pools(load, line.item_id)[1])
                continue
            unit = plan.units[line.unit_id]
            places.append(unit.place)
            if unit.stock_state == State.TO_SUPPLIER:
                places.append(replace(unit.place, state=State.AT_SUPPLIER))
    return [place for place in places if place.state not in (State.SOLD_ON,)]


def _ship(ctx: Context, item: ShipLoad, plan: _Plan) -> Done:
    happened = instant(item.happened_at, ctx.at)
    require_text("carrier", item.carrier, least=0)
    require_text("tracking", item.tracking, least=0)
    load = load_of(plan.loads, item.load)
    if load.state == LoadState.SHIPPED:
        if (load.carrier, load.tracking) != (item.carrier, item.tracking):
            raise ShippedOtherwise(load=load.number, carrier=load.carrier or "-", tracking=load.tracking or "-")
        return Done(item.load, {"load_id": load.id}, replayed=True)
    state = LOADS[LoadKind(load.kind)].move("ship", load.state)
    lines = plan.lines[load.id]
    _require_there(lines, load, plan)
    moves = [_leave(line, load, plan) for line in lines]
    money = []
    if load.kind == LoadKind.LOT and load.proceeds_minor:
        money = [
            Money(load.entity_id, GL.RECEIVABLE_BUYERS, load.proceeds_minor, load.id),
            Money(load.entity_id, GL.SECONDARY_PROCEEDS, -load.proceeds_minor, load.id),
        ]
    kind = "sell_on" if load.kind == LoadKind.LOT else "ship_to_supplier"
    entry_id = ctx.new_id()
    plan.entries.append(Entry(entry_id, load.entity_id, kind, happened, moves, money))
    load.state, load.carrier, load.tracking = str(state), item.carrier, item.tracking
    plan.rows.append(
        {
            "id": load.id,
            "state": load.state,
            "carrier": item.carrier,
            "tracking": item.tracking,
            "shipped_at": happened,
            "ship_entry_id": entry_id,
        }
    )
    facts = {"number": load.number, "kind": load.kind, "lines": len(lines), "entry_id": entry_id}
    emit(ctx, [Event(events.LOAD_SHIPPED, load.id, happened, facts)])
    return Done(item.load, {"load_id": load.id, "lines": len(lines)})


def _require_there(lines: Sequence[Line], load: LoadNow, plan: _Plan) -> None:
    """Everything of a load is where it should be, under no hold; nothing has changed when this raises."""
    gone, asked = Counter(plan.gone), Counter[Place]()
    for line in lines:
        if line.unit_id is None:
            asked[pools(load, line.item_id)[1]] += line.quantity
            there = plan.shelves[pools(load, line.item_id)[1]].unheld
            if there < asked[pools(load, line.item_id)[1]]:
                raise PiecesGone(quantity=line.quantity, sku=line.sku, load=load.number, there=there)
            continue
        unit = plan.units[line.unit_id]
        require_unheld(unit, plan.shelves, gone)
        gone[unit.place] += unit.quantity
    plan.gone = gone


def _leave(line: Line, load: LoadNow, plan: _Plan) -> Move:
    """The move of one line, with what it is worth written on it."""
    if line.unit_id is None:
        place = pools(load, line.item_id)[1]
        cost, allowance, plan.shelves[place].pool = take(plan.shelves[place].pool, line.quantity)
        plan.parts.append({"id": line.id, "cost_minor": cost, "allowance_minor": allowance})
        return Move(place, outside(place, State.SOLD_ON), line.quantity, cost, allowance, line.id)
    unit = plan.units[line.unit_id]
    source = unit.place
    sold = load.kind == LoadKind.LOT
    target = outside(source, State.SOLD_ON) if sold else replace(source, state=State.AT_SUPPLIER)
    plan.parts.append({"id": line.id, "cost_minor": unit.cost_minor, "allowance_minor": unit.allowance_minor})
    move = Move(source, target, unit.quantity, unit.cost_minor, unit.allowance_minor, unit.id)
    unit.stock_state = str(target.state)
    if sold:
        unit.cost_minor = unit.allowance_minor = 0
    plan.touched[unit.id] = unit
    return move
