"""Release credits: what we owe for pieces that reached the milestone their policy named."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.kernel.events import Event, emit
from counterflow.ledger.chart import GL
from counterflow.ledger.posting import Entry, Money, post
from counterflow.orders.models import ShipmentLine
from counterflow.refunds import events, rules
from counterflow.refunds.goodwill import CAUSE
from counterflow.refunds.lookups import Claim, Due, Line, lock_claims
from counterflow.refunds.models import Credit, CreditLine
from counterflow.refunds.rules import Amounts
from counterflow.refunds.states import Method
from counterflow.returns.entitlement import due as due_pieces
from counterflow.returns.entitlement import milestone_of, reached
from counterflow.returns.models import RmaLine
from counterflow.returns.rules import RmaNotFound, require_quantity, require_reason, require_reference


@dataclass(frozen=True)
class CreditPieces:
    """Pieces of one RMA line."""

    line_no: int
    quantity: int


@dataclass(frozen=True)
class ReleaseCredit:
    """One credit. `request_ref` is the asker's own and unique for ever.

    Without `lines` it covers all that is due of the RMA. `rate` is needed where the sale's currency is
    not that of the books: units of the books' currency for one of the sale's.
    """

    request_ref: str
    rma: str
    lines: Sequence[CreditPieces] = ()
    cause: str = "return"
    happened_at: datetime | None = None
    rate: Decimal | None = None


@dataclass(frozen=True)
class _Part:
    """Pieces of a line that a credit covers, and what they are worth."""

    line: Line
    quantity: int
    worth: Amounts
    released_by: str


@dataclass
class _Plan:
    """The rows that one batch will write, gathered while its items are decided."""

    credits: list[dict[str, Any]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    shipped: dict[int, tuple[int, int]] = field(default_factory=dict)
    credited: dict[int, int] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="refunds.release")
def release_credits(ctx: Context, *, items: Sequence[ReleaseCredit]) -> Batch:
    """Release each credit that is due, by line and piece, and post what we owe.

    Refuses: `RmaNotFound`, `CreditLineNotFound`, `QuantityInvalid`, `ReasonMissing`, `ReferenceMissing`,
    `NothingDue`, `NotEnoughDue`, `NothingInvoiced`, `MixedMethods`, `GoodwillApart`, `RateMissing`, `RateInvalid`,
    `IdentityReused`. Shipping is credited once, with the pieces that complete the return of the whole order by
    lines whose policy refunds it. SQL: two look-ups under lock, one write a table, one posting.
    """
    due = lock_claims(ctx, [(item.request_ref, item.rma) for item in items])
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_repeated(item, due) or _release(ctx, item, due, plan))
        except DomainError as error:
            results.append(Refused.of(item.request_ref, error))
    db.insert(Credit, sorted(plan.credits, key=lambda row: str(row["request_ref"])))
    db.insert(CreditLine, plan.lines)
    moved = sorted(plan.shipped.items())
    db.add(ShipmentLine, [{"id": i, "credited_qty": q, "credited_minor": m} for i, (q, m) in moved])
    db.add(RmaLine, [{"id": i, "credited_qty": q} for i, q in sorted(plan.credited.items())])
    post(ctx, plan.entries)
    emit(ctx, plan.events)
    return Batch(results)


def _repeated(item: ReleaseCredit, due: Due) -> Done | None:
    """What was answered to the same request before; a reuse with other content is refused."""
    row = due.earlier.get(item.request_ref)
    if row is None:
        return None
    if row["hash"] != content_hash(item).hex():
        raise IdentityReused(what="credit request", identity=item.request_ref)
    return Done(item.request_ref, _told(row), replayed=True)


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "credit_id": row["id"],
        "total_minor": row["total"],
        "net_minor": row["net"],
        "tax_minor": row["tax"],
        "shipping_minor": row["shipping"],
        "fee_minor": row["fee"],
        "currency": row["currency"],
        "method": row["method"],
    }


def _release(ctx: Context, item: ReleaseCredit, due: Due, plan: _Plan) -> Done:
    """Decide one credit on the running state and plan its rows."""
    claim = due.claims.get(item.rma)
    if claim is None:
        raise RmaNotFound(rma=item.rma[:80])
    require_reference(item.request_ref)
    require_reason(item.cause)
    if item.cause == CAUSE:
        raise rules.GoodwillApart(rma=item.rma)
    rate = rules.rate_between(item.rate, claim.currency, claim.functional, item.rma)
    chosen = _chosen(item, claim, due)
    methods = sorted({line.method for line, _ in chosen})
    if len(methods) > 1:
        raise rules.MixedMethods(rma=item.rma, methods=", ".join(methods))
    parts = [_part(line, quantity, claim, due) for line, quantity in chosen]
    shipping, shipping_tax = _shipping(parts, claim, due)
    whole = Amounts()
    for part in parts:
        whole = whole.plus(part.worth)
    credit_id, digest = ctx.new_id(), content_hash(item)
    row = {
        "id": credit_id,
        "entity_id": claim.entity_id,
        "request_ref": item.request_ref,
        "content_hash": digest,
        "rma_id": claim.rma_id,
        "order_id": claim.order_id,
        "cause": item.cause,
        "method": methods[0],
        "currency": claim.currency,
        "net_minor": whole.net,
        "tax_minor": whole.tax,
        "shipping_minor": shipping,
        "shipping_tax_minor": shipping_tax,
        "fee_minor": whole.fee,
        "total_minor": whole.net + whole.tax + shipping + shipping_tax - whole.fee,
        "rate": rate,
        "happened_at": ctx.when(item.happened_at),
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
        "simulated": claim.simulated,
    }
    settled = row["total_minor"] if methods[0] == Method.STORE_CREDIT else 0
    row |= {"committed_minor": settled, "paid_minor": settled}
    _write(ctx, plan, row, parts, claim, due)
    told = {
        "id": credit_id,
        "hash": digest.hex(),
        "total": row["total_minor"],
        "net": whole.net,
        "tax": whole.tax,
        "shipping": shipping + shipping_tax,
        "fee": whole.fee,
        "currency": claim.currency,
        "method": methods[0],
    }
    due.earlier[item.request_ref] = told
    return Done(item.request_ref, _told(told))


def _chosen(item: ReleaseCredit, claim: Claim, due: Due) -> list[tuple[Line, int]]:
    """The lines and pieces a credit covers: those named, or all that is due."""
    if item.lines:
        named: dict[int, int] = {}
        for pieces in item.lines:
            require_quantity(pieces.quantity)
            if pieces.line_no not in claim.lines:
                raise rules.CreditLineNotFound(rma=item.rma, line_no=pieces.line_no)
            named[pieces.line_no] = named.get(pieces.line_no, 0) + pieces.quantity
        wanted = [(claim.lines[n], quantity) for n, quantity in sorted(named.items())]
    else:
        wanted = [(line, due_pieces(line, claim.state)) for _, line in sorted(claim.lines.items())]
        wanted = [(line, quantity) for line, quantity in wanted if quantity > 0]
    if not wanted or all(due_pieces(line, claim.state) == 0 for line, _ in wanted):
        raise _nothing_due(item, claim, [line for line, _ in wanted] or list(claim.lines.values()))
    for line, quantity in wanted:
        ready = due_pieces(line, claim.state)
        if quantity > ready:
            raise rules.NotEnoughDue(
                rma=item.rma, line_no=line.line_no, wanted=quantity, due=ready, milestone=milestone_of(line)
            )
    invoiced = [(line, quantity) for line, quantity in wanted if _invoiced(line, due)]
    if not invoiced or (item.lines and len(invoiced) < len(wanted)):
        raise rules.NothingInvoiced(rma=item.rma)
    return invoiced


def _invoiced(line: Line, due: Due) -> bool:
    return line.shipment_line_id is not None and due.shipped[line.shipment_line_id].invoiced > 0


def _nothing_due(item: ReleaseCredit, claim: Claim, lines: Sequence[Line]) -> DomainError:
    """Say what each line waits for: permission, a milestone, or nothing any more."""
    waiting = [
        {
            "line_no": line.line_no,
            "milestone": milestone_of(line),
            "pieces": line.quantity - line.cancelled_qty - line.credited_qty,
            "reached": reached(line, claim.state),
            "credited": line.credited_qty,
        }
        for line in lines
    ]
    if claim.state in ("requested", "declined"):
        text = f"it is {claim.state}"
    elif not (text := _waits(waiting)):
        text = "all pieces are credited or cancelled"
    return rules.NothingDue(rma=item.rma, waits_for=text, state=claim.state, lines=waiting)


def _waits(waiting: Sequence[dict[str, Any]]) -> str:
    return "; ".join(
        f"{w['pieces']} pieces of line {w['line_no']} wait for {w['milestone']}" for w in waiting if w["pieces"] > 0
    )


def _part(line: Line, quantity: int, claim: Claim, due: Due) -> _Part:
    """Price the pieces, and count them as credited in the running state."""
    shipped = due.shipped[line.shipment_line_id or 0]
    worth = rules.amounts(
        invoiced=shipped.invoiced,
        tax=shipped.tax,
        shipped=shipped.quantity,
        credited=shipped.credited,
        take=quantity,
        fee_bp=line.restocking_fee_bp,
    )
    ahead = line.credited_qty + quantity > reached(line, claim.state)
    shipped.credited += quantity
    line.credited_qty += quantity
    return _Part(line, quantity, worth, "approved" if ahead else milestone_of(line))


def _shipping(parts: Sequence[_Part], claim: Claim, due: Due) -> tuple[int, int]:
    """Shipping and its tax, where these pieces complete the return of the order."""
    if claim.order_id is None:
        return 0, 0
    order = due.orders[claim.order_id]
    refundable = sum(part.quantity for part in parts if part.line.shipping_refundable)
    order.returned += refundable
    if not refundable or order.returned < order.ordered or order.shipping <= 0:
        return 0, 0
    found = order.shipping, max(0, order.shipping_tax)
    order.shipping = order.shipping_tax = 0
    return found


def _write(ctx: Context, plan: _Plan, row: dict[str, Any], parts: Sequence[_Part], claim: Claim, due: Due) -> None:
    """Plan the credit with its lines, counters, entry and event."""
    for part in parts:
        plan.lines.append(
            {
                "id": ctx.new_id(),
                "credit_id": row["id"],
                "rma_line_id": part.line.id,
                "shipment_line_id": part.line.shipment_line_id,
                "quantity": part.quantity,
                "net_minor": part.worth.net,
                "tax_minor": part.worth.tax,
                "fee_minor": part.worth.fee,
                "released_by": part.released_by,
            }
        )
        plan.credited[part.line.id] = plan.credited.get(part.line.id, 0) + part.quantity
        pieces, minor = plan.shipped.get(part.line.shipment_line_id or 0, (0, 0))
        plan.shipped[part.line.shipment_line_id or 0] = (
            pieces + part.quantity,
            minor + part.worth.net + part.worth.tax,
        )
    entry = _entry(ctx, row, claim)
    row["functional_total_minor"] = -sum(leg.amount for leg in entry.money if leg.gl in _OWED)
    # Pieces of a line worth less than they are many have credits of nothing, and nothing is posted for those.
    posted = any(leg.amount for leg in entry.money)
    row["entry_id"] = entry.id if posted else 0
    plan.credits.append(row)
    plan.entries += [entry] if posted else []
    facts = {
        "rma": claim.number,
        "method": row["method"],
        "total_minor": row["total_minor"],
        "currency": row["currency"],
    }
    plan.events.append(Event(events.CREDIT_RELEASED, row["id"], row["happened_at"], facts))


_OWED = (GL.REFUNDS_PAYABLE, GL.STORE_CREDIT)


def _entry(ctx: Context, row: dict[str, Any], claim: Claim) -> Entry:
    """Sales returns and tax against the fee and what we owe; net takes the rounding of another currency."""
    owed = GL.STORE_CREDIT if row["method"] == Method.STORE_CREDIT else GL.REFUNDS_PAYABLE
    agreed = {
        GL.TAX_PAYABLE: row["tax_minor"] + row["shipping_tax_minor"],
        GL.FEE_INCOME: -row["fee_minor"],
        owed: -row["total_minor"],
    }
    booked = {gl: rules.convert(m, row["currency"], claim.functional, row["rate"]) for gl, m in agreed.items()}
    agreed[GL.SALES_RETURNS] = row["net_minor"] + row["shipping_minor"]
    booked[GL.SALES_RETURNS] = -sum(booked.values())
    legs = [
        Money(claim.entity_id, gl, booked[gl], row["id"], row["currency"], amount, row["rate"])
        for gl, amount in agreed.items()
    ]
    return Entry(ctx.new_id(), claim.entity_id, "credit", row["happened_at"], money=legs)
