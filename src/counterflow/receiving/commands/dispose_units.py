"""Dispose of units: send each where policy says, or where somebody with the right and a reason says."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.kernel.models import Payload
from counterflow.ledger.chart import TRAITS
from counterflow.ledger.overlays import Shelf, lock_shelves
from counterflow.ledger.posting import Entry, Move, Place, post
from counterflow.policies.approving import ApprovalNeeded
from counterflow.policies.commands.record_decisions import decision_rows, record_decisions
from counterflow.policies.commands.record_overrides import note_row, record_overrides
from counterflow.policies.queries import Answer, decide
from counterflow.receiving import events, rules
from counterflow.receiving.approving import cause, require_agreement, unasked
from counterflow.receiving.lookups import UnitNow, lock_units, unit_of
from counterflow.receiving.lookups_totes import ToteNow, into, lock_totes, out_of, tote_for
from counterflow.receiving.models import Disposal, PutAway, Unit
from counterflow.receiving.overriding import disposal_override, override_of
from counterflow.receiving.rules import TARGETS, Disposition
from counterflow.receiving.states import UNIT
from counterflow.receiving.states import Unit as UnitState
from counterflow.workqueue.cases import CaseDraft, open_cases, settle_cases


@dataclass(frozen=True)
class DisposeUnit:
    """Send a unit away from the bench, after its inspection `round` (0: set apart before any).

    Without a `disposition` policy's answer is taken. `override_reason` is the code of why staff differ, `note` what
    they say about it, which is kept erasable. `tote` is where it was put; the wrong tote is refused. `attempt` counts
    disposals after the same round: a second one follows where the first was reversed, or sends on what was set apart.
    """

    lpn: str
    round: int = 1
    disposition: str = ""
    override_reason: str = ""
    happened_at: datetime | None = None
    tote: str = ""
    attempt: int = 1
    note: str = ""

    @property
    def identity(self) -> str:
        """One disposal for each unit, round and attempt, for ever."""
        return f"{self.lpn}:{self.round}" + (f":{self.attempt}" if self.attempt != 1 else "")


class AttemptNotNext(Refusal):
    """Unit {lpn} was disposed of {done} times after round {round}; the next attempt is {next}, not {attempt}."""


class NotReleased(Refusal):
    """Unit {lpn} is set apart; only staff with the permission receiving.release may send it on."""


class SecondLookMissing(Refusal):
    """Unit {lpn} passed, and policy wants another person to inspect it too; until then it can only be set apart."""


class NotExamined(Refusal):
    """Unit {lpn} was set apart before anybody examined it; release it to the bench and inspect it first."""


@dataclass(frozen=True)
class _Earlier:
    """A disposal that was made: of this batch, or before."""

    content_hash: bytes
    disposition: str
    decision_id: int


@dataclass
class _Known:
    units: dict[str, UnitNow]
    shelves: dict[Place, Shelf]
    earlier: dict[tuple[int, int, int], _Earlier]
    attempts: Counter[tuple[int, int]]
    totes: dict[str, ToteNow]
    serials: dict[tuple[int, int], str]
    waits: set[tuple[int, int]]
    reasons: dict[str, bool]


@dataclass
class _Plan:
    """The rows that one batch will write, gathered while its items are decided."""

    disposals: list[dict[str, Any]] = field(default_factory=list)
    put_away: list[dict[str, Any]] = field(default_factory=list)
    touched: dict[int, UnitNow] = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    overrides: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    cases: list[CaseDraft] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="receiving.dispose")
def dispose_units(ctx: Context, *, items: Sequence[DisposeUnit]) -> Batch:
    """Move each unit, with its value, where the disposition policy says; what is restocked joins the pool.

    With a tote it is put away in the same act: a tote of another purpose is refused, and nothing is posted.

    Refuses `UnitNotFound`, `MoveNotAllowed`, `NotTheRound`, `DispositionUnknown`, `OverrideNotAllowed`,
    `OverrideReasonMissing`, `OverrideReasonUnknown`, `OverrideNoteMissing`, `GoodsOfOthers`, `UnitOnHold`,
    `ApprovalNeeded` (with a case), `CodeMalformed`, `TimeInvalid`, `AttemptNotNext`, `NotReleased`, `NotExamined`,
    `SecondLookMissing`, `ToteNotFound`, `ToteNotInUse`, `ToteElsewhere`, `WrongTote`, `ToteFull`, `IdentityReused`.
    SQL: three look-ups (five with totes), then one write a table.
    """
    known = _look_up(ctx, items)
    guessed = _guess(ctx, items, known)
    plan = _Plan()
    results: list[Done | Refused] = []
    for n, item in enumerate(items):
        try:
            unit = unit_of(known.units, item.lpn)
            results.append(_repeated(item, unit, known) or _dispose(ctx, item, unit, known, guessed.get(n), plan))
        except DomainError as error:
            results.append(Refused.of(item.identity, error))
    _write(ctx, plan)
    return Batch(results)


def _look_up(ctx: Context, items: Sequence[DisposeUnit]) -> _Known:
    totes = lock_totes(ctx, (item.tote for item in items))
    units = lock_units(ctx, (item.lpn for item in items))
    known = _Known(units, {}, {}, Counter(), totes, {}, set(), {})
    ids = [unit.id for unit in units.values()]
    for row in db.rows(_EARLIER, [ids, ids]):
        if row.what == "disposal":
            told = _Earlier(bytes(row.content_hash), row.word, row.decision_id)
            known.earlier[row.unit_id, row.round, row.attempt] = told
            known.attempts[row.unit_id, row.round] += 1
        elif row.what == "reason":
            known.reasons[row.word] = row.waits
        else:
            known.serials[row.unit_id, row.round] = row.word
            if row.waits:
                known.waits.add((row.unit_id, row.round))
    # Source and every possible target at once, so that the posting locks nothing more.
    places = {unit.place for unit in units.values() if unit.stock_state}
    known.shelves = lock_shelves(ctx, [*places, *(t for place in places for t in _targets(place))])
    return known


# Read after the units are locked, so that nothing of them is missing.
_EARLIER = """
SELECT 'disposal' AS what, unit_id, round, attempt, content_hash, disposition AS word, decision_id, false AS waits
FROM receiving_disposal WHERE unit_id = ANY(%s::bigint[])
UNION ALL
SELECT 'serial', unit_id, round, 0, NULL, serial, NULL, waits
FROM receiving_inspection WHERE unit_id = ANY(%s::bigint[])
UNION ALL
SELECT 'reason', 0, 0, 0, NULL, code, NULL, needs_note FROM catalog_reasoncode WHERE kind = 'override' AND active
"""


def _targets(place: Place) -> list[Place]:
    """The guarded places to which goods from here may be sent."""
    return [_target(place, disposition) for disposition, state in TARGETS.items() if TRAITS[state].guarded]


def _target(place: Place, disposition: str) -> Place:
    bucket = "pool" if disposition == Disposition.RESTOCK else "unit"
    return replace(place, state=TARGETS[disposition], bucket=bucket)


def _on_hold(unit: UnitNow, shelf: Shelf, gone: int) -> bool:
    """Whether a hold lies on the unit: so much of its place is held that it cannot leave freely.

    `gone` pieces of the place left by earlier items of the batch.
    """
    return shelf.held > 0 and shelf.pool.quantity - gone - shelf.held < unit.quantity


def _facts(unit: UnitNow, known: _Known, gone: int) -> dict[str, Any]:
    on_hold = _on_hold(unit, known.shelves[unit.place], gone)
    return rules.disposition_facts(unit, on_hold=on_hold, found=known.serials.get((unit.id, unit.round), ""))


Guess = tuple[dict[str, Any], Answer]


def _guess(ctx: Context, items: Sequence[DisposeUnit], known: _Known) -> dict[int, Guess]:
    """Decide all units at once, as if every item stood; `_dispose` uses what turns out to be true."""
    facts: dict[int, dict[str, Any]] = {}
    gone: dict[Place, int] = defaultdict(int)
    seen: set[int] = set()
    for n, item in enumerate(items):
        unit = known.units.get(item.lpn)
        if unit is None or unit.id in seen or not _leaves(unit):
            continue
        seen.add(unit.id)
        facts[n] = _facts(unit, known, gone[unit.place])
        gone[unit.place] += unit.quantity
    answers = decide("disposition", list(facts.values()), at=ctx.at, epoch=ctx.config_epoch)
    return {n: (told, answer) for (n, told), answer in zip(facts.items(), answers, strict=True)}


def _leaves(unit: UnitNow) -> bool:
    return UNIT.can("dispose", unit.state) or UNIT.can("set_apart", unit.state)


def _repeated(item: DisposeUnit, unit: UnitNow, known: _Known) -> Done | None:
    """What was answered to the same disposal before; a reuse with other content is refused."""
    earlier = known.earlier.get((unit.id, item.round, item.attempt))
    if earlier is None:
        return None
    if earlier.content_hash != _content(item):
        raise IdentityReused(what="disposal", identity=item.identity)
    return Done(item.identity, _told(unit, item, earlier), replayed=True)


def _content(item: DisposeUnit) -> bytes:
    """What tells this disposal from another; notes are erased, and tell nothing."""
    return content_hash(replace(item, note=""))


def _told(unit: UnitNow, item: DisposeUnit, made: _Earlier) -> dict[str, Any]:
    return {
        "unit_id": unit.id,
        "round": item.round,
        "disposition": made.disposition,
        "decision_id": made.decision_id,
    }


def _dispose(ctx: Context, item: DisposeUnit, unit: UnitNow, known: _Known, guess: Guess | None, plan: _Plan) -> Done:
    """Decide one disposal on the running state and plan its rows."""
    happened = rules.instant(item.happened_at, ctx.at)
    asked = rules.require_disposition(item.disposition) if item.disposition else ""
    reason = rules.require_code(item.override_reason) if item.override_reason else ""
    if not _leaves(unit):
        UNIT.move("dispose", unit.state)
    if item.round != unit.round:
        raise rules.NotTheRound(lpn=unit.lpn, now=unit.round, round=item.round)
    if item.attempt != (done := known.attempts[unit.id, item.round]) + 1:
        raise AttemptNotNext(lpn=unit.lpn, done=done, round=item.round, next=done + 1, attempt=item.attempt)
    facts = _facts(unit, known, 0)
    answer = guess[1] if guess is not None and guess[0] == facts else _ask(ctx, facts)
    policy = rules.within_scope(answer.outcome["disposition"], unit.scope)
    chosen = rules.within_scope(asked, unit.scope) if asked else policy
    rules.require_possible(unit.lpn, chosen, owner=unit.owner, on_hold=facts["on_hold"])
    before, state = unit.state, UNIT.move("set_apart" if chosen == Disposition.QUARANTINE else "dispose", unit.state)
    _require_release(ctx, unit)
    if (unit.id, unit.round) in known.waits and chosen != Disposition.QUARANTINE:
        raise SecondLookMissing(lpn=unit.lpn)
    override = override_of(ctx, unit, policy, chosen, item.override_reason, item.note, known.reasons)
    tote = tote_for(known.totes, item.tote, unit, chosen) if item.tote else None
    entry = Entry(ctx.new_id(), unit.entity_id, chosen, happened, [_move_of(unit, chosen)])
    try:
        require_agreement(ctx, item.identity, unit, chosen, answer, override, entry)
    except ApprovalNeeded:
        plan.cases += [] if ctx.may("approvals.ask") else [unasked(unit, chosen, answer)]
        raise

    decision = decision_rows(ctx, [(unit.id, answer)], {unit.id: override} if override else None)[0]
    plan.decisions.append(decision)
    if override:
        plan.overrides.append(disposal_override(ctx, unit, decision))
        plan.notes += [note_row(ctx, unit.id, item.note)] if item.note else []
    made = _Earlier(_content(item), chosen, decision["id"])
    known.earlier[unit.id, item.round, item.attempt] = made
    known.attempts[unit.id, item.round] += 1
    plan.disposals.append(
        {
            "id": ctx.new_id(),
            "unit_id": unit.id,
            "round": item.round,
            "attempt": item.attempt,
            "content_hash": made.content_hash,
            "disposition": chosen,
            "state_before": before,
            "asked": policy if override else "",
            "override_reason": reason if override else "",
            "decision_id": made.decision_id,
            "happened_at": happened,
            "recorded_at": ctx.at,
            "command_id": ctx.command_id,
            "entry_id": entry.id,
        }
    )
    plan.entries.append(entry)
    _leave(unit, chosen, known)
    if answer.outcome["needs_approval"]:
        plan.settled.append(cause(unit))
    unit.state = str(state)
    plan.put_away += into(ctx, unit, tote, happened) if tote else out_of(ctx, unit, happened)
    plan.touched[unit.id] = unit
    told = _told(unit, item, made)
    more = {"lpn": unit.lpn, "rma_line_id": unit.rma_line_id, "quantity": unit.quantity}
    plan.events.append(Event(events.UNIT_DISPOSED, unit.id, happened, {**told, **more}))
    return Done(item.identity, told)


def _require_release(ctx: Context, unit: UnitNow) -> None:
    """What is set apart is sent on only by who may release it, and only when it was examined."""
    if unit.state != UnitState.SET_APART:
        return
    if not ctx.may("receiving.release"):
        raise NotReleased(lpn=unit.lpn)
    if unit.round == 0:
        raise NotExamined(lpn=unit.lpn)


def _ask(ctx: Context, facts: Mapping[str, Any]) -> Answer:
    return decide("disposition", [facts], at=ctx.at, epoch=ctx.config_epoch)[0]


def _move_of(unit: UnitNow, chosen: str) -> Move:
    """The move to where the unit goes, with its value."""
    target = _target(unit.place, chosen)
    return Move(unit.place, target, unit.quantity, unit.cost_minor, unit.allowance_minor, unit.id)


def _leave(unit: UnitNow, chosen: str, known: _Known) -> None:
    """Let it go on the running state; it keeps its value only where it stays a unit in our books."""
    target = _target(unit.place, chosen)
    shelf = known.shelves[unit.place]
    shelf.pool = shelf.pool.plus(-unit.quantity, -unit.cost_minor, -unit.allowance_minor)
    absorbed = target.bucket == "pool"
    if absorbed or not target.valued:
        unit.cost_minor = unit.allowance_minor = 0
    unit.stock_state = "" if absorbed else str(target.state)
    unit.disposition = chosen


def _write(ctx: Context, plan: _Plan) -> None:
    db.insert(Disposal, plan.disposals)
    db.update(
        Unit,
        [
            {
                "id": unit.id,
                "state": unit.state,
                "stock_state": unit.stock_state,
                "cost_minor": unit.cost_minor,
                "allowance_minor": unit.allowance_minor,
                "disposition": unit.disposition,
                "tote_id": unit.tote_id,
            }
            for _, unit in sorted(plan.touched.items())
        ],
    )
    db.insert(PutAway, plan.put_away)
    db.insert(Payload, plan.notes)
    record_decisions(ctx, plan.decisions)
    record_overrides(ctx, plan.overrides)
    open_cases(ctx, plan.cases)
    settle_cases(ctx, plan.settled, outcome="disposed")
    post(ctx, plan.entries)
    emit(ctx, plan.events)
