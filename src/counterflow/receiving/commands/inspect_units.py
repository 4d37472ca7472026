"""Inspect units: what they are worth, once for each unit and round."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.kernel.events import Event, emit
from counterflow.ledger.chart import State
from counterflow.ledger.posting import Entry, Move, post
from counterflow.receiving import events, rules
from counterflow.receiving.lookups import UnitNow, lock_lines_and_units, unit_of
from counterflow.receiving.models import Inspection, Unit
from counterflow.receiving.states import UNIT
from counterflow.returns.models import Milestone, RmaLine
from counterflow.returns.states import Reached
from counterflow.workqueue.cases import CaseDraft, open_cases


@dataclass(frozen=True)
class InspectUnit:
    """What the bench found. Rounds count from 1; `passed` follows from the findings unless it is said.

    `answers` are the codes that the inspector chose, by question; no free text.
    """

    lpn: str
    grade: str
    round: int = 1
    passed: bool | None = None
    damage_code: str = ""
    serial: str = ""
    answers: Mapping[str, str | int | bool] = field(default_factory=dict)
    happened_at: datetime | None = None

    @property
    def identity(self) -> str:
        """One inspection for each unit and round, for ever."""
        return f"{self.lpn}:{self.round}"


@dataclass(frozen=True)
class _Earlier:
    """An inspection that was made: of this batch, or before."""

    content_hash: bytes
    passed: bool
    grade: str
    damage_code: str


@dataclass
class _Known:
    units: dict[str, UnitNow]
    earlier: dict[tuple[int, int], _Earlier]
    # What a unit has counted for on its line so far, by (unit, kind of milestone).
    counted: dict[tuple[int, str], int]


@dataclass
class _Plan:
    """The rows that one batch will write, gathered while its items are decided."""

    inspections: list[dict[str, Any]] = field(default_factory=list)
    touched: dict[int, UnitNow] = field(default_factory=dict)
    milestones: list[dict[str, Any]] = field(default_factory=list)
    counters: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    entries: list[Entry] = field(default_factory=list)
    cases: list[CaseDraft] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="receiving.inspect")
def inspect_units(ctx: Context, *, items: Sequence[InspectUnit]) -> Batch:
    """Grade each unit and move it, with its value, to inspection; its RMA line counts it as passed or failed.

    A later round takes back what the round before had counted. Refuses `UnitNotFound`, `GradeUnknown`,
    `CodeMalformed`, `SerialMalformed`, `TooManyAnswers`, `TimeInvalid`, `MoveNotAllowed` (disposed of
    already, for one), `RoundNotNext`, `IdentityReused`. SQL: three look-ups, then one write a table.
    """
    known = _look_up(ctx, items)
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            unit = unit_of(known.units, item.lpn)
            results.append(_repeated(item, unit, known) or _inspect(ctx, item, unit, known, plan))
        except DomainError as error:
            results.append(Refused.of(item.identity, error))
    _write(ctx, plan)
    return Batch(results)


def _look_up(ctx: Context, items: Sequence[InspectUnit]) -> _Known:
    units = lock_lines_and_units(ctx, (item.lpn for item in items))
    known = _Known(units, {}, {})
    for row in db.rows(_EARLIER, [[unit.id for unit in units.values()]]):
        if row.what == "inspection":
            told = _Earlier(bytes(row.content_hash), row.passed, row.grade, row.damage_code)
            known.earlier[row.unit_id, row.number] = told
        else:
            known.counted[row.unit_id, row.what] = row.number
    return known


# Read after the locks are held, so that nothing of these units is missing.
_EARLIER = """
WITH u AS (SELECT id, rma_line_id FROM receiving_unit WHERE id = ANY(%s::bigint[]))
SELECT 'inspection' AS what, i.unit_id, i.round::bigint AS number, i.content_hash, i.passed, i.grade, i.damage_code
FROM u JOIN receiving_inspection i ON i.unit_id = u.id
UNION ALL
SELECT m.kind, u.id, sum(m.quantity), NULL, NULL, NULL, NULL
FROM u JOIN returns_milestone m ON m.rma_line_id = u.rma_line_id AND m.subject_id = u.id
WHERE m.kind IN ('inspection_passed', 'inspection_failed') GROUP BY 1, 2
"""


def _repeated(item: InspectUnit, unit: UnitNow, known: _Known) -> Done | None:
    """What was answered to the same inspection before; a reuse with other content is refused."""
    earlier = known.earlier.get((unit.id, item.round))
    if earlier is None:
        return None
    if earlier.content_hash != content_hash(item):
        raise IdentityReused(what="inspection", identity=item.identity)
    return Done(item.identity, _told(unit, item.round, earlier), replayed=True)


def _told(unit: UnitNow, number: int, found: _Earlier) -> dict[str, Any]:
    return {
        "unit_id": unit.id,
        "round": number,
        "grade": found.grade,
        "passed": found.passed,
        "damage_code": found.damage_code,
    }


def _inspect(ctx: Context, item: InspectUnit, unit: UnitNow, known: _Known, plan: _Plan) -> Done:
    """Decide one inspection on the running state and plan its rows."""
    grade, serial = rules.require_grade(item.grade), rules.require_serial(item.serial)
    answers, happened = rules.require_answers(item.answers), rules.instant(item.happened_at, ctx.at)
    matches = rules.serial_matches(unit.serial, serial)
    damage = rules.require_code(item.damage_code) if item.damage_code else ""
    if matches is False and not damage:
        damage = rules.SERIAL_MISMATCH
    state = UNIT.move("inspect", unit.state)
    if item.round != unit.round + 1:
        raise rules.RoundNotNext(lpn=unit.lpn, done=unit.round, next=unit.round + 1, round=item.round)
    found = _Earlier(content_hash(item), rules.passes(item.passed, grade, damage, matches), grade, damage)
    known.earlier[unit.id, item.round] = found

    entry_id = ctx.new_id()
    target = replace(unit.place, state=State.INSPECTION)
    move = Move(unit.place, target, unit.quantity, unit.cost_minor, unit.allowance_minor, unit.id)
    plan.entries.append(Entry(entry_id, unit.entity_id, "inspect", happened, [move]))
    plan.inspections.append(
        {
            "id": ctx.new_id(),
            "unit_id": unit.id,
            "round": item.round,
            "content_hash": found.content_hash,
            "passed": found.passed,
            "grade": grade,
            "damage_code": damage,
            "serial": serial,
            "answers": answers,
            "happened_at": happened,
            "recorded_at": ctx.at,
            "command_id": ctx.command_id,
            "entry_id": entry_id,
        }
    )
    unit.state, unit.stock_state, unit.round = str(state), str(State.INSPECTION), item.round
    unit.grade, unit.damage_code = grade, damage
    plan.touched[unit.id] = unit
    _count(ctx, unit, found.passed, happened, known, plan)
    if matches is False:
        plan.cases.append(_wrong_serial(unit))
    facts = {"lpn": unit.lpn, "rma_line_id": unit.rma_line_id, "quantity": unit.quantity}
    told = _told(unit, item.round, found)
    plan.events.append(Event(events.UNIT_INSPECTED, unit.id, happened, {**told, **facts}))
    return Done(item.identity, told)


def _count(ctx: Context, unit: UnitNow, passed: bool, happened: datetime, known: _Known, plan: _Plan) -> None:
    """Tell the RMA line: what earlier rounds counted is taken back, then this round counts."""
    if unit.rma_line_id is None:
        return
    reached = Reached.PASSED if passed else Reached.FAILED
    changes = [(kind, -known.counted.get((unit.id, str(kind)), 0)) for kind in (Reached.PASSED, Reached.FAILED)]
    for kind, quantity in [*changes, (reached, unit.quantity)]:
        if quantity:
            plan.milestones.append(
                {
                    "id": ctx.new_id(),
                    "rma_line_id": unit.rma_line_id,
                    "kind": str(kind),
                    "quantity": quantity,
                    "happened_at": happened,
                    "recorded_at": ctx.at,
                    "command_id": ctx.command_id,
                    "subject_id": unit.id,
                }
            )
            column = "passed_qty" if kind is Reached.PASSED else "failed_qty"
            plan.counters[unit.rma_line_id][column] += quantity
    known.counted[unit.id, str(Reached.PASSED)] = unit.quantity if passed else 0
    known.counted[unit.id, str(Reached.FAILED)] = 0 if passed else unit.quantity


def _wrong_serial(unit: UnitNow) -> CaseDraft:
    return CaseDraft(
        kind="wrong_serial",
        subject_kind="unit",
        subject_id=unit.id,
        dedupe_key=f"unit:{unit.id}:serial",
        entity_id=unit.entity_id,
        money_at_risk_minor=unit.cost_minor + unit.allowance_minor,
        currency=unit.currency,
        facts={"round": unit.round, "rma_line_id": unit.rma_line_id},
    )


def _write(ctx: Context, plan: _Plan) -> None:
    db.insert(Inspection, plan.inspections)
    db.update(
        Unit,
        [
            {
                "id": unit.id,
                "state": unit.state,
                "stock_state": unit.stock_state,
                "round": unit.round,
                "grade": unit.grade,
                "damage_code": unit.damage_code,
            }
            for _, unit in sorted(plan.touched.items())
        ],
    )
    db.insert(Milestone, plan.milestones)
    db.add(
        RmaLine,
        [
            {"id": line, "passed_qty": moved["passed_qty"], "failed_qty": moved["failed_qty"]}
            for line, moved in sorted(plan.counters.items())
        ],
    )
    open_cases(ctx, plan.cases)
    post(ctx, plan.entries)
    emit(ctx, plan.events)
