"""Record claims: a customer says that an order never came, though the carrier proved its delivery; or takes it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Invalid, Refusal
from counterflow.returns.commands.note_signals import keep_signals
from counterflow.returns.rules import OrderNotFound
from counterflow.returns.states import CLAIM_AFTER_DELIVERY


@dataclass(frozen=True)
class RecordClaim:
    """That a customer said at an instant that nothing of an order had arrived.

    With `withdrawn` that this holds no longer: it turned up, or was never said. It counts no longer then.
    """

    channel: str
    order: str
    claimed_at: datetime
    withdrawn: bool = False


class ClaimInvalid(Invalid):
    """A claim was made at an instant with its offset, and not in the future."""


class DeliveryNotProved(Refusal):
    """No delivery of order {order} is on record before the claim; a claim counts only against a proved delivery."""


class GuestOrder(Refusal):
    """Order {order} has no customer whom a claim could be counted for."""


class NeverClaimed(Refusal):
    """Nobody is on record to have said that order {order} never came, so there is nothing to take back."""


_ORDERS = f"""
SELECT c.code AS channel, o.number, o.id, o.customer_id, min(s.delivered_at) AS delivered_at,
       EXISTS (SELECT FROM returns_signal g WHERE g.kind = '{CLAIM_AFTER_DELIVERY}' AND g.subject_id = o.id) AS claimed
FROM (SELECT DISTINCT * FROM unnest(%s::text[], %s::text[]) AS u(channel, number)) w
JOIN orders_channel c ON c.code = w.channel JOIN orders_order o ON o.channel_id = c.id AND o.number = w.number
LEFT JOIN orders_shipment s ON s.order_id = o.id
GROUP BY 1, 2, 3, 4
"""


@command(needs="returns.open")
def record_claims(ctx: Context, *, items: Sequence[RecordClaim]) -> Batch:
    """Count each claim once for its order, or no longer. Deliveries are recorded by `record_deliveries`.

    Refuses `OrderNotFound`, `ClaimInvalid`, `DeliveryNotProved`, `GuestOrder`, `NeverClaimed`. Two statements, whatever
    the batch.
    """
    wanted = [[item.channel for item in items], [item.order for item in items]]
    known = {(row.channel, row.number): row for row in db.rows(_ORDERS, wanted)}
    rows: dict[int, dict[str, Any]] = {}
    results: list[Done | Refused] = []
    for item in items:
        identity = f"{item.channel}:{item.order}"
        try:
            order = _checked(ctx, item, known.get((item.channel, item.order)))
            if item.withdrawn and not order.claimed and order.id not in rows:
                raise NeverClaimed(order=item.order[:80])
            row = rows.setdefault(order.id, _claim(item, order))
            row["withdrawn_at"] = ctx.at if item.withdrawn else None
            results.append(Done(identity, {"order_id": order.id}))
        except DomainError as error:
            results.append(Refused.of(identity[:200], error))
    keep_signals(ctx, [rows[order] for order in sorted(rows)])
    return Batch(results)


def _claim(item: RecordClaim, order: Any) -> dict[str, Any]:
    return {
        "kind": CLAIM_AFTER_DELIVERY,
        "subject_kind": "order",
        "subject_id": order.id,
        "customer_id": order.customer_id,
        "rma_id": None,
        "happened_at": item.claimed_at,
    }


def _checked(ctx: Context, item: RecordClaim, order: Any) -> Any:
    if order is None:
        raise OrderNotFound(order=item.order[:80], channel=item.channel[:80])
    if item.claimed_at.tzinfo is None or item.claimed_at > ctx.at:
        raise ClaimInvalid()
    if order.customer_id is None:
        raise GuestOrder(order=item.order[:80])
    if order.delivered_at is None or order.delivered_at > item.claimed_at:
        raise DeliveryNotProved(order=item.order[:80])
    return order
