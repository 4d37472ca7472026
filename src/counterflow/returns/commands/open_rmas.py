"""Open return authorisations: the policy decides every line, and what it said is kept with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.kernel.models import Payload
from counterflow.orders.models import ShipmentLine
from counterflow.policies.commands.record_decisions import Override, decision_rows, record_decisions
from counterflow.policies.queries import Answer, decide
from counterflow.returns import events, rules
from counterflow.returns.lookups import Known, look_up
from counterflow.returns.models import Milestone, Rma, RmaLine
from counterflow.returns.rules import Part, Shipped
from counterflow.returns.states import Reached
from counterflow.returns.states import Rma as State
from counterflow.workqueue.cases import CaseDraft, open_cases


@dataclass(frozen=True)
class AskedLine:
    """One wish of a request: pieces of a SKU, or of one line of the order (`order_line`, from 1)."""

    quantity: int
    reason: str
    sku: str = ""
    order_line: int = 0
    resolution: str = "refund"


@dataclass(frozen=True)
class OpenRma:
    """One return request. `request_ref` is the asker's own and unique in the channel for ever.

    Without an `order` it is a blind return. `happened_at` is when it was asked, now unless told.
    `override` is the reason code of a member of staff who decides against the policy's no. `simulated`
    says that parts of it are made by a rule, as in a replay of history; it marks all that follows.
    """

    channel: str
    request_ref: str
    lines: Sequence[AskedLine]
    order: str = ""
    happened_at: datetime | None = None
    override: str = ""
    simulated: bool = False


class OverrideNotAllowed(Refusal):
    """Only staff with the permission policies.override may decide against a policy."""


@dataclass(frozen=True)
class _Line:
    """A line to be: pieces of one shipment line (or of an item, blind), and what the policies were told."""

    asked: AskedLine
    item_id: int
    quantity: int
    shipped: Shipped | None
    reason: str
    eligibility: Mapping[str, Any]
    refund: Mapping[str, Any]


@dataclass
class _Plan:
    """The rows that one batch will write, gathered while its items are decided."""

    rmas: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    milestones: list[dict[str, Any]] = field(default_factory=list)
    authorised: dict[int, int] = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    words: list[dict[str, Any]] = field(default_factory=list)
    cases: list[CaseDraft] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="returns.open")
def open_rmas(ctx: Context, *, items: Sequence[OpenRma]) -> Batch:
    """Authorise, put to a person, or decline each request, as policy says.

    Refuses: `ChannelNotFound`, `OrderNotFound`, `ItemNotFound`, `NotShipped`, `NotEnoughLeft`,
    `QuantityInvalid`, `NoLines`, `ReferenceMissing`, `ResolutionUnknown`, `ReasonMissing`,
    `OverrideNotAllowed`, `IdentityReused`. A policy's no is recorded as a
    declined RMA. SQL: three look-ups (the first locks shipment lines), then one write a table.
    """
    known = look_up(ctx, items)
    guessed = _guess(ctx, items, known)
    plan = _Plan()
    results: list[Done | Refused] = []
    for n, item in enumerate(items):
        try:
            results.append(_repeated(item, known) or _open(ctx, item, known, guessed.get(n), plan))
        except DomainError as error:
            results.append(Refused.of(item.request_ref, error))
    db.insert(Rma, sorted(plan.rmas, key=lambda row: (row["channel_id"], row["request_ref"])))
    db.insert(RmaLine, plan.lines)
    db.insert(Milestone, plan.milestones)
    db.add(ShipmentLine, [{"id": i, "authorised_qty": q} for i, q in sorted(plan.authorised.items())])
    db.insert(Payload, plan.words)
    record_decisions(ctx, plan.decisions)
    open_cases(ctx, plan.cases)
    emit(ctx, plan.events)
    return Batch(results)


Answers = list[tuple[Answer, Answer]]


def _guess(ctx: Context, items: Sequence[OpenRma], known: Known) -> dict[int, tuple[list[_Line], Answers]]:
    """Decide all items at once, as if every one of them stood; `_open` uses what turns out to be true."""
    lines: dict[int, list[_Line]] = {}
    taken: list[Part] = []
    for n, item in enumerate(items):
        try:
            lines[n] = _lines(ctx, item, known)
        except DomainError:
            continue
        parts = _parts(lines[n])
        rules.take(parts)
        taken += parts
    rules.give_back(taken)
    answers = iter(_decide(ctx, [line for found in lines.values() for line in found]))
    return {n: (found, [next(answers) for _ in found]) for n, found in lines.items()}


def _decide(ctx: Context, lines: Sequence[_Line]) -> Answers:
    eligibility = decide("eligibility", [line.eligibility for line in lines], at=ctx.at, epoch=ctx.config_epoch)
    refund = decide("refund", [line.refund for line in lines], at=ctx.at, epoch=ctx.config_epoch)
    return list(zip(eligibility, refund, strict=True))


def _parts(lines: Sequence[_Line]) -> list[Part]:
    return [Part(line.shipped, line.quantity) for line in lines if line.shipped is not None]


def _repeated(item: OpenRma, known: Known) -> Done | None:
    """What was answered to the same request before; a reuse with other content is refused."""
    row = known.earlier.get((item.channel, item.request_ref))
    if row is None:
        return None
    if bytes(row.content_hash) != content_hash(item):
        raise IdentityReused(what="return request", identity=item.request_ref)
    return Done(item.request_ref, {"rma": row.rma, "rma_id": row.rma_id, "state": row.state}, replayed=True)


def _lines(ctx: Context, item: OpenRma, known: Known) -> list[_Line]:
    """Check a request against what was shipped; raises what it is refused for."""
    channel = known.channels.get(item.channel)
    if channel is None:
        raise rules.ChannelNotFound(channel=item.channel)
    rules.require_reference(item.request_ref)
    if not item.lines:
        raise rules.NoLines()
    if item.order and (item.channel, item.order) not in known.orders:
        raise rules.OrderNotFound(order=item.order, channel=item.channel)
    found: list[_Line] = []
    parts: list[Part] = []
    try:
        for asked in item.lines:
            rules.require_quantity(asked.quantity)
            rules.require_resolution(asked.resolution)
            reason = known.reason(item.channel, asked.reason)
            if item.order:
                shipped = known.shipped.get((item.channel, item.order), [])
                picked = rules.pick(item.order, asked.sku, asked.order_line, asked.quantity, shipped)
                found += [_line(ctx, item, channel, asked, part, reason) for part in picked]
                rules.take(picked)
                parts += picked
            else:
                found.append(_blind(item, channel, asked, known, reason))
    finally:
        rules.give_back(parts)
    return found


def _line(ctx: Context, item: OpenRma, channel: Any, asked: AskedLine, part: Part, reason: str | None) -> _Line:
    shipped, row = part.shipped, part.shipped.row
    sale = {
        "brand": row.brand,
        "family": row.family or None,
        "channel_kind": channel.kind,
        "reason_code": reason,
        "customer_segment": row.segment or None,
        "order_age_days": rules.age_days(row.shipped_at, ctx.when(item.happened_at)),
        "value_minor": shipped.invoiced_minor * part.quantity // shipped.quantity,
        "currency": row.currency,
        "country": row.country if _is_code(row.country) else None,
        "final_sale": row.final_sale,
        "blind": False,
    }
    return _Line(
        asked,
        shipped.item_id,
        part.quantity,
        shipped,
        reason or "",
        {**sale, "quantity_left": shipped.left},
        {**sale, "serial_tracked": row.serial_tracked},
    )


def _is_code(country: str) -> bool:
    """Whether a country is one to a policy: books also say "Channel Islands", and that is not known here."""
    return len(country) == 2 and country.isascii() and country.isupper()


def _blind(item: OpenRma, channel: Any, asked: AskedLine, known: Known, reason: str | None) -> _Line:
    row = known.items.get(asked.sku)
    if row is None:
        raise rules.ItemNotFound(sku=asked.sku)
    sale = {
        "brand": row.brand,
        "family": row.family or None,
        "channel_kind": channel.kind,
        "reason_code": reason,
        "value_minor": 0,
        "currency": channel.currency,
        "final_sale": False,
        "blind": True,
    }
    refund = {**sale, "serial_tracked": row.serial_tracked}
    return _Line(asked, row.id, asked.quantity, None, reason or "", {**sale, "quantity_left": 0}, refund)


def _open(ctx: Context, item: OpenRma, known: Known, guess: tuple[list[_Line], Answers] | None, plan: _Plan) -> Done:
    """Decide one request on the running state and plan its rows."""
    lines = _lines(ctx, item, known)
    answers = guess[1] if guess is not None and guess[0] == lines else _decide(ctx, lines)
    asked_of_person = any(not line.reason for line in lines)
    answer = rules.outcome_of([*(e.outcome["answer"] for e, _ in answers), *(["ask"] if asked_of_person else [])])
    if item.override:
        rules.require_reason(item.override)
    if item.override and not ctx.may("policies.override"):
        raise OverrideNotAllowed()
    overridden = bool(item.override) and answer != "yes"
    state = {"yes": State.AUTHORISED, "ask": State.REQUESTED, "no": State.DECLINED}["yes" if overridden else answer]
    rma_id = ctx.new_id()
    channel, happened = known.channels[item.channel], ctx.when(item.happened_at)
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
        "happened_at": happened,
        "recorded_at": ctx.at,
        "simulated": item.simulated or bool(lines[0].shipped and lines[0].shipped.row.simulated),
        "opened_by": ctx.actor,
        "content_hash": content_hash(item),
    }
    plan.rmas.append(row)
    told = [
        _plan_line(ctx, plan, row, n, line, pair, item.override if overridden else "")
        for n, (line, pair) in enumerate(zip(lines, answers, strict=True), start=1)
    ]
    if state is not State.DECLINED:
        rules.take(_parts(lines))
    if state is State.REQUESTED:
        plan.cases.append(_case(row, lines, asked_of_person))
    facts = {"rma": row["number"], "rma_id": rma_id, "state": str(state)}
    plan.events.append(Event(events.RMA_OPENED, rma_id, happened, facts))
    known.earlier[item.channel, item.request_ref] = _Earlier(row["content_hash"], row["number"], rma_id, str(state))
    return Done(item.request_ref, {**facts, "lines": told})


@dataclass(frozen=True)
class _Earlier:
    """A request of this batch, as `_repeated` reads one of the database."""

    content_hash: bytes
    rma: str
    rma_id: int
    state: str


def _plan_line(
    ctx: Context, plan: _Plan, rma: dict[str, Any], n: int, line: _Line, pair: tuple[Answer, Answer], override: str
) -> dict[str, Any]:
    eligibility, refund = pair
    line_id = ctx.new_id()
    set_aside = {line_id: Override({"answer": "yes"}, override)} if override else None
    decisions = [
        *decision_rows(ctx, [(line_id, eligibility)], set_aside),
        *decision_rows(ctx, [(line_id, refund)]),
    ]
    plan.decisions += decisions
    authorised = rma["state"] == State.AUTHORISED
    if not line.reason:
        plan.words.append(_words(ctx, rma, line_id, line.asked.reason))
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
            "method": "store_credit" if line.asked.resolution == "store_credit" else refund.outcome["method"],
            "restocking_fee_bp": refund.outcome["restocking_fee_bp"],
            "shipping_refundable": refund.outcome["shipping_refundable"],
            "returnless": refund.outcome["returnless"],
            "eligibility_decision_id": decisions[0]["id"],
            "refund_decision_id": decisions[1]["id"],
            "authorised_qty": kept,
        }
    )
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


def _words(ctx: Context, rma: dict[str, Any], line_id: int, words: str) -> dict[str, Any]:
    """The asker's own words for a reason that nobody mapped: free text, so it can be erased."""
    return {
        "id": ctx.new_id(),
        "kind": "return_reason",
        "subject_id": line_id,
        "source": f"channel:{rma['channel_id']}",
        "reference": "",
        "body": {"words": words},
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


def _case(rma: dict[str, Any], lines: Sequence[_Line], unmapped: bool) -> CaseDraft:
    return CaseDraft(
        kind="unmapped_code" if unmapped else "return_review",
        subject_kind="rma",
        subject_id=rma["id"],
        dedupe_key=f"rma:{rma['id']}:decision",
        entity_id=rma["entity_id"],
        money_at_risk_minor=sum(int(line.eligibility["value_minor"]) for line in lines),
        currency=rma["currency"],
        facts={"rma": rma["number"], "lines": [n for n, line in enumerate(lines, start=1) if not line.reason]},
    )
