"""Ask other people to agree to an act: it is tried first, so that what they see is what it would do."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from counterflow.access.standing import Standing, standing
from counterflow.approvals import events, rules
from counterflow.approvals.acts import ACTS, Act, act_of
from counterflow.approvals.commands.expire_approvals import expire_requests
from counterflow.approvals.models import Request
from counterflow.approvals.states import Request as State
from counterflow.approvals.trying import seen
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.kernel.events import Event, emit
from counterflow.kernel.models import Payload
from counterflow.policies.approving import Sight
from counterflow.returns.rules import require_reason, require_reference
from counterflow.workqueue.cases import CaseDraft, open_cases


@dataclass(frozen=True)
class AskApproval:
    """An act to be agreed to. `command` and `item` are what one would call to do it; `reason` is a code.

    `reference` is the asker's own, unique among the asker's requests for ever. `note` is for those who agree.
    """

    reference: str
    command: str
    item: Mapping[str, Any]
    reason: str
    note: str = ""


@dataclass
class _Plan:
    told: dict[str, tuple[bytes, dict[str, Any]]] = field(default_factory=dict)
    waiting: dict[tuple[str, str], int] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    words: list[dict[str, Any]] = field(default_factory=list)
    cases: list[CaseDraft] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


Tried = tuple[Done | Refused, Sight | None]

_EARLIER = """
SELECT r.id, r.reference, r.content_hash, r.state, r.roles, r.expires_at FROM approvals_request r
WHERE r.asker_id = %s AND r.reference = ANY(%s::text[])
"""
_WAITING = """
SELECT r.id, r.command, r.identity, r.expires_at FROM unnest(%s::text[], %s::text[]) AS w(command, identity)
JOIN approvals_request r ON r.command = w.command AND r.identity = w.identity AND r.state = 'waiting'
"""


@command(needs="approvals.ask")
def ask_approvals(ctx: Context, *, items: Sequence[AskApproval]) -> Batch:
    """Ask for each act, with the facts, the money at stake and the lines it would post; a case waits for who agrees.

    The items of one command are tried as one batch. Refuses `ReferenceMissing`, `ReasonMissing`, `NoteTooLong`,
    `AskerUnknown`, `CommandUnknown`, `ItemUnreadable`, `AskedAlready`, `NeedsNobody`, `DoneAlready`, `IdentityReused`,
    and whatever the act itself would be refused for. SQL: three look-ups, two and a write where somebody asked for the
    same before and nobody agreed in time, the trial's own for each command, one write a table, the cases; whatever the
    batch.
    """
    me = standing([ctx.actor], at=ctx.at).get(ctx.actor)
    plan = _Plan()
    if me is not None:
        earlier = db.rows(_EARLIER, [me.user_id, sorted({item.reference for item in items})])
        plan.told = {row.reference: (bytes(row.content_hash), _told(row)) for row in earlier}
    results: dict[int, Done | Refused] = {}
    read: dict[int, tuple[Act, Any]] = {}
    first: dict[str, int] = {}
    for n, item in enumerate(items):
        try:
            if me is None:
                raise rules.AskerUnknown(actor=ctx.actor[:80])
            repeated = _repeated(item, plan)
            if repeated is not None:
                results[n] = repeated
            elif first.setdefault(item.reference, n) == n:
                read[n] = _read(item)
        except DomainError as error:
            results[n] = Refused.of(str(item.reference)[:80], error)
    _find_waiting(ctx, plan, read)
    tried = _try(ctx, read)
    for n, item in enumerate(items):
        if n in results:
            continue
        try:
            asked = _ask(ctx, item, me, *read[n], tried[n], plan) if n in read and me is not None else None
            results[n] = asked or _again(item, plan, results[first[item.reference]])
        except DomainError as error:
            results[n] = Refused.of(item.reference, error)
    _write(ctx, plan)
    return Batch([results[n] for n in range(len(items))])


def _content(item: AskApproval) -> bytes:
    """What tells this request from another; the note is about people and tells nothing."""
    return content_hash(replace(item, note=""))


def _told(row: Any) -> dict[str, Any]:
    return {"request": row.id, "state": row.state, "roles": list(row.roles), "expires_at": row.expires_at.isoformat()}


def _repeated(item: AskApproval, plan: _Plan) -> Done | None:
    """What became of the same request that was asked before; a reuse with other content is refused."""
    before = plan.told.get(item.reference)
    if before is None:
        return None
    if before[0] != _content(item):
        raise IdentityReused(what="request", identity=item.reference)
    return Done(item.reference, before[1], replayed=True)


def _again(item: AskApproval, plan: _Plan, first: Done | Refused) -> Done | Refused:
    """The answer to a reference that stands in the batch a second time: as if it had come in a call of its own."""
    repeated = _repeated(item, plan)
    return repeated if repeated is not None else first


def _read(item: AskApproval) -> tuple[Act, Any]:
    require_reference(item.reference)
    require_reason(item.reason)
    if len(item.note) > rules.NOTE_MAX:
        raise rules.NoteTooLong(most=rules.NOTE_MAX)
    act = act_of(item.command)
    return act, act.read(item.item)


def _try(ctx: Context, read: Mapping[int, tuple[Act, Any]]) -> dict[int, Tried]:
    """What each act would come to, the acts of one command together."""
    found: dict[int, Tried] = {}
    for name in ACTS:
        places = [n for n, (act, _) in read.items() if act.name == name]
        if places:
            found |= zip(places, seen(ctx, ACTS[name], [read[n][1] for n in places]), strict=True)
    return found


def _find_waiting(ctx: Context, plan: _Plan, read: Mapping[int, tuple[Act, Any]]) -> None:
    """What is asked for already, by anybody. What nobody can agree to any more is ended, and stands in nobody's way."""
    wanted = sorted({(act.name, act.identity(item)) for act, item in read.values()})
    if not wanted:
        return
    found = db.rows(_WAITING, [[name for name, _ in wanted], [identity for _, identity in wanted]])
    expire_requests(ctx, [row.id for row in found if row.expires_at <= ctx.at])
    plan.waiting = {(row.command, row.identity): row.id for row in found if row.expires_at > ctx.at}


def _ask(
    ctx: Context, item: AskApproval, me: Standing, act: Act, read: Any, tried: Tried, plan: _Plan
) -> Done | Refused:
    """Plan one request, or raise why it is none."""
    result, sight = tried
    identity = act.identity(read)
    other = plan.waiting.get((act.name, identity))
    if other is not None:
        raise rules.AskedAlready(request=other)
    if isinstance(result, Refused):
        return replace(result, identity=item.reference)
    if result.replayed:
        raise rules.DoneAlready()
    if sight is None or not sight.demand.approvers:
        raise rules.NeedsNobody()
    row = _request(ctx, item, me, act, sight)
    plan.requests.append(row)
    plan.words.append(
        {
            "id": row["payload_id"],
            "kind": "approval_request",
            "subject_id": row["id"],
            "source": "approvals",
            "reference": f"request:{row['id']}",
            "body": {"item": item.item, "note": item.note},
            "kept_at": ctx.at,
        }
    )
    plan.cases.append(_case(row))
    facts = {"act": row["act"], "value_minor": row["value_minor"], "currency": row["currency"]}
    plan.events.append(Event(events.APPROVAL_ASKED, row["id"], facts=facts))
    plan.waiting[act.name, identity] = row["id"]
    told = {
        "request": row["id"],
        "state": row["state"],
        "roles": row["roles"],
        "expires_at": row["expires_at"].isoformat(),
    }
    plan.told[item.reference] = (row["content_hash"], told)
    return Done(item.reference, told)


def _request(ctx: Context, item: AskApproval, me: Standing, act: Act, sight: Sight) -> dict[str, Any]:
    demand = sight.demand
    return {
        "id": ctx.new_id(),
        "reference": item.reference,
        "content_hash": _content(item),
        "asker_id": me.user_id,
        "asked_by": ctx.actor,
        "asked_at": ctx.at,
        "expires_at": ctx.at + timedelta(hours=demand.expires_hours),
        "command": act.name,
        "act": sight.act,
        "identity": sight.identity,
        "subject_id": sight.subject_id,
        "facts": dict(sight.facts),
        "lines": [asdict(line) for line in sight.lines],
        "value_minor": sight.facts.get("value_minor", 0),
        "currency": sight.facts.get("currency", ""),
        "reason": item.reason,
        "payload_id": ctx.new_id(),
        "roles": demand.roles,
        "open_roles": demand.roles,
        "expires_hours": demand.expires_hours,
        "code": demand.code,
        "text": sight.text,
        "version_id": sight.version_id,
        "row_id": sight.row_id,
        "state": State.WAITING.value,
        "command_id": ctx.command_id,
    }


def _case(row: Mapping[str, Any]) -> CaseDraft:
    return CaseDraft(
        kind="approval_needed",
        subject_kind="approval_request",
        subject_id=row["id"],
        dedupe_key=rules.case_key(row["id"]),
        money_at_risk_minor=row["value_minor"],
        currency=row["currency"],
        due_at=row["expires_at"],
        facts={"reference": row["identity"], "act": row["act"], "row": row["row_id"]},
        owner_role=row["roles"][0],
    )


def _write(ctx: Context, plan: _Plan) -> None:
    db.insert(Request, sorted(plan.requests, key=lambda row: (row["command"], row["identity"])))
    db.insert(Payload, plan.words)
    open_cases(ctx, plan.cases)
    emit(ctx, plan.events)
