"""Order goods instead of money: a replacement, or another item in exchange, as an order of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.kernel.events import Event, emit
from counterflow.kernel.models import Payload
from counterflow.ledger.chart import GL
from counterflow.ledger.posting import Entry, post
from counterflow.orders.models import Order, OrderLine
from counterflow.orders.states import CostBasis, LineKind
from counterflow.policies.approving import require_approval
from counterflow.policies.commands.record_overrides import About, note_row, override_row, record_overrides
from counterflow.policies.overriding import require_override
from counterflow.refunds import events, goods, rules
from counterflow.refunds.lookups import Claim, Due, Line, lock_claims
from counterflow.refunds.lookups_goods import Known, Wanted, look_up_goods
from counterflow.refunds.models import Credit, Offset, Replacement
from counterflow.refunds.states import Replacement as State
from counterflow.returns.entitlement import goods_ahead, goods_due, milestone_of
from counterflow.returns.models import RmaLine
from counterflow.returns.rules import RmaNotFound, require_quantity, require_reason, require_reference
from counterflow.returns.setting_aside import Aside, Said, look_up_said
from counterflow.returns.states import GOODS
from counterflow.workqueue.cases import CaseDraft, open_cases


@dataclass(frozen=True)
class OrderReplacement:
    """Goods for pieces of one RMA line. `request_ref` is the asker's own and unique for ever.

    Without a `quantity` it is all that may have goods now. `ahead` is the reason code of a member of staff who lets
    goods go before the credit, `note` what they say about it, which is kept erasable; `rate` is then needed where the
    sale's currency is not that of the books.
    """

    request_ref: str
    rma: str
    line_no: int
    quantity: int | None = None
    ahead: str = ""
    happened_at: datetime | None = None
    rate: Decimal | None = None
    note: str = ""


@dataclass
class _Plan:
    orders: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    replacements: list[dict[str, Any]] = field(default_factory=list)
    offsets: list[dict[str, Any]] = field(default_factory=list)
    credits: dict[int, int] = field(default_factory=dict)
    replaced: dict[int, int] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    overrides: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    cases: list[CaseDraft] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="refunds.replace")
def order_replacements(ctx: Context, *, items: Sequence[OrderReplacement]) -> Batch:
    """Order the goods, let credits of the return meet them, and book what the customer owes beyond.

    Refuses: `RmaNotFound`, `CreditLineNotFound`, `QuantityInvalid`, `ReferenceMissing`, `ReasonMissing`, `NotForGoods`,
    `NothingToReplace`, `NotSoManyToReplace`, `AheadNotAllowed`, `OverrideReasonUnknown`, `OverrideNoteMissing`,
    `NoSale`, `RateMissing`, `RateInvalid`, `ApprovalNeeded`, `IdentityReused`. SQL: five look-ups (three of
    them lock), one more where goods go ahead, one write a table, the decisions, one posting.
    """
    due = lock_claims(ctx, [(item.request_ref, item.rma) for item in items])
    rma_ids = sorted(claim.rma_id for claim in due.claims.values())
    known = look_up_goods(ctx, rma_ids, [item.request_ref for item in items])
    early = [item.rma for item in items if item.ahead]
    aside = look_up_said(early) if early else Aside({}, {})
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_repeated(item, known) or _order(ctx, item, due, known, aside, plan))
        except DomainError as error:
            results.append(Refused.of(item.request_ref, error))
    db.insert(Order, plan.orders)
    db.insert(OrderLine, plan.lines)
    db.insert(Replacement, plan.replacements)
    db.insert(Offset, plan.offsets)
    db.insert(Payload, plan.notes)
    record_overrides(ctx, plan.overrides)
    db.add(Credit, [{"id": i, "committed_minor": m, "paid_minor": m} for i, m in sorted(plan.credits.items())])
    db.add(RmaLine, [{"id": i, "replaced_qty": q} for i, q in sorted(plan.replaced.items())])
    post(ctx, plan.entries)
    open_cases(ctx, plan.cases)
    emit(ctx, plan.events)
    return Batch(results)


def _content(item: OrderReplacement) -> bytes:
    """What tells this order from another; notes are erased, and tell nothing."""
    return content_hash(replace(item, note=""))


def _repeated(item: OrderReplacement, known: Known) -> Done | None:
    before = known.earlier.get(item.request_ref)
    if before is None:
        return None
    if before[0] != _content(item):
        raise IdentityReused(what="replacement request", identity=item.request_ref)
    return Done(item.request_ref, before[1], replayed=True)


def _order(ctx: Context, item: OrderReplacement, due: Due, known: Known, aside: Aside, plan: _Plan) -> Done:
    claim = due.claims.get(item.rma)
    if claim is None:
        raise RmaNotFound(rma=item.rma[:80])
    require_reference(item.request_ref)
    line = claim.lines.get(item.line_no)
    if line is None:
        raise rules.CreditLineNotFound(rma=item.rma, line_no=item.line_no)
    quantity = _quantity(ctx, item, claim, line, aside)
    wanted = known.lines.get(line.id)
    if wanted is None:
        raise goods.NoSale(rma=item.rma)
    credits = known.credits.get(claim.rma_id, [])
    rate = _rate(item, claim, credits[0].rate if credits else None)
    net, tax = _worth(line, quantity, wanted, due)
    made = goods.Goods(
        ctx.new_id(),
        claim.currency,
        net + tax,
        rules.convert(net + tax, claim.currency, claim.functional, rate),
        rate,
    )
    if item.ahead:
        # On copies of what runs, because it may be refused.
        copy = replace(made)
        entries = _entries(ctx, item, claim, wanted, net, tax, copy, goods.meet(copy, [replace(c) for c in credits]))
        _require_approval(ctx, item, claim, aside.said[line.id], made, entries)
    met = goods.meet(made, credits)
    wanted.given = wanted.given[0] + net, wanted.given[1] + tax
    line.replaced_qty += quantity
    number = _write_order(ctx, item, claim, wanted, quantity, net, tax, known, plan)
    _write(ctx, item, claim, line, wanted, quantity, net, tax, made, met, plan)
    if item.ahead:
        _set_aside(ctx, item, line.id, quantity, made, aside.said[line.id], plan)
    told = {"replacement_id": made.id, "order": number, "total_minor": made.total}
    known.earlier[item.request_ref] = (_content(item), told)
    return Done(item.request_ref, told)


def _set_aside(
    ctx: Context, item: OrderReplacement, line_id: int, quantity: int, made: goods.Goods, said: Said, plan: _Plan
) -> None:
    """Plan the report's row of goods that leave before the refund policy lets them; at stake is their worth."""
    about = About(
        act="goods_ahead",
        subject_kind="rma_line",
        subject_id=line_id,
        document=said.rma,
        rma=said.rma,
        money_minor=made.total,
        currency=said.currency,
        brand=said.brand,
        channel=said.channel,
    )
    instead = {"milestone": "authorised", "pieces": quantity}
    plan.overrides.append(override_row(ctx, about, decision=said.decision, instead=instead, reason=item.ahead))
    if item.note:
        plan.notes.append(note_row(ctx, line_id, item.note))


def _quantity(ctx: Context, item: OrderReplacement, claim: Claim, line: Line, aside: Aside) -> int:
    """How many pieces have goods now: those credited, or with a reason those that only were permitted."""
    if line.resolution not in GOODS:
        raise goods.NotForGoods(rma=item.rma, line_no=line.line_no, resolution=line.resolution)
    left = goods_due(line)
    if item.ahead:
        require_reason(item.ahead)
        if not ctx.may("policies.override"):
            raise goods.AheadNotAllowed()
        require_override(item.ahead, item.note, aside.reasons)
        left = goods_ahead(line, claim.state)
    quantity = left if item.quantity is None else require_quantity(item.quantity)
    if left == 0:
        raise goods.NothingToReplace(rma=item.rma, line_no=line.line_no, milestone=milestone_of(line))
    if quantity > left:
        raise goods.NotSoManyToReplace(rma=item.rma, line_no=line.line_no, wanted=quantity, left=left)
    return quantity


def _rate(item: OrderReplacement, claim: Claim, credited: Decimal | None) -> Decimal:
    """One where both currencies are one, else that of the credit, or the one that was sent."""
    same = claim.currency == claim.functional
    rate = Decimal(1) if same else credited if credited is not None else item.rate
    if rate is None:
        raise rules.RateMissing(rma=item.rma, currency=claim.currency, functional=claim.functional)
    if not rate.is_finite() or rate <= 0 or (same and item.rate not in (None, 1)):
        raise rules.RateInvalid(rate=str(item.rate)[:40], currency=claim.functional)
    return rate


def _worth(line: Line, quantity: int, wanted: Wanted, due: Due) -> tuple[int, int]:
    """What the goods come to: the price that was agreed, or what was paid for the pieces that come back."""
    if wanted.price is not None:
        total, tax = wanted.price * quantity, wanted.price_tax * quantity
        return total - tax, tax
    net, tax, pieces = wanted.net, wanted.tax, line.credited_qty
    if pieces < line.replaced_qty + quantity and line.shipment_line_id is not None:
        shipped = due.shipped[line.shipment_line_id]
        net, tax, pieces = shipped.invoiced - shipped.tax, shipped.tax, shipped.quantity
    return goods.worth(take=quantity, replaced=line.replaced_qty, credited=pieces, net=net, tax=tax, given=wanted.given)


def _write_order(
    ctx: Context,
    item: OrderReplacement,
    claim: Claim,
    wanted: Wanted,
    quantity: int,
    net: int,
    tax: int,
    known: Known,
    plan: _Plan,
) -> str:
    """Plan the order under which the goods ship; its number is that of the return with a count behind it."""
    known.orders[claim.rma_id] += 1
    number, order_id = f"{claim.number}-R{known.orders[claim.rma_id]}", ctx.new_id()
    plan.orders.append(
        {
            "id": order_id,
            "channel_id": wanted.channel_id,
            "number": number,
            "customer_id": wanted.customer_id,
            "placed_at": ctx.when(item.happened_at),
            "currency": claim.currency,
            "country": wanted.country,
            "simulated": claim.simulated,
            "content_hash": _content(item),
        }
    )
    price = -(-(net + tax) // quantity)
    plan.lines.append(
        {
            "id": ctx.new_id(),
            "order_id": order_id,
            "line_no": 1,
            "item_id": wanted.item_id,
            "sku": wanted.sku,
            "kind": str(LineKind.PRODUCT),
            "quantity": quantity,
            "unit_price_minor": price,
            "discount_minor": price * quantity - net - tax,
            "tax_minor": tax,
            "cost_basis": str(CostBasis.NIL),
        }
    )
    return number


def _write(
    ctx: Context,
    item: OrderReplacement,
    claim: Claim,
    line: Line,
    wanted: Wanted,
    quantity: int,
    net: int,
    tax: int,
    made: goods.Goods,
    met: goods.Met,
    plan: _Plan,
) -> None:
    """Plan the replacement with its entry, what credits meet of it, and the case for what the customer owes."""
    at = ctx.when(item.happened_at)
    entries = _entries(ctx, item, claim, wanted, net, tax, made, met)
    entry_id = entries[0].id if entries else 0
    plan.entries += entries
    plan.replacements.append(
        {
            "id": made.id,
            "request_ref": item.request_ref,
            "content_hash": _content(item),
            "entity_id": claim.entity_id,
            "rma_id": claim.rma_id,
            "rma_line_id": line.id,
            "order_id": plan.orders[-1]["id"],
            "item_id": wanted.item_id,
            "quantity": quantity,
            "currency": claim.currency,
            "net_minor": net,
            "tax_minor": tax,
            "total_minor": made.total,
            "functional_total_minor": made.functional_total,
            "rate": made.rate,
            "settled_minor": made.settled,
            "state": str(State.ORDERED),
            "ahead": bool(item.ahead),
            "reason": item.ahead,
            "happened_at": at,
            "recorded_at": ctx.at,
            "command_id": ctx.command_id,
            "entry_id": entry_id,
            "simulated": claim.simulated,
        }
    )
    _meet(ctx, made, met, entry_id, plan)
    plan.replaced[line.id] = plan.replaced.get(line.id, 0) + quantity
    if made.owed and not item.ahead:
        plan.cases.append(_owed(claim, made))
    facts = {"rma": claim.number, "total_minor": made.total, "currency": claim.currency, "ahead": item.ahead}
    plan.events.append(Event(events.REPLACEMENT_ORDERED, claim.rma_id, at, facts))


def _entries(
    ctx: Context,
    item: OrderReplacement,
    claim: Claim,
    wanted: Wanted,
    net: int,
    tax: int,
    made: goods.Goods,
    met: goods.Met,
) -> list[Entry]:
    """The entry of the goods; none where nothing is worth a minor unit.

    The same item at the same terms is no sale and no return of one (IFRS 15, B26): what was taken off sales by the
    credit is put back. Another item is a sale.
    """
    sale = GL.SALES if wanted.price is not None else GL.SALES_RETURNS
    money = goods.legs(
        entity=claim.entity_id, functional=claim.functional, goods=made, net=net, tax=tax, met=met, sale=sale
    )
    if not any(leg.amount for leg in money):
        return []
    return [Entry(ctx.new_id(), claim.entity_id, "replacement", ctx.when(item.happened_at), money=money)]


def _require_approval(
    ctx: Context, item: OrderReplacement, claim: Claim, said: Said, made: goods.Goods, entries: Sequence[Entry]
) -> None:
    """Let goods go before theirs are here, or refuse it. Raises `ApprovalNeeded`."""
    facts = {
        "value_minor": made.total,
        "currency": claim.currency,
        "reason_code": item.ahead,
        "fraud_score": claim.fraud_score,
        **said.scope,
    }
    require_approval(ctx, "replacement_early", item.request_ref, subject_id=claim.rma_id, facts=facts, entries=entries)


def _owed(claim: Claim, made: goods.Goods) -> CaseDraft:
    """That the customer owes the difference."""
    return CaseDraft(
        kind="difference_owed",
        subject_kind="rma",
        subject_id=claim.rma_id,
        dedupe_key=f"replacement:{made.id}:owed",
        entity_id=claim.entity_id,
        money_at_risk_minor=made.owed,
        currency=claim.currency,
        facts={"rma": claim.number, "replacement_id": made.id},
    )


def _meet(ctx: Context, made: goods.Goods, met: goods.Met, entry_id: int, plan: _Plan) -> None:
    """Plan what credits meet of the goods."""
    for credit, amount, functional in met.parts:
        plan.offsets.append(
            {
                "id": ctx.new_id(),
                "credit_id": credit.id,
                "replacement_id": made.id,
                "amount_minor": amount,
                "functional_minor": functional,
                "recorded_at": ctx.at,
                "command_id": ctx.command_id,
                "entry_id": entry_id,
            }
        )
        plan.credits[credit.id] = plan.credits.get(credit.id, 0) + amount
