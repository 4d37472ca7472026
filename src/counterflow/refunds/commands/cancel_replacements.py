"""Cancel goods that were to go out instead of money: the credit is owed again, and the goods may be ordered again."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import DomainError
from counterflow.kernel.events import Event, emit
from counterflow.ledger.posting import Entry, Money, post
from counterflow.refunds import events, goods
from counterflow.refunds.lookups_goods import credit_of
from counterflow.refunds.models import Credit, Offset, Replacement
from counterflow.refunds.money import CreditMoney
from counterflow.refunds.states import REPLACEMENT
from counterflow.refunds.states import Replacement as State
from counterflow.returns.models import RmaLine
from counterflow.returns.rules import require_reason
from counterflow.workqueue.cases import settle_cases


@dataclass(frozen=True)
class CancelReplacement:
    """A replacement order by its channel and number; `reason` is a code."""

    channel: str
    number: str
    reason: str


# Shipments lock the order first, so none can come between.
_ORDERS = """
SELECT o.id, c.code AS channel, o.number,
       EXISTS (SELECT FROM orders_shipment s WHERE s.order_id = o.id) AS shipped
FROM (SELECT DISTINCT * FROM unnest(%s::text[], %s::text[]) AS u(channel, number)) w
JOIN orders_channel c ON c.code = w.channel
JOIN orders_order o ON o.channel_id = c.id AND o.number = w.number
ORDER BY o.id FOR NO KEY UPDATE OF o
"""
_LINES = """
SELECT l.id FROM returns_rmaline l
WHERE l.id IN (SELECT rma_line_id FROM refunds_replacement WHERE order_id = ANY(%s::bigint[]))
ORDER BY l.id FOR NO KEY UPDATE
"""
_CREDITS = """
SELECT c.* FROM refunds_credit c WHERE c.id IN (
    SELECT x.credit_id FROM refunds_replacement g JOIN refunds_offset x ON x.replacement_id = g.id
    WHERE g.order_id = ANY(%s::bigint[])
) ORDER BY c.id FOR NO KEY UPDATE
"""
_MADE = "SELECT g.* FROM refunds_replacement g WHERE g.order_id = ANY(%s::bigint[]) ORDER BY g.id"
_OFFSETS = """
SELECT x.replacement_id, x.credit_id, sum(x.amount_minor)::bigint AS amount,
       sum(x.functional_minor)::bigint AS functional
FROM refunds_offset x JOIN refunds_replacement g ON g.id = x.replacement_id
WHERE g.order_id = ANY(%s::bigint[]) GROUP BY 1, 2 HAVING sum(x.amount_minor) <> 0 ORDER BY 1, 2
"""
_SOLD = """
SELECT l.entry_id, l.subject_id, a.gl, sum(l.amount)::bigint AS amount, sum(l.tx_amount)::bigint AS agreed
FROM refunds_replacement g
JOIN ledger_line l ON l.entry_id = g.entry_id AND l.subject_id = g.id AND l.recorded_at = g.recorded_at
JOIN ledger_account a ON a.id = l.account_id
WHERE g.order_id = ANY(%s::bigint[]) AND a.gl IN ('sales', 'sales_returns', 'tax_payable')
GROUP BY 1, 2, 3 ORDER BY 2, 3
"""


@dataclass
class _Known:
    orders: dict[tuple[str, str], Any] = field(default_factory=dict)
    made: dict[int, Any] = field(default_factory=dict)
    credits: dict[int, CreditMoney] = field(default_factory=dict)
    offsets: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))
    sold: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))
    cancelled: set[int] = field(default_factory=set)


@dataclass
class _Plan:
    made: list[dict[str, Any]] = field(default_factory=list)
    settled: dict[int, int] = field(default_factory=dict)
    offsets: list[dict[str, Any]] = field(default_factory=list)
    credits: dict[int, int] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="refunds.replace")
def cancel_replacements(ctx: Context, *, items: Sequence[CancelReplacement]) -> Batch:
    """Cancel each order of goods that has not left, and turn its entry round; credits that met it are owed again.

    Refuses: `ReplacementNotFound`, `ReasonMissing`, `ReplacementLeft`, `ReplacementPaid`. Cancelled again is a replay.
    """
    known = _look_up(ctx, items)
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_cancel(ctx, item, known, plan))
        except DomainError as error:
            results.append(Refused.of(f"{item.channel}:{item.number}", error))
    db.update(Replacement, plan.made)
    db.insert(Offset, plan.offsets)
    db.add(Credit, [{"id": i, "committed_minor": m, "paid_minor": m} for i, m in sorted(plan.credits.items())])
    db.add(RmaLine, [{"id": i, "replaced_qty": -q} for i, q in sorted(plan.lines.items())])
    post(ctx, plan.entries)
    settle_cases(ctx, [f"replacement:{row['id']}:owed" for row in plan.made], outcome="cancelled")
    emit(ctx, plan.events)
    return Batch(results)


def _look_up(ctx: Context, items: Sequence[CancelReplacement]) -> _Known:
    known = _Known()
    wanted = [[item.channel for item in items], [item.number for item in items]]
    for row in db.lock(ctx, Rank.ORDER_TENDER, _ORDERS, wanted):
        known.orders[row.channel, row.number] = row
    ids = sorted(row.id for row in known.orders.values())
    db.lock(ctx, Rank.RMA_LINE, _LINES, [ids])
    for row in db.lock(ctx, Rank.CREDIT, _CREDITS, [ids]):
        known.credits[row.id] = credit_of(row)
    for row in db.rows(_MADE, [ids]):
        known.made[row.order_id] = row
    for row in db.rows(_OFFSETS, [ids]):
        known.offsets[row.replacement_id].append(row)
    for row in db.rows(_SOLD, [ids]):
        known.sold[row.subject_id].append(row)
    return known


def _cancel(ctx: Context, item: CancelReplacement, known: _Known, plan: _Plan) -> Done:
    require_reason(item.reason)
    order = known.orders.get((item.channel, item.number))
    row = known.made.get(order.id) if order is not None else None
    if order is None or row is None:
        raise goods.ReplacementNotFound(number=item.number[:80], channel=item.channel[:80])
    identity, told = f"{item.channel}:{item.number}", {"replacement_id": row.id, "rma_id": row.rma_id}
    if row.state == State.CANCELLED or row.id in known.cancelled:
        return Done(identity, told, replayed=True)
    if order.shipped:
        raise goods.ReplacementLeft(number=item.number)
    if row.received_minor:
        raise goods.ReplacementPaid(number=item.number, received=row.received_minor, currency=row.currency)
    known.cancelled.add(row.id)
    entry_id = ctx.new_id() if row.entry_id else 0
    owed = 0
    legs = [
        Money(row.entity_id, sold.gl, -sold.amount, row.id, row.currency, -sold.agreed, row.rate)
        for sold in known.sold[row.id]
    ]
    for met in known.offsets[row.id]:
        credit = known.credits[met.credit_id]
        functional = credit.unpay(met.amount)
        credit.committed -= met.amount
        owed += functional
        legs.append(Money(row.entity_id, "refunds_payable", -functional, row.id, row.currency, -met.amount, row.rate))
        plan.offsets.append(
            {
                "id": ctx.new_id(),
                "credit_id": met.credit_id,
                "replacement_id": row.id,
                "amount_minor": -met.amount,
                "functional_minor": -functional,
                "recorded_at": ctx.at,
                "command_id": ctx.command_id,
                "entry_id": entry_id,
            }
        )
        plan.credits[met.credit_id] = plan.credits.get(met.credit_id, 0) - met.amount
    rest = row.functional_total_minor - owed
    legs.append(
        Money(
            row.entity_id,
            "receivable_from_customers",
            -rest,
            row.id,
            row.currency,
            -(row.total_minor - row.settled_minor),
            row.rate,
        )
    )
    if entry_id:
        plan.entries.append(Entry(entry_id, row.entity_id, "replacement_cancelled", ctx.at, money=legs))
    plan.made.append(
        {
            "id": row.id,
            "state": REPLACEMENT.move("cancel", row.state),
            "settled_minor": 0,
            "cancelled_entry_id": entry_id,
        }
    )
    plan.lines[row.rma_line_id] = plan.lines.get(row.rma_line_id, 0) + row.quantity
    facts = {"replacement_id": row.id, "reason": item.reason}
    plan.events.append(Event(events.REPLACEMENT_CANCELLED, row.rma_id, ctx.at, facts))
    return Done(identity, told)
