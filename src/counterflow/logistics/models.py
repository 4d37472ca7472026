"""The tables of logistics."""

from django.db import models
from django.db.models import F, Q

from counterflow.kernel.ids import Id
from counterflow.orders.models import ShipmentLine
from counterflow.returns.models import Rma, RmaLine


class Parcel(models.Model):
    """A parcel coming back. Known by carrier and tracking number.

    `rma` and `content_hash` are empty where a carrier spoke of it before anybody announced it; `entity_id`
    is 0 then. `closed_empty` is what was found when it was closed, empty while it is open.
    """

    id = Id()
    carrier = models.TextField()
    tracking = models.TextField()
    rma = models.ForeignKey(Rma, null=True, on_delete=models.PROTECT, related_name="+")
    node_id = models.BigIntegerField(null=True)
    entity_id = models.BigIntegerField()
    state = models.TextField()
    announced_at = models.DateTimeField()
    content_hash = models.BinaryField()
    closed_empty = models.BooleanField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tracking", "carrier"], name="logistics_parcel_once")]
        indexes = [
            models.Index(
                fields=["state", "id"],
                name="logistics_parcel_open",
                condition=Q(state__in=["announced", "accepted", "in_transit", "delivered"]),
            ),
            models.Index(fields=["node_id", "id"], name="logistics_parcel_dock", condition=Q(state="delivered")),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking}"


class ParcelLine(models.Model):
    """What a parcel says it holds of an RMA line, and how much of it is with the carrier, lost or received.

    `in_transit_cost_minor` is the value of `in_transit_qty` pieces in the entity's currency, as the
    ledger issued them; the same for what is lost.
    """

    id = Id()
    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="+")
    rma_line = models.ForeignKey(RmaLine, on_delete=models.PROTECT, related_name="+")
    announced_qty = models.IntegerField()
    in_transit_qty = models.IntegerField(db_default=0)
    in_transit_cost_minor = models.BigIntegerField(db_default=0)
    lost_qty = models.IntegerField(db_default=0)
    lost_cost_minor = models.BigIntegerField(db_default=0)
    received_qty = models.IntegerField(db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parcel", "rma_line"], name="logistics_line_once"),
            models.CheckConstraint(
                condition=Q(announced_qty__gt=0)
                & Q(in_transit_qty__gte=0)
                & Q(lost_qty__gte=0)
                & Q(received_qty__gte=0)
                & Q(announced_qty__gte=F("in_transit_qty") + F("lost_qty")),
                name="logistics_line_units",
            ),
            models.CheckConstraint(
                condition=(Q(in_transit_qty__gt=0) | Q(in_transit_cost_minor=0))
                & (Q(lost_qty__gt=0) | Q(lost_cost_minor=0)),
                name="logistics_line_value",
            ),
        ]
        indexes = [
            models.Index(
                fields=["parcel"],
                name="logistics_line_under_way",
                condition=Q(in_transit_qty__gt=0),
                include=["in_transit_cost_minor"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.parcel_id} {self.rma_line_id}"


class ReturnedValue(models.Model):
    """How much of a shipment line has left its customer again: pieces, and the value they brought along.

    Kept under the lock of the shipment line by everything that takes goods back, so that all returns of a
    line together never bring in more than the ledger issued for it (minor units, entity's currency).
    """

    shipment_line = models.OneToOneField(ShipmentLine, on_delete=models.PROTECT, primary_key=True, related_name="+")
    quantity = models.IntegerField()
    cost_minor = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=0, cost_minor__gte=0), name="logistics_returned_sane")
        ]

    def __str__(self) -> str:
        return f"{self.shipment_line_id}: {self.quantity}"


class ParcelEvent(models.Model):
    """One report of a carrier, kept whatever it says. `event_ref` is the carrier's id, or made of the facts."""

    id = Id()
    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="+")
    event_ref = models.TextField()
    kind = models.TextField()
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()
    changed = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["parcel", "event_ref"], name="logistics_event_once")]

    def __str__(self) -> str:
        return f"{self.parcel_id} {self.kind}"
