"""Empty totes: what lay in them was taken to its shelf."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.receiving.lookups import lock_units
from counterflow.receiving.lookups_totes import ToteNotFound, lock_totes, out_of
from counterflow.receiving.models import PutAway, Unit


@dataclass(frozen=True)
class EmptyTote:
    """A tote whose content was taken away."""

    tote: str


@command(needs="receiving.dispose")
def empty_totes(ctx: Context, *, items: Sequence[EmptyTote]) -> Batch:
    """Take every unit out of each tote; an empty tote is done, replayed. Refuses `ToteNotFound`.

    SQL: four look-ups, then one write a table.
    """
    totes = lock_totes(ctx, (item.tote for item in items))
    ids = [tote.id for tote in totes.values()]
    lpns = [row.lpn for row in db.rows("SELECT lpn FROM receiving_unit WHERE tote_id = ANY(%s::bigint[])", [ids])]
    content: dict[int, list[Any]] = {}
    for unit in lock_units(ctx, lpns).values():
        content.setdefault(unit.tote_id or 0, []).append(unit)
    rows: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        tote = totes.get(item.tote)
        if tote is None:
            results.append(Refused.of(item.tote[:120], ToteNotFound(tote=item.tote[:80])))
            continue
        units = content.pop(tote.id, [])
        rows += [row for unit in units for row in out_of(ctx, unit, ctx.at)]
        changed += [{"id": unit.id, "tote_id": None} for unit in units]
        results.append(Done(item.tote, {"units": len(units)}, replayed=not units))
    db.update(Unit, sorted(changed, key=lambda row: int(row["id"])))
    db.insert(PutAway, rows)
    return Batch(results)
