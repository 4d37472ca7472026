"""Sell lots: what a buyer pays for all of it, shared over what is in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.ledger.overlays import Shelf, lock_shelves
from counterflow.ledger.posting import Place
from counterflow.receiving.lookups import UnitNow, lock_units
from counterflow.receiving.rules import instant
from counterflow.recovery import events, rules
from counterflow.recovery.commands.load_pieces import pools
from counterflow.recovery.lookups import Line, LoadNow, lines_of, load_of, lock_loads
from counterflow.recovery.models import Load, LoadLine
from counterflow.recovery.states import LOT, LoadKind


@dataclass(frozen=True)
class SellLot:
    """A price was agreed for a lot: minor units of its currency, without tax."""

    load: str
    proceeds_minor: int
    happened_at: datetime | None = None


class NotALot(Refusal):
    """{load} is a pallet; it goes back to its supplier and is not sold."""


@command(needs="recovery.sell")
def sell_lots(ctx: Context, *, items: Sequence[SellLot]) -> Batch:
    """Record what each closed lot brings, shared over its lines by the value they carry. It is booked when it leaves.

    Refuses `LoadNotFound`, `NotALot`, `MoveNotAllowed`, `AmountInvalid`, `TimeInvalid`, `IdentityReused`. SQL: four
    look-ups, then one write a table.
    """
    loads = lock_loads(ctx, (item.load for item in items))
    lines = lines_of(loads)
    units = {u.id: u for u in lock_units(ctx, (i.lpn for rows in lines.values() for i in rows if i.lpn)).values()}
    shelves = lock_shelves(
        ctx, [pools(x, line.item_id)[1] for x in loads.values() for line in lines[x.id] if line.unit_id is None]
    )
    sold: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            load, digest = load_of(loads, item.load), content_hash(item)
            if load.sale_hash is not None:
                if load.sale_hash != digest:
                    raise IdentityReused(what="sale of lot", identity=item.load)
                results.append(Done(item.load, {"load_id": load.id}, replayed=True))
                continue
            happened = instant(item.happened_at, ctx.at)
            rules.require_amount("The price of a lot", item.proceeds_minor)
            if load.kind != LoadKind.LOT:
                raise NotALot(load=load.number)
            load.state, load.sale_hash = str(LOT.move("sell", load.state)), digest
            present = [line for line in lines[load.id] if not line.gone]
            parts += _shares(item.proceeds_minor, present, load, units, shelves)
            sold.append(
                {
                    "id": load.id,
                    "state": load.state,
                    "proceeds_minor": item.proceeds_minor,
                    "sale_hash": digest,
                    "sold_at": happened,
                }
            )
            facts = {"number": load.number, "proceeds_minor": item.proceeds_minor, "currency": load.currency}
            emit(ctx, [Event(events.LOT_SOLD, load.id, happened, facts)])
            results.append(Done(item.load, {"load_id": load.id}))
        except DomainError as error:
            results.append(Refused.of(item.load[:120], error))
    db.update(Load, sorted(sold, key=lambda row: int(row["id"])))
    db.update(LoadLine, sorted(parts, key=lambda row: int(row["id"])))
    return Batch(results)


def _shares(
    proceeds: int, lines: Sequence[Line], load: LoadNow, units: dict[int, UnitNow], shelves: dict[Place, Shelf]
) -> list[dict[str, Any]]:
    values = [_value(line, load, units, shelves) for line in lines]
    shared = rules.shares(proceeds, values, [line.quantity for line in lines])
    return [{"id": line.id, "proceeds_minor": part} for line, part in zip(lines, shared, strict=True)]


def _value(line: Line, load: LoadNow, units: dict[int, UnitNow], shelves: dict[Place, Shelf]) -> int:
    """What a line carries now: the unit's own value, or its part of the pool that lies apart."""
    if line.unit_id is not None:
        unit = units[line.unit_id]
        return unit.cost_minor + unit.allowance_minor
    pool = shelves[pools(load, line.item_id)[1]].pool
    return (pool.cost + pool.allowance) * min(line.quantity, pool.quantity) // pool.quantity if pool.quantity else 0
