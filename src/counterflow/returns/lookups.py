"""What opening a return has to know: shipment lines under lock, channels, earlier requests, reasons, items."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.catalog.rules import reason_key
from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.returns.documents import OpenRma
from counterflow.returns.history import Asked, History, day_of, read_history
from counterflow.returns.rules import Shipped

_READ = """
SELECT sl.id, sl.quantity, sl.authorised_qty, sl.allocated_qty, sl.history_qty, sl.invoiced_minor, sl.item_id,
       sl.tax_minor, sl.credited_qty,
       ch.code AS channel, o.id AS order_id, o.number, o.currency, o.country, o.customer_id, o.simulated,
       ol.line_no, ol.sku, ol.final_sale, ol.return_until, s.shipped_at, s.delivered_at, o.placed_at, ch.zone,
       i.warranty_months, i.family, i.serial_tracked, b.code AS brand, c.segment
FROM (SELECT DISTINCT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::int[])
          AS u(channel, number, sku, line_no)) w
JOIN orders_channel ch ON ch.code = w.channel
JOIN orders_order o ON o.channel_id = ch.id AND o.number = w.number
JOIN orders_orderline ol ON ol.order_id = o.id AND (w.sku = '' OR ol.sku = w.sku)
                        AND (w.line_no = 0 OR ol.line_no = w.line_no)
JOIN orders_shipmentline sl ON sl.order_line_id = ol.id
JOIN orders_shipment s ON s.id = sl.shipment_id
JOIN catalog_item i ON i.id = sl.item_id
LEFT JOIN catalog_brand b ON b.id = i.brand_id
LEFT JOIN orders_customer c ON c.id = o.customer_id
ORDER BY sl.id"""
_LOCK = f"{_READ} FOR NO KEY UPDATE OF sl"
_CHANNELS = """
SELECT w.channel, ch.id, ch.kind, ch.entity_id, ch.currency, w.request_ref, w.number AS order_number,
       o.id AS order_id,
       r.id AS rma_id, r.number AS rma, r.state, r.content_hash
FROM unnest(%s::text[], %s::text[], %s::text[]) AS w(channel, request_ref, number)
JOIN orders_channel ch ON ch.code = w.channel
LEFT JOIN orders_order o ON o.channel_id = ch.id AND o.number = w.number
LEFT JOIN returns_rma r ON r.channel_id = ch.id AND r.request_ref = w.request_ref
"""
_WORDS = """
SELECT 'code' AS what, '' AS source, code AS a, '' AS b, 0::bigint AS id, '' AS family,
       false AS serial_tracked, NULL AS brand
FROM catalog_reasoncode WHERE kind = 'return'
UNION ALL
SELECT 'mapped', m.source, m.text, r.code, 0, '', false, NULL FROM catalog_reasonmapping m
JOIN catalog_reasoncode r ON r.id = m.reason_id AND r.kind = 'return'
WHERE (m.source, m.text) IN (SELECT * FROM unnest(%s::text[], %s::text[]))
UNION ALL
SELECT 'override', '', code, CASE WHEN needs_note THEN 'note' ELSE '' END, 0, '', false, NULL
FROM catalog_reasoncode WHERE kind = 'override' AND active
UNION ALL
SELECT 'item', '', i.sku, '', i.id, i.family, i.serial_tracked, b.code FROM catalog_item i
LEFT JOIN catalog_brand b ON b.id = i.brand_id WHERE i.sku = ANY(%s::text[])
"""


@dataclass
class Known:
    """The answers of the three look-ups, indexed for deciding one request after the other."""

    shipped: dict[tuple[str, str], list[Shipped]]
    channels: dict[str, Any]
    orders: dict[tuple[str, str], int]
    earlier: dict[tuple[str, str], Any]
    reasons: dict[tuple[str, str], str]
    items: dict[str, Any]
    history: History
    override_reasons: dict[str, bool]

    def reason(self, channel: str, word: str) -> str | None:
        """Our code for a reason: itself, or what the channel's word means; None where nobody mapped it."""
        return self.reasons.get(("", word)) or self.reasons.get((channel, reason_key(word)))


def look_up(ctx: Context | None, items: Iterable[OpenRma], *, at: datetime) -> Known:
    """Lock and read everything the requests name; three statements, whatever their number.

    One more reads what their customers did in the year before, which ends `at` or when the request was asked.

    Without a context nothing is locked: that is for asking, not for opening.
    """
    items = list(items)
    wanted = [(i.channel, i.order, line.sku, line.order_line) for i in items if i.order for line in i.lines]
    shipped: dict[tuple[str, str], dict[int, Shipped]] = defaultdict(dict)
    lines = _columns(wanted, 4)
    for row in db.rows(_READ, lines) if ctx is None else db.lock(ctx, Rank.SHIPMENT_LINE, _LOCK, lines):
        left = row.quantity - row.authorised_qty - row.allocated_qty - row.history_qty
        shipped[row.channel, row.number][row.id] = Shipped(
            row.id, row.order_id, row.line_no, row.sku, row.item_id, row.quantity, left, row.invoiced_minor, row
        )
    known = Known({key: list(lines.values()) for key, lines in shipped.items()}, {}, {}, {}, {}, {}, History({}), {})
    for row in db.rows(_CHANNELS, _columns([(i.channel, i.request_ref, i.order) for i in items], 3)):
        known.channels[row.channel] = row
        if row.order_id is not None:
            known.orders[row.channel, row.order_number] = row.order_id
        if row.rma_id is not None:
            known.earlier[row.channel, row.request_ref] = row
    words = [(i.channel, reason_key(line.reason)) for i in items for line in i.lines]
    blind = [line.sku for i in items if not i.order for line in i.lines]
    blind += [line.instead.sku for i in items for line in i.lines if line.instead is not None]
    for row in db.rows(_WORDS, [*_columns(words, 2), blind]):
        if row.what == "item":
            known.items[row.a] = row
        elif row.what == "override":
            known.override_reasons[row.a] = row.b == "note"
        else:
            known.reasons[row.source, row.a] = row.b or row.a
    known.history = read_history(_asked(items, known, at))
    return known


def _asked(items: Iterable[OpenRma], known: Known, at: datetime) -> Iterable[Asked]:
    """Whose years the requests need."""
    for item in items:
        for shipped in known.shipped.get((item.channel, item.order), [])[:1]:
            if shipped.row.customer_id is not None:
                happened = at if item.happened_at is None else min(item.happened_at, at)
                yield Asked(shipped.row.customer_id, day_of(happened), shipped.row.currency)


def _columns(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(c) for c in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
