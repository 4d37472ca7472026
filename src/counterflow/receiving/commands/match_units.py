"""Match units that nobody expected to the RMA line they answer for; they take its value."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Conflict, DomainError, NotFound, Refusal
from counterflow.kernel.events import Event
from counterflow.ledger.chart import State
from counterflow.ledger.posting import Entry, Move, Place
from counterflow.logistics.commands.writing import Pending, milestone, place_of, write_counters
from counterflow.logistics.lookups import hold_names, lock_lines
from counterflow.logistics.rules import Line, require_text
from counterflow.receiving import events, rules_receipt
from counterflow.receiving.commands.receive_units import allocation, origin
from counterflow.receiving.lookups import UnitNow, lock_units, unit_of
from counterflow.receiving.lookups_receipt import unit_facts, unit_name
from counterflow.receiving.models import Origin, Unit
from counterflow.receiving.planbook import book
from counterflow.receiving.rules_receipt import NOBODY_KNOWS, OURS, PLACEHOLDER, Part
from counterflow.receiving.states import Found
from counterflow.returns.models import Allocation
from counterflow.returns.states import Reached


@dataclass(frozen=True)
class MatchUnit:
    """Say which line of an RMA a unit answers for."""

    lpn: str
    rma: str
    rma_line: int


class RmaNotFound(NotFound):
    """There is no RMA {rma}."""


class NotMatchable(Refusal):
    """{lpn} is {state} and stands nowhere on the dock or the bench, so it cannot be matched."""


class AlreadyMatched(Conflict):
    """{lpn} answers for another RMA line already; reverse its receipt first."""


class OtherItem(Refusal):
    """{lpn} is {sku}, and line {line_no} of {rma} is for {expected}."""


class NotExpected(Refusal):
    """{quantity} pieces were to be matched to line {line_no} of {rma}, which expects {left}."""


class PassedUnproven(Refusal):
    """{lpn} passed an inspection without what plan {plan} wants shown before money; inspect it again, then match it."""


_MATCHABLE = {State.RECEIVED, State.INSPECTION, State.QUARANTINE}
# What waits for another person's look counts neither as passed nor as failed.
_INSPECTED = "SELECT DISTINCT ON (unit_id) unit_id, CASE WHEN NOT waits THEN passed END AS passed"
_INSPECTED += " FROM receiving_inspection WHERE unit_id = ANY(%s)"
_INSPECTED += " ORDER BY unit_id, round DESC"


@dataclass
class _Plan:
    units: dict[int, dict[str, Any]] = field(default_factory=dict)
    origins: list[dict[str, Any]] = field(default_factory=list)
    allocations: list[dict[str, Any]] = field(default_factory=list)
    pending: Pending = field(default_factory=Pending)


@command(needs="returns.match")
def match_units(ctx: Context, *, items: Sequence[MatchUnit]) -> Batch:
    """Let blind, excess, wrong or unidentified units answer for a line that still expects their pieces.

    The pieces leave the customer (or the carrier who was said to have them) and unexplained takes its
    pieces back, so the unit stays where it is and takes the value that was issued. Refuses:
    `UnitNotFound`, `RmaNotFound`, `RmaLineNotFound`, `NotMatchable`, `AlreadyMatched`, `OtherItem`,
    `NotExpected`, `OwnerContradicted`, `SerialTakesOne`, `PassedUnproven`,
    `TextInvalid`. The same match again is a replay.
    """
    checked = [_check(item) for item in items]
    sound = [item for item in checked if isinstance(item, MatchUnit)]
    hold_names(ctx, (unit_name(item.lpn) for item in sound))
    lines = lock_lines(ctx, rmas=[item.rma for item in sound])
    units = lock_units(ctx, [item.lpn for item in sound])
    passed = {row.unit_id: row.passed for row in db.rows(_INSPECTED, [sorted(u.id for u in units.values())])}
    wanting = _wanting(ctx, lines.values()) if any(passed.values()) else {}
    numbered: dict[str, dict[int, Line]] = {}
    for line in lines.values():
        numbered.setdefault(line.rma, {})[line.line_no] = line
    plan = _Plan()
    results: list[Done | Refused] = []
    for given, item in zip(items, checked, strict=True):
        try:
            if isinstance(item, DomainError):
                raise item
            unit, line = unit_of(units, item.lpn), _line(item, numbered)
            if passed.get(unit.id) and line.item in wanting and unit.rma_line_id is None:
                raise PassedUnproven(lpn=unit.lpn, plan=wanting[line.item])
            results.append(_match(ctx, unit, line, passed.get(unit.id), plan))
        except DomainError as error:
            results.append(Refused.of(str(given.lpn)[:120], error))
    db.update(Unit, [row for _, row in sorted(plan.units.items())])
    db.insert(Origin, plan.origins)
    db.insert(Allocation, plan.allocations)
    write_counters(lines.values())
    plan.pending.write(ctx, outcome="matched")
    return Batch(results)


def _wanting(ctx: Context, lines: Iterable[Line]) -> dict[int, str]:
    """Items of which a plan wants something shown before money, with the plan's code."""
    plans = book(ctx.config_epoch)
    sql = "SELECT id, family FROM catalog_item WHERE id = ANY(%s)"
    found = {row.id: plans.plan_for(row.family) for row in db.rows(sql, [sorted({line.item for line in lines})])}
    return {item: plan.code for item, plan in found.items() if plan is not None and plan.checks}


def _check(item: MatchUnit) -> MatchUnit | DomainError:
    try:
        require_text("lpn", item.lpn)
        require_text("rma", item.rma)
    except DomainError as error:
        return error
    return item


def _line(item: MatchUnit, numbered: dict[str, dict[int, Line]]) -> Line:
    of_rma = numbered.get(item.rma)
    if of_rma is None:
        raise RmaNotFound(rma=item.rma)
    if item.rma_line not in of_rma:
        raise rules_receipt.RmaLineNotFound(rma=item.rma, line_no=item.rma_line)
    return of_rma[item.rma_line]


def _match(ctx: Context, unit: UnitNow, line: Line, passed: bool | None, plan: _Plan) -> Done:
    facts = unit_facts(unit.id, Found.EXPECTED, unit.quantity, line.rma, line.line_no)
    if unit.rma_line_id == line.id:
        return Done(unit.lpn, facts, replayed=True)
    owner = _require(unit, line)
    parts = rules_receipt.draw(line, unit.quantity, unit.parcel_id)
    cost = sum(part.cost for part in parts)
    _queue_entries(ctx, unit, line, owner, parts, plan.pending)
    nowhere = Part(State.UNEXPLAINED, None, unit.quantity, 0)
    plan.origins += [origin(ctx, unit.id, nowhere, -1), *(origin(ctx, unit.id, part) for part in parts)]
    plan.allocations.append(allocation(ctx, unit.id, line, unit.quantity))
    _count(ctx, unit, line, parts, passed, plan.pending)
    unit.rma_line_id, unit.item_id, unit.entity_id, unit.owner = line.id, line.item, line.entity, owner
    unit.cost_minor, unit.allowance_minor, unit.found = cost, 0, str(Found.EXPECTED)
    plan.units[unit.id] = {
        "id": unit.id,
        "rma_line_id": line.id,
        "shipment_line_id": line.issue.shipment_line if line.issue else None,
        "item_id": line.item,
        "entity_id": line.entity,
        "owner": owner,
        "found": unit.found,
        "cost_minor": cost,
        "allowance_minor": 0,
        "basis": line.basis if owner == OURS else "not_ours",
    }
    plan.pending.settled.append(f"unit:{unit.id}:found")
    told = {"rma_id": line.rma_id, "rma_line_id": line.id, "quantity": unit.quantity}
    plan.pending.events.append(Event(events.UNIT_MATCHED, unit.id, facts=told))
    return Done(unit.lpn, facts)


def _require(unit: UnitNow, line: Line) -> str:
    """Whose goods they are once matched; raises why they cannot be."""
    if unit.rma_line_id is not None:
        raise AlreadyMatched(lpn=unit.lpn)
    if unit.stock_state not in _MATCHABLE:
        raise NotMatchable(lpn=unit.lpn, state=unit.state)
    if unit.item_id != line.item and unit.sku != PLACEHOLDER:
        raise OtherItem(lpn=unit.lpn, sku=unit.sku, line_no=line.line_no, rma=line.rma, expected=line.sku)
    if line.serial_tracked and unit.quantity != 1:
        raise rules_receipt.SerialTakesOne(sku=line.sku, quantity=unit.quantity)
    if unit.quantity > line.left:
        raise NotExpected(quantity=unit.quantity, line_no=line.line_no, rma=line.rma, left=line.left)
    owner = OURS if unit.owner == NOBODY_KNOWS else unit.owner
    if owner != OURS and line.issue is not None and line.issue.total_minor:
        raise rules_receipt.OwnerContradicted(sku=line.sku, rma=line.rma, owner=owner)
    return owner


def _queue_entries(
    ctx: Context, unit: UnitNow, line: Line, owner: str, parts: Sequence[Part], pending: Pending
) -> None:
    """Whatever the books say a carrier has goes to the customer first; then the unit changes places with it."""
    for part in parts:
        if part.content is None or part.source is State.CUSTOMER:
            continue
        steps = [("not_in_parcel", State.IN_TRANSIT, State.CUSTOMER)]
        if part.source is State.LOST:
            steps.insert(0, ("find", State.LOST, State.IN_TRANSIT))
        for kind, source, target in steps:
            places = place_of(part.content, source), place_of(part.content, target)
            move = Move(*places, part.quantity, part.cost, subject=unit.id)
            pending.entries.append(Entry(ctx.new_id(), line.entity, kind, ctx.at, [move]))
    state = State(unit.stock_state)
    nowhere = Place(unit.entity_id, State.UNEXPLAINED, unit.item_id)
    here = Place(line.entity, state, line.item, node=unit.node_id, owner=owner, lot=unit.lot)
    moves = [
        Move(unit.place, nowhere, unit.quantity, unit.cost_minor, unit.allowance_minor, unit.id),
        Move(
            Place(line.entity, State.CUSTOMER, line.item),
            here,
            unit.quantity,
            sum(part.cost for part in parts),
            subject=unit.id,
        ),
    ]
    pending.entries.append(Entry(ctx.new_id(), line.entity, "match", ctx.at, moves))


def _count(
    ctx: Context, unit: UnitNow, line: Line, parts: Sequence[Part], passed: bool | None, pending: Pending
) -> None:
    """What the line has reached by this unit: its receipt, and what an inspection said before the match."""
    reached = [(Reached.RECEIVED, unit.quantity)]
    if lost := sum(part.quantity for part in parts if part.source is State.LOST):
        reached.append((Reached.LOST, -lost))
    if passed is True:
        reached.append((Reached.PASSED, unit.quantity))
        line.passed_qty += unit.quantity
    elif passed is False:
        reached.append((Reached.FAILED, unit.quantity))
        line.failed_qty += unit.quantity
    pending.milestones += [milestone(ctx, line, kind, quantity, ctx.at, unit.id) for kind, quantity in reached]
