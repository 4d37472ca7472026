"""Mark requests that nobody agreed to in time; the worker calls it."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.approvals import rules
from counterflow.approvals.commands.withdraw_approvals import end_requests
from counterflow.approvals.lookups import RequestNow, lock_requests
from counterflow.approvals.states import REQUEST
from counterflow.approvals.states import Request as State
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Refusal


class NotExpired(Refusal):
    """Request {request} can be agreed to until {expires}."""


@dataclass(frozen=True)
class ExpireApproval:
    """A request whose time may be over."""

    request_id: int


@command(needs="approvals.decide")
def expire_approvals(ctx: Context, *, items: Sequence[ExpireApproval]) -> Batch:
    """End each request that waits and whose time is over; its case is settled.

    Refuses `RequestUnknown`, `NotExpired`. One that is over already is a replay. SQL: two look-ups, the first locks;
    one write, the cases.
    """
    found = lock_requests(ctx, [item.request_id for item in items])
    gone: dict[int, RequestNow] = {}
    results: list[Done | Refused] = []
    for item in items:
        identity, request = str(item.request_id), found.get(item.request_id)
        if request is None:
            results.append(Refused.of(identity, rules.RequestUnknown(request=item.request_id)))
        elif request.state != State.WAITING:
            results.append(Done(identity, {"state": str(request.state)}, replayed=True))
        elif request.row.expires_at > ctx.at:
            error = NotExpired(request=request.id, expires=request.row.expires_at.isoformat())
            results.append(Refused.of(identity, error))
        else:
            _expire(request)
            gone[request.id] = request
            results.append(Done(identity, {"state": str(request.state)}))
    end_requests(ctx, list(gone.values()), code="expired")
    return Batch(results)


def expire_requests(ctx: Context, request_ids: Sequence[int]) -> None:
    """End those that wait still, inside another command. None for none; else two statements and one write."""
    found = list(lock_requests(ctx, request_ids).values()) if request_ids else []
    late = [request for request in found if request.state == State.WAITING]
    for request in late:
        _expire(request)
    if late:
        end_requests(ctx, late, code="expired")


def _expire(request: RequestNow) -> None:
    request.state = REQUEST.move("expire", request.state)
