"""The tables of refunds."""

from django.db import models
from django.db.models import F, Q

from counterflow.kernel.ids import Id
from counterflow.orders.models import Order, Tender
from counterflow.returns.models import Rma, RmaLine


class Credit(models.Model):
    """What we owe for returned goods, or beyond them. Amounts are minor units of `currency`, all positive.

    `total = net + tax + shipping + its tax - fee`; goodwill (`cause`) has an amount and a reason instead, no lines,
    and a return only where it was granted on one. `number` is gapless per entity and given by
    `number_credits` after release. `functional_total_minor` is the total in the entity's currency as
    posted. `committed_minor` counts payouts requested or paid, `paid_minor` those observed; store credit
    is settled when it is released, so both are the total there. An order's shipping is credited once.
    """

    id = Id()
    entity_id = models.BigIntegerField()
    number = models.BigIntegerField(null=True)
    request_ref = models.TextField(unique=True)
    content_hash = models.BinaryField()
    rma = models.ForeignKey(Rma, null=True, on_delete=models.PROTECT, related_name="+")
    order_id = models.BigIntegerField(null=True)
    cause = models.TextField()
    reason = models.TextField(db_default="")
    method = models.TextField()
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    shipping_minor = models.BigIntegerField()
    shipping_tax_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    goodwill_minor = models.BigIntegerField(db_default=0)
    total_minor = models.BigIntegerField()
    functional_total_minor = models.BigIntegerField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)
    committed_minor = models.BigIntegerField(db_default=0)
    paid_minor = models.BigIntegerField(db_default=0)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()
    entry_id = models.BigIntegerField()
    simulated = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entity_id", "number"], name="refunds_credit_number"),
            models.UniqueConstraint(
                fields=["order_id"], name="refunds_shipping_once", condition=Q(shipping_minor__gt=0)
            ),
            models.CheckConstraint(
                condition=Q(
                    total_minor=F("net_minor")
                    + F("tax_minor")
                    + F("shipping_minor")
                    + F("shipping_tax_minor")
                    - F("fee_minor")
                    + F("goodwill_minor")
                )
                & Q(net_minor__gte=0)
                & Q(tax_minor__gte=0)
                & Q(shipping_minor__gte=0)
                & Q(shipping_tax_minor__gte=0)
                & Q(fee_minor__gte=0)
                & Q(total_minor__gte=0),
                name="refunds_credit_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(goodwill_minor=0, rma__isnull=False, reason="") & ~Q(cause="goodwill")
                | Q(goodwill_minor__gt=0, goodwill_minor=F("total_minor"), cause="goodwill", order_id__isnull=False)
                & ~Q(reason="")
                & ~Q(method="replacement"),
                name="refunds_credit_goodwill",
            ),
            models.CheckConstraint(
                condition=Q(paid_minor__gte=0)
                & Q(committed_minor__gte=F("paid_minor"))
                & Q(committed_minor__lte=F("total_minor")),
                name="refunds_credit_guard",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="refunds_credit_unnumbered", condition=Q(number__isnull=True)),
            models.Index(fields=["order_id"], name="refunds_credit_order"),
        ]

    def __str__(self) -> str:
        return f"credit {self.number or self.id}"


class CreditLine(models.Model):
    """The part of a credit that one RMA line answers for: pieces, net, tax, fee; positive minor units."""

    id = Id()
    credit = models.ForeignKey(Credit, on_delete=models.PROTECT, related_name="+")
    rma_line = models.ForeignKey(RmaLine, on_delete=models.PROTECT, related_name="+")
    shipment_line_id = models.BigIntegerField(null=True)
    quantity = models.IntegerField()
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    released_by = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["credit", "rma_line"], name="refunds_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0)
                & Q(net_minor__gte=0)
                & Q(tax_minor__gte=0)
                & Q(fee_minor__gte=0)
                & Q(fee_minor__lte=F("net_minor") + F("tax_minor")),
                name="refunds_line_sane",
            ),
        ]
        indexes = [models.Index(fields=["shipment_line_id"], name="refunds_line_shipped")]

    def __str__(self) -> str:
        return f"{self.credit_id} {self.rma_line_id}"


class Payout(models.Model):
    """Money asked to leave through one tender of the order, or taken through it by a chargeback.

    One request may be spread over several tenders: a row each, `part` from 1. `reference`
    (`<request_ref>/<part>`) is what a payment provider is given and gives back; `partner_ref` is its own
    id. `paid_minor` is what was observed of `amount_minor`. `chargeback` rows were never requested: the
    customer's bank took the money, and so met what we owed.
    """

    id = Id()
    request_ref = models.TextField()
    part = models.IntegerField()
    reference = models.TextField(unique=True)
    content_hash = models.BinaryField()
    credit = models.ForeignKey(Credit, on_delete=models.PROTECT, related_name="+")
    tender = models.ForeignKey(Tender, on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    paid_minor = models.BigIntegerField(db_default=0)
    currency = models.CharField(max_length=3)
    state = models.TextField()
    chargeback = models.BooleanField(db_default=False)
    partner_ref = models.TextField(db_default="")
    requested_at = models.DateTimeField()
    observed_at = models.DateTimeField(null=True)
    command_id = models.BigIntegerField()
    entry_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request_ref", "part"], name="refunds_payout_part"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0)
                & Q(part__gt=0)
                & Q(paid_minor__gte=0)
                & Q(paid_minor__lte=F("amount_minor")),
                name="refunds_payout_some",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="refunds_payout_open", condition=Q(state__in=["requested", "in_doubt"]))
        ]

    def __str__(self) -> str:
        return self.reference


class MoneyFact(models.Model):
    """What a payment provider or marketplace reported: a refund paid or failed, a chargeback, its reversal.

    Kept whatever it says. `entry_id` is 0 where it moves no money, or where nobody knows whose books or
    which rate; a case says so. The `_minor` parts say where the amount was booked, in the entity's
    currency: to what we owed, to a customer who now owes us, to chargebacks.
    """

    id = Id()
    source = models.TextField()
    partner_ref = models.TextField()
    content_hash = models.BinaryField()
    kind = models.TextField()
    tender = models.ForeignKey(Tender, null=True, on_delete=models.PROTECT, related_name="+")
    payout = models.ForeignKey(Payout, null=True, on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    paid_minor = models.BigIntegerField()
    to_payable_minor = models.BigIntegerField()
    to_receivable_minor = models.BigIntegerField()
    to_chargebacks_minor = models.BigIntegerField()
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()
    entry_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "partner_ref", "kind"], name="refunds_fact_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0) & Q(paid_minor__gte=0), name="refunds_fact_some"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.partner_ref}"


class Replacement(models.Model):
    """Goods that go out instead of money for pieces of one RMA line, as an order of their own.

    Amounts are minor units of `currency`. `settled_minor` is what credits met of the total, `received_minor` what
    the customer paid; what is left is owed to us, until the credit comes where goods went ahead of it (`ahead`).
    """

    id = Id()
    request_ref = models.TextField(unique=True)
    content_hash = models.BinaryField()
    entity_id = models.BigIntegerField()
    rma = models.ForeignKey(Rma, on_delete=models.PROTECT, related_name="+")
    rma_line = models.ForeignKey(RmaLine, on_delete=models.PROTECT, related_name="+")
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="+")
    item_id = models.BigIntegerField()
    quantity = models.IntegerField()
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()
    tax_minor = models.BigIntegerField()
    total_minor = models.BigIntegerField()
    functional_total_minor = models.BigIntegerField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)
    settled_minor = models.BigIntegerField(db_default=0)
    received_minor = models.BigIntegerField(db_default=0)
    state = models.TextField()
    ahead = models.BooleanField()
    reason = models.TextField(db_default="")
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()
    entry_id = models.BigIntegerField()
    cancelled_entry_id = models.BigIntegerField(null=True)
    simulated = models.BooleanField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0)
                & Q(net_minor__gte=0)
                & Q(tax_minor__gte=0)
                & Q(total_minor=F("net_minor") + F("tax_minor"))
                & Q(settled_minor__gte=0)
                & Q(settled_minor__lte=F("total_minor"))
                & Q(received_minor__gte=0),
                name="refunds_replacement_sane",
            )
        ]

    def __str__(self) -> str:
        return f"replacement {self.id}"


class Offset(models.Model):
    """The part of a credit that was met by goods, or (negative) is no longer, because they were cancelled."""

    id = Id()
    credit = models.ForeignKey(Credit, on_delete=models.PROTECT, related_name="+")
    replacement = models.ForeignKey(Replacement, on_delete=models.PROTECT, related_name="+")
    amount_minor = models.BigIntegerField()
    functional_minor = models.BigIntegerField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()
    entry_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.credit_id} {self.replacement_id}"


class Charge(models.Model):
    """What a customer paid of the difference that goods cost more, as a partner reported it."""

    id = Id()
    source = models.TextField()
    partner_ref = models.TextField()
    content_hash = models.BinaryField()
    replacement = models.ForeignKey(Replacement, on_delete=models.PROTECT, related_name="+")
    tender_id = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    functional_minor = models.BigIntegerField()
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()
    entry_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "partner_ref"], name="refunds_charge_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refunds_charge_some"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.partner_ref}"
