"""Questions to imported history, for those who replay it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from counterflow.kernel import db


@dataclass(frozen=True)
class SoldPlace:
    """Where a shipment line stands: its order and line, and what the customer was charged for it."""

    order_id: int
    order: str
    line_no: int
    placed_at: datetime
    quantity: int
    invoiced_minor: int
    cost_basis: str


def sold_places(*, shipment_lines: Sequence[int]) -> dict[int, SoldPlace]:
    """The places of shipment lines, by id. One statement."""
    found = db.rows(
        "SELECT s.id, o.id AS order_id, o.number, l.line_no, o.placed_at, s.quantity, s.invoiced_minor, s.cost_basis "
        "FROM orders_shipmentline s JOIN orders_orderline l ON l.id = s.order_line_id "
        "JOIN orders_order o ON o.id = l.order_id WHERE s.id = ANY(%s::bigint[])",
        [list(shipment_lines)],
    )
    return {row.id: SoldPlace(*row[1:]) for row in found}


def unpaid_totals(*, orders: Sequence[int]) -> dict[int, int]:
    """What orders without any tender came to, by id, in minor units; never below 0. One statement."""
    found = db.rows(
        "SELECT o.id, greatest(0, sum(l.quantity * l.unit_price_minor - l.discount_minor))::bigint AS total "
        "FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id "
        "WHERE o.id = ANY(%s::bigint[]) AND NOT EXISTS (SELECT FROM orders_tender t WHERE t.order_id = o.id) "
        "GROUP BY o.id",
        [list(orders)],
    )
    return {row.id: row.total for row in found}


@dataclass(frozen=True)
class SoldItem:
    """An item that a file named first, with its median price and the number of lines that sold it."""

    sku: str
    name: str
    median_minor: int
    lines: int


def priced_items(*, channel: str) -> list[SoldItem]:
    """Provisional items that a channel has sold at a price, by SKU. One statement."""
    found = db.rows(
        "SELECT i.sku, i.name, percentile_disc(0.5) WITHIN GROUP (ORDER BY l.unit_price_minor) AS median, "
        "count(*) AS lines FROM orders_channel c JOIN orders_order o ON o.channel_id = c.id "
        "JOIN orders_orderline l ON l.order_id = o.id JOIN catalog_item i ON i.id = l.item_id AND i.provisional "
        "WHERE c.code = %s AND l.unit_price_minor > 0 GROUP BY i.sku, i.name ORDER BY i.sku",
        [channel],
    )
    return [SoldItem(*row) for row in found]
