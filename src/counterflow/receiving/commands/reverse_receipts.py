"""Take back mistaken receipts: the goods are where they were before, and so is their value."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Refusal
from counterflow.kernel.events import Event
from counterflow.ledger.chart import State
from counterflow.ledger.posting import Reverse, reverse
from counterflow.logistics.commands.writing import Pending, milestone, write_counters
from counterflow.logistics.lookups import hold_names, lock_lines
from counterflow.logistics.rules import Content, Line, require_text
from counterflow.receiving import events
from counterflow.receiving.commands.receive_units import allocation, origin
from counterflow.receiving.lookups import UnitNow, lock_units, unit_of
from counterflow.receiving.lookups_receipt import unit_name
from counterflow.receiving.models import Origin, ReceiptReversal, Unit
from counterflow.receiving.rules_receipt import Part, undo
from counterflow.receiving.states import UNIT
from counterflow.returns.entitlement import exposed
from counterflow.returns.models import Allocation
from counterflow.returns.states import Reached
from counterflow.workqueue.cases import CaseDraft


@dataclass(frozen=True)
class ReverseReceipt:
    """Take back the receipt of a unit, once. `reason` is a code; `request_ref` the asker's own reference."""

    lpn: str
    reason: str
    request_ref: str = ""


class PartOfSplit(Refusal):
    """{lpn} was split, so its receipt stands for several units and cannot be taken back for one."""


_UNITS = """
SELECT u.lpn, u.rma_line_id,
       u.parent_id IS NOT NULL OR EXISTS (SELECT FROM receiving_unit c WHERE c.parent_id = u.id) AS split
FROM receiving_unit u WHERE u.lpn = ANY(%s)
"""
_ORIGINS = """
SELECT unit_id, source, parcel_line_id, sum(quantity)::int AS quantity, sum(cost_minor)::bigint AS cost_minor
FROM receiving_origin WHERE unit_id = ANY(%s) GROUP BY 1, 2, 3 HAVING sum(quantity) > 0 ORDER BY 1, 2, 3
"""
# Every line about a unit carries its id; one that was only received (and matched) has no other entries.
_ENTRIES = """
SELECT DISTINCT l.subject_id AS unit_id, e.id, e.kind FROM ledger_line l
JOIN ledger_entry e ON e.id = l.entry_id AND e.recorded_at = l.recorded_at
WHERE l.subject_id = ANY(%s) AND e.reverses = 0
  AND NOT EXISTS (SELECT FROM ledger_reversal r WHERE r.entry_id = e.id) ORDER BY e.id
"""
_REVERSALS = "SELECT unit_id, content_hash FROM receiving_receiptreversal WHERE unit_id = ANY(%s)"


@dataclass
class _Known:
    lines: dict[int, Line]
    contents: dict[int, Content]
    units: dict[str, UnitNow]
    split: set[str]
    origins: dict[int, list[Any]] = field(default_factory=dict)
    entries: dict[int, list[Any]] = field(default_factory=dict)
    reversals: dict[int, bytes] = field(default_factory=dict)


@dataclass
class _Plan:
    units: list[dict[str, Any]] = field(default_factory=list)
    origins: list[dict[str, Any]] = field(default_factory=list)
    allocations: list[dict[str, Any]] = field(default_factory=list)
    reversals: list[dict[str, Any]] = field(default_factory=list)
    entries: list[Reverse] = field(default_factory=list)
    pending: Pending = field(default_factory=Pending)


@command(needs="receiving.reverse")
def reverse_receipts(ctx: Context, *, items: Sequence[ReverseReceipt]) -> Batch:
    """Reverse the entries of units that are still as they were received; what they counted for is taken back.

    Money that was credited for them stays credited: it is an exposure with a case. The plate stays used.
    Refuses: `UnitNotFound`, `MoveNotAllowed` (inspected since, for one), `PartOfSplit`, `TextInvalid`,
    `IdentityReused`.
    """
    checked = [_check(item) for item in items]
    known = _look_up(ctx, [item.lpn for item in checked if isinstance(item, ReverseReceipt)])
    plan = _Plan()
    results: list[Done | Refused] = []
    for given, item in zip(items, checked, strict=True):
        try:
            if isinstance(item, DomainError):
                raise item
            results.append(_reverse(ctx, item, known, plan))
        except DomainError as error:
            results.append(Refused.of(str(given.lpn)[:120], error))
    db.update(Unit, sorted(plan.units, key=lambda row: int(row["id"])))
    db.insert(ReceiptReversal, plan.reversals)
    db.insert(Origin, plan.origins)
    db.insert(Allocation, plan.allocations)
    write_counters(known.lines.values())
    plan.pending.write(ctx, outcome="reversed")
    reverse(ctx, plan.entries)
    return Batch(results)


def _check(item: ReverseReceipt) -> ReverseReceipt | DomainError:
    try:
        require_text("lpn", item.lpn)
        require_text("reason", item.reason)
        require_text("request_ref", item.request_ref, least=0)
    except DomainError as error:
        return error
    return item


def _look_up(ctx: Context, lpns: Sequence[str]) -> _Known:
    hold_names(ctx, map(unit_name, lpns))
    named = db.rows(_UNITS, [sorted(set(lpns))])
    lines = lock_lines(ctx, lines=[row.rma_line_id for row in named if row.rma_line_id is not None])
    contents = {content.id: content for line in lines.values() for content in line.contents}
    split = {row.lpn for row in named if row.split}
    known = _Known(lines, contents, lock_units(ctx, lpns), split)
    ids = sorted(unit.id for unit in known.units.values())
    for row in db.rows(_ORIGINS, [ids]):
        known.origins.setdefault(row.unit_id, []).append(row)
    for row in db.rows(_ENTRIES, [ids]):
        known.entries.setdefault(row.unit_id, []).append(row)
    known.reversals = {row.unit_id: bytes(row.content_hash) for row in db.rows(_REVERSALS, [ids])}
    return known


def _reverse(ctx: Context, item: ReverseReceipt, known: _Known, plan: _Plan) -> Done:
    unit, digest = unit_of(known.units, item.lpn), content_hash(item)
    line = known.lines.get(unit.rma_line_id or 0)
    if (earlier := known.reversals.get(unit.id)) is not None:
        if earlier != digest:
            raise IdentityReused(what="reversal of the receipt of", identity=item.lpn)
        return Done(item.lpn, {"unit_id": unit.id, "rma": line.rma if line else ""}, replayed=True)
    if item.lpn in known.split:
        raise PartOfSplit(lpn=item.lpn)
    unit.state = str(UNIT.move("reverse", unit.state))
    known.reversals[unit.id] = digest
    plan.units.append({"id": unit.id, "state": unit.state, "stock_state": "", "cost_minor": 0, "allowance_minor": 0})
    plan.reversals.append(
        {
            "id": ctx.new_id(),
            "unit_id": unit.id,
            "content_hash": digest,
            "reason": item.reason,
            "request_ref": item.request_ref,
            "recorded_at": ctx.at,
            "command_id": ctx.command_id,
        }
    )
    parts = [
        Part(State(row.source), known.contents.get(row.parcel_line_id or 0), row.quantity, row.cost_minor)
        for row in known.origins[unit.id]
    ]
    plan.origins += [origin(ctx, unit.id, part, -1) for part in parts]
    plan.entries += [Reverse(ctx.new_id(), row.id, row.kind, ctx.at) for row in known.entries[unit.id]]
    if line is not None:
        _take_back(ctx, unit, line, parts, plan)
    plan.pending.settled.append(f"unit:{unit.id}:found")
    facts = {"rma_id": line.rma_id if line else None, "rma_line_id": unit.rma_line_id, "quantity": unit.quantity}
    plan.pending.events.append(Event(events.UNIT_RECEIPT_REVERSED, unit.id, facts=facts))
    return Done(item.lpn, {"unit_id": unit.id, "rma": line.rma if line else ""})


def _take_back(ctx: Context, unit: UnitNow, line: Line, parts: Sequence[Part], plan: _Plan) -> None:
    """The line expects the pieces again; what was credited for them beyond what is left is an exposure."""
    before = exposed(line, line.rma_state)
    undo(line, parts)
    plan.allocations.append(allocation(ctx, unit.id, line, -unit.quantity))
    plan.pending.milestones.append(milestone(ctx, line, Reached.RECEIVED, -unit.quantity, ctx.at, unit.id))
    lost = sum(part.quantity for part in parts if part.source is State.LOST)
    if lost:
        plan.pending.milestones.append(milestone(ctx, line, Reached.LOST, lost, ctx.at, unit.id))
    after = exposed(line, line.rma_state)
    if after > before:
        plan.pending.cases.append(
            CaseDraft(
                kind="exposure",
                subject_kind="unit",
                subject_id=unit.id,
                dedupe_key=f"unit:{unit.id}:exposure",
                entity_id=line.entity,
                money_at_risk_minor=line.invoiced(after - before),
                currency=line.currency,
                facts={"lpn": unit.lpn, "rma": line.rma, "rma_line": line.line_no, "pieces": after - before},
            )
        )
