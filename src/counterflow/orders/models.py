"""The tables of orders.

Orders and their children are many and are written by the hundred thousand, so their foreign keys carry no
database constraint (`db_constraint=False`): each is written in the transaction that writes or reads its
parent, parents are never deleted, and the law `orders.children_have_parents` finds orphans.
"""

from typing import Any

from django.db import models
from django.db.models import F, Q

from counterflow.catalog.models import Brand, Item, ReasonCode
from counterflow.kernel.ids import Id
from counterflow.ledger.models import Entity
from counterflow.orders.models_imports import ImportRun
from counterflow.orders.states import CostBasis, LineKind

BULK: dict[str, Any] = {"on_delete": models.PROTECT, "db_constraint": False, "db_index": False, "related_name": "+"}


class Channel(models.Model):
    """Where orders come from. `zone` is the IANA zone in which its files write times without a zone."""

    id = Id()
    code = models.TextField(unique=True)
    name = models.TextField()
    kind = models.TextField()
    brand = models.ForeignKey(Brand, on_delete=models.PROTECT)
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT)
    currency = models.CharField(max_length=3)
    zone = models.TextField(db_default="UTC")
    active = models.BooleanField(db_default=True)
    version = models.IntegerField(db_default=1)

    def __str__(self) -> str:
        return self.code


class Customer(models.Model):
    """Who bought, known only by the channel's own reference; `country` is that of the latest order.

    `segment` is a code such as vip or business, empty where no order told one.
    """

    id = Id()
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, db_index=False)
    external_ref = models.TextField()
    country = models.TextField(db_default="")
    segment = models.TextField(db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "external_ref"], name="orders_customer_once")]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.external_ref}"


class Contact(models.Model):
    """How a customer is reached: personal data, kept apart so that erasing it touches nothing else.

    All but `customer` may be empty. The `_key` columns are what people search by (`orders.contacts`).
    """

    id = Id()
    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, related_name="+")
    name = models.TextField(null=True)
    email = models.TextField(null=True)
    phone = models.TextField(null=True)
    line1 = models.TextField(null=True)
    line2 = models.TextField(null=True)
    postcode = models.TextField(null=True)
    city = models.TextField(null=True)
    email_key = models.TextField(null=True)
    phone_key = models.TextField(null=True)
    postcode_key = models.TextField(null=True)
    recorded_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["email_key"], name="orders_contact_email"),
            models.Index(fields=["phone_key"], name="orders_contact_phone"),
            models.Index(fields=["postcode_key"], name="orders_contact_postcode"),
        ]

    def __str__(self) -> str:
        return f"contact of {self.customer_id}"


class CustomerLink(models.Model):
    """A keyed digest of how a customer is reached, by kind; equal digests link accounts (`orders.links`).

    Nobody can read a contact from it, and still it goes when the customer is erased.
    """

    id = Id()
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, db_index=False, related_name="+")
    kind = models.TextField()
    digest = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "kind"], name="orders_link_once")]
        indexes = [models.Index(fields=["digest", "kind", "customer"], name="orders_link_shared")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.customer_id}"


class Order(models.Model):
    """A sale, under the channel's number. `content_hash` tells a replay from a reuse; files have none."""

    id = Id()
    channel = models.ForeignKey(Channel, **BULK)
    number = models.TextField()
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    placed_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    country = models.TextField(db_default="")
    simulated = models.BooleanField(db_default=False)
    imported_from = models.ForeignKey(
        ImportRun, null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    content_hash = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "number"], name="orders_order_once")]
        indexes = [
            models.Index(fields=["customer", "placed_at"], name="orders_order_customer"),
            models.Index(fields=["placed_at"], name="orders_order_placed"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.number}"


class OrderLine(models.Model):
    """One line of an order; amounts are of the whole line, `unit_price_minor` of one piece before discount.

    `item` is empty for what is no product. `tax_minor` and `unit_cost_minor` are empty where the source
    gave none; `cost_basis` says what a cost rests on. `return_until` is the last day of a window that was promised.
    """

    id = Id()
    order = models.ForeignKey(Order, **BULK)
    line_no = models.IntegerField()
    item = models.ForeignKey(
        Item, null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    sku = models.TextField()
    kind = models.TextField()
    quantity = models.IntegerField()
    unit_price_minor = models.BigIntegerField()
    discount_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField(null=True)
    unit_cost_minor = models.BigIntegerField(null=True)
    cost_basis = models.TextField()
    final_sale = models.BooleanField(db_default=False)
    return_until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "line_no"], name="orders_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0)
                & Q(discount_minor__gte=0)
                & (Q(unit_price_minor__gte=0) | ~Q(kind=LineKind.PRODUCT))
                & (Q(item__isnull=False) | ~Q(kind=LineKind.PRODUCT)),
                name="orders_line_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.line_no}"


class Tender(models.Model):
    """A means of payment of an order. Locked before payouts: committed never exceeds captured.

    `refunded_minor` is what partners reported and may exceed; that is a break, not an error here.
    """

    id = Id()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, db_index=False)
    seq = models.IntegerField()
    kind = models.TextField()
    currency = models.CharField(max_length=3)
    captured_minor = models.BigIntegerField()
    committed_minor = models.BigIntegerField(db_default=0)
    refunded_minor = models.BigIntegerField(db_default=0)
    reference = models.TextField(db_default="")
    simulated = models.BooleanField(db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "seq"], name="orders_tender_once"),
            models.CheckConstraint(
                condition=Q(captured_minor__gte=0)
                & Q(committed_minor__gte=0)
                & Q(refunded_minor__gte=0)
                & Q(committed_minor__lte=F("captured_minor")),
                name="orders_tender_guard",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.seq}"


class Shipment(models.Model):
    """Goods of an order that left together. `reported_at` is when we learnt of it.

    `delivered_at` is when the customer had them; windows of return count from then, and from `shipped_at` without it.
    """

    id = Id()
    order = models.ForeignKey(Order, **BULK)
    number = models.TextField()
    node_id = models.BigIntegerField(null=True)
    shipped_at = models.DateTimeField()
    reported_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "number"], name="orders_shipment_once")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.number}"


class ShipmentLine(models.Model):
    """How much of an order line a shipment carried, and the counters that guard what may come back.

    Moved under lock: open authorisations, allocated units, credited units and amount. `history_qty` are
    units that came back before go-live, as an imported book tells.
    """

    id = Id()
    shipment = models.ForeignKey(Shipment, **BULK)
    order_line = models.ForeignKey(OrderLine, **BULK)
    item = models.ForeignKey(Item, **BULK)
    quantity = models.IntegerField()
    invoiced_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField(null=True)
    issued_cost_minor = models.BigIntegerField(null=True)
    issued_entry_id = models.BigIntegerField(null=True)
    cost_basis = models.TextField(db_default=CostBasis.NIL)
    history_qty = models.IntegerField(db_default=0)
    authorised_qty = models.IntegerField(db_default=0)
    allocated_qty = models.IntegerField(db_default=0)
    credited_qty = models.IntegerField(db_default=0)
    credited_minor = models.BigIntegerField(db_default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0)
                & Q(history_qty__gte=0)
                & Q(authorised_qty__gte=0)
                & Q(allocated_qty__gte=0)
                & Q(quantity__gte=F("history_qty") + F("authorised_qty") + F("allocated_qty")),
                name="orders_shipped_units",
            ),
            models.CheckConstraint(
                condition=Q(credited_qty__gte=0)
                & Q(credited_qty__lte=F("quantity"))
                & Q(credited_minor__gte=0)
                & Q(credited_minor__lte=F("invoiced_minor")),
                name="orders_shipped_credit",
            ),
        ]
        indexes = [models.Index(fields=["order_line"], name="orders_shipped_of_line")]

    def __str__(self) -> str:
        return str(self.id)


class SoldSerial(models.Model):
    """A serial number that left for a customer on a shipment line. Sold again after a return, it is there twice."""

    id = Id()
    shipment_line = models.ForeignKey("ShipmentLine", **BULK)
    item = models.ForeignKey(Item, **BULK)
    serial = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shipment_line", "serial"], name="orders_serial_once")]
        indexes = [models.Index(fields=["serial", "item"], name="orders_serial_sold")]

    def __str__(self) -> str:
        return self.serial


class StockAdjustment(models.Model):
    """A correction of stock that an order book carries as a line without price and customer.

    `text` is the book's own words; `reason` what they mean here, empty while nobody has mapped them.
    """

    id = Id()
    channel = models.ForeignKey(Channel, **BULK)
    number = models.TextField()
    happened_at = models.DateTimeField()
    item = models.ForeignKey(
        Item, null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    sku = models.TextField()
    quantity = models.IntegerField()
    text = models.TextField(db_default="")
    reason = models.ForeignKey(ReasonCode, null=True, on_delete=models.PROTECT, db_index=False)
    imported_from = models.ForeignKey(ImportRun, **BULK)

    class Meta:
        indexes = [models.Index(fields=["channel", "number"], name="orders_adjustment_number")]

    def __str__(self) -> str:
        return f"{self.number} {self.sku}"


class ImportedReturn(models.Model):
    """A cancellation line of an order book; amounts and quantity are positive.

    `settled` lines are history: their units are gone from what may still come back. The others wait to
    be replayed as RMAs. What no match covers of a product is a blind return.
    """

    id = Id()
    channel = models.ForeignKey(Channel, **BULK)
    number = models.TextField()
    happened_at = models.DateTimeField()
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    item = models.ForeignKey(
        Item, null=True, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+"
    )
    sku = models.TextField()
    kind = models.TextField()
    quantity = models.IntegerField()
    unit_price_minor = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    settled = models.BooleanField()
    imported_from = models.ForeignKey(ImportRun, **BULK)

    class Meta:
        indexes = [
            models.Index(fields=["channel", "number"], name="orders_return_number"),
            models.Index(fields=["customer", "item"], name="orders_return_pair"),
        ]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="orders_return_units")]

    def __str__(self) -> str:
        return f"{self.number} {self.sku}"


class ImportedReturnMatch(models.Model):
    """Units of an imported return that came from one earlier shipment line of the same customer and item."""

    id = Id()
    imported_return = models.ForeignKey(ImportedReturn, **BULK)
    shipment_line = models.ForeignKey(ShipmentLine, on_delete=models.PROTECT, db_constraint=False, related_name="+")
    quantity = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["imported_return", "shipment_line"], name="orders_match_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="orders_match_units"),
        ]

    def __str__(self) -> str:
        return f"{self.imported_return_id} {self.shipment_line_id}"
