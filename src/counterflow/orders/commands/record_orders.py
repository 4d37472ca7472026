"""Record orders with lines, tenders and shipments of history."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, NotFound
from counterflow.kernel.money import share
from counterflow.orders.commands.keeping_links import keep_links
from counterflow.orders.contacts import check_contact, columns
from counterflow.orders.documents import NewLine, NewOrder
from counterflow.orders.links import Reached
from counterflow.orders.models import Contact, Customer, Order, OrderLine, Shipment, ShipmentLine, Tender
from counterflow.orders.rules import check_order
from counterflow.orders.states import CostBasis, LineKind

Rows = list[dict[str, Any]]


class ChannelNotFound(NotFound):
    """There is no channel {code}."""


class ItemNotFound(NotFound):
    """There is no item {sku}; record it first."""


@dataclass
class _Books:
    """What is known of the batch's channels, items, customers and orders, and the rows to be written.

    `contacts` are by customer: those that exist, and below them what is new of each; so are `segments`. `final`
    are SKUs that are sold as final sale.
    """

    channels: dict[str, int]
    entities: dict[str, int]
    items: dict[str, int]
    customers: dict[tuple[int, str], int]
    orders: dict[tuple[int, str], tuple[int, bytes | None]]
    contacts: dict[int, int]
    segments: dict[int, str]
    final: set[str]
    moved: dict[int, str] = field(default_factory=dict)
    told: dict[int, dict[str, Any]] = field(default_factory=dict)
    reached: dict[int, Reached] = field(default_factory=dict)
    rows: dict[type[Any], Rows] = field(default_factory=lambda: defaultdict(list))


@command(needs="orders.record")
def record_orders(ctx: Context, *, items: Sequence[NewOrder]) -> Batch:
    """Record each order; channel and number are its identity, and its shipments post nothing.

    Refuses `OrderIncomplete`, `UnknownCurrency`, `LineInvalid`, `ShipmentInvalid`, `TenderInvalid`,
    `ContactInvalid`, `SegmentInvalid`, `ChannelNotFound`, `ItemNotFound`, `IdentityReused`. Nine statements, whatever
    the batch; one more where orders say how customers are reached, and one each where that is known of some already
    and where some joined another segment.
    """
    books = _load(items)
    results: list[Done | Refused] = []
    for order in items:
        identity = f"{order.channel}:{order.number}"
        try:
            results.append(_record(ctx, books, order, identity))
        except DomainError as error:
            results.append(Refused.of(identity, error))
    for model in (Customer, Order, OrderLine, Shipment, ShipmentLine, Tender):
        db.insert(model, books.rows[model])
    db.update(Customer, [{"id": customer, "segment": code} for customer, code in sorted(books.moved.items())])
    db.insert(Contact, [row for customer, row in books.told.items() if customer not in books.contacts])
    known = [(books.contacts[c], row) for c, row in sorted(books.told.items()) if c in books.contacts]
    db.update(Contact, [row | {"id": contact} for contact, row in known])
    keep_links(books.reached)
    return Batch(results)


def _load(items: Sequence[NewOrder]) -> _Books:
    codes = [order.channel for order in items]
    channels = db.rows("SELECT id, code, entity_id FROM orders_channel WHERE code = ANY(%s) ORDER BY id", [codes])
    skus = sorted({line.sku for order in items for line in order.lines})
    known = db.rows("SELECT id, sku, final_sale FROM catalog_item WHERE sku = ANY(%s) ORDER BY id", [skus])
    found = db.rows(
        "SELECT 'order' AS what, o.id, o.channel_id, o.number AS ref, o.content_hash, NULL::bigint AS contact_id, "
        "'' AS segment "
        "FROM unnest(%s::text[], %s::text[]) AS v(code, number) JOIN orders_channel c ON c.code = v.code "
        "JOIN orders_order o ON o.channel_id = c.id AND o.number = v.number "
        "UNION ALL SELECT 'customer', k.id, k.channel_id, k.external_ref, NULL, a.id, k.segment "
        "FROM unnest(%s::text[], %s::text[]) AS v(code, ref) JOIN orders_channel c ON c.code = v.code "
        "JOIN orders_customer k ON k.channel_id = c.id AND k.external_ref = v.ref "
        "LEFT JOIN orders_contact a ON a.customer_id = k.id",
        [codes, [order.number for order in items], codes, [order.customer_ref for order in items]],
    )
    return _Books(
        channels={row.code: row.id for row in channels},
        entities={row.code: row.entity_id for row in channels},
        items={row.sku: row.id for row in known},
        final={row.sku for row in known if row.final_sale},
        customers={(row.channel_id, row.ref): row.id for row in found if row.what == "customer"},
        orders={
            (row.channel_id, row.ref): (row.id, row.content_hash and bytes(row.content_hash))
            for row in found
            if row.what == "order"
        },
        contacts={row.id: row.contact_id for row in found if row.contact_id is not None},
        segments={row.id: row.segment for row in found if row.what == "customer"},
    )


def _record(ctx: Context, books: _Books, order: NewOrder, identity: str) -> Done:
    check_order(order)
    if order.contact is not None:
        check_contact(order.contact)
    channel = books.channels.get(order.channel)
    if channel is None:
        raise ChannelNotFound(code=order.channel)
    for line in order.lines:
        if line.kind == LineKind.PRODUCT and line.sku not in books.items:
            raise ItemNotFound(sku=line.sku)
    # A contact or segment changes with time, a contact is erased; none may show in what tells this order from another.
    content = content_hash(replace(order, contact=None, customer_segment=""))
    before = books.orders.get((channel, order.number))
    if before:
        if before[1] != content:
            raise IdentityReused(what="order", identity=identity)
        return Done(identity, {"id": before[0]}, replayed=True)
    order_id = ctx.new_id()
    books.orders[channel, order.number] = (order_id, content)
    books.rows[Order].append(
        {
            "id": order_id,
            "channel_id": channel,
            "number": order.number,
            "customer_id": _customer(ctx, books, channel, order),
            "placed_at": order.placed_at,
            "currency": order.currency,
            "country": order.country,
            "simulated": order.simulated,
            "content_hash": content,
        }
    )
    lines = _lines(ctx, books, order, order_id)
    _shipments(ctx, books, order, order_id, lines)
    _tenders(ctx, books, order, order_id)
    return Done(identity, {"id": order_id, "lines": [{"line_no": n, "id": line_id} for n, line_id in lines.items()]})


def _customer(ctx: Context, books: _Books, channel: int, order: NewOrder) -> int | None:
    if not order.customer_ref:
        return None
    key = (channel, order.customer_ref)
    if key not in books.customers:
        books.customers[key] = ctx.new_id()
        books.rows[Customer].append(
            {
                "id": books.customers[key],
                "channel_id": channel,
                "external_ref": order.customer_ref,
                "country": order.country,
                "segment": order.customer_segment,
            }
        )
        books.segments[books.customers[key]] = order.customer_segment
    customer = books.customers[key]
    if order.customer_segment not in ("", books.segments[customer]):
        books.segments[customer] = books.moved[customer] = order.customer_segment
    if order.contact is not None:
        books.told[customer] = {
            "id": ctx.new_id(),
            "customer_id": customer,
            **columns(order.contact),
            "recorded_at": ctx.at,
            "erased_at": None,
        }
        books.reached[customer] = Reached(books.entities[order.channel], order.country, books.told[customer])
    return customer


def _lines(ctx: Context, books: _Books, order: NewOrder, order_id: int) -> dict[int, int]:
    """Queue the lines; their ids by line number."""
    ids = {line.line_no: ctx.new_id() for line in order.lines}
    for line in order.lines:
        books.rows[OrderLine].append(
            {
                "id": ids[line.line_no],
                "order_id": order_id,
                "line_no": line.line_no,
                "item_id": books.items[line.sku] if line.kind == LineKind.PRODUCT else None,
                "sku": line.sku,
                "kind": line.kind,
                "quantity": line.quantity,
                "unit_price_minor": line.unit_price_minor,
                "discount_minor": line.discount_minor,
                "tax_minor": line.tax_minor,
                "unit_cost_minor": line.unit_cost_minor,
                "cost_basis": line.cost_basis or _basis(line),
                # As the item was when it was sold: a word in the catalogue changes no sale that was made before.
                "final_sale": line.final_sale or line.sku in books.final,
                "return_until": line.return_until,
            }
        )
    return ids


def _basis(line: NewLine) -> str:
    return CostBasis.NIL if line.unit_cost_minor is None else CostBasis.HISTORY


def _shipments(ctx: Context, books: _Books, order: NewOrder, order_id: int, ids: dict[int, int]) -> None:
    """Queue the shipments; each carries its share of what a line was invoiced and taxed, to the cent."""
    lines = {line.line_no: line for line in order.lines}
    done: dict[int, int] = defaultdict(int)
    for shipment in order.shipments:
        shipment_id = ctx.new_id()
        books.rows[Shipment].append(
            {
                "id": shipment_id,
                "order_id": order_id,
                "number": shipment.number,
                "node_id": shipment.node_id,
                "shipped_at": shipment.shipped_at,
                "reported_at": ctx.at,
                "delivered_at": shipment.delivered_at,
            }
        )
        for line_no, quantity in shipment.lines:
            line, before = lines[line_no], done[line_no]
            done[line_no] += quantity
            tax = line.tax_minor
            books.rows[ShipmentLine].append(
                {
                    "id": ctx.new_id(),
                    "shipment_id": shipment_id,
                    "order_line_id": ids[line_no],
                    "item_id": books.items[line.sku],
                    "quantity": quantity,
                    "invoiced_minor": share(line.invoiced_minor, done=before, take=quantity, of=line.quantity),
                    "tax_minor": None if tax is None else share(tax, done=before, take=quantity, of=line.quantity),
                    "cost_basis": line.cost_basis or _basis(line),
                }
            )


def _tenders(ctx: Context, books: _Books, order: NewOrder, order_id: int) -> None:
    for seq, tender in enumerate(order.tenders, 1):
        books.rows[Tender].append(
            {
                "id": ctx.new_id(),
                "order_id": order_id,
                "seq": seq,
                "kind": tender.kind,
                "currency": order.currency,
                "captured_minor": tender.captured_minor,
                "reference": tender.reference,
                "simulated": tender.simulated,
            }
        )
