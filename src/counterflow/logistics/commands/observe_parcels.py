"""Record what carriers report. A report is a fact: it is kept whatever it says and in whatever order it comes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.kernel.events import Event
from counterflow.logistics import events, rules
from counterflow.logistics.commands.writing import Pending, move_steps, write_counters
from counterflow.logistics.lookups import Key, Tracked, hold_names, lock_lines, lock_parcels, parcel_name
from counterflow.logistics.models import Parcel, ParcelEvent
from counterflow.logistics.rules import Step
from counterflow.logistics.states import HANDS, PARCEL
from counterflow.logistics.states import Parcel as State
from counterflow.workqueue.cases import CaseDraft


@dataclass(frozen=True)
class ParcelReport:
    """One report: accepted, in_transit, delivered, lost, found or returned_to_sender.

    `event_ref` is the carrier's own id of it; without one it is known by its kind and time.
    """

    carrier: str
    tracking: str
    kind: str
    happened_at: datetime
    event_ref: str = ""


@dataclass
class _Plan:
    parcels: dict[int, dict[str, Any]] = field(default_factory=dict)
    states: dict[int, str] = field(default_factory=dict)
    reports: list[dict[str, Any]] = field(default_factory=list)
    pending: Pending = field(default_factory=Pending)


@command(needs="logistics.observe")
def observe_parcels(ctx: Context, *, items: Sequence[ParcelReport]) -> Batch:
    """Keep each report once and let the latest decide where the goods are.

    The first sign of carriage takes what is announced and still authorised from the customer into transit,
    at the value the ledger issued; loss, finding and return to the sender move it on. An unknown tracking
    number opens a parcel and a case. A report that was kept before is answered as a replay.

    Refuses what cannot be understood: `TextInvalid`, `TimeInvalid`, `ReportKindUnknown`.
    """
    checked = [_check(item) for item in items]
    keys = sorted({(i.carrier, i.tracking) for i in checked if isinstance(i, ParcelReport)})
    hold_names(ctx, map(parcel_name, keys))
    lines = lock_lines(ctx, parcels=keys)
    parcels = lock_parcels(ctx, keys, lines)
    plan = _Plan()
    results: list[Done | Refused] = []
    for given, item in zip(items, checked, strict=True):
        if isinstance(item, DomainError):
            results.append(Refused.of(str(given.tracking)[: rules.TEXT_MAX], item))
        else:
            results.append(_observe(ctx, item, parcels, plan))
    db.insert(Parcel, sorted(plan.parcels.values(), key=lambda row: (row["tracking"], row["carrier"])))
    db.update(Parcel, [{"id": i, "state": state} for i, state in sorted(plan.states.items())])
    db.insert(ParcelEvent, plan.reports)
    write_counters(lines.values())
    plan.pending.write(ctx, outcome="found")
    return Batch(results)


def _check(item: ParcelReport) -> ParcelReport | DomainError:
    try:
        rules.require_text("carrier", item.carrier)
        rules.require_text("tracking", item.tracking)
        rules.require_text("event_ref", item.event_ref, least=0)
        rules.require_report(item.kind)
        at = rules.require_instant("happened_at", item.happened_at)
    except DomainError as error:
        return error
    return ParcelReport(item.carrier, item.tracking, item.kind, at, item.event_ref)


def _observe(ctx: Context, item: ParcelReport, parcels: dict[Key, Tracked], plan: _Plan) -> Done:
    parcel = parcels.get((item.carrier, item.tracking)) or _unknown(ctx, item, plan)
    parcels[item.carrier, item.tracking] = parcel
    ref, kept = _reference(item, parcel)
    if kept:
        return Done(
            item.tracking, {"parcel_id": parcel.id, "state": str(parcel.state), "event_ref": ref}, replayed=True
        )
    was, steps = parcel.state, list[Step]()
    happened = min(item.happened_at, ctx.at)
    if parcel.tell(ref, item.kind, item.happened_at, ctx.at) and PARCEL.can(item.kind, parcel.state):
        parcel.state = State(PARCEL.move(item.kind, parcel.state))
        steps = rules.carry(parcel.contents, HANDS[parcel.state])
    move_steps(ctx, plan.pending, steps, happened, parcel.id)
    if parcel.state != was:
        _set_state(parcel, plan)
    plan.reports.append(
        {
            "id": ctx.new_id(),
            "parcel_id": parcel.id,
            "event_ref": ref,
            "kind": item.kind,
            "happened_at": item.happened_at,
            "recorded_at": ctx.at,
            "command_id": ctx.command_id,
            "changed": parcel.state != was or bool(steps),
        }
    )
    _tell(item, parcel, was, steps, happened, plan.pending)
    moved = sum(step.quantity for step in steps[-1:])
    return Done(item.tracking, {"parcel_id": parcel.id, "state": str(parcel.state), "event_ref": ref, "moved": moved})


def _reference(item: ParcelReport, parcel: Tracked) -> tuple[str, bool]:
    """Under which reference a report is kept, and whether it was; another report under a known id is kept too."""
    made = f"{item.kind}@{item.happened_at.isoformat()}"
    ref = item.event_ref or made
    if parcel.told.get(ref, (item.kind, item.happened_at)) != (item.kind, item.happened_at):
        ref = f"{ref} {made}"
    return ref, ref in parcel.told


def _unknown(ctx: Context, item: ParcelReport, plan: _Plan) -> Tracked:
    """A parcel that nobody announced."""
    parcel = Tracked(ctx.new_id(), item.carrier, item.tracking, None, "", 0, State.ANNOUNCED, b"")
    plan.parcels[parcel.id] = {
        "id": parcel.id,
        "carrier": parcel.carrier,
        "tracking": parcel.tracking,
        "rma_id": None,
        "node_id": None,
        "entity_id": 0,
        "state": str(parcel.state),
        "announced_at": ctx.at,
        "content_hash": b"",
    }
    plan.pending.cases.append(
        CaseDraft(
            kind="unidentified_parcel",
            subject_kind="parcel",
            subject_id=parcel.id,
            dedupe_key=f"parcel:{parcel.id}:unidentified",
            facts={"carrier": parcel.carrier, "tracking": parcel.tracking},
        )
    )
    facts = {"carrier": parcel.carrier, "tracking": parcel.tracking}
    plan.pending.events.append(Event(events.PARCEL_UNIDENTIFIED, parcel.id, facts=facts))
    return parcel


def _set_state(parcel: Tracked, plan: _Plan) -> None:
    if parcel.id in plan.parcels:
        plan.parcels[parcel.id]["state"] = str(parcel.state)
    else:
        plan.states[parcel.id] = str(parcel.state)


def _tell(
    item: ParcelReport, parcel: Tracked, was: State, steps: Sequence[Step], happened: datetime, pending: Pending
) -> None:
    facts = {"kind": item.kind, "state": str(parcel.state), "rma_id": parcel.rma_id}
    told = [events.PARCEL_REPORTED]
    if parcel.state != was and State.LOST in (parcel.state, was):
        told.append(events.PARCEL_LOST if parcel.state == State.LOST else events.PARCEL_FOUND)
    pending.events += [Event(kind, parcel.id, happened, facts) for kind in told]
    lost = [step for step in steps if step.kind == "lose"]
    found = [step for step in steps if step.kind == "find"]
    if parcel.state == State.LOST and was != State.LOST:
        pending.cases.append(_case("lost_parcel", "lost", parcel, lost))
    elif was == State.LOST and parcel.state != State.LOST:
        pending.settled.append(f"parcel:{parcel.id}:lost")
        if any(step.content.line.credited_qty for step in found):
            pending.cases.append(_case("lost_then_found", "found", parcel, found))


def _case(kind: str, cause: str, parcel: Tracked, steps: Sequence[Step]) -> CaseDraft:
    return CaseDraft(
        kind=kind,
        subject_kind="parcel",
        subject_id=parcel.id,
        dedupe_key=f"parcel:{parcel.id}:{cause}",
        entity_id=parcel.entity or None,
        money_at_risk_minor=sum(step.content.line.invoiced(step.quantity) for step in steps),
        currency=steps[0].content.line.currency if steps else "",
        facts={"tracking": parcel.tracking, "rma": parcel.rma, "pieces": sum(step.quantity for step in steps)},
    )
