"""Put units that were disposed of into a tote, or into another one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.receiving import events, rules
from counterflow.receiving.lookups import UnitNow, lock_units, unit_of
from counterflow.receiving.lookups_totes import into, lock_totes, tote_for
from counterflow.receiving.models import PutAway, Unit
from counterflow.receiving.states import Unit as UnitState


@dataclass(frozen=True)
class PutUnitAway:
    """A unit that was put into a tote."""

    lpn: str
    tote: str
    happened_at: datetime | None = None


class NothingToPutAway(Refusal):
    """Unit {lpn} is {state}; only what was disposed of or set apart is put away."""


@command(needs="receiving.dispose")
def put_away_units(ctx: Context, *, items: Sequence[PutUnitAway]) -> Batch:
    """Record in which tote each unit lies; the tote must be one for where the unit was sent.

    A unit that lies there already is done, replayed. Refuses `UnitNotFound`, `NothingToPutAway`, `ToteNotFound`,
    `ToteNotInUse`, `ToteElsewhere`, `WrongTote`, `ToteFull`, `TimeInvalid`. SQL: three look-ups, one write a table.
    """
    totes = lock_totes(ctx, (item.tote for item in items))
    units = lock_units(ctx, (item.lpn for item in items))
    rows: list[dict[str, Any]] = []
    touched: dict[int, UnitNow] = {}
    results: list[Done | Refused] = []
    for item in items:
        try:
            happened = rules.instant(item.happened_at, ctx.at)
            unit = unit_of(units, item.lpn)
            if unit.state not in (UnitState.DISPOSED, UnitState.SET_APART) or unit.work_id is not None:
                raise NothingToPutAway(lpn=unit.lpn, state=unit.state.replace("_", " "))
            tote = tote_for(totes, item.tote, unit, unit.disposition)
            facts = {"unit_id": unit.id, "tote_id": tote.id}
            if unit.tote_id == tote.id:
                results.append(Done(item.lpn, facts, replayed=True))
                continue
            rows += into(ctx, unit, tote, happened)
            touched[unit.id] = unit
            emit(ctx, [Event(events.UNIT_PUT_AWAY, unit.id, happened, {"lpn": unit.lpn, "tote": tote.code})])
            results.append(Done(item.lpn, facts))
        except DomainError as error:
            results.append(Refused.of(item.lpn[:120], error))
    db.update(Unit, [{"id": unit.id, "tote_id": unit.tote_id} for _, unit in sorted(touched.items())])
    db.insert(PutAway, rows)
    return Batch(results)
