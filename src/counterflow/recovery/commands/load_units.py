"""Load units: put scanned units into a lot or onto a pallet."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Refusal
from counterflow.ledger.chart import State
from counterflow.ledger.overlays import Shelf, lock_shelves
from counterflow.ledger.posting import OURS, Place
from counterflow.receiving.lookups import UnitNow, lock_units, unit_of
from counterflow.receiving.lookups_totes import out_of
from counterflow.receiving.models import PutAway, Unit
from counterflow.recovery.lookups import (
    LoadNow,
    UnitElsewhere,
    lines_of,
    load_of,
    lock_loads,
    require_free,
    require_unheld,
)
from counterflow.recovery.models import LoadLine
from counterflow.recovery.rules import LINES_MAX
from counterflow.recovery.states import LOADS, LoadKind


@dataclass(frozen=True)
class LoadUnit:
    """A unit that goes into a lot or onto a pallet, by the number of that."""

    load: str
    lpn: str

    @property
    def identity(self) -> str:
        """The unit and where it goes."""
        return f"{self.load}:{self.lpn}"


class NotForThisLoad(Refusal):
    """Unit {lpn} is {where}; {load} takes what is {wanted}."""


class NotOfThisSupplier(Refusal):
    """Unit {lpn} does not come from {supplier}, to whom {load} goes."""


class GoodsNotOurs(Refusal):
    """Unit {lpn} belongs to {owner}; only our own goods are sold on."""


class LoadFull(Refusal):
    """{load} holds {most} lines and takes no more; open another one."""


WANTED = {LoadKind.LOT: State.SECONDARY, LoadKind.PALLET: State.TO_SUPPLIER}


@dataclass
class _Plan:
    loads: dict[str, LoadNow]
    units: dict[str, UnitNow]
    shelves: Mapping[Place, Shelf]
    gone: Counter[Place] = field(default_factory=Counter)
    lines: list[dict[str, Any]] = field(default_factory=list)
    touched: dict[int, UnitNow] = field(default_factory=dict)
    taken_out: list[dict[str, Any]] = field(default_factory=list)


@command(needs="recovery.load")
def load_units(ctx: Context, *, items: Sequence[LoadUnit]) -> Batch:
    """Gather units; a unit is in one lot, on one pallet or in one work order at a time. Nothing is posted.

    A unit that is in there already is done, replayed. Refuses `LoadNotFound`, `UnitNotFound`, `MoveNotAllowed`,
    `InOtherWork`, `NotForThisLoad`, `NotOfThisSupplier`, `GoodsNotOurs`, `UnitElsewhere`, `UnitOnHold`, `LoadFull`.
    SQL: four look-ups, then one write a table.
    """
    loads = lock_loads(ctx, (item.load for item in items))
    lines_of(loads)
    units = lock_units(ctx, (item.lpn for item in items))
    shelves = lock_shelves(ctx, [unit.place for unit in units.values() if unit.stock_state])
    plan = _Plan(loads, units, shelves)
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_load(ctx, item, plan))
        except DomainError as error:
            results.append(Refused.of(item.identity[:160], error))
    db.insert(LoadLine, plan.lines)
    names = ("id", "tote_id", "work_id")
    db.update(Unit, [{name: getattr(unit, name) for name in names} for _, unit in sorted(plan.touched.items())])
    db.insert(PutAway, plan.taken_out)
    return Batch(results)


def _load(ctx: Context, item: LoadUnit, plan: _Plan) -> Done:
    load, unit = load_of(plan.loads, item.load), unit_of(plan.units, item.lpn)
    facts = {"unit_id": unit.id, "load_id": load.id}
    if unit.work_id == load.id:
        return Done(item.identity, facts, replayed=True)
    kind = LoadKind(load.kind)
    LOADS[kind].move("load", load.state)
    require_free(unit, "a work order, another lot or another pallet")
    _require_fits(unit, load, WANTED[kind])
    require_unheld(unit, plan.shelves, plan.gone)
    if load.lines >= LINES_MAX:
        raise LoadFull(load=load.number, most=LINES_MAX)
    plan.gone[unit.place] += unit.quantity
    load.lines += 1
    plan.lines.append(
        {
            "id": ctx.new_id(),
            "load_id": load.id,
            "unit_id": unit.id,
            "ref": "",
            "content_hash": content_hash(item),
            "item_id": unit.item_id,
            "quantity": unit.quantity,
            "loaded_at": ctx.at,
            "command_id": ctx.command_id,
        }
    )
    plan.taken_out += out_of(ctx, unit, ctx.at)
    unit.work_id = load.id
    plan.touched[unit.id] = unit
    return Done(item.identity, facts)


def _require_fits(unit: UnitNow, load: LoadNow, wanted: State) -> None:
    """The unit waits for this kind of load, here, for this supplier, and is ours where it is sold."""
    if unit.stock_state != wanted:
        where = (unit.stock_state or unit.state).replace("_", " ")
        raise NotForThisLoad(lpn=unit.lpn, where=where, load=load.number, wanted=wanted.replace("_", " "))
    if unit.node_id != load.node_id:
        raise UnitElsewhere(lpn=unit.lpn, node=unit.node, work=load.number, other=load.node)
    if load.kind == LoadKind.LOT and unit.owner != OURS:
        raise GoodsNotOurs(lpn=unit.lpn, owner=unit.owner)
    if load.kind == LoadKind.PALLET and unit.supplier_id != load.supplier_id:
        raise NotOfThisSupplier(lpn=unit.lpn, supplier=load.supplier, load=load.number)
