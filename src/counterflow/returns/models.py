"""The tables of returns."""

from django.db import models
from django.db.models import F, Q

from counterflow.catalog.models import Item
from counterflow.kernel.ids import Id
from counterflow.orders.models import Channel, Order, ShipmentLine
from counterflow.returns.states import FOUND, SIGNALS


class Rma(models.Model):
    """A return merchandise authorisation. `request_ref` is the asker's own, unique per channel for ever.

    `opened_by` and `decided_by` are pseudonymous actors; the latter and `decision_reason` are empty
    where policy decided and no person had to.
    """

    id = Id()
    number = models.TextField(unique=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+", db_index=False)
    request_ref = models.TextField()
    order = models.ForeignKey(Order, null=True, on_delete=models.PROTECT, related_name="+")
    entity_id = models.BigIntegerField()
    customer_id = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    state = models.TextField()
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    simulated = models.BooleanField()
    opened_by = models.TextField()
    decided_by = models.TextField(db_default="")
    decision_reason = models.TextField(db_default="")
    content_hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "request_ref"], name="returns_request_once")]
        indexes = [
            models.Index(fields=["state", "-id"], name="returns_rma_state"),
            models.Index(fields=["channel", "-id"], name="returns_rma_channel"),
            models.Index(fields=["happened_at"], name="returns_rma_asked"),
            models.Index(fields=["customer_id", "happened_at"], name="returns_rma_customer"),
        ]

    def __str__(self) -> str:
        return self.number


class RmaLine(models.Model):
    """What may come back of one shipment line, and the counters of its fate.

    `authorised_qty` is what is still expected, `allocated_qty` what units were received against it,
    `cancelled_qty` what is no longer expected; together never more than `quantity`. The others follow
    the milestones; `replaced_qty` counts pieces for which goods were ordered. `milestone`, `method` and the
    fee are what the refund policy answered when it was authorised; the decisions are kept beside them.
    """

    id = Id()
    rma = models.ForeignKey(Rma, on_delete=models.PROTECT, related_name="+")
    line_no = models.IntegerField()
    shipment_line = models.ForeignKey(ShipmentLine, null=True, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.IntegerField()
    reason_code = models.TextField()
    resolution = models.TextField()
    milestone = models.TextField()
    method = models.TextField()
    restocking_fee_bp = models.IntegerField()
    shipping_refundable = models.BooleanField()
    returnless = models.BooleanField()
    eligibility_decision_id = models.BigIntegerField()
    refund_decision_id = models.BigIntegerField()
    authorised_qty = models.IntegerField()
    scanned_qty = models.IntegerField(db_default=0)
    allocated_qty = models.IntegerField(db_default=0)
    passed_qty = models.IntegerField(db_default=0)
    failed_qty = models.IntegerField(db_default=0)
    lost_qty = models.IntegerField(db_default=0)
    cancelled_qty = models.IntegerField(db_default=0)
    approved_qty = models.IntegerField(db_default=0)
    credited_qty = models.IntegerField(db_default=0)
    replaced_qty = models.IntegerField(db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rma", "line_no"], name="returns_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0)
                & Q(authorised_qty__gte=0)
                & Q(allocated_qty__gte=0)
                & Q(cancelled_qty__gte=0)
                & Q(quantity__gte=F("authorised_qty") + F("allocated_qty") + F("cancelled_qty")),
                name="returns_line_units",
            ),
            models.CheckConstraint(
                condition=Q(scanned_qty__gte=0)
                & Q(lost_qty__gte=0)
                & Q(passed_qty__gte=0)
                & Q(failed_qty__gte=0)
                & Q(approved_qty__gte=0)
                & Q(credited_qty__gte=0)
                & Q(credited_qty__lte=F("quantity"))
                & Q(replaced_qty__gte=0)
                & Q(replaced_qty__lte=F("quantity")),
                name="returns_line_counters",
            ),
        ]
        indexes = [
            models.Index(fields=["item"], name="returns_line_item"),
            models.Index(fields=["item", "id"], name="returns_line_open", condition=Q(authorised_qty__gt=0)),
            models.Index(fields=["id"], name="returns_line_unmapped", condition=Q(reason_code="")),
        ]

    def __str__(self) -> str:
        return f"{self.rma_id}/{self.line_no}"


class Wish(models.Model):
    """What goes out for an RMA line in exchange, piece for piece; the price of one is with the tax in it."""

    id = Id()
    rma_line = models.OneToOneField(RmaLine, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", db_index=False)
    unit_price_minor = models.BigIntegerField()
    unit_tax_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(unit_tax_minor__gte=0) & Q(unit_price_minor__gte=F("unit_tax_minor")),
                name="returns_wish_price",
            )
        ]

    def __str__(self) -> str:
        return str(self.rma_line_id)


class Milestone(models.Model):
    """That pieces of an RMA line reached something, or (negative) no longer count as having reached it."""

    id = Id()
    rma_line = models.ForeignKey(RmaLine, on_delete=models.PROTECT, related_name="+")
    kind = models.TextField()
    quantity = models.IntegerField()
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()
    subject_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.rma_line_id} {self.kind} {self.quantity}"


class Allocation(models.Model):
    """Pieces of a unit that answer for an RMA line and its shipment line; taken back by a negative row."""

    id = Id()
    unit_id = models.BigIntegerField(db_index=True)
    rma_line = models.ForeignKey(RmaLine, on_delete=models.PROTECT, related_name="+")
    shipment_line_id = models.BigIntegerField(null=True)
    quantity = models.IntegerField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.unit_id} {self.rma_line_id} {self.quantity}"


class Signal(models.Model):
    """Something that happened with a customer's goods or money and counts in scores; who withdrew it took it back.

    `subject_id` is the unit, parcel, report or order it was seen on; of a kind each counts once.
    """

    id = Id()
    kind = models.TextField()
    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    customer_id = models.BigIntegerField()
    rma_id = models.BigIntegerField(null=True)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject_id"], name="returns_signal_once"),
            models.CheckConstraint(condition=Q(kind__in=list(SIGNALS)), name="returns_signal_kind"),
        ]
        indexes = [models.Index(fields=["customer_id", "happened_at"], name="returns_signal_customer")]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class Risk(models.Model):
    """The latest score of an RMA and its reasons, as the decision it names says; and what a review of it found.

    `codes` are the codes of the rows that added to it. `outcome` is confirmed or cleared, empty until
    somebody closed the review. A return whose customer nobody knows has no row.
    """

    id = Id()
    rma = models.OneToOneField(Rma, on_delete=models.PROTECT, related_name="+")
    customer_id = models.BigIntegerField()
    score = models.SmallIntegerField()
    codes = models.JSONField()
    decision_id = models.BigIntegerField()
    scored_at = models.DateTimeField()
    outcome = models.TextField(db_default="")
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.TextField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(score__gte=0) & Q(score__lte=100), name="returns_risk_score"),
            models.CheckConstraint(
                condition=Q(outcome="", reviewed_at__isnull=True, reviewed_by__isnull=True)
                | Q(outcome__in=list(FOUND), reviewed_at__isnull=False, reviewed_by__isnull=False),
                name="returns_risk_reviewed_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["customer_id", "id"], name="returns_risk_customer"),
            models.Index(fields=["id"], name="returns_risk_scored", condition=Q(score__gt=0)),
            models.Index(fields=["reviewed_at"], name="returns_risk_reviewed", condition=~Q(outcome="")),
        ]

    def __str__(self) -> str:
        return f"{self.rma_id}: {self.score}"
