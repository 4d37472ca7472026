"""Inspect units: what they are worth, once for each unit and round, by the plan of their family."""

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
from counterflow.policies.commands.record_decisions import decision_rows, record_decisions
from counterflow.receiving import events, planning, rules
from counterflow.receiving.lookups import UnitNow, lock_lines_and_units, unit_of
from counterflow.receiving.lookups_inspection import Earlier, Past, past_of, sold_serials
from counterflow.receiving.models import Inspection, Unit
from counterflow.receiving.planbook import Book, book, checks_serials
from counterflow.receiving.rules_inspection import Asked, Verdict, verdict
from counterflow.receiving.rules_plans import Found, Plan, Sold
from counterflow.receiving.states import UNIT
from counterflow.returns.models import Milestone, RmaLine
from counterflow.returns.states import Reached
from counterflow.workqueue.cases import CaseDraft, open_cases


@dataclass(frozen=True)
class InspectUnit:
    """What the bench found. Rounds count from 1; `passed` follows from the findings unless it is said.

    `answers` are the codes that the inspector chose, by question of the plan; no free text. Where they are
    complete the plan suggests a grade: an empty `grade` takes it, another one needs a `grade_reason`, a code.
    """

    lpn: str
    grade: str = ""
    round: int = 1
    passed: bool | None = None
    damage_code: str = ""
    serial: str = ""
    answers: Mapping[str, str | int | bool] = field(default_factory=dict)
    happened_at: datetime | None = None
    grade_reason: str = ""

    @property
    def identity(self) -> str:
        """One inspection for each unit and round, for ever."""
        return f"{self.lpn}:{self.round}"


@dataclass
class _Known:
    units: dict[str, UnitNow]
    past: Past
    book: Book
    asked: dict[int, planning.Asked]
    sold: dict[tuple[int, str], Sold]

    def plan_of(self, unit: UnitNow) -> Plan | None:
        """The plan that the policy, or else the family, gives a unit."""
        return self.asked[unit.id].plan_in(self.book, unit.family)


@dataclass
class _Plan:
    """The rows that one batch will write, gathered while its items are decided."""

    inspections: list[dict[str, Any]] = field(default_factory=list)
    touched: dict[int, UnitNow] = field(default_factory=dict)
    milestones: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    counters: dict[int, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    entries: list[Entry] = field(default_factory=list)
    cases: list[CaseDraft] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="receiving.inspect")
def inspect_units(ctx: Context, *, items: Sequence[InspectUnit]) -> Batch:
    """Grade each unit by its plan and move it, with its value, to inspection; its RMA line counts pass or fail.

    Where the policy wants a second look, a unit that passed counts once another person has inspected it as well.
    A later round takes back what the round before had counted. What a plan wants shown before money keeps a unit
    from passing: `NotProven` where it is missing, failed where an answer says so. Refuses `UnitNotFound`,
    `GradeUnknown`, `GradeReasonMissing`, `AnswersWrong`, `NotProven`, `PhotosMissing`, `CodeMalformed`,
    `SerialMalformed`, `TooManyAnswers`, `TimeInvalid`, `MoveNotAllowed` (disposed of already, for one), `RoundNotNext`,
    `IdentityReused`. SQL: three look-ups and one for serial numbers where a plan asks, then one write a table.
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
    there = list(units.values())
    said = planning.ask(there, at=ctx.at, epoch=ctx.config_epoch)
    asked = {unit.id: answer for unit, answer in zip(there, said, strict=True)}
    known = _Known(units, past_of(asked, actor=ctx.actor), book(ctx.config_epoch), asked, {})
    scanned = {
        (units[item.lpn].id, item.serial)
        for item in items
        if item.serial and item.lpn in units and checks_serials(known.plan_of(units[item.lpn]))
    }
    known.sold = sold_serials(sorted(scanned))
    return known


def _repeated(item: InspectUnit, unit: UnitNow, known: _Known) -> Done | None:
    """What was answered to the same inspection before; a reuse with other content is refused."""
    earlier = known.past.earlier.get((unit.id, item.round))
    if earlier is None:
        return None
    if earlier.content_hash != content_hash(item):
        raise IdentityReused(what="inspection", identity=item.identity)
    return Done(item.identity, _told(unit, item.round, earlier), replayed=True)


def _told(unit: UnitNow, number: int, found: Earlier) -> dict[str, Any]:
    return {
        "unit_id": unit.id,
        "round": number,
        "grade": found.grade,
        "passed": found.passed,
        "damage_code": found.damage_code,
        "suggested_grade": found.suggested_grade,
        "waits_for_second_look": found.waits,
    }


def _inspect(ctx: Context, item: InspectUnit, unit: UnitNow, known: _Known, plan: _Plan) -> Done:
    """Decide one inspection on the running state and plan its rows."""
    serial, happened = rules.require_serial(item.serial), rules.instant(item.happened_at, ctx.at)
    answers = rules.require_answers(item.answers)
    matches = rules.serial_matches(unit.serial, serial)
    damage = rules.require_code(item.damage_code) if item.damage_code else ""
    reason = rules.require_code(item.grade_reason) if item.grade_reason else ""
    if item.grade:
        rules.require_grade(item.grade)
    state = UNIT.move("inspect", unit.state)
    if item.round != unit.round + 1:
        raise rules.RoundNotNext(lpn=unit.lpn, done=unit.round, next=unit.round + 1, round=item.round)
    sold = known.sold.get((unit.id, serial), Sold.UNRECORDED if unit.shipment_line_id else Sold.NO_SALE)
    found = Found(answers, serial, sold, known.past.photos.get(unit.id, 0))
    asked = Asked(unit.lpn, item.grade, item.passed, damage, reason, matches)
    said = verdict(known.plan_of(unit), asked, found)
    waits = said.passed and known.asked[unit.id].second_look and not _seen_by_another(unit, known.past)

    moves = unit.stock_state != State.INSPECTION
    entry_id = ctx.new_id() if moves else known.past.earlier[unit.id, unit.round].entry_id
    told = Earlier(
        content_hash(item), said.passed, said.grade, said.damage, said.suggested, entry_id, known.past.person, waits
    )
    known.past.earlier[unit.id, item.round] = told
    # Photos are of one round: the next one shows its own.
    known.past.photos[unit.id] = 0
    if moves:
        target = replace(unit.place, state=State.INSPECTION)
        move = Move(unit.place, target, unit.quantity, unit.cost_minor, unit.allowance_minor, unit.id)
        plan.entries.append(Entry(entry_id, unit.entity_id, "inspect", happened, [move]))
    decided = _decision(ctx, unit, known.asked[unit.id], plan)
    plan.inspections.append(_row(ctx, item, unit, told, said, happened) | {"decision_id": decided})
    unit.state, unit.stock_state, unit.round = str(state), str(State.INSPECTION), item.round
    unit.grade, unit.damage_code = said.grade, said.damage
    plan.touched[unit.id] = unit
    _count(ctx, unit, None if waits else said.passed, happened, known.past, plan)
    if matches is False or said.wrong_serial:
        plan.cases.append(_wrong_serial(unit, sold))
    facts = {"lpn": unit.lpn, "rma_line_id": unit.rma_line_id, "quantity": unit.quantity}
    answered = _told(unit, item.round, told)
    plan.events.append(Event(events.UNIT_INSPECTED, unit.id, happened, {**answered, **facts}))
    return Done(item.identity, answered)


def _seen_by_another(unit: UnitNow, past: Past) -> bool:
    """Whether a person other than who inspects now has looked at the unit; of old rounds nobody knows who did."""
    return any(seen.by not in ("", past.person) for (unit_id, _), seen in past.earlier.items() if unit_id == unit.id)


def _decision(ctx: Context, unit: UnitNow, asked: planning.Asked, plan: _Plan) -> int | None:
    """Plan the record of what the policy said; its id, none where there is no policy."""
    if asked.answer is None:
        return None
    row = decision_rows(ctx, [(unit.id, asked.answer)])[0]
    plan.decisions.append(row)
    return int(row["id"])


def _row(
    ctx: Context, item: InspectUnit, unit: UnitNow, told: Earlier, said: Verdict, happened: datetime
) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "unit_id": unit.id,
        "round": item.round,
        "content_hash": told.content_hash,
        "passed": told.passed,
        "grade": told.grade,
        "damage_code": told.damage_code,
        "serial": item.serial,
        "answers": dict(item.answers),
        "plan_id": said.plan_id,
        "plan_row": said.plan_row,
        "suggested_grade": said.suggested,
        "grade_reason": item.grade_reason if said.differs else "",
        "happened_at": happened,
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
        "entry_id": told.entry_id,
        "inspected_by": told.by,
        "waits": told.waits,
    }


def _count(ctx: Context, unit: UnitNow, passed: bool | None, happened: datetime, past: Past, plan: _Plan) -> None:
    """Tell the RMA line: what earlier rounds counted is taken back, then this round counts, unless it waits."""
    if unit.rma_line_id is None:
        return
    changes = [(kind, -past.counted.get((unit.id, str(kind)), 0)) for kind in (Reached.PASSED, Reached.FAILED)]
    if passed is not None:
        changes.append((Reached.PASSED if passed else Reached.FAILED, unit.quantity))
    for kind, quantity in changes:
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
    past.counted[unit.id, str(Reached.PASSED)] = unit.quantity if passed is True else 0
    past.counted[unit.id, str(Reached.FAILED)] = unit.quantity if passed is False else 0


def _wrong_serial(unit: UnitNow, sold: Sold) -> CaseDraft:
    return CaseDraft(
        kind="wrong_serial",
        subject_kind="unit",
        subject_id=unit.id,
        dedupe_key=f"unit:{unit.id}:serial",
        entity_id=unit.entity_id,
        money_at_risk_minor=unit.cost_minor + unit.allowance_minor,
        currency=unit.currency,
        facts={"lpn": unit.lpn, "round": unit.round, "rma_line_id": unit.rma_line_id, "sold": str(sold)},
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
    record_decisions(ctx, plan.decisions)
    open_cases(ctx, plan.cases)
    post(ctx, plan.entries)
    emit(ctx, plan.events)
