"""What ordering and cancelling goods instead of money has to know; credits are read under lock."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.refunds.money import CreditMoney

_CREDITS = """
SELECT c.* FROM refunds_credit c WHERE c.rma_id = ANY(%s::bigint[]) AND c.method = 'replacement'
ORDER BY c.id FOR NO KEY UPDATE
"""
_LINES = """
SELECT l.id, l.rma_id, o.channel_id, o.customer_id, o.country, coalesce(w.item_id, l.item_id) AS item_id, i.sku,
       w.unit_price_minor, w.unit_tax_minor, coalesce(x.net, 0)::bigint AS net, coalesce(x.tax, 0)::bigint AS tax,
       coalesce(g.net, 0)::bigint AS given_net, coalesce(g.tax, 0)::bigint AS given_tax,
       (SELECT count(*) FROM refunds_replacement n WHERE n.rma_id = l.rma_id)::int AS orders
FROM returns_rmaline l
JOIN returns_rma r ON r.id = l.rma_id
JOIN orders_order o ON o.id = r.order_id
LEFT JOIN returns_wish w ON w.rma_line_id = l.id
JOIN catalog_item i ON i.id = coalesce(w.item_id, l.item_id)
LEFT JOIN LATERAL (SELECT sum(net_minor) AS net, sum(tax_minor) AS tax FROM refunds_creditline
                   WHERE rma_line_id = l.id) x ON true
LEFT JOIN LATERAL (SELECT sum(net_minor) AS net, sum(tax_minor) AS tax FROM refunds_replacement
                   WHERE rma_line_id = l.id AND state = 'ordered') g ON true
WHERE l.rma_id = ANY(%s::bigint[]) ORDER BY l.id
"""
_EARLIER = """
SELECT g.request_ref, g.content_hash, g.id, g.rma_id, g.total_minor, g.settled_minor, o.number
FROM refunds_replacement g JOIN orders_order o ON o.id = g.order_id WHERE g.request_ref = ANY(%s::text[])
"""


@dataclass
class Wanted:
    """What goes out for an RMA line, as it runs through a batch. Without a price it is the item that came back."""

    channel_id: int
    customer_id: int | None
    country: str
    item_id: int
    sku: str
    price: int | None
    price_tax: int
    net: int
    tax: int
    given: tuple[int, int]


@dataclass
class Known:
    """Credits that goods may meet, by RMA; what goes out, by RMA line; earlier requests; orders made, by RMA."""

    credits: dict[int, list[CreditMoney]] = field(default_factory=lambda: defaultdict(list))
    lines: dict[int, Wanted] = field(default_factory=dict)
    earlier: dict[str, tuple[bytes, dict[str, Any]]] = field(default_factory=dict)
    orders: dict[int, int] = field(default_factory=dict)


def credit_of(row: Any) -> CreditMoney:
    """A row of credits as running state."""
    return CreditMoney(
        row.id,
        row.order_id,
        row.currency,
        row.total_minor,
        row.functional_total_minor,
        row.rate,
        row.committed_minor,
        row.paid_minor,
    )


def look_up_goods(ctx: Context, rma_ids: Sequence[int], request_refs: Sequence[str]) -> Known:
    """Lock the credits of RMAs whose lines are locked, and read the rest; three statements."""
    known = Known()
    for row in db.lock(ctx, Rank.CREDIT, _CREDITS, [list(rma_ids)]):
        known.credits[row.rma_id].append(credit_of(row))
    for row in db.rows(_LINES, [list(rma_ids)]):
        known.orders[row.rma_id] = row.orders
        known.lines[row.id] = Wanted(
            row.channel_id,
            row.customer_id,
            row.country,
            row.item_id,
            row.sku,
            row.unit_price_minor,
            row.unit_tax_minor or 0,
            row.net,
            row.tax,
            (row.given_net, row.given_tax),
        )
    for row in db.rows(_EARLIER, [list(request_refs)]):
        told = {
            "replacement_id": row.id,
            "order": row.number,
            "total_minor": row.total_minor,
        }
        known.earlier[row.request_ref] = (bytes(row.content_hash), told)
    return known
