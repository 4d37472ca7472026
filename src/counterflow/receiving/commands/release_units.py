"""Release units that were set apart: back to the bench, to be looked at again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.kernel.events import Event, emit
from counterflow.ledger.chart import State
from counterflow.ledger.overlays import Shelf, lock_shelves
from counterflow.ledger.posting import Entry, Move, Place, post
from counterflow.receiving import events, rules
from counterflow.receiving.lookups import UnitNow, lock_units, unit_of
from counterflow.receiving.lookups_totes import out_of
from counterflow.receiving.models import PutAway, Release, Unit
from counterflow.receiving.states import UNIT


@dataclass(frozen=True)
class ReleaseUnit:
    """Let a unit that was set apart (after this round, by this attempt) go back to the bench. `reason` is a code."""

    lpn: str
    reason: str
    round: int = 1
    attempt: int = 1
    happened_at: datetime | None = None

    @property
    def identity(self) -> str:
        """One release for each time the unit was set apart, for ever."""
        return f"{self.lpn}:{self.round}:{self.attempt}"


_APART = """
SELECT d.id, d.unit_id, d.round, d.attempt, r.content_hash FROM receiving_disposal d
LEFT JOIN receiving_release r ON r.disposal_id = d.id
LEFT JOIN receiving_disposalreversal v ON v.disposal_id = d.id
WHERE d.unit_id = ANY(%s::bigint[]) AND d.disposition = 'quarantine' AND v.id IS NULL
ORDER BY d.unit_id, d.round, d.attempt
"""


@dataclass
class _Known:
    units: dict[str, UnitNow]
    apart: dict[int, list[Any]]
    released: dict[int, bytes]
    shelves: dict[Place, Shelf]


@dataclass
class _Plan:
    touched: dict[int, UnitNow] = field(default_factory=dict)
    releases: list[dict[str, Any]] = field(default_factory=list)
    taken_out: list[dict[str, Any]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)


@command(needs="receiving.release")
def release_units(ctx: Context, *, items: Sequence[ReleaseUnit]) -> Batch:
    """Move each unit with its value from quarantine back to the dock; the next round of inspection follows.

    To send a unit on without another look, dispose of it. Refuses `UnitNotFound`, `MoveNotAllowed`, `NotTheRound`,
    `UnitOnHold`, `CodeMalformed`, `TimeInvalid`, `IdentityReused`. SQL: three look-ups, then one write a table.
    """
    known = _look_up(ctx, items)
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_release(ctx, item, known, plan))
        except DomainError as error:
            results.append(Refused.of(item.identity[:120], error))
    names = ("id", "state", "stock_state", "tote_id")
    db.update(Unit, [{name: getattr(unit, name) for name in names} for _, unit in sorted(plan.touched.items())])
    db.insert(Release, plan.releases)
    db.insert(PutAway, plan.taken_out)
    post(ctx, plan.entries)
    return Batch(results)


def _look_up(ctx: Context, items: Sequence[ReleaseUnit]) -> _Known:
    units = lock_units(ctx, (item.lpn for item in items))
    known = _Known(units, {}, {}, {})
    for row in db.rows(_APART, [sorted(unit.id for unit in units.values())]):
        known.apart.setdefault(row.unit_id, []).append(row)
        if row.content_hash is not None:
            known.released[row.id] = bytes(row.content_hash)
    known.shelves = lock_shelves(
        ctx, [place for unit in units.values() if unit.stock_state for place in (unit.place, _back(unit))]
    )
    return known


def _back(unit: UnitNow) -> Place:
    return Place(unit.entity_id, State.RECEIVED, unit.item_id, unit.node_id, unit.owner, lot=unit.lot)


def _release(ctx: Context, item: ReleaseUnit, known: _Known, plan: _Plan) -> Done:
    happened = rules.instant(item.happened_at, ctx.at)
    reason, digest = rules.require_code(item.reason), content_hash(item)
    unit = unit_of(known.units, item.lpn)
    rows = known.apart.get(unit.id, [])
    asked = next((row for row in rows if (row.round, row.attempt) == (item.round, item.attempt)), None)
    if asked is not None and (earlier := known.released.get(asked.id)) is not None:
        if earlier != digest:
            raise IdentityReused(what="release", identity=item.identity)
        return Done(item.identity, {"unit_id": unit.id}, replayed=True)
    state = UNIT.move("release", unit.state)
    if asked is None or asked.id != rows[-1].id:
        raise rules.NotTheRound(lpn=unit.lpn, now=unit.round, round=item.round)
    shelf = known.shelves[unit.place]
    if shelf.held > 0 and shelf.pool.quantity - shelf.held < unit.quantity:
        raise rules.UnitOnHold(lpn=unit.lpn)
    shelf.pool = shelf.pool.plus(-unit.quantity, -unit.cost_minor, -unit.allowance_minor)
    known.released[asked.id] = digest
    entry_id = ctx.new_id()
    plan.releases.append(
        {
            "id": ctx.new_id(),
            "disposal_id": asked.id,
            "content_hash": digest,
            "reason": reason,
            "happened_at": happened,
            "recorded_at": ctx.at,
            "command_id": ctx.command_id,
            "entry_id": entry_id,
        }
    )
    move = Move(unit.place, _back(unit), unit.quantity, unit.cost_minor, unit.allowance_minor, unit.id)
    plan.entries.append(Entry(entry_id, unit.entity_id, "release", happened, [move]))
    plan.taken_out += out_of(ctx, unit, happened)
    unit.state, unit.stock_state = str(state), str(State.RECEIVED)
    plan.touched[unit.id] = unit
    facts = {"lpn": unit.lpn, "rma_line_id": unit.rma_line_id, "quantity": unit.quantity, "reason": reason}
    emit(ctx, [Event(events.UNIT_RELEASED, unit.id, happened, facts)])
    return Done(item.identity, {"unit_id": unit.id})
