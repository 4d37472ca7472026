"""Unload goods: take a unit or pieces out of a lot or off a pallet again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, NotFound, Refusal
from counterflow.ledger.overlays import Shelf, lock_shelves
from counterflow.ledger.posting import Entry, Move, Place, post
from counterflow.ledger.rules import take
from counterflow.receiving.lookups import lock_units
from counterflow.receiving.models import Unit
from counterflow.recovery.commands.load_pieces import pools
from counterflow.recovery.lookups import Line, LoadNow, lines_of, load_of, lock_loads
from counterflow.recovery.models import LoadLine
from counterflow.recovery.states import LOADS, LoadKind


@dataclass(frozen=True)
class UnloadGoods:
    """A unit by its plate, or pieces by their reference, to be taken out of a lot or off a pallet."""

    load: str
    lpn: str = ""
    ref: str = ""

    @property
    def identity(self) -> str:
        """What is taken out, and of what."""
        return f"{self.load}:{self.lpn or self.ref}"


class NotInThere(NotFound):
    """{what} is not in {load}."""


class PiecesGone(Refusal):
    """{quantity} pieces of {sku} should lie apart for {load}, and {there} do; adjust the stock first."""


@dataclass
class _Plan:
    loads: dict[str, LoadNow]
    lines: dict[int, list[Line]]
    shelves: dict[Place, Shelf] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    freed: list[int] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


@command(needs="recovery.load")
def unload_goods(ctx: Context, *, items: Sequence[UnloadGoods]) -> Batch:
    """Let units wait again, and pieces go back to the pool they came from, at the value they lie there with.

    What was taken out before is done, replayed. Refuses `LoadNotFound`, `NotInThere`, `MoveNotAllowed`, `PiecesGone`.
    SQL: four look-ups, then one write a table.
    """
    loads = lock_loads(ctx, (item.load for item in items))
    plan = _Plan(loads, lines_of(loads))
    wanted = {item.lpn for item in items if item.lpn}
    lock_units(ctx, (line.lpn for lines in plan.lines.values() for line in lines if line.lpn in wanted and line.lpn))
    refs = {(item.load, item.ref) for item in items if item.ref}
    places = [
        place
        for load in loads.values()
        for line in plan.lines[load.id]
        if (load.number, line.ref) in refs
        for place in pools(load, line.item_id)
    ]
    plan.shelves = lock_shelves(ctx, places)
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_unload(ctx, item, plan))
        except DomainError as error:
            results.append(Refused.of(item.identity[:160], error))
    db.update(LoadLine, sorted(plan.rows, key=lambda row: int(row["id"])))
    db.update(Unit, [{"id": unit_id, "work_id": None} for unit_id in sorted(plan.freed)])
    post(ctx, plan.entries)
    return Batch(results)


def _unload(ctx: Context, item: UnloadGoods, plan: _Plan) -> Done:
    load = load_of(plan.loads, item.load)
    found = [
        line
        for line in plan.lines[load.id]
        if (item.lpn and line.lpn == item.lpn) or (item.ref and not item.lpn and line.ref == item.ref)
    ]
    if not found:
        raise NotInThere(what=(item.lpn or item.ref)[:80] or "Nothing", load=load.number)
    line = found[-1]
    if line.gone:
        return Done(item.identity, {"line_id": line.id}, replayed=True)
    LOADS[LoadKind(load.kind)].move("load", load.state)
    if line.unit_id is None:
        plan.entries.append(_give_back(ctx, line, load, plan))
    else:
        plan.freed.append(line.unit_id)
    line.gone = True
    plan.rows.append({"id": line.id, "unloaded_at": ctx.at})
    return Done(item.identity, {"line_id": line.id})


def _give_back(ctx: Context, line: Line, load: LoadNow, plan: _Plan) -> Entry:
    shelf, apart = pools(load, line.item_id)
    there = plan.shelves[apart].unheld
    if there < line.quantity:
        raise PiecesGone(quantity=line.quantity, sku=line.sku, load=load.number, there=there)
    cost, allowance, plan.shelves[apart].pool = take(plan.shelves[apart].pool, line.quantity)
    move = Move(apart, shelf, line.quantity, cost, allowance, line.id)
    return Entry(ctx.new_id(), load.entity_id, "set_aside", ctx.at, [move])
