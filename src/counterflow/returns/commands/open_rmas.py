"""Open return authorisations: the policy decides every line, and what it said is kept with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.kernel.models import Payload
from counterflow.orders.models import ShipmentLine
from counterflow.policies.approving import require_approval, unneeded
from counterflow.policies.commands.record_decisions import Override, decision_rows, record_decisions
from counterflow.policies.commands.record_overrides import About, override_row, record_overrides
from counterflow.policies.overriding import require_override
from counterflow.policies.queries import Answer
from counterflow.returns import events, rules
from counterflow.returns.commands.keeping_scores import review_case, risk_row
from counterflow.returns.deciding import (
    Answers,
    Decided,
    DraftLine,
    decided,
    draft_of,
    guess,
    happened,
    parts_of,
    routes_for,
)
from counterflow.returns.documents import AskedLine, Instead, OpenRma
from counterflow.returns.lookups import Known, look_up
from counterflow.returns.models import Milestone, Risk, Rma, RmaLine, Wish
from counterflow.returns.scoring import REVIEW
from counterflow.returns.states import Reached
from counterflow.returns.states import Rma as State
from counterflow.workqueue.cases import CaseDraft, open_cases

__all__ = ["AskedLine", "Instead", "OpenRma", "open_rmas"]


class OverrideNotAllowed(Refusal):
    """Only staff with the permission policies.override may decide against a policy."""


@dataclass
class _Plan:
    """The rows that one batch will write, gathered while its items are decided."""

    rmas: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    milestones: list[dict[str, Any]] = field(default_factory=list)
    authorised: dict[int, int] = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    risks: list[dict[str, Any]] = field(default_factory=list)
    overrides: list[dict[str, Any]] = field(default_factory=list)
    coming: list[tuple[int, DraftLine]] = field(default_factory=list)
    wishes: list[dict[str, Any]] = field(default_factory=list)
    words: list[dict[str, Any]] = field(default_factory=list)
    cases: list[CaseDraft] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="returns.open")
def open_rmas(ctx: Context, *, items: Sequence[OpenRma]) -> Batch:
    """Authorise, put to a person, or decline each request, as policy says.

    Refuses: `ChannelNotFound`, `OrderNotFound`, `ItemNotFound`, `NotShipped`, `NotEnoughLeft`,
    `QuantityInvalid`, `NoLines`, `ReferenceMissing`, `ResolutionUnknown`, `InsteadInvalid`,
    `ReasonMissing`, `OverrideNotAllowed`, `OverrideReasonUnknown`, `OverrideNoteMissing`, `ApprovalNeeded`,
    `IdentityReused`. A policy's no is recorded as a declined RMA; a score never refuses, it asks. SQL: four look-ups
    (the first locks shipment lines), then one write a table.
    """
    known = look_up(ctx, items, at=ctx.at)
    guessed = guess(items, known, at=ctx.at, epoch=ctx.config_epoch)
    plan = _Plan()
    results: list[Done | Refused] = []
    for n, item in enumerate(items):
        try:
            results.append(_repeated(item, known) or _open(ctx, item, known, guessed.get(n), plan))
        except DomainError as error:
            results.append(Refused.of(item.request_ref, error))
    db.insert(Rma, sorted(plan.rmas, key=lambda row: (row["channel_id"], row["request_ref"])))
    db.insert(RmaLine, plan.lines)
    db.insert(Wish, plan.wishes)
    db.insert(Milestone, plan.milestones)
    db.insert(Risk, plan.risks)
    db.add(ShipmentLine, [{"id": i, "authorised_qty": q} for i, q in sorted(plan.authorised.items())])
    db.insert(Payload, plan.words)
    record_decisions(ctx, [*plan.decisions, *_routes(ctx, plan)])
    record_overrides(ctx, plan.overrides)
    open_cases(ctx, plan.cases)
    emit(ctx, plan.events)
    return Batch(results)


def _routes(ctx: Context, plan: _Plan) -> list[dict[str, Any]]:
    """Where all that comes back goes: decided once for the batch, and kept with each line."""
    answers = routes_for([line for _, line in plan.coming], at=ctx.at, epoch=ctx.config_epoch)
    return decision_rows(ctx, [(line_id, a) for (line_id, _), a in zip(plan.coming, answers, strict=False)])


def _content(item: OpenRma) -> bytes:
    """What tells this request from another; notes are about people, are erased, and tell nothing."""
    return content_hash(replace(item, note="", override_note=""))


def _repeated(item: OpenRma, known: Known) -> Done | None:
    """What was answered to the same request before; a reuse with other content is refused."""
    row = known.earlier.get((item.channel, item.request_ref))
    if row is None:
        return None
    if bytes(row.content_hash) != _content(item):
        raise IdentityReused(what="return request", identity=item.request_ref)
    return Done(item.request_ref, {"rma": row.rma, "rma_id": row.rma_id, "state": row.state}, replayed=True)


def _open(ctx: Context, item: OpenRma, known: Known, guessed: Decided | None, plan: _Plan) -> Done:
    """Decide one request on the running state and plan its rows."""
    draft = draft_of(item, known, at=ctx.at)
    if guessed is None or guessed.draft != draft:
        (guessed,) = decided([draft], at=ctx.at, epoch=ctx.config_epoch)
    lines, answers = guessed.lines, guessed.answers
    asked_of_person = any(not line.reason for line in lines)
    answer = rules.outcome_of([*(e.outcome["answer"] for e, _ in answers), *(["ask"] if asked_of_person else [])])
    if item.override and not ctx.may("policies.override"):
        raise OverrideNotAllowed()
    if item.override:
        rules.require_reason(item.override)
        require_override(item.override, item.override_note, known.override_reasons)
    overridden = bool(item.override) and answer != "yes"
    state = {"yes": State.AUTHORISED, "ask": State.REQUESTED, "no": State.DECLINED}["yes" if overridden else answer]
    if overridden:
        _require_approval(ctx, item, lines, known)
    else:
        unneeded(ctx, identity_of(item))
    rma_id = ctx.new_id()
    channel, asked_at = known.channels[item.channel], ctx.when(item.happened_at)
    row = {
        "id": rma_id,
        "number": f"RMA-{rma_id}",
        "channel_id": channel.id,
        "request_ref": item.request_ref,
        "order_id": known.orders.get((item.channel, item.order)),
        "entity_id": channel.entity_id,
        "customer_id": lines[0].shipped.row.customer_id if lines[0].shipped else None,
        "currency": lines[0].shipped.row.currency if lines[0].shipped else channel.currency,
        "state": str(state),
        "happened_at": asked_at,
        "recorded_at": ctx.at,
        "simulated": item.simulated or bool(lines[0].shipped and lines[0].shipped.row.simulated),
        "opened_by": ctx.actor,
        "content_hash": _content(item),
    }
    plan.rmas.append(row)
    plan.words += [
        _words(ctx, kind, rma_id, "returns", {"note": note})
        for kind, note in (("customer_note", item.note), ("override_note", item.override_note if overridden else ""))
        if note
    ]
    told = [
        _plan_line(ctx, plan, known, row, n, line, pair, item if overridden else None)
        for n, (line, pair) in enumerate(zip(lines, answers, strict=True), start=1)
    ]
    if state is not State.DECLINED:
        rules.take(parts_of(lines))
    known.history.add(*happened(item, lines, at=ctx.at, stands=state is not State.DECLINED))
    # Whoever opens it against the policy's word has looked already.
    reviewed = not overridden and any(e.outcome["code"] == REVIEW for e, _ in answers)
    if guessed.score is not None:
        (scored,) = decision_rows(ctx, [(rma_id, guessed.score)])
        plan.decisions.append(scored)
        plan.risks.append(risk_row(ctx, rma_id, row["customer_id"], scored))
        if reviewed and state is not State.DECLINED:
            plan.cases.append(review_case(row, scored, _at_risk(lines)))
    if state is State.REQUESTED and not (reviewed and _only_review(answers) and not asked_of_person):
        plan.cases.append(_case(row, lines, asked_of_person))
    facts = {"rma": row["number"], "rma_id": rma_id, "state": str(state)}
    plan.events.append(Event(events.RMA_OPENED, rma_id, asked_at, facts))
    known.earlier[item.channel, item.request_ref] = _Earlier(row["content_hash"], row["number"], rma_id, str(state))
    return Done(item.request_ref, {**facts, "lines": told})


def identity_of(item: OpenRma) -> str:
    """A request is unique in its channel."""
    return f"{item.channel}:{item.request_ref}"


def _require_approval(ctx: Context, item: OpenRma, lines: Sequence[DraftLine], known: Known) -> None:
    """Let the request be authorised against policy, or refuse it. Raises `ApprovalNeeded`."""
    told = [line.eligibility for line in lines]
    scores = [line["fraud_score"] for line in told if line.get("fraud_score") is not None]
    facts = {
        "value_minor": sum(int(line["value_minor"]) for line in told),
        "currency": told[0].get("currency"),
        "reason_code": item.override,
        "fraud_score": max(scores, default=None),
        **{name: told[0].get(name) for name in ("brand", "family") if len({line.get(name) for line in told}) == 1},
    }
    about = known.orders.get((item.channel, item.order)) or lines[0].item_id
    require_approval(ctx, "policy_override", identity_of(item), subject_id=about, facts=facts)


@dataclass(frozen=True)
class _Earlier:
    """A request of this batch, as `_repeated` reads one of the database."""

    content_hash: bytes
    rma: str
    rma_id: int
    state: str


def _plan_line(
    ctx: Context,
    plan: _Plan,
    known: Known,
    rma: dict[str, Any],
    n: int,
    line: DraftLine,
    pair: tuple[Answer, Answer],
    overriding: OpenRma | None,
) -> dict[str, Any]:
    eligibility, refund = pair
    line_id = ctx.new_id()
    # Of a request that is let through, only the lines that policy would not let through are overrides.
    differs = overriding is not None and (eligibility.outcome["answer"] != "yes" or not line.reason)
    set_aside = {line_id: Override({"answer": "yes"}, overriding.override)} if overriding and differs else None
    decisions = [
        *decision_rows(ctx, [(line_id, eligibility)], set_aside),
        *decision_rows(ctx, [(line_id, refund)]),
    ]
    plan.decisions += decisions
    if overriding is not None and differs:
        plan.overrides.append(_overridden(ctx, overriding, rma, line_id, line, decisions[0]))
    if rma["state"] != State.DECLINED and not refund.outcome["returnless"]:
        plan.coming.append((line_id, line))
    authorised = rma["state"] == State.AUTHORISED
    if not line.reason:
        source = f"channel:{rma['channel_id']}"
        plan.words.append(_words(ctx, "return_reason", line_id, source, {"words": line.asked.reason}))
    # A request that waits for a person keeps its pieces too: nobody else may ask for them meanwhile.
    kept = line.quantity if rma["state"] != State.DECLINED else 0
    plan.lines.append(
        {
            "id": line_id,
            "rma_id": rma["id"],
            "line_no": n,
            "shipment_line_id": line.shipped.id if line.shipped else None,
            "item_id": line.item_id,
            "quantity": line.quantity,
            "reason_code": line.reason,
            "resolution": line.asked.resolution,
            "milestone": refund.outcome["milestone"],
            "method": rules.method_of(line.asked.resolution, refund.outcome["method"]),
            "restocking_fee_bp": refund.outcome["restocking_fee_bp"],
            "shipping_refundable": refund.outcome["shipping_refundable"],
            "returnless": refund.outcome["returnless"],
            "eligibility_decision_id": decisions[0]["id"],
            "refund_decision_id": decisions[1]["id"],
            "authorised_qty": kept,
        }
    )
    if line.asked.instead is not None:
        plan.wishes.append(_wish(ctx, line_id, line.asked.instead, known))
    if authorised:
        plan.milestones.append(_authorised(ctx, line_id, line.quantity, rma))
    if line.shipped is not None and kept:
        plan.authorised[line.shipped.id] = plan.authorised.get(line.shipped.id, 0) + kept
    return {
        "line_no": n,
        "line_id": line_id,
        "sku": line.asked.sku or (line.shipped.sku if line.shipped else ""),
        "quantity": line.quantity,
        "answer": eligibility.outcome["answer"],
        "why": eligibility.text,
        "milestone": refund.outcome["milestone"],
        "returnless": refund.outcome["returnless"],
    }


def _overridden(
    ctx: Context, item: OpenRma, rma: dict[str, Any], line_id: int, line: DraftLine, decision: dict[str, Any]
) -> dict[str, Any]:
    """The report's row of a line that staff let through; at stake is what was invoiced for it."""
    about = About(
        act="return",
        subject_kind="rma_line",
        subject_id=line_id,
        document=rma["number"],
        rma=rma["number"],
        money_minor=int(line.eligibility["value_minor"]),
        currency=rma["currency"],
        brand=line.eligibility["brand"] or "",
        channel=item.channel,
    )
    return override_row(ctx, about, decision=decision, instead=decision["override"], reason=item.override)


def _wish(ctx: Context, line_id: int, instead: Instead, known: Known) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "rma_line_id": line_id,
        "item_id": known.items[instead.sku].id,
        "unit_price_minor": instead.unit_price_minor,
        "unit_tax_minor": instead.unit_tax_minor,
    }


def _words(ctx: Context, kind: str, subject_id: int, source: str, body: dict[str, str]) -> dict[str, Any]:
    """Somebody's own words, such as a reason that nobody mapped: free text, so it can be erased."""
    return {
        "id": ctx.new_id(),
        "kind": kind,
        "subject_id": subject_id,
        "source": source,
        "reference": "",
        "body": body,
        "kept_at": ctx.at,
    }


def _authorised(ctx: Context, line_id: int, quantity: int, rma: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": ctx.new_id(),
        "rma_line_id": line_id,
        "kind": str(Reached.AUTHORISED),
        "quantity": quantity,
        "happened_at": rma["happened_at"],
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
        "subject_id": rma["id"],
    }


def _case(rma: dict[str, Any], lines: Sequence[DraftLine], unmapped: bool) -> CaseDraft:
    return CaseDraft(
        kind="unmapped_code" if unmapped else "return_review",
        subject_kind="rma",
        subject_id=rma["id"],
        dedupe_key=f"rma:{rma['id']}:decision",
        entity_id=rma["entity_id"],
        money_at_risk_minor=_at_risk(lines),
        currency=rma["currency"],
        facts={"rma": rma["number"], "lines": [n for n, line in enumerate(lines, start=1) if not line.reason]},
    )


def _only_review(answers: Answers) -> bool:
    """Whether nothing but a score is what a person is asked about."""
    return all(e.outcome["code"] == REVIEW for e, _ in answers if e.outcome["answer"] == "ask")


def _at_risk(lines: Sequence[DraftLine]) -> int:
    return sum(int(line.eligibility["value_minor"]) for line in lines)
