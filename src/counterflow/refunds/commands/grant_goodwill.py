"""Grant goodwill: compensation beyond what was invoiced, on an order or a return, with a reason and within a cap."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.kernel.events import Event, emit
from counterflow.ledger.chart import GL
from counterflow.ledger.posting import Entry, Money, post
from counterflow.policies.approving import require_approval
from counterflow.refunds import events, goodwill, rules
from counterflow.refunds.goodwill import CAUSE, Room, rooms
from counterflow.refunds.models import Credit
from counterflow.refunds.states import Method
from counterflow.returns.rules import RmaNotFound, require_reason, require_reference

_METHODS = (Method.ORIGINAL, Method.STORE_CREDIT)


@dataclass(frozen=True)
class GrantGoodwill:
    """Goodwill on a return, or else on an order by its channel and number. `request_ref` is the asker's own.

    `amount_minor` is in the order's currency, `reason` a code. `rate` is needed where that currency is not the one
    of the books: units of the books' currency for one of the sale's.
    """

    request_ref: str
    amount_minor: int
    reason: str
    rma: str = ""
    channel: str = ""
    order: str = ""
    method: str = "original"
    rate: Decimal | None = None
    happened_at: datetime | None = None


# Goodwill of one order is granted one after the other; sums are read by the statement after the lock.
_ORDERS = """
SELECT o.id FROM orders_order o WHERE o.id IN (
    SELECT r.order_id FROM returns_rma r WHERE r.number = ANY(%s::text[])
    UNION
    SELECT x.id FROM unnest(%s::text[], %s::text[]) AS w(channel, number)
    JOIN orders_channel c ON c.code = w.channel JOIN orders_order x ON x.channel_id = c.id AND x.number = w.number
) ORDER BY o.id FOR NO KEY UPDATE
"""
_ASKED = """
SELECT w.n, r.id AS rma_id, o.id AS order_id, o.number, o.currency, o.simulated, c.entity_id, e.currency AS functional,
       k.id AS credit_id, k.content_hash, k.total_minor, k.currency AS credited_in, k.method,
       (SELECT max(f.score) FROM returns_rma p JOIN returns_risk f ON f.rma_id = p.id
        WHERE p.order_id = o.id AND (r.id IS NULL OR p.id = r.id)) AS fraud_score
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[]) WITH ORDINALITY AS w(ref, rma, channel, number, n)
LEFT JOIN returns_rma r ON r.number = w.rma
LEFT JOIN orders_channel d ON d.code = w.channel AND w.rma = ''
LEFT JOIN orders_order x ON x.channel_id = d.id AND x.number = w.number
LEFT JOIN orders_order o ON o.id = coalesce(r.order_id, x.id)
LEFT JOIN orders_channel c ON c.id = o.channel_id
LEFT JOIN ledger_entity e ON e.id = c.entity_id
LEFT JOIN refunds_credit k ON k.request_ref = w.ref
ORDER BY w.n
"""


@dataclass
class _Plan:
    rooms: dict[int, Room] = field(default_factory=dict)
    told: dict[str, tuple[bytes, dict[str, Any]]] = field(default_factory=dict)
    credits: list[dict[str, Any]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="refunds.compensate")
def grant_goodwill(ctx: Context, *, items: Sequence[GrantGoodwill]) -> Batch:
    """Grant each compensation as a credit of its own, within the cap of its order, and post what we owe.

    Refuses: `GoodwillInvalid`, `ReasonMissing`, `ReferenceMissing`, `RmaNotFound`, `OrderNotKnown`, `NoOrderBehind`,
    `OverGoodwill`, `GoodwillOverTender`, `RateMissing`, `RateInvalid`, `ApprovalNeeded`, `IdentityReused`. SQL:
    three look-ups, the first locks the orders; one write, the decisions, one posting.
    """
    numbers = sorted({item.rma for item in items if item.rma})
    named = sorted({(item.channel, item.order) for item in items if not item.rma})
    params = [numbers, [channel for channel, _ in named], [order for _, order in named]]
    locked = [row.id for row in db.lock(ctx, Rank.ORDER_TENDER, _ORDERS, params)]
    columns = [[getattr(item, name) for item in items] for name in ("request_ref", "rma", "channel", "order")]
    asked = db.rows(_ASKED, columns)
    plan = _Plan(dict(rooms(locked, percent=settings.GOODWILL_PERCENT_MAX)))
    results: list[Done | Refused] = []
    for item, row in zip(items, asked, strict=True):
        try:
            results.append(_repeated(item, row, plan) or _grant(ctx, item, row, plan))
        except DomainError as error:
            results.append(Refused.of(item.request_ref, error))
    db.insert(Credit, sorted(plan.credits, key=lambda row: str(row["request_ref"])))
    post(ctx, plan.entries)
    emit(ctx, plan.events)
    return Batch(results)


def _repeated(item: GrantGoodwill, row: Any, plan: _Plan) -> Done | None:
    """What was answered to the same request before; a reuse with other content is refused."""
    if item.request_ref in plan.told:
        digest, told = plan.told[item.request_ref]
    elif row.credit_id is not None:
        digest = bytes(row.content_hash)
        told = _told(row.credit_id, row.total_minor, row.credited_in, row.method)
    else:
        return None
    if digest != content_hash(item):
        raise IdentityReused(what="credit request", identity=item.request_ref)
    return Done(item.request_ref, told, replayed=True)


def _told(credit_id: int, total: int, currency: str, method: str) -> dict[str, Any]:
    return {"credit_id": credit_id, "total_minor": total, "currency": currency, "method": method}


def _grant(ctx: Context, item: GrantGoodwill, row: Any, plan: _Plan) -> Done:
    require_reference(item.request_ref)
    require_reason(item.reason)
    amount = item.amount_minor
    if isinstance(amount, bool) or not isinstance(amount, int) or amount <= 0 or item.method not in _METHODS:
        raise goodwill.GoodwillInvalid(amount=str(amount)[:40], method=str(item.method)[:40])
    _require_order(item, row)
    rate = rules.rate_between(item.rate, row.currency, row.functional, item.rma or row.number)
    room = plan.rooms[row.order_id]
    if amount > room.left:
        facts = {"granted": room.granted, "cap": room.cap, "percent": room.percent, "currency": row.currency}
        raise goodwill.OverGoodwill(wanted=amount, left=room.left, **facts)
    if item.method == Method.ORIGINAL and amount > room.by_tender:
        raise goodwill.GoodwillOverTender(wanted=amount, left=room.by_tender, currency=row.currency)
    credit = _credit(ctx, item, row, rate)
    entries = _entries(credit)
    asked = {
        "value_minor": amount,
        "total_minor": room.granted + amount,
        "currency": row.currency,
        "reason_code": item.reason,
        "fraud_score": row.fraud_score,
    }
    require_approval(ctx, "goodwill", item.request_ref, subject_id=row.order_id, facts=asked, entries=entries)
    room.granted += amount
    room.owed += amount if item.method == Method.ORIGINAL else 0
    plan.credits.append(credit)
    plan.entries.extend(entries)
    facts = {"order": row.number, "rma": item.rma, "reason": item.reason, "method": item.method}
    facts |= {"total_minor": amount, "currency": row.currency}
    plan.events.append(Event(events.GOODWILL_GRANTED, credit["id"], credit["happened_at"], facts))
    told = _told(credit["id"], amount, row.currency, item.method)
    plan.told[item.request_ref] = content_hash(item), told
    return Done(item.request_ref, told)


def _require_order(item: GrantGoodwill, row: Any) -> None:
    if item.rma and row.rma_id is None:
        raise RmaNotFound(rma=item.rma[:80])
    if item.rma and row.order_id is None:
        raise goodwill.NoOrderBehind(rma=item.rma)
    if row.order_id is None:
        raise goodwill.OrderNotKnown(channel=item.channel[:80], order=item.order[:80])


def _credit(ctx: Context, item: GrantGoodwill, row: Any, rate: Decimal) -> dict[str, Any]:
    amount = item.amount_minor
    functional = rules.convert(amount, row.currency, row.functional, rate)
    met = amount if item.method == Method.STORE_CREDIT else 0
    nothing = dict.fromkeys(("net_minor", "tax_minor", "shipping_minor", "shipping_tax_minor", "fee_minor"), 0)
    return {
        "id": ctx.new_id(),
        "entity_id": row.entity_id,
        "request_ref": item.request_ref,
        "content_hash": content_hash(item),
        "rma_id": row.rma_id,
        "order_id": row.order_id,
        "cause": CAUSE,
        "reason": item.reason,
        "method": item.method,
        "currency": row.currency,
        **nothing,
        "goodwill_minor": amount,
        "total_minor": amount,
        "functional_total_minor": functional,
        "rate": rate,
        "committed_minor": met,
        "paid_minor": met,
        "happened_at": ctx.when(item.happened_at),
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
        "entry_id": ctx.new_id() if functional else 0,
        "simulated": row.simulated,
    }


def _entries(row: dict[str, Any]) -> list[Entry]:
    """Goodwill against what we owe; what is less than a minor unit of the books is posted nowhere."""
    owed = GL.STORE_CREDIT if row["method"] == Method.STORE_CREDIT else GL.REFUNDS_PAYABLE
    entity, currency, total, booked = (
        row[name] for name in ("entity_id", "currency", "total_minor", "functional_total_minor")
    )
    legs = [
        Money(entity, gl, sign * booked, row["id"], currency, sign * total, row["rate"])
        for gl, sign in ((GL.GOODWILL, 1), (owed, -1))
    ]
    return [Entry(row["entry_id"], entity, "goodwill", row["happened_at"], money=legs)] if booked else []
