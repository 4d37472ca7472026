"""Goodwill: what may be granted beyond the invoice, by order. Read by the command under lock, and by pages without.

A grant is bounded twice: all goodwill of an order by a share of what was invoiced, and what leaves by the
original tender by what came in and is not owed or promised back already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from counterflow.kernel import db
from counterflow.kernel.errors import Invalid, NotFound, Refusal

CAUSE: Final = "goodwill"


class GoodwillInvalid(Invalid):
    """Goodwill is a whole number of minor units above 0, as `original` or `store_credit`; not {amount} as {method}."""


class OrderNotKnown(NotFound):
    """There is no order {order} in channel {channel}."""


class NoOrderBehind(Refusal):
    """No order stands behind {rma}, so nothing says what goodwill may come to."""


class OverGoodwill(Refusal):
    """{wanted} were asked and {left} may still be granted: {granted} were, and goodwill of an order ends at {cap}
    (minor units of {currency}), {percent} % of what was invoiced."""


class GoodwillOverTender(Refusal):
    """{wanted} were asked by the original means of payment, and {left} (minor units of {currency}) of what came in
    are neither owed nor promised back; grant store credit instead."""


@dataclass
class Room:
    """What goodwill of an order may come to, in minor units of its currency, as it runs through a batch.

    `tenders` is what came in and is not yet promised back; `owed` what credits are still to take of it.
    """

    order_id: int
    invoiced: int
    granted: int
    tenders: int
    owed: int
    percent: int

    @property
    def cap(self) -> int:
        """What all goodwill of the order may come to."""
        return self.invoiced * self.percent // 100

    @property
    def left(self) -> int:
        """What may still be granted."""
        return max(0, self.cap - self.granted)

    @property
    def by_tender(self) -> int:
        """What may still be granted by the original means of payment."""
        return max(0, min(self.left, self.tenders - self.owed))


# A tender with money taken back by the bank pays nothing; what left unexplained is not there any more.
_ROOMS = """
SELECT o.id,
       coalesce((SELECT sum(l.invoiced_minor) FROM orders_shipment s JOIN orders_shipmentline l ON l.shipment_id = s.id
                 WHERE s.order_id = o.id), 0)::bigint AS invoiced,
       coalesce(c.granted, 0)::bigint AS granted, coalesce(t.free, 0)::bigint AS free,
       coalesce(c.owed, 0)::bigint AS owed
FROM orders_order o
LEFT JOIN LATERAL (
    SELECT sum(goodwill_minor) AS granted,
           sum(total_minor - committed_minor) FILTER (WHERE method = 'original') AS owed
    FROM refunds_credit WHERE order_id = o.id
) c ON true
LEFT JOIN LATERAL (
    SELECT sum(greatest(0, t.captured_minor - t.committed_minor - greatest(0, t.refunded_minor - p.paid))) AS free
    FROM orders_tender t
    CROSS JOIN LATERAL (SELECT coalesce(sum(paid_minor), 0) AS paid FROM refunds_payout
                        WHERE tender_id = t.id AND NOT chargeback) p
    CROSS JOIN LATERAL (SELECT coalesce(sum(CASE kind WHEN 'chargeback' THEN amount_minor ELSE -amount_minor END), 0)
                               AS taken
                        FROM refunds_moneyfact WHERE tender_id = t.id AND currency = t.currency
                          AND kind IN ('chargeback', 'chargeback_reversed')) f
    WHERE t.order_id = o.id AND t.currency = o.currency AND f.taken <= 0
) t ON true
WHERE o.id = ANY(%s::bigint[]) ORDER BY o.id
"""


def rooms(order_ids: Sequence[int], *, percent: int) -> Mapping[int, Room]:
    """What goodwill of orders may come to. One statement."""
    found = db.rows(_ROOMS, [list(order_ids)])
    return {row.id: Room(row.id, row.invoiced, row.granted, row.free, row.owed, percent) for row in found}


@dataclass(frozen=True)
class GoodwillRow:
    """Goodwill that was granted on an order; `rma` is empty where it is for no return."""

    id: int
    number: int | None
    rma: str
    reason: str
    method: str
    currency: str
    total_minor: int
    paid_minor: int
    happened_at: datetime


@dataclass(frozen=True)
class GoodwillFile:
    """An order as whoever grants goodwill has to see it. `needs_rate` where books and sale differ in currency."""

    channel: str
    order: str
    currency: str
    functional: str
    room: Room
    granted: tuple[GoodwillRow, ...]

    @property
    def needs_rate(self) -> bool:
        """Whether a rate has to be told."""
        return self.currency != self.functional


_ORDER = """
SELECT o.id, c.code AS channel, o.number, o.currency, e.currency AS functional
FROM orders_channel c JOIN orders_order o ON o.channel_id = c.id JOIN ledger_entity e ON e.id = c.entity_id
WHERE c.code = %s AND o.number = %s
"""
_GRANTED = """
SELECT c.id, c.number, coalesce(r.number, '') AS rma, c.reason, c.method, c.currency, c.total_minor, c.paid_minor,
       c.happened_at
FROM refunds_credit c LEFT JOIN returns_rma r ON r.id = c.rma_id
WHERE c.order_id = %s AND c.cause = 'goodwill' ORDER BY c.id DESC LIMIT 100
"""


def goodwill_file(*, channel: str, order: str, percent: int) -> GoodwillFile:
    """What may be granted on an order, and what was. Read without lock: a hint. Raises `OrderNotKnown`."""
    found = db.rows(_ORDER, [channel, order])
    if not found:
        raise OrderNotKnown(channel=channel[:80], order=order[:80])
    head = found[0]
    room = rooms([head.id], percent=percent)[head.id]
    granted = tuple(GoodwillRow(*row) for row in db.rows(_GRANTED, [head.id]))
    return GoodwillFile(head.channel, head.number, head.currency, head.functional, room, granted)
