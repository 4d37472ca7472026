"""Record when customers had their goods: the day from which windows of return count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import DomainError, IdentityReused, Invalid, NotFound
from counterflow.orders.commands.record_shipments import CLOCKS_DIFFER
from counterflow.orders.models import Shipment


@dataclass(frozen=True)
class ReportDelivery:
    """That a shipment reached the customer; `delivered_at` is an instant with its offset."""

    channel: str
    order: str
    number: str
    delivered_at: datetime

    @property
    def identity(self) -> str:
        """One delivery for each shipment, for ever."""
        return f"{self.channel}:{self.order}:{self.number}"


class ShipmentUnknown(NotFound):
    """Order {order} in channel {channel} has no shipment {number}."""


class DeliveryInvalid(Invalid):
    """Shipment {number} cannot have been delivered at {at}: that is before it left, still to come, or has no offset."""


@command(needs="orders.ship")
def record_deliveries(ctx: Context, *, items: Sequence[ReportDelivery]) -> Batch:
    """Record each delivery, once for each shipment.

    A right of withdrawal runs from the day on which the consumer has the goods (Directive 2011/83/EU, article 9).
    Refuses `ShipmentUnknown`, `DeliveryInvalid`, `IdentityReused`. Two statements: orders and shipments under lock,
    one write.
    """
    wanted = sorted({(item.channel, item.order, item.number) for item in items})
    columns = [[row[n] for row in wanted] for n in range(3)]
    found = db.lock(ctx, Rank.ORDER_TENDER, _SHIPMENTS, columns)
    known: dict[tuple[str, str, str], Any] = {(row.channel, row.order, row.number): row for row in found}
    arrived = {row.id: row.delivered_at for row in found}
    fresh: dict[int, datetime] = {}
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_record(ctx, item, known, arrived, fresh))
        except DomainError as error:
            results.append(Refused.of(item.identity, error))
    db.update(Shipment, [{"id": shipment, "delivered_at": at} for shipment, at in sorted(fresh.items())])
    return Batch(results)


_SHIPMENTS = """
SELECT s.id, s.shipped_at, s.delivered_at, s.number, o.number AS order, c.code AS channel
FROM (SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]) AS u(channel, number, shipment)) w
JOIN orders_channel c ON c.code = w.channel
JOIN orders_order o ON o.channel_id = c.id AND o.number = w.number
JOIN orders_shipment s ON s.order_id = o.id AND s.number = w.shipment
ORDER BY o.id, s.id FOR NO KEY UPDATE OF o, s
"""


def _record(
    ctx: Context,
    item: ReportDelivery,
    known: dict[tuple[str, str, str], Any],
    arrived: dict[int, datetime | None],
    fresh: dict[int, datetime],
) -> Done:
    shipment = known.get((item.channel, item.order, item.number))
    if shipment is None:
        raise ShipmentUnknown(order=item.order[:80], channel=item.channel[:80], number=item.number[:80])
    at, before = item.delivered_at, arrived[shipment.id]
    if at.tzinfo is None or at < shipment.shipped_at or at > ctx.at + CLOCKS_DIFFER:
        raise DeliveryInvalid(number=item.number, at=at.isoformat())
    if before is not None:
        if before != at:
            raise IdentityReused(what="delivery", identity=item.identity)
        return Done(item.identity, {"shipment_id": shipment.id}, replayed=True)
    arrived[shipment.id] = fresh[shipment.id] = at
    return Done(item.identity, {"shipment_id": shipment.id})
