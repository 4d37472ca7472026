"""Cancel returns: what nobody has sent yet is no longer expected, and may be asked back again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, NotFound, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.orders.models import ShipmentLine
from counterflow.returns import events
from counterflow.returns.commands.keeping_scores import review_key
from counterflow.returns.commands.locking import RmaState, lock_rmas, milestone, require
from counterflow.returns.entitlement import cancellable
from counterflow.returns.models import Milestone, Rma, RmaLine
from counterflow.returns.states import RMA, Reached
from counterflow.returns.states import Rma as State
from counterflow.workqueue.cases import settle_cases


@dataclass(frozen=True)
class CancelRma:
    """Cancel a whole RMA, or the given numbers of its lines."""

    rma: str
    lines: Sequence[int] = ()
    happened_at: datetime | None = None


class RmaLineNotFound(NotFound):
    """{rma} has no line {line_no}."""


class NothingToCancel(Refusal):
    """Nothing of {rma} can be cancelled: {expected} pieces are expected, {moving} of them already on their way
    or credited, and {received} were received."""


@dataclass
class _Plan:
    rmas: dict[int, str] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)
    milestones: list[dict[str, Any]] = field(default_factory=list)
    shipped: dict[int, int] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


@command(needs="returns.cancel")
def cancel_rmas(ctx: Context, *, items: Sequence[CancelRma]) -> Batch:
    """Take back what is still authorised and not in motion; an RMA with nothing left is cancelled.

    Refuses: `RmaNotFound`, `RmaLineNotFound`, `NothingToCancel`, `MoveNotAllowed`. An RMA that is cancelled
    answers as a replay.
    """
    rmas = lock_rmas(ctx, [item.rma for item in items])
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_cancel(ctx, item, require(rmas, item.rma), plan))
        except DomainError as error:
            results.append(Refused.of(item.rma, error))
    db.update(Rma, [{"id": i, "state": state} for i, state in plan.rmas.items()])
    db.add(RmaLine, [{"id": i, "authorised_qty": -q, "cancelled_qty": q} for i, q in sorted(plan.lines.items())])
    db.add(ShipmentLine, [{"id": i, "authorised_qty": -q} for i, q in sorted(plan.shipped.items())])
    db.insert(Milestone, plan.milestones)
    keys = [key for i in plan.rmas for key in (f"rma:{i}:decision", review_key(i))]
    settle_cases(ctx, keys, outcome="cancelled")
    emit(ctx, plan.events)
    return Batch(results)


def _cancel(ctx: Context, item: CancelRma, rma: RmaState, plan: _Plan) -> Done:
    if rma.state == State.CANCELLED and not item.lines:
        return Done(item.rma, {"rma_id": rma.id, "state": rma.state, "cancelled": 0}, replayed=True)
    wanted = {int(n) for n in item.lines} or {line.line_no for line in rma.lines}
    for line_no in sorted(wanted - {line.line_no for line in rma.lines}):
        raise RmaLineNotFound(rma=item.rma, line_no=line_no)
    target = RMA.move("cancel", rma.state)
    chosen = [line for line in rma.lines if line.line_no in wanted]
    pieces = {line.id: cancellable(line) for line in chosen}
    if not any(pieces.values()):
        open_pieces = sum(line.authorised_qty for line in chosen)
        received = sum(line.allocated_qty for line in chosen)
        raise NothingToCancel(rma=item.rma, expected=open_pieces, moving=open_pieces, received=received)
    at = ctx.when(item.happened_at)
    for line in chosen:
        taken = pieces[line.id]
        if not taken:
            continue
        line.authorised_qty -= taken
        line.cancelled_qty += taken
        plan.lines[line.id] = plan.lines.get(line.id, 0) + taken
        if line.shipment_line_id is not None:
            plan.shipped[line.shipment_line_id] = plan.shipped.get(line.shipment_line_id, 0) + taken
        if rma.state == State.AUTHORISED:
            plan.milestones.append(milestone(ctx, line, Reached.AUTHORISED, -taken, at, rma.id))
        plan.milestones.append(milestone(ctx, line, Reached.CANCELLED, taken, at, rma.id))
    if not any(line.authorised_qty + line.allocated_qty for line in rma.lines):
        rma.state = target
        plan.rmas[rma.id] = target
    cancelled = sum(pieces.values())
    facts = {"rma": rma.number, "cancelled": cancelled, "state": rma.state, "lines": sorted(wanted)}
    plan.events.append(Event(events.RMA_CANCELLED, rma.id, at, facts))
    return Done(item.rma, {"rma_id": rma.id, "state": rma.state, "cancelled": cancelled})
