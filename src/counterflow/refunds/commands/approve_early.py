"""Approve credits ahead of their milestone, or for pieces that failed: an approval on record, by somebody else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.refunds import events
from counterflow.refunds.rules import CreditLineNotFound
from counterflow.returns.commands.locking import RmaState, lock_rmas, milestone, require
from counterflow.returns.entitlement import accepted
from counterflow.returns.models import Milestone, RmaLine
from counterflow.returns.rules import OwnRequest, require_quantity, require_reason
from counterflow.returns.states import Reached


@dataclass(frozen=True)
class ApproveEarly:
    """That up to `quantity` pieces of an RMA line may be credited, whatever they reached; `reason` is a code."""

    rma: str
    line_no: int
    quantity: int
    reason: str
    happened_at: datetime | None = None


class NotSoMany(Refusal):
    """{wanted} pieces of line {line_no} of {rma} cannot be approved: {accepted} are authorised or here."""


@dataclass
class _Plan:
    approved: dict[int, int] = field(default_factory=dict)
    milestones: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="refunds.approve")
def approve_early(ctx: Context, *, items: Sequence[ApproveEarly]) -> Batch:
    """Record each approval. A number that was approved already, or more, answers as a replay.

    Refuses: `RmaNotFound`, `CreditLineNotFound`, `QuantityInvalid`, `ReasonMissing`, `OwnRequest`, `NotSoMany`.
    """
    rmas = lock_rmas(ctx, [item.rma for item in items])
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        identity = f"{item.rma}/{item.line_no}"
        try:
            results.append(_approve(ctx, identity, item, require(rmas, item.rma), plan))
        except DomainError as error:
            results.append(Refused.of(identity, error))
    db.add(RmaLine, [{"id": i, "approved_qty": q} for i, q in sorted(plan.approved.items())])
    db.insert(Milestone, plan.milestones)
    emit(ctx, plan.events)
    return Batch(results)


def _approve(ctx: Context, identity: str, item: ApproveEarly, rma: RmaState, plan: _Plan) -> Done:
    require_quantity(item.quantity)
    require_reason(item.reason)
    line = next((line for line in rma.lines if line.line_no == item.line_no), None)
    if line is None:
        raise CreditLineNotFound(rma=item.rma, line_no=item.line_no)
    if rma.opened_by == ctx.actor:
        raise OwnRequest(rma=item.rma)
    most = accepted(line, rma.state)
    if item.quantity > most:
        raise NotSoMany(rma=item.rma, line_no=item.line_no, wanted=item.quantity, accepted=most)
    more = item.quantity - line.approved_qty
    if more <= 0:
        return Done(identity, {"rma_id": rma.id, "approved": line.approved_qty}, replayed=True)
    at = ctx.when(item.happened_at)
    line.approved_qty = item.quantity
    plan.approved[line.id] = plan.approved.get(line.id, 0) + more
    plan.milestones.append(milestone(ctx, line, Reached.APPROVED, more, at, rma.id))
    facts = {"rma": rma.number, "line_no": line.line_no, "quantity": item.quantity, "reason": item.reason}
    plan.events.append(Event(events.CREDIT_APPROVED, rma.id, at, facts))
    return Done(identity, {"rma_id": rma.id, "approved": line.approved_qty})
