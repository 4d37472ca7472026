"""Observe charges: what customers paid of the difference that goods cost more, as a partner reports it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.kernel.events import Event, emit
from counterflow.ledger.chart import GL
from counterflow.ledger.posting import Entry, Money, post
from counterflow.orders.models import Tender
from counterflow.refunds import events, goods
from counterflow.refunds.models import Charge, Replacement
from counterflow.refunds.rules import convert
from counterflow.workqueue.cases import CaseDraft, open_cases, settle_cases


@dataclass(frozen=True)
class ChargeReport:
    """Money of a customer for a replacement order. `partner_ref` is the partner's id of it, unique within `source`."""

    source: str
    partner_ref: str
    channel: str
    number: str
    amount_minor: int
    currency: str
    happened_at: datetime
    tender_kind: str = "card"


_ORDERS = """
SELECT o.id, c.code AS channel, o.number, e.currency AS functional,
       (SELECT coalesce(max(t.seq), 0) FROM orders_tender t WHERE t.order_id = o.id) AS tenders
FROM (SELECT DISTINCT * FROM unnest(%s::text[], %s::text[]) AS u(channel, number)) w
JOIN orders_channel c ON c.code = w.channel
JOIN orders_order o ON o.channel_id = c.id AND o.number = w.number
JOIN ledger_entity e ON e.id = c.entity_id
ORDER BY o.id FOR NO KEY UPDATE OF o
"""
_LINES = """
SELECT l.id FROM returns_rmaline l
WHERE l.id IN (SELECT rma_line_id FROM refunds_replacement WHERE order_id = ANY(%s::bigint[]))
ORDER BY l.id FOR NO KEY UPDATE
"""
_MADE = """
SELECT g.*, r.number AS rma FROM refunds_replacement g JOIN returns_rma r ON r.id = g.rma_id
WHERE g.order_id = ANY(%s::bigint[]) ORDER BY g.id
"""
_EARLIER = """
SELECT x.source, x.partner_ref, x.content_hash, x.replacement_id FROM unnest(%s::text[], %s::text[]) AS w(source, ref)
JOIN refunds_charge x ON x.source = w.source AND x.partner_ref = w.ref
"""


@dataclass
class _Plan:
    charges: list[dict[str, Any]] = field(default_factory=list)
    tenders: list[dict[str, Any]] = field(default_factory=list)
    received: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    entries: list[Entry] = field(default_factory=list)
    cases: list[CaseDraft] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="refunds.observe")
def observe_charges(ctx: Context, *, items: Sequence[ChargeReport]) -> Batch:
    """Record each payment as a tender of the replacement order, and take it off what the customer owes.

    What is more than was owed stays to the customer's credit, as a case. Refuses `ChargeInvalid`,
    `ReplacementNotFound`, `IdentityReused`.
    """
    wanted = [[item.channel for item in items], [item.number for item in items]]
    orders = {(row.channel, row.number): row for row in db.lock(ctx, Rank.ORDER_TENDER, _ORDERS, wanted)}
    ids = sorted(row.id for row in orders.values())
    db.lock(ctx, Rank.RMA_LINE, _LINES, [ids])
    made = {row.order_id: row for row in db.rows(_MADE, [ids])}
    named = [[item.source for item in items], [item.partner_ref for item in items]]
    earlier = {
        (row.source, row.partner_ref): (bytes(row.content_hash), row.replacement_id) for row in db.rows(_EARLIER, named)
    }
    seqs = {row.id: row.tenders for row in orders.values()}
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            order = orders.get((item.channel, item.number))
            row = made.get(order.id) if order is not None else None
            results.append(_observe(ctx, item, order, row, earlier, seqs, plan))
        except DomainError as error:
            results.append(Refused.of(item.partner_ref, error))
    db.insert(Tender, plan.tenders)
    db.insert(Charge, plan.charges)
    db.add(Replacement, [{"id": i, "received_minor": m} for i, m in sorted(plan.received.items())])
    post(ctx, plan.entries)
    open_cases(ctx, plan.cases)
    settle_cases(ctx, plan.settled, outcome="paid")
    emit(ctx, plan.events)
    return Batch(results)


def _observe(
    ctx: Context,
    item: ChargeReport,
    order: Any,
    row: Any,
    earlier: dict[tuple[str, str], tuple[bytes, int]],
    seqs: dict[int, int],
    plan: _Plan,
) -> Done:
    if order is None or row is None:
        raise goods.ReplacementNotFound(number=item.number[:80], channel=item.channel[:80])
    digest = content_hash(item)
    before = earlier.get((item.source, item.partner_ref))
    if before is not None:
        if before[0] != digest:
            raise IdentityReused(what="charge", identity=item.partner_ref)
        return Done(item.partner_ref, {"replacement_id": before[1]}, replayed=True)
    amount = item.amount_minor
    sound = isinstance(amount, int) and not isinstance(amount, bool) and 0 < amount < 2**40
    if not (sound and item.source and item.partner_ref and item.currency == row.currency):
        raise goods.ChargeInvalid(currency=row.currency)
    earlier[item.source, item.partner_ref] = (digest, row.id)
    entry_id, at = ctx.new_id(), ctx.when(item.happened_at)
    booked = convert(amount, row.currency, order.functional, row.rate)
    legs = [
        Money(row.entity_id, gl, sign * booked, row.id, row.currency, sign * amount, row.rate)
        for gl, sign in ((GL.PAYMENT_CLEARING, 1), (GL.RECEIVABLE_CUSTOMER, -1))
    ]
    plan.entries.append(Entry(entry_id, row.entity_id, "charge_paid", at, money=legs))
    seqs[order.id] += 1
    tender = {
        "id": ctx.new_id(),
        "order_id": order.id,
        "seq": seqs[order.id],
        "kind": item.tender_kind,
        "currency": row.currency,
        "captured_minor": amount,
        "reference": item.partner_ref,
        "simulated": row.simulated,
    }
    plan.tenders.append(tender)
    plan.charges.append(
        {
            "id": ctx.new_id(),
            "source": item.source,
            "partner_ref": item.partner_ref,
            "content_hash": digest,
            "replacement_id": row.id,
            "tender_id": tender["id"],
            "amount_minor": amount,
            "functional_minor": booked,
            "happened_at": at,
            "recorded_at": ctx.at,
            "command_id": ctx.command_id,
            "entry_id": entry_id,
        }
    )
    plan.received[row.id] += amount
    left = row.total_minor - row.settled_minor - row.received_minor - plan.received[row.id]
    if left <= 0:
        plan.settled.append(f"replacement:{row.id}:owed")
    if left < 0:
        plan.cases.append(_too_much(row, -left))
    plan.events.append(
        Event(events.CHARGE_OBSERVED, row.rma_id, at, {"replacement_id": row.id, "amount_minor": amount})
    )
    return Done(item.partner_ref, {"replacement_id": row.id, "owed_minor": max(0, left)})


def _too_much(row: Any, excess: int) -> CaseDraft:
    return CaseDraft(
        kind="overpaid",
        subject_kind="rma",
        subject_id=row.rma_id,
        dedupe_key=f"replacement:{row.id}:overpaid",
        entity_id=row.entity_id,
        money_at_risk_minor=excess,
        currency=row.currency,
        facts={"rma": row.rma, "replacement_id": row.id},
    )
