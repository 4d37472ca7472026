"""What a customer and linked accounts did in the 365 days up to the day something is asked: one statement a batch.

Read by indexes that begin with the customer, so the cost follows what these customers did in a year and not how
much history there is. A batch counts its own earlier requests as a later command would read them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.conf import settings

from counterflow.kernel import db
from counterflow.orders.links import SHARED

DAYS: Final = 365
ORDERS_MAX: Final = 1_000
"""Of a customer the latest so many orders of the year are read; who orders more is a company with a contract."""
RATE_MAX: Final = 10_000


@dataclass(frozen=True)
class Asked:
    """About whom, on which day (its first moment in UTC), in which currency; `but_rma` is not counted."""

    customer_id: int
    day: datetime
    currency: str
    but_rma: int = 0


@dataclass(frozen=True)
class Year:
    """A year of a customer. Amounts are minor units of the currency asked about; `linked` are ids of other accounts."""

    orders: int = 0
    bought: int = 0
    returns: int = 0
    returned: int = 0
    returned_minor: int = 0
    serial_mismatches: int = 0
    empty_boxes: int = 0
    claims: int = 0
    first_order_at: datetime | None = None
    linked: tuple[int, ...] = ()
    linked_by: dict[str, int] = field(default_factory=dict)
    linked_bought: int = 0
    linked_returned: int = 0


@dataclass(frozen=True)
class Happened:
    """A request of the running batch: whose, when, and what of it counts as coming back."""

    customer_id: int
    day: datetime
    currency: str
    pieces: int
    value_minor: int


def day_of(at: datetime) -> datetime:
    """The first moment of an instant's day in UTC."""
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


class History:
    """What is known of the customers of a batch, and what the batch has added so far."""

    def __init__(self, years: dict[Asked, Year]) -> None:
        self._years = years
        self._added: list[Happened] = []

    def year(self, asked: Asked) -> Year:
        """A customer's year with what this batch did before; of nobody nothing is known."""
        known = self._years.get(asked, Year())
        start = asked.day - timedelta(days=DAYS - 1)
        returns = returned = value = linked = 0
        for one in self._added:
            if not start <= one.day <= asked.day:
                continue
            if one.customer_id == asked.customer_id:
                returns, returned = returns + 1, returned + one.pieces
                value += one.value_minor if one.currency == asked.currency else 0
            elif one.customer_id in known.linked:
                linked += one.pieces
        if not returns and not linked:
            return known
        values = vars(known) | {
            "returns": known.returns + returns,
            "returned": known.returned + returned,
            "returned_minor": known.returned_minor + value,
            "linked_returned": known.linked_returned + linked,
        }
        return Year(**values)

    def add(self, *happened: Happened) -> None:
        """Count requests of this batch."""
        self._added += happened

    def forget(self) -> None:
        """Forget what the batch added; for who guessed and starts again."""
        self._added.clear()


def rate_bp(returned: int, bought: int) -> int:
    """Pieces returned of pieces bought, in basis points and at most all; of nothing bought whatever came is all."""
    if not bought:
        return RATE_MAX if returned else 0
    return min(RATE_MAX, returned * RATE_MAX // bought)


_BOUGHT = f"""
SELECT count(*) AS orders, coalesce(sum(p.pieces), 0)::bigint AS pieces FROM (
    SELECT (SELECT sum(l.quantity) FROM orders_orderline l WHERE l.order_id = o.id AND l.kind = 'product') AS pieces
    FROM orders_order o
    WHERE o.customer_id = w.customer_id AND o.placed_at >= w.since AND o.placed_at < w.until
    ORDER BY o.placed_at DESC LIMIT {ORDERS_MAX}
) p
"""
# What was declined or will not come does not count as returned; what came back before go-live does.
_RETURNED = """
SELECT count(*) AS returns, coalesce(sum(p.pieces), 0)::bigint AS pieces, coalesce(sum(p.value), 0)::bigint AS value
FROM (
    SELECT t.pieces, CASE WHEN r.currency = w.currency THEN t.value END AS value
    FROM returns_rma r
    CROSS JOIN LATERAL (
        SELECT sum(l.quantity - l.cancelled_qty) AS pieces,
               sum(s.invoiced_minor * (l.quantity - l.cancelled_qty) / s.quantity) AS value
        FROM returns_rmaline l LEFT JOIN orders_shipmentline s ON s.id = l.shipment_line_id
        WHERE l.rma_id = r.id AND r.state <> 'declined'
    ) t
    WHERE r.customer_id = w.customer_id AND r.happened_at >= w.since AND r.happened_at < w.until
      AND r.id <> w.but_rma
    UNION ALL
    SELECT sum(i.quantity), sum(i.amount_minor) FILTER (WHERE i.currency = w.currency)
    FROM orders_importedreturn i
    WHERE i.customer_id = w.customer_id AND i.settled AND i.kind = 'product'
      AND i.happened_at >= w.since AND i.happened_at < w.until
    GROUP BY i.channel_id, i.number
) p
"""
_READ = f"""
WITH asked AS (
    SELECT a.*, a.day - {DAYS - 1} * interval '24 hours' AS since, a.day + interval '24 hours' AS until
    FROM unnest(%(n)s::int[], %(customer)s::bigint[], %(day)s::timestamptz[], %(currency)s::text[], %(but)s::bigint[])
        AS a(n, customer_id, day, currency, but_rma)
), pairs AS (
    {SHARED}
), linked AS (
    SELECT customer_id, array_agg(DISTINCT other_id ORDER BY other_id) AS ids,
           count(*) FILTER (WHERE kind = 'email') AS by_email, count(*) FILTER (WHERE kind = 'phone') AS by_phone,
           count(*) FILTER (WHERE kind = 'address') AS by_address
    FROM pairs GROUP BY 1
), others AS (
    SELECT w.n, sum(b.pieces)::bigint AS bought, sum(r.pieces)::bigint AS returned
    FROM (
        SELECT a.n, o.id AS customer_id, a.since, a.until, a.currency, a.but_rma
        FROM asked a JOIN linked l ON l.customer_id = a.customer_id CROSS JOIN LATERAL unnest(l.ids) AS o(id)
    ) w
    CROSS JOIN LATERAL ({_BOUGHT}) b CROSS JOIN LATERAL ({_RETURNED}) r
    GROUP BY w.n
)
SELECT w.n, b.orders, b.pieces AS bought, r.returns, r.pieces AS returned, r.value AS returned_minor,
       s.serial_mismatches, s.empty_boxes, s.claims,
       (SELECT o.placed_at FROM orders_order o WHERE o.customer_id = w.customer_id
        ORDER BY o.placed_at LIMIT 1) AS first_order_at,
       l.ids, l.by_email, l.by_phone, l.by_address,
       coalesce(o.bought, 0) AS linked_bought, coalesce(o.returned, 0) AS linked_returned
FROM asked w
CROSS JOIN LATERAL ({_BOUGHT}) b CROSS JOIN LATERAL ({_RETURNED}) r
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE g.kind = 'serial_mismatch') AS serial_mismatches,
           count(*) FILTER (WHERE g.kind = 'empty_box') AS empty_boxes,
           count(*) FILTER (WHERE g.kind = 'claim_after_delivery') AS claims
    FROM returns_signal g
    WHERE g.customer_id = w.customer_id AND g.happened_at >= w.since AND g.happened_at < w.until
      AND g.withdrawn_at IS NULL
) s
LEFT JOIN linked l ON l.customer_id = w.customer_id
LEFT JOIN others o ON o.n = w.n
"""


def read_history(asked: Iterable[Asked]) -> History:
    """The years of everybody asked about; one statement, none for nobody."""
    wanted: Sequence[Asked] = sorted(set(asked), key=lambda a: (a.customer_id, a.day, a.currency, a.but_rma))
    if not wanted:
        return History({})
    found = db.rows(
        _READ,
        {
            "n": list(range(len(wanted))),
            "customer": [one.customer_id for one in wanted],
            "day": [one.day for one in wanted],
            "currency": [one.currency for one in wanted],
            "but": [one.but_rma for one in wanted],
            "customers": sorted({one.customer_id for one in wanted}),
            "shared": settings.LINK_SHARED_MAX,
        },
    )
    return History({wanted[row.n]: _year(row) for row in found})


def _year(row: Any) -> Year:
    return Year(
        orders=row.orders,
        bought=row.bought,
        returns=row.returns,
        returned=row.returned,
        returned_minor=row.returned_minor,
        serial_mismatches=row.serial_mismatches,
        empty_boxes=row.empty_boxes,
        claims=row.claims,
        first_order_at=row.first_order_at,
        linked=tuple(row.ids or ()),
        linked_by={"email": row.by_email or 0, "phone": row.by_phone or 0, "address": row.by_address or 0},
        linked_bought=row.linked_bought,
        linked_returned=row.linked_returned,
    )
