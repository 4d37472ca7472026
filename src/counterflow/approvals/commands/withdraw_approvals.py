"""Withdraw requests of one's own, as long as they wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.access.standing import standing
from counterflow.approvals import events, rules
from counterflow.approvals.lookups import RequestNow, lock_requests
from counterflow.approvals.models import Request
from counterflow.approvals.states import REQUEST
from counterflow.approvals.states import Request as State
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.kernel.events import Event, emit
from counterflow.workqueue.cases import settle_cases


@dataclass(frozen=True)
class WithdrawApproval:
    """A request that its asker does not want any more."""

    request_id: int


@command(needs="approvals.ask")
def withdraw_approvals(ctx: Context, *, items: Sequence[WithdrawApproval]) -> Batch:
    """Take each request back; its case is settled.

    Refuses `RequestUnknown`, `NotYourRequest`, `RequestOver`. Withdrawn again is a replay. SQL: three look-ups, the
    first locks; one write, the cases.
    """
    found = lock_requests(ctx, [item.request_id for item in items])
    me = standing([ctx.actor], at=ctx.at).get(ctx.actor)
    gone: dict[int, RequestNow] = {}
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_withdraw(item, found.get(item.request_id), me.user_id if me else 0, gone))
        except DomainError as error:
            results.append(Refused.of(str(item.request_id), error))
    end_requests(ctx, list(gone.values()), code="withdrawn")
    return Batch(results)


def _withdraw(item: WithdrawApproval, request: RequestNow | None, me: int, gone: dict[int, RequestNow]) -> Done:
    if request is None:
        raise rules.RequestUnknown(request=item.request_id)
    if request.row.asker_id != me:
        raise rules.NotYourRequest(request=request.id)
    told = {"request": request.id, "state": State.WITHDRAWN.value}
    if request.state == State.WITHDRAWN:
        return Done(str(request.id), told, replayed=True)
    if request.state != State.WAITING:
        raise rules.RequestOver(request=request.id, state=request.state, verdict="withdraw it")
    request.state = REQUEST.move("withdraw", request.state)
    gone[request.id] = request
    return Done(str(request.id), told)


def end_requests(ctx: Context, requests: Sequence[RequestNow], *, code: str) -> None:
    """Write that requests ended without the act, in the state they have now, and settle their cases."""
    db.update(Request, [_ended(ctx, request, code) for request in sorted(requests, key=lambda request: request.id)])
    settle_cases(ctx, [rules.case_key(request.id) for request in requests], outcome=code)
    facts = [(request.id, {"state": str(request.state), "act": request.row.act, "code": code}) for request in requests]
    emit(ctx, [Event(events.APPROVAL_ENDED, request_id, facts=told) for request_id, told in facts])


def _ended(ctx: Context, request: RequestNow, code: str) -> dict[str, Any]:
    return {
        "id": request.id,
        "state": str(request.state),
        "outcome": {"code": code},
        "ended_at": ctx.at,
        "ended_by": ctx.actor,
        "ended_command_id": ctx.command_id,
    }
