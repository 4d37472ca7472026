"""Agree to what others ask for, or refuse it; the act runs in the transaction in which the last one agrees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from counterflow.access.roles import ROLES
from counterflow.access.standing import Standing, standing
from counterflow.approvals import events, rules
from counterflow.approvals.acts import act_of
from counterflow.approvals.leaves import Agreed
from counterflow.approvals.lookups import RequestNow, lock_delegated, lock_requests
from counterflow.approvals.models import Agreement, Request
from counterflow.approvals.states import REQUEST, Verdict
from counterflow.approvals.states import Request as State
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.kernel.events import Event, emit
from counterflow.returns.rules import require_reason
from counterflow.workqueue.cases import settle_cases

_OUTCOMES = {State.DONE: "approved", State.REFUSED: "refused", State.OVERTAKEN: "overtaken"}
"""How the case of a request ends, by the state in which the request ends."""


@dataclass(frozen=True)
class DecideApproval:
    """What one says to a request: `agree` or `refuse`. `reason` is a code; a refusal needs one."""

    request_id: int
    verdict: str
    reason: str = ""


@dataclass
class _Plan:
    agreements: list[dict[str, Any]] = field(default_factory=list)
    touched: dict[int, RequestNow] = field(default_factory=dict)
    ended: dict[int, dict[str, Any]] = field(default_factory=dict)
    ready: dict[int, RequestNow] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True)
class _Decider:
    """Who decides: a user by user id, the roles held, and (whose, role) for those stood in for."""

    standing: Standing
    delegated: Sequence[tuple[int, str]]


@command(needs="approvals.decide")
def decide_approvals(ctx: Context, *, items: Sequence[DecideApproval]) -> Batch:
    """Say to each request whether it may be done. When the last who has to agrees, it is done, as its asker, now.

    What is done is compared with what was asked for: facts, lines to be posted, who has to agree. Requests that are
    agreed to in one call are of one act (command) and one asker, because rows are locked in one order.

    Refuses `RequestUnknown`, `RequestOver`, `RequestExpired`, `VerdictUnknown`, `RefusalNeedsReason`, `ReasonMissing`,
    `RequesterMayNotDecide`, `RoleNotHeld`, `SamePersonTwice`, `AlreadyDecided`, `MixedRequests`; and, with nothing
    done and the request over, `FactsChanged`, `NoLongerNeeded`, `DoneAlready`, `ItemErased`, `PermissionDenied` of the
    asker, and whatever the act is refused for. The same verdict again is a replay. SQL: four look-ups, the first
    locks; the act's own; one write a table, the cases.
    """
    found = lock_requests(ctx, [item.request_id for item in items])
    people = standing([ctx.actor, *(request.row.asked_by for request in found.values())], at=ctx.at)
    me = people.get(ctx.actor)
    decider = _Decider(me, lock_delegated(ctx, me.user_id)) if me is not None else None
    mixed = _mixed(items, found)
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            if decider is None:
                raise rules.AskerUnknown(actor=ctx.actor[:80])
            if mixed is not None:
                raise mixed
            results.append(_decide(ctx, item, found.get(item.request_id), decider, plan))
        except DomainError as error:
            results.append(Refused.of(str(item.request_id), error))
    if plan.ready:
        _run(ctx, plan, people)
        results = [_with_outcome(result, plan) for result in results]
    _write(ctx, plan)
    return Batch(results)


def _mixed(items: Sequence[DecideApproval], found: Mapping[int, RequestNow]) -> rules.MixedRequests | None:
    """Why these cannot be agreed to in one call, if they cannot."""
    agreed = {item.request_id for item in items if item.verdict == Verdict.AGREE}
    waiting = [found[i].row for i in sorted(agreed & found.keys()) if found[i].state == State.WAITING]
    groups = sorted({(row.command, row.asked_by) for row in waiting})
    if len(groups) < 2:
        return None
    return rules.MixedRequests(groups=", ".join(f"{name} of {asker}" for name, asker in groups[:6]))


def _decide(ctx: Context, item: DecideApproval, request: RequestNow | None, decider: _Decider, plan: _Plan) -> Done:
    """Decide one verdict on the running state and plan its rows."""
    if item.verdict not in list(Verdict):
        raise rules.VerdictUnknown(verdict=str(item.verdict)[:40])
    if request is None:
        raise rules.RequestUnknown(request=item.request_id)
    me = decider.standing.user_id
    if me in request.said:
        if request.said[me] != item.verdict:
            raise rules.AlreadyDecided(request=request.id, verdict=request.said[me])
        return Done(str(request.id), _told(request), replayed=True)
    if request.state != State.WAITING:
        raise rules.RequestOver(request=request.id, state=request.state, verdict=item.verdict)
    if request.row.expires_at <= ctx.at:
        raise rules.RequestExpired(request=request.id, expired=request.row.expires_at.isoformat())
    if me == request.row.asker_id:
        raise rules.RequesterMayNotDecide(request=request.id)
    if item.verdict == Verdict.REFUSE and not item.reason:
        raise rules.RefusalNeedsReason()
    if item.reason:
        require_reason(item.reason)
    role, stand = _stand(request, decider)
    if item.verdict == Verdict.REFUSE:
        _end(ctx, request, REQUEST.move("refuse", request.state), {"code": "refused", "reason": item.reason}, plan)
        seat = 0
    else:
        request.open_roles.remove(role)
        request.seats = seat = request.seats + 1
        plan.touched[request.id] = request
        if not request.open_roles:
            plan.ready[request.id] = request
    request.said[me] = item.verdict
    request.persons |= {me} if stand.on_behalf_of is None else {me, stand.on_behalf_of}
    plan.agreements.append(_agreement(ctx, item, request, decider, stand, seat))
    facts = {"verdict": str(item.verdict), "role": stand.role, "act": request.row.act}
    plan.events.append(Event(events.APPROVAL_DECIDED, request.id, facts=facts))
    return Done(str(request.id), _told(request))


def _stand(request: RequestNow, decider: _Decider) -> tuple[str, rules.Stand]:
    """The role to agree in. Raises `RoleNotHeld`, `SamePersonTwice`."""
    me = decider.standing
    delegated = [(giver, role) for giver, role in decider.delegated if giver not in request.persons]
    found = rules.stand_for(request.open_roles, me.roles, delegated, request.row.asker_id)
    if found is not None and me.user_id not in request.persons:
        return found
    if me.user_id in request.persons or len(delegated) < len(decider.delegated):
        raise rules.SamePersonTwice(request=request.id)
    names = [ROLES[role].name.lower() if role in ROLES else role for role in dict.fromkeys(request.open_roles)]
    raise rules.RoleNotHeld(request=request.id, roles=" or ".join(names))


def _agreement(
    ctx: Context, item: DecideApproval, request: RequestNow, decider: _Decider, stand: rules.Stand, seat: int
) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "request_id": request.id,
        "user_id": decider.standing.user_id,
        "actor": ctx.actor,
        "verdict": str(item.verdict),
        "seat": seat,
        "role": stand.role,
        "on_behalf_of_id": stand.on_behalf_of,
        "reason": item.reason,
        "at": ctx.at,
        "command_id": ctx.command_id,
    }


def _told(request: RequestNow) -> dict[str, Any]:
    return {"request": request.id, "state": request.state, "open_roles": list(request.open_roles)}


def _end(ctx: Context, request: RequestNow, state: str, outcome: dict[str, Any], plan: _Plan) -> None:
    """Plan that a request is over, and how it ended."""
    request.state = state
    plan.touched[request.id] = request
    plan.ended[request.id] = outcome
    facts = {"state": str(state), "act": request.row.act, "code": outcome.get("code", "")}
    plan.events.append(Event(events.APPROVAL_ENDED, request.id, facts=facts))


def _run(ctx: Context, plan: _Plan, people: Mapping[str, Standing]) -> None:
    """Do what all have agreed to, as its asker, with what the asker may do now; what is refused is overtaken."""
    ready = list(plan.ready.values())
    act, asker = act_of(ready[0].row.command), ready[0].row.asked_by
    readable: list[tuple[RequestNow, Any]] = []
    for request in ready:
        try:
            if request.row.item is None:
                raise rules.ItemErased(request=request.id)
            readable.append((request, act.read(orjson.loads(request.row.item))))
        except DomainError as error:
            _settle(ctx, request, Refused.of(str(request.id), error), plan)
    if not readable:
        return
    asked = {
        request.row.identity: rules.Seen(request.row.facts, request.row.lines, request.row.roles)
        for request, _ in readable
    }
    held = people[asker].permissions if asker in people else frozenset[str]()
    inside = replace(ctx, actor=asker, permissions=held, leave=Agreed(asked))
    results: Sequence[Done | Refused]
    try:
        results = act.command(inside, items=[item for _, item in readable]).results
    except DomainError as error:
        results = [Refused.of(str(request.id), error) for request, _ in readable]
    for (request, _), result in zip(readable, results, strict=True):
        _settle(ctx, request, result, plan)


def _settle(ctx: Context, request: RequestNow, result: Done | Refused, plan: _Plan) -> None:
    """How a request that all agreed to ended."""
    if isinstance(result, Done) and result.replayed:
        result = Refused.of(str(request.id), rules.DoneAlready())
    if isinstance(result, Done):
        outcome = {"identity": result.identity, "facts": result.facts}
        _end(ctx, request, REQUEST.move("do", request.state), outcome, plan)
    else:
        outcome = {"code": result.code, "message": result.message, "facts": result.facts, "kind": result.kind}
        _end(ctx, request, REQUEST.move("overtake", request.state), outcome, plan)


def _with_outcome(result: Done | Refused, plan: _Plan) -> Done | Refused:
    """The answer to who agreed last: what was done, or why nothing was."""
    if isinstance(result, Refused) or int(result.identity) not in plan.ready:
        return result
    request = plan.ready[int(result.identity)]
    outcome = plan.ended[request.id]
    if request.state == State.DONE:
        return replace(result, facts={**_told(request), "result": outcome["facts"]})
    facts = {**outcome["facts"], "request": request.id, "state": request.state}
    return Refused(result.identity, outcome["code"], outcome["message"], facts, outcome["kind"])


def _write(ctx: Context, plan: _Plan) -> None:
    db.insert(Agreement, plan.agreements)
    db.update(Request, [_changed(ctx, request, plan) for _, request in sorted(plan.touched.items())])
    for state, outcome in _OUTCOMES.items():
        over = [i for i in sorted(plan.ended) if plan.touched[i].state == state]
        settle_cases(ctx, [rules.case_key(i) for i in over], outcome=outcome)
    emit(ctx, plan.events)


def _changed(ctx: Context, request: RequestNow, plan: _Plan) -> dict[str, Any]:
    over = request.id in plan.ended
    return {
        "id": request.id,
        "state": str(request.state),
        "open_roles": request.open_roles,
        "outcome": plan.ended.get(request.id),
        "ended_at": ctx.at if over else None,
        "ended_by": ctx.actor if over else None,
        "ended_command_id": ctx.command_id if over else None,
    }
