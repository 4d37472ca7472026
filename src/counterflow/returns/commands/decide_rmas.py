"""Decide requests that wait for a person: approve them, or decline them and give the pieces back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.access.standing import person_of
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.kernel.events import Event, emit
from counterflow.kernel.models import Payload
from counterflow.orders.models import ShipmentLine
from counterflow.returns import events
from counterflow.returns.commands.keeping_scores import review_key, review_outcome
from counterflow.returns.commands.locking import RmaState, lock_rmas, milestone, require
from counterflow.returns.models import Milestone, Rma, RmaLine
from counterflow.returns.rules import OwnRequest, require_reason
from counterflow.returns.states import RMA, Reached
from counterflow.returns.states import Rma as State
from counterflow.workqueue.cases import settle_cases


@dataclass(frozen=True)
class DecideRma:
    """A person's answer to a request. `reason` is a code; `note` is free text and is kept erasable."""

    rma: str
    approve: bool
    reason: str
    note: str = ""
    happened_at: datetime | None = None


@dataclass
class _Plan:
    rmas: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    milestones: list[dict[str, Any]] = field(default_factory=list)
    shipped: dict[int, int] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="returns.decide")
def decide_rmas(ctx: Context, *, items: Sequence[DecideRma]) -> Batch:
    """Approve or decline each request; nobody decides what they opened themselves, by any token.

    Refuses: `RmaNotFound`, `ReasonMissing`, `OwnRequest`, `MoveNotAllowed`. The same decision again is a
    replay.
    """
    me = person_of(ctx.actor)
    rmas = lock_rmas(ctx, [item.rma for item in items])
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_decide(ctx, item, require(rmas, item.rma), me, plan))
        except DomainError as error:
            results.append(Refused.of(item.rma, error))
    db.update(Rma, plan.rmas)
    db.add(RmaLine, plan.lines)
    db.add(ShipmentLine, [{"id": i, "authorised_qty": q} for i, q in sorted(plan.shipped.items())])
    db.insert(Milestone, plan.milestones)
    db.insert(Payload, plan.notes)
    settle_cases(ctx, [f"rma:{row['id']}:decision" for row in plan.rmas], outcome="decided")
    for row in plan.rmas:
        settle_cases(ctx, [review_key(row["id"])], outcome=review_outcome(row["state"], row["decision_reason"]))
    emit(ctx, plan.events)
    return Batch(results)


def _decide(ctx: Context, item: DecideRma, rma: RmaState, me: str, plan: _Plan) -> Done:
    require_reason(item.reason)
    approved_before = rma.state != State.DECLINED
    if rma.decided_by and approved_before == item.approve and rma.decision_reason == item.reason:
        return Done(item.rma, {"rma_id": rma.id, "state": rma.state}, replayed=True)
    state = RMA.move("approve" if item.approve else "decline", rma.state)
    if rma.opener == me:
        raise OwnRequest(rma=item.rma)
    at = ctx.when(item.happened_at)
    rma.state, rma.decided_by, rma.decision_reason = state, ctx.actor, item.reason
    plan.rmas.append({"id": rma.id, "state": state, "decided_by": ctx.actor, "decision_reason": item.reason})
    for line in rma.lines:
        if item.approve:
            plan.milestones.append(milestone(ctx, line, Reached.AUTHORISED, line.authorised_qty, at, rma.id))
            continue
        given = line.authorised_qty
        plan.lines.append({"id": line.id, "authorised_qty": -given, "cancelled_qty": given})
        plan.milestones.append(milestone(ctx, line, Reached.CANCELLED, given, at, rma.id))
        if line.shipment_line_id is not None:
            plan.shipped[line.shipment_line_id] = plan.shipped.get(line.shipment_line_id, 0) - given
    if item.note:
        plan.notes.append(_note(ctx, item, rma))
    kind = events.RMA_APPROVED if item.approve else events.RMA_DECLINED
    plan.events.append(Event(kind, rma.id, at, {"rma": rma.number, "reason": item.reason, "by": ctx.actor}))
    return Done(item.rma, {"rma_id": rma.id, "state": state})


def _note(ctx: Context, item: DecideRma, rma: RmaState) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "kind": "decision_note",
        "subject_id": rma.id,
        "source": "returns",
        "reference": "",
        "body": {"note": item.note},
        "kept_at": ctx.at,
    }
