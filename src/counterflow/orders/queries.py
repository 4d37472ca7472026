"""Questions to orders."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from counterflow.kernel import db
from counterflow.kernel.errors import NotFound
from counterflow.kernel.found import Found, unique
from counterflow.registry.paging import contains, listed


class ChannelMissing(NotFound):
    """There is no channel {code}; the channels are: {known}."""


class OrderMissing(NotFound):
    """Channel {channel} has no order {number}."""


@dataclass(frozen=True)
class ChannelRow:
    """A channel with the codes of its brand and legal entity."""

    id: int
    code: str
    name: str
    kind: str
    brand: str
    entity: str
    entity_id: int
    currency: str
    zone: str
    active: bool
    version: int


_CHANNELS = """
SELECT c.id, c.code, c.name, c.kind, b.code AS brand, e.code AS entity, c.entity_id, c.currency, c.zone, c.active,
       c.version
FROM orders_channel c JOIN catalog_brand b ON b.id = c.brand_id JOIN ledger_entity e ON e.id = c.entity_id
"""


def channels() -> list[ChannelRow]:
    """All channels, by code."""
    return [ChannelRow(*row) for row in db.rows(_CHANNELS + "ORDER BY c.code")]


def channels_found(
    *,
    search: str = "",
    kind: str = "",
    entity: str = "",
    active: bool | None = None,
    sort: str = "",
    after: str = "",
    limit: int = 50,
) -> list[ChannelRow]:
    """Channels by code, or sorted by name or kind; `after` is the last code of the page before. One statement."""
    found = listed(
        _CHANNELS,
        key="code",
        where=[
            ("(code ILIKE %s OR name ILIKE %s)", [contains(search)] * 2 if search else None),
            ("kind = %s", kind or None),
            ("entity = %s", entity or None),
            ("active = %s", active),
        ],
        sorts={"name": "name", "kind": "kind"},
        sort=sort,
        after=after,
        limit=limit,
    )
    return [ChannelRow(*row) for row in found]


def channel(*, code: str) -> ChannelRow:
    """One channel. Raises `ChannelMissing`."""
    known = channels()
    for row in known:
        if row.code == code:
            return row
    raise ChannelMissing(code=code, known=", ".join(row.code for row in known) or "none yet")


@dataclass(frozen=True)
class ShippedRow:
    """What a shipment carried of an order line, and how much of it may still come back."""

    id: int
    order_line_id: int
    shipment: str
    shipped_at: datetime
    quantity: int
    invoiced_minor: int
    history_qty: int
    authorised_qty: int
    allocated_qty: int
    credited_qty: int
    credited_minor: int
    left_qty: int


@dataclass(frozen=True)
class LineRow:
    """An order line with what was shipped of it; `left_qty` may still come back."""

    id: int
    line_no: int
    sku: str
    item_id: int | None
    kind: str
    quantity: int
    unit_price_minor: int
    discount_minor: int
    tax_minor: int | None
    unit_cost_minor: int | None
    cost_basis: str
    shipped: list[ShippedRow] = field(default_factory=list)

    @property
    def left_qty(self) -> int:
        """Units that may still come back, over all shipments."""
        return sum(row.left_qty for row in self.shipped)


@dataclass(frozen=True)
class TenderRow:
    """A means of payment and what was moved on it."""

    id: int
    seq: int
    kind: str
    currency: str
    captured_minor: int
    committed_minor: int
    refunded_minor: int
    reference: str
    simulated: bool


@dataclass(frozen=True)
class OrderRow:
    """An order with its lines and tenders. `imported` orders come from a file of history."""

    id: int
    channel: str
    number: str
    customer_ref: str | None
    placed_at: datetime
    currency: str
    country: str
    simulated: bool
    imported: bool
    lines: list[LineRow] = field(default_factory=list)
    tenders: list[TenderRow] = field(default_factory=list)


_ORDER = """
SELECT o.id, c.code AS channel, o.number, k.external_ref AS customer_ref, o.placed_at, o.currency, o.country,
       o.simulated, o.imported_from_id IS NOT NULL AS imported
FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id LEFT JOIN orders_customer k ON k.id = o.customer_id
"""


def order(*, channel: str, number: str) -> OrderRow:
    """An order with all it has, in four statements. Raises `OrderMissing`."""
    found = db.rows(_ORDER + "WHERE c.code = %s AND o.number = %s", [channel, number])
    if not found:
        raise OrderMissing(channel=channel, number=number)
    head = found[0]
    return OrderRow(**head._asdict(), lines=_lines(head.id), tenders=_tenders(head.id))


def _lines(order_id: int) -> list[LineRow]:
    shipped: dict[int, list[ShippedRow]] = defaultdict(list)
    for row in db.rows(
        "SELECT s.id, s.order_line_id, p.number AS shipment, p.shipped_at, s.quantity, s.invoiced_minor, "
        "s.history_qty, s.authorised_qty, s.allocated_qty, s.credited_qty, s.credited_minor, "
        "s.quantity - s.history_qty - s.authorised_qty - s.allocated_qty AS left_qty "
        "FROM orders_orderline l JOIN orders_shipmentline s ON s.order_line_id = l.id "
        "JOIN orders_shipment p ON p.id = s.shipment_id WHERE l.order_id = %s ORDER BY p.shipped_at, s.id",
        [order_id],
    ):
        shipped[row.order_line_id].append(ShippedRow(*row))
    found = db.rows(
        "SELECT id, line_no, sku, item_id, kind, quantity, unit_price_minor, discount_minor, tax_minor, "
        "unit_cost_minor, cost_basis FROM orders_orderline WHERE order_id = %s ORDER BY line_no",
        [order_id],
    )
    return [LineRow(**row._asdict(), shipped=shipped[row.id]) for row in found]


def _tenders(order_id: int) -> list[TenderRow]:
    found = db.rows(
        "SELECT id, seq, kind, currency, captured_minor, committed_minor, refunded_minor, reference, simulated "
        "FROM orders_tender WHERE order_id = %s ORDER BY seq",
        [order_id],
    )
    return [TenderRow(*row) for row in found]


@dataclass(frozen=True)
class UnmappedText:
    """A text of stock adjustments that means nothing here yet: how many lines and units carry it."""

    text: str
    lines: int
    units: int


def unmapped_adjustments(*, limit: int = 100) -> list[UnmappedText]:
    """Texts without a reason, the most frequent first; a text that only names its own product says none."""
    found = db.rows(
        "SELECT a.text, count(*) AS lines, sum(abs(a.quantity))::bigint AS units FROM orders_stockadjustment a "
        "LEFT JOIN catalog_item i ON i.id = a.item_id "
        "WHERE a.reason_id IS NULL AND upper(a.text) IS DISTINCT FROM upper(i.name) "
        "GROUP BY a.text ORDER BY lines DESC, a.text LIMIT %s",
        [limit],
    )
    return [UnmappedText(*row) for row in found]


@dataclass(frozen=True)
class MatchRow:
    """Units of an imported return that came from a shipment line."""

    shipment_line_id: int
    quantity: int


@dataclass(frozen=True)
class ReturnRow:
    """A cancellation line of a book with what it was matched to; `blind_qty` found no sale."""

    id: int
    channel: str
    number: str
    happened_at: datetime
    customer_id: int | None
    item_id: int | None
    sku: str
    kind: str
    quantity: int
    unit_price_minor: int
    amount_minor: int
    currency: str
    settled: bool
    matches: tuple[MatchRow, ...]

    @property
    def blind_qty(self) -> int:
        """Units of a product that no sale explains."""
        return self.quantity - sum(match.quantity for match in self.matches) if self.kind == "product" else 0


def imported_returns(
    *, settled: bool | None = None, after: tuple[datetime, int] | None = None, limit: int = 1_000
) -> list[ReturnRow]:
    """Imported returns in the order they happened; `after` is the last row's instant and id. Two statements."""
    found = db.rows(
        "SELECT r.id, c.code AS channel, r.number, r.happened_at, r.customer_id, r.item_id, r.sku, r.kind, r.quantity, "
        "r.unit_price_minor, r.amount_minor, r.currency, r.settled "
        "FROM orders_importedreturn r JOIN orders_channel c ON c.id = r.channel_id "
        "WHERE (%s::boolean IS NULL OR r.settled = %s) "
        "AND (%s::timestamptz IS NULL OR (r.happened_at, r.id) > (%s::timestamptz, %s::bigint)) "
        "ORDER BY r.happened_at, r.id LIMIT %s",
        [settled, settled, after and after[0], after and after[0], after and after[1], limit],
    )
    matches = _matches([row.id for row in found])
    return [ReturnRow(**row._asdict(), matches=tuple(matches[row.id])) for row in found]


def _matches(returns: Sequence[int]) -> dict[int, list[MatchRow]]:
    matches: dict[int, list[MatchRow]] = defaultdict(list)
    for row in db.rows(
        "SELECT imported_return_id, shipment_line_id, quantity FROM orders_importedreturnmatch "
        "WHERE imported_return_id = ANY(%s) ORDER BY id",
        [list(returns)],
    ):
        matches[row.imported_return_id].append(MatchRow(row.shipment_line_id, row.quantity))
    return matches


_NAMED = """
SELECT o.number, c.code AS channel, o.placed_at, f.exact FROM (
    SELECT o.id, true AS exact FROM orders_channel c
    JOIN orders_order o ON o.channel_id = c.id AND o.number = ANY(%(numbers)s::text[])
    UNION ALL (SELECT h.order_id, false FROM orders_soldserial s
               JOIN orders_shipmentline l ON l.id = s.shipment_line_id JOIN orders_shipment h ON h.id = l.shipment_id
               WHERE s.serial = ANY(%(serials)s::text[]) ORDER BY s.id DESC LIMIT %(limit)s)
) f JOIN orders_order o ON o.id = f.id JOIN orders_channel c ON c.id = o.channel_id
ORDER BY f.exact DESC, o.id LIMIT %(limit)s
"""


def named(words: str, *, serial: str = "", limit: int = 5) -> list[Found]:
    """Orders by number, in whichever channel, or by a serial number that was sold with them. One statement."""
    serials = sorted({words, words.upper(), serial or words, serial.upper() or words})
    rows = db.rows(_NAMED, {"numbers": [words, words.upper()], "serials": serials, "limit": limit})
    return unique(
        [
            Found(
                "order",
                f"{row.channel}/{row.number}",
                row.number,
                f"{row.channel}, {row.placed_at:%d %b %Y}",
                row.exact,
            )
            for row in rows
        ]
    )
