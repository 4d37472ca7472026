"""The tables of recovery."""

from django.db import models
from django.db.models import Q

from counterflow.catalog.models import Item, Supplier
from counterflow.facilities.models import Node
from counterflow.kernel.ids import Id
from counterflow.receiving.models import Unit


class Refurbishment(models.Model):
    """A work order for one unit. Amounts are minor units of the entity's currency.

    The unit came with `cost_minor` and `allowance_minor` as item `item`; `capitalised_minor` was added to its value
    and `expensed_minor` was not; at the end `written_down_minor` brought it down to what can be got for it, and it
    left with `cost_after_minor` and `allowance_after_minor` as `result_item`.
    """

    id = Id()
    number = models.TextField(unique=True)
    request_ref = models.TextField(unique=True)
    content_hash = models.BinaryField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+", db_index=False)
    entity_id = models.BigIntegerField()
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.TextField()
    cost_minor = models.BigIntegerField()
    allowance_minor = models.BigIntegerField()
    capitalised_minor = models.BigIntegerField(db_default=0)
    expensed_minor = models.BigIntegerField(db_default=0)
    outcome = models.TextField(db_default="")
    grade = models.TextField(db_default="")
    reason = models.TextField(db_default="")
    result_item = models.ForeignKey(Item, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    net_value_minor = models.BigIntegerField(null=True)
    written_down_minor = models.BigIntegerField(db_default=0)
    cost_after_minor = models.BigIntegerField(null=True)
    allowance_after_minor = models.BigIntegerField(null=True)
    end_hash = models.BinaryField(null=True)
    started_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    start_entry_id = models.BigIntegerField()
    end_entry_id = models.BigIntegerField(null=True)
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit"], name="recovery_one_order", condition=Q(state="open")),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="recovery_order_state"),
            models.Index(fields=["item", "id"], name="recovery_order_item"),
        ]

    def __str__(self) -> str:
        return self.number


class RefurbishmentCost(models.Model):
    """Parts, labour or a service that a refurbishment order took; `what` is a code, never free text."""

    id = Id()
    refurbishment = models.ForeignKey(Refurbishment, on_delete=models.PROTECT, related_name="+", db_index=False)
    ref = models.TextField()
    content_hash = models.BinaryField()
    kind = models.TextField()
    what = models.TextField()
    quantity = models.IntegerField()
    amount_minor = models.BigIntegerField()
    capitalised = models.BooleanField()
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()
    entry_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["refurbishment", "ref"], name="recovery_cost_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0) & Q(quantity__gt=0), name="recovery_cost_some"),
        ]

    def __str__(self) -> str:
        return f"{self.refurbishment_id} {self.ref}"


class Load(models.Model):
    """Goods gathered to leave together: a lot for a buyer of the secondary channel, or a pallet for a supplier.

    A lot has `buyer` (a pseudonymous reference) and `currency`, and `proceeds_minor` once it is sold; a pallet has a
    supplier and an SSCC.
    """

    id = Id()
    kind = models.TextField()
    number = models.TextField(unique=True)
    request_ref = models.TextField()
    content_hash = models.BinaryField()
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+", db_index=False)
    entity_id = models.BigIntegerField()
    state = models.TextField()
    buyer = models.TextField()
    currency = models.TextField()
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    sscc = models.TextField()
    proceeds_minor = models.BigIntegerField(null=True)
    sale_hash = models.BinaryField(null=True)
    carrier = models.TextField(db_default="")
    tracking = models.TextField(db_default="")
    opened_at = models.DateTimeField()
    sold_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)
    ship_entry_id = models.BigIntegerField(null=True)
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "request_ref"], name="recovery_load_once"),
            models.UniqueConstraint(fields=["sscc"], name="recovery_sscc_once", condition=~Q(sscc="")),
            models.CheckConstraint(
                condition=(Q(kind="lot", supplier__isnull=True, sscc="") | Q(kind="pallet", supplier__isnull=False)),
                name="recovery_load_kind",
            ),
        ]
        indexes = [models.Index(fields=["kind", "state", "id"], name="recovery_load_state")]

    def __str__(self) -> str:
        return self.number


class LoadLine(models.Model):
    """What is in a lot or on a pallet: a unit, or pieces of a pool under a reference of their own.

    A line that was taken out again keeps `unloaded_at`. What it was worth and what it brought is written when the
    lot is sold and when the load leaves.
    """

    id = Id()
    load = models.ForeignKey(Load, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    ref = models.TextField()
    content_hash = models.BinaryField()
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.IntegerField()
    cost_minor = models.BigIntegerField(null=True)
    allowance_minor = models.BigIntegerField(null=True)
    proceeds_minor = models.BigIntegerField(null=True)
    loaded_at = models.DateTimeField()
    unloaded_at = models.DateTimeField(null=True)
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit"],
                name="recovery_in_one_load",
                condition=Q(unit__isnull=False, unloaded_at__isnull=True),
            ),
            models.UniqueConstraint(fields=["load", "ref"], name="recovery_pieces_once", condition=~Q(ref="")),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & (Q(unit__isnull=False, ref="") | (Q(unit__isnull=True) & ~Q(ref=""))),
                name="recovery_line_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.load_id} {self.item_id} {self.quantity}"


class SsccSeries(models.Model):
    """The last serial number that was used under a GS1 company prefix."""

    prefix = models.TextField(primary_key=True)
    last = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.prefix} {self.last}"
