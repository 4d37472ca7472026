"""Request payouts: money of a released credit is asked to leave through the tenders it came in by."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Invalid
from counterflow.kernel.events import Event, emit
from counterflow.orders.models import Tender
from counterflow.refunds import events, rules
from counterflow.refunds.lookups import Payable, lock_payable
from counterflow.refunds.models import Credit, Payout
from counterflow.refunds.rules import TenderState
from counterflow.refunds.states import Payout as State
from counterflow.returns.rules import require_reference


@dataclass(frozen=True)
class RequestPayout:
    """Pay a credit. `request_ref` is the asker's own and unique for ever.

    `tender` is a tender's number within the order; without it the amount is spread over the order's
    tenders, first to last. `amount_minor` is what is left of the credit unless told.
    """

    request_ref: str
    credit_id: int
    tender: int | None = None
    amount_minor: int | None = None
    happened_at: datetime | None = None


class AmountInvalid(Invalid):
    """A payout takes a whole number of minor units above 0, not {amount}."""


@dataclass
class _Plan:
    payouts: list[dict[str, Any]] = field(default_factory=list)
    tenders: dict[int, int] = field(default_factory=dict)
    credits: dict[int, int] = field(default_factory=dict)
    committed: dict[int, int] = field(default_factory=dict)
    done: dict[str, tuple[bytes, dict[str, Any]]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


@command(needs="refunds.pay")
def request_payouts(ctx: Context, *, items: Sequence[RequestPayout]) -> Batch:
    """Commit each payout and hand it to whoever pays. Nothing is paid until it is observed.

    Refuses: `CreditNotFound`, `TenderNotFound`, `AmountInvalid`, `OverCredit`, `OverTender`, `ChargebackOpen`,
    `GoodsFirst`, `IdentityReused`. SQL: three look-ups (two lock: tenders, then credits), one
    write a table.
    """
    payable = lock_payable(ctx, [item.credit_id for item in items], [item.request_ref for item in items])
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_repeated(item, payable, plan) or _request(ctx, item, payable, plan))
        except DomainError as error:
            results.append(Refused.of(item.request_ref, error))
    db.insert(Payout, sorted(plan.payouts, key=lambda row: str(row["reference"])))
    db.add(Tender, [{"id": i, "committed_minor": m} for i, m in sorted(plan.tenders.items())])
    db.add(Credit, [{"id": i, "committed_minor": m} for i, m in sorted(plan.credits.items())])
    emit(ctx, plan.events)
    return Batch(results)


def _repeated(item: RequestPayout, payable: Payable, plan: _Plan) -> Done | None:
    """What was answered to the same request before; a reuse with other content is refused."""
    rows = payable.earlier.get(item.request_ref)
    if rows:
        digest = bytes(rows[0].content_hash)
        told = [
            {"reference": f"{item.request_ref}/{n}", "payout_id": row.id, "tender": row.seq, "amount_minor": row.paid}
            for n, row in enumerate(rows, start=1)
        ]
        facts: dict[str, Any] = {"credit_id": rows[0].credit_id, "payouts": told}
    elif item.request_ref in plan.done:
        digest, facts = plan.done[item.request_ref]
    else:
        return None
    if digest != content_hash(item):
        raise IdentityReused(what="payout request", identity=item.request_ref)
    return Done(item.request_ref, facts, replayed=True)


def _request(ctx: Context, item: RequestPayout, payable: Payable, plan: _Plan) -> Done:
    credit = payable.credits.get(item.credit_id)
    if credit is None:
        raise rules.CreditNotFound(credit=item.credit_id)
    require_reference(item.request_ref)
    if credit.for_goods > 0:
        raise rules.GoodsFirst(owed=credit.for_goods, currency=credit.currency)
    left = credit.total_minor - credit.committed_minor - plan.credits.get(credit.id, 0)
    wanted = _amount(item, left)
    if wanted > left or wanted == 0:
        raise rules.OverCredit(wanted=wanted, left=left, total=credit.total_minor, currency=credit.currency)
    parts = _parts(item, credit, wanted, payable)
    digest, at = content_hash(item), ctx.when(item.happened_at)
    told = []
    for n, (tender, amount) in enumerate(parts, start=1):
        tender.committed += amount
        plan.tenders[tender.id] = plan.tenders.get(tender.id, 0) + amount
        plan.credits[credit.id] = plan.credits.get(credit.id, 0) + amount
        row = {
            "id": ctx.new_id(),
            "request_ref": item.request_ref,
            "part": n,
            "reference": f"{item.request_ref}/{n}",
            "content_hash": digest,
            "credit_id": credit.id,
            "tender_id": tender.id,
            "amount_minor": amount,
            "currency": credit.currency,
            "state": str(State.REQUESTED),
            "requested_at": at,
            "command_id": ctx.command_id,
        }
        plan.payouts.append(row)
        told.append(
            {"reference": row["reference"], "payout_id": row["id"], "tender": tender.seq, "amount_minor": amount}
        )
        facts = {"credit_id": credit.id, "amount_minor": amount, "currency": credit.currency}
        plan.events.append(Event(events.PAYOUT_REQUESTED, row["id"], at, facts))
    plan.done[item.request_ref] = digest, {"credit_id": credit.id, "payouts": told}
    return Done(item.request_ref, {"credit_id": credit.id, "payouts": told})


def _amount(item: RequestPayout, left: int) -> int:
    if item.amount_minor is None:
        return left
    if isinstance(item.amount_minor, bool) or not isinstance(item.amount_minor, int) or item.amount_minor <= 0:
        raise AmountInvalid(amount=str(item.amount_minor)[:40])
    return item.amount_minor


def _parts(item: RequestPayout, credit: Any, wanted: int, payable: Payable) -> list[tuple[TenderState, int]]:
    """Cut the amount over the tender that was named, or over all of the order that nothing stands against."""
    found = [t for t in payable.tenders.get(credit.order_id, []) if t.currency == credit.currency]
    if item.tender is not None:
        found = [t for t in found if t.seq == item.tender]
    if not found:
        raise rules.TenderNotFound(credit=credit.id, tender=item.tender or "", currency=credit.currency)
    found.sort(key=lambda t: t.seq)
    free = [t for t in found if t.charged_back == 0]
    parts = rules.spread(wanted, free)
    if sum(amount for _, amount in parts) == wanted:
        return parts
    blocked = next((t for t in found if t.charged_back), None)
    if blocked is not None:
        raise rules.ChargebackOpen(amount=blocked.charged_back, currency=blocked.currency, tender=blocked.seq)
    raise rules.OverTender(
        wanted=wanted,
        left=sum(t.left for t in found),
        captured=sum(t.captured for t in found),
        currency=credit.currency,
    )
