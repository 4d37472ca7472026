"""Take back mistaken disposals: the goods are where they were before, and so is the value they brought along."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, NotFound, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.ledger.chart import TRAITS, State
from counterflow.ledger.overlays import Shelf, lock_shelves
from counterflow.ledger.posting import Place, Reverse, reverse
from counterflow.ledger.rules import Pool
from counterflow.logistics.rules import require_text
from counterflow.receiving import events, rules
from counterflow.receiving.lookups import UnitNow, lock_units, unit_of
from counterflow.receiving.lookups_totes import out_of
from counterflow.receiving.models import DisposalReversal, PutAway, Unit
from counterflow.receiving.rules import TARGETS, Disposition
from counterflow.receiving.states import Unit as UnitState


@dataclass(frozen=True)
class ReverseDisposal:
    """Take back one disposal of a unit. `reason` is a code; `request_ref` the asker's own reference."""

    lpn: str
    reason: str
    round: int = 1
    attempt: int = 1
    request_ref: str = ""

    @property
    def identity(self) -> str:
        """One reversal for each disposal, for ever."""
        return f"{self.lpn}:{self.round}:{self.attempt}"


class DisposalNotFound(NotFound):
    """Unit {lpn} was not disposed of after round {round}, attempt {attempt}."""


class MovedOn(Refusal):
    """Unit {lpn} has moved on since it was sent to {disposition}; what happened last has to be taken back first."""


class PoolMovedOn(Refusal):
    """Unit {lpn} joined the pool of {sku} with {quantity} pieces, and the pool no longer has them free, at the value
    they brought; adjust the stock instead."""


_DISPOSALS = """
SELECT d.id, d.unit_id, d.round, d.attempt, d.disposition, d.state_before, d.entry_id, r.content_hash,
       a.state AS state_from, coalesce(v.cost, 0)::bigint AS cost, coalesce(v.allowance, 0)::bigint AS allowance
FROM receiving_disposal d
LEFT JOIN receiving_disposalreversal r ON r.disposal_id = d.id
JOIN LATERAL (
    SELECT -coalesce(sum(l.amount) FILTER (WHERE l.component = 'cost' AND l.amount < 0), 0) AS cost,
           -coalesce(sum(l.amount) FILTER (WHERE l.component = 'allowance' AND l.amount > 0), 0) AS allowance,
           min(l.account_id) FILTER (WHERE l.component = 'qty' AND l.amount < 0) AS account_id
    FROM ledger_line l WHERE l.entry_id = d.entry_id AND l.recorded_at = d.recorded_at
) v ON true
JOIN ledger_account a ON a.id = v.account_id
WHERE d.unit_id = ANY(%s::bigint[]) ORDER BY d.unit_id, d.round, d.attempt
"""


@dataclass
class _Known:
    units: dict[str, UnitNow]
    disposals: dict[int, list[Any]]
    shelves: dict[Place, Shelf] = field(default_factory=dict)
    reversed: dict[int, bytes] = field(default_factory=dict)

    def standing(self, unit: UnitNow) -> list[Any]:
        """The disposals of a unit that were not taken back, oldest first."""
        return [row for row in self.disposals.get(unit.id, ()) if row.id not in self.reversed]


@dataclass
class _Plan:
    touched: dict[int, UnitNow] = field(default_factory=dict)
    reversals: list[dict[str, Any]] = field(default_factory=list)
    taken_out: list[dict[str, Any]] = field(default_factory=list)
    entries: list[Reverse] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="receiving.reverse")
def reverse_disposals(ctx: Context, *, items: Sequence[ReverseDisposal]) -> Batch:
    """Reverse the entries of disposals whose goods have not moved on; the unit is as it was before.

    What joined a pool is taken out of it at the value it brought, where the pool has it free. Refuses
    `UnitNotFound`, `DisposalNotFound`, `MovedOn`, `PoolMovedOn`, `TextInvalid`, `CodeMalformed`, `IdentityReused`.
    SQL: three look-ups, then one write a table.
    """
    known = _look_up(ctx, items)
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_reverse(ctx, item, known, plan))
        except DomainError as error:
            results.append(Refused.of(item.identity[:120], error))
    db.update(Unit, [_row(unit) for _, unit in sorted(plan.touched.items())])
    db.insert(DisposalReversal, plan.reversals)
    db.insert(PutAway, plan.taken_out)
    emit(ctx, plan.events)
    reverse(ctx, plan.entries)
    return Batch(results)


def _look_up(ctx: Context, items: Sequence[ReverseDisposal]) -> _Known:
    units = lock_units(ctx, (item.lpn for item in items))
    known = _Known(units, {})
    for row in db.rows(_DISPOSALS, [sorted(unit.id for unit in units.values())]):
        known.disposals.setdefault(row.unit_id, []).append(row)
        if row.content_hash is not None:
            known.reversed[row.id] = bytes(row.content_hash)
    places = [
        place
        for unit in units.values()
        for row in known.disposals.get(unit.id, ())
        for place in (_at(unit, row.state_from), _target(unit, row))
        if TRAITS[place.state].guarded
    ]
    known.shelves = lock_shelves(ctx, places)
    return known


def _at(unit: UnitNow, state: str) -> Place:
    return Place(unit.entity_id, State(state), unit.item_id, unit.node_id, unit.owner, lot=unit.lot)


def _target(unit: UnitNow, row: Any) -> Place:
    bucket = "pool" if row.disposition == Disposition.RESTOCK else "unit"
    return replace(_at(unit, TARGETS[row.disposition]), bucket=bucket)


def _reverse(ctx: Context, item: ReverseDisposal, known: _Known, plan: _Plan) -> Done:
    require_text("request_ref", item.request_ref, least=0)
    rules.require_code(item.reason)
    unit, digest = unit_of(known.units, item.lpn), content_hash(item)
    found = [r for r in known.disposals.get(unit.id, ()) if (r.round, r.attempt) == (item.round, item.attempt)]
    if not found:
        raise DisposalNotFound(lpn=unit.lpn, round=item.round, attempt=item.attempt)
    row = found[0]
    if (earlier := known.reversed.get(row.id)) is not None:
        if earlier != digest:
            raise IdentityReused(what="reversal of the disposal", identity=item.identity)
        return Done(item.identity, {"unit_id": unit.id, "disposition": row.disposition}, replayed=True)
    _require_still_there(unit, row, known)
    before = known.standing(unit)[:-1]
    known.reversed[row.id] = digest
    plan.reversals.append(
        {
            "id": ctx.new_id(),
            "disposal_id": row.id,
            "content_hash": digest,
            "reason": item.reason,
            "request_ref": item.request_ref,
            "recorded_at": ctx.at,
            "command_id": ctx.command_id,
        }
    )
    plan.entries.append(Reverse(ctx.new_id(), row.entry_id, row.disposition, ctx.at))
    plan.taken_out += out_of(ctx, unit, ctx.at)
    unit.state, unit.stock_state = row.state_before, row.state_from
    unit.cost_minor, unit.allowance_minor = row.cost, row.allowance
    unit.disposition = before[-1].disposition if before else ""
    plan.touched[unit.id] = unit
    facts = {"lpn": unit.lpn, "disposition": row.disposition, "rma_line_id": unit.rma_line_id}
    plan.events.append(Event(events.UNIT_DISPOSAL_REVERSED, unit.id, facts={**facts, "quantity": unit.quantity}))
    return Done(item.identity, {"unit_id": unit.id, "disposition": row.disposition})


def _require_still_there(unit: UnitNow, row: Any, known: _Known) -> None:
    """The disposal is the last thing that happened, and the goods are where it put them. Raises what stands against."""
    target = _target(unit, row)
    there = "" if target.bucket == "pool" else str(target.state)
    latest = bool(known.standing(unit)) and known.standing(unit)[-1].id == row.id
    expected = UnitState.SET_APART if row.disposition == Disposition.QUARANTINE else UnitState.DISPOSED
    same = unit.state == expected and unit.stock_state == there and unit.round == row.round and unit.work_id is None
    # A unit in our books has its value with it; one whose value changed since has been worked on.
    worth = (row.cost, row.allowance) if TRAITS[target.state].recognised and there else (0, 0)
    if not latest or not same or (unit.cost_minor, unit.allowance_minor) != worth:
        raise MovedOn(lpn=unit.lpn, disposition=row.disposition.replace("_", " "))
    if target.bucket == "pool":
        _take_from_pool(unit, row, known.shelves, target)


def _take_from_pool(unit: UnitNow, row: Any, shelves: Mapping[Place, Shelf], place: Place) -> None:
    """Take the pieces out of the running pool at what they brought. Raises `PoolMovedOn`."""
    shelf = shelves[place]
    left = shelf.pool.plus(-unit.quantity, -row.cost, -row.allowance)
    sound = left == Pool() if left.quantity == 0 else left.allowance <= 0 and left.cost + left.allowance >= 0
    if shelf.free < unit.quantity or not sound:
        raise PoolMovedOn(lpn=unit.lpn, sku=unit.sku, quantity=unit.quantity)
    shelf.pool = left


def _row(unit: UnitNow) -> dict[str, Any]:
    return {
        "id": unit.id,
        "state": unit.state,
        "stock_state": unit.stock_state,
        "cost_minor": unit.cost_minor,
        "allowance_minor": unit.allowance_minor,
        "disposition": unit.disposition,
        "tote_id": unit.tote_id,
    }
