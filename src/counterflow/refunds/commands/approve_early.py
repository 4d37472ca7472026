"""Approve credits ahead of their milestone, or for pieces that failed: an approval on record, by somebody else."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.access.standing import person_of
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.kernel.models import Payload
from counterflow.policies.approving import require_approval
from counterflow.policies.commands.record_overrides import About, note_row, override_row, record_overrides
from counterflow.policies.overriding import require_override
from counterflow.refunds import events
from counterflow.refunds.rules import CreditLineNotFound
from counterflow.returns.commands.locking import LineState, RmaState, lock_rmas, milestone, require
from counterflow.returns.entitlement import accepted
from counterflow.returns.models import Milestone, RmaLine
from counterflow.returns.rules import OwnRequest, require_quantity, require_reason
from counterflow.returns.setting_aside import Aside, Said, look_up_said
from counterflow.returns.states import Reached


@dataclass(frozen=True)
class ApproveEarly:
    """That up to `quantity` pieces of an RMA line may be credited, whatever they reached.

    It sets aside what the refund policy said: `reason` is the code of why, `note` what the person says about it, which
    is kept erasable.
    """

    rma: str
    line_no: int
    quantity: int
    reason: str
    happened_at: datetime | None = None
    note: str = ""

    @property
    def identity(self) -> str:
        """What is approved: a number of pieces of a line, in all."""
        return f"{self.rma}/{self.line_no}:{self.quantity}"


class NotSoMany(Refusal):
    """{wanted} pieces of line {line_no} of {rma} cannot be approved: {accepted} are authorised or here."""


@dataclass
class _Plan:
    approved: dict[int, int] = field(default_factory=dict)
    milestones: list[dict[str, Any]] = field(default_factory=list)
    overrides: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="refunds.approve")
def approve_early(ctx: Context, *, items: Sequence[ApproveEarly]) -> Batch:
    """Record each approval. A number that was approved already, or more, answers as a replay.

    Nobody approves for a return they opened themselves, by any token.

    Refuses: `RmaNotFound`, `CreditLineNotFound`, `QuantityInvalid`, `ReasonMissing`, `OwnRequest`, `NotSoMany`,
    `OverrideReasonUnknown`, `OverrideNoteMissing`, `ApprovalNeeded`. SQL: four look-ups (two lock), one write a table.
    """
    me = person_of(ctx.actor)
    rmas = lock_rmas(ctx, [item.rma for item in items])
    aside = look_up_said(item.rma for item in items)
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        identity = f"{item.rma}/{item.line_no}"
        try:
            results.append(_approve(ctx, identity, item, require(rmas, item.rma), aside, me, plan))
        except DomainError as error:
            results.append(Refused.of(identity, error))
    db.add(RmaLine, [{"id": i, "approved_qty": q} for i, q in sorted(plan.approved.items())])
    db.insert(Milestone, plan.milestones)
    db.insert(Payload, plan.notes)
    record_overrides(ctx, plan.overrides)
    emit(ctx, plan.events)
    return Batch(results)


def _approve(
    ctx: Context, identity: str, item: ApproveEarly, rma: RmaState, aside: Aside, me: str, plan: _Plan
) -> Done:
    require_quantity(item.quantity)
    require_reason(item.reason)
    require_override(item.reason, item.note, aside.reasons)
    line = next((line for line in rma.lines if line.line_no == item.line_no), None)
    if line is None:
        raise CreditLineNotFound(rma=item.rma, line_no=item.line_no)
    if rma.opener == me:
        raise OwnRequest(rma=item.rma)
    most = accepted(line, rma.state)
    if item.quantity > most:
        raise NotSoMany(rma=item.rma, line_no=item.line_no, wanted=item.quantity, accepted=most)
    more = item.quantity - line.approved_qty
    if more <= 0:
        return Done(identity, {"rma_id": rma.id, "approved": line.approved_qty}, replayed=True)
    worth = _worth(line, more)
    asked = {
        "value_minor": worth,
        "total_minor": worth + sum(_worth(one, one.approved_qty) for one in rma.lines),
        "currency": rma.currency,
        "reason_code": item.reason,
        "fraud_score": rma.fraud_score,
        **aside.said[line.id].scope,
    }
    require_approval(ctx, "refund_early", item.identity, subject_id=rma.id, facts=asked)
    at = ctx.when(item.happened_at)
    line.approved_qty = item.quantity
    plan.approved[line.id] = plan.approved.get(line.id, 0) + more
    plan.milestones.append(milestone(ctx, line, Reached.APPROVED, more, at, rma.id))
    _set_aside(ctx, item, rma, line.id, more, aside.said[line.id], plan)
    facts = {"rma": rma.number, "line_no": line.line_no, "quantity": item.quantity, "reason": item.reason}
    plan.events.append(Event(events.CREDIT_APPROVED, rma.id, at, facts))
    return Done(identity, {"rma_id": rma.id, "approved": line.approved_qty})


def _set_aside(
    ctx: Context, item: ApproveEarly, rma: RmaState, line_id: int, pieces: int, said: Said, plan: _Plan
) -> None:
    """Plan the report's row of what the refund policy would have waited for; at stake is what the pieces cost."""
    about = About(
        act="early_refund",
        subject_kind="rma_line",
        subject_id=line_id,
        document=rma.number,
        rma=rma.number,
        money_minor=said.worth(pieces),
        currency=said.currency,
        brand=said.brand,
        channel=said.channel,
    )
    instead = {"milestone": "authorised", "pieces": pieces}
    plan.overrides.append(override_row(ctx, about, decision=said.decision, instead=instead, reason=item.reason))
    if item.note:
        plan.notes.append(note_row(ctx, line_id, item.note))


def _worth(line: LineState, pieces: int) -> int:
    """What was invoiced for so many pieces of a line, tax included; nothing where no sale is known."""
    return line.invoiced_minor * pieces // line.shipped_qty if line.shipped_qty else 0
