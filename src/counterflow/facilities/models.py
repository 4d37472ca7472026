"""The tables of facilities."""

from django.db import models

from counterflow.kernel.ids import Id
from counterflow.ledger.models import Entity


class Node(models.Model):
    """A place that handles goods.

    `pool` names the channel pool its sellable stock belongs to: stock in a marketplace's warehouse is
    ours and yet not our shop's. `scope` is `full`, or `returns_only` beside another system of record.
    `zone` is the IANA zone in which its times are shown, `capacity_units` how many pieces of returns it can
    hold, `gln` its global location number (GS1 General Specifications, 13 digits).
    """

    id = Id()
    code = models.TextField(unique=True)
    name = models.TextField()
    kind = models.TextField()
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT, related_name="+")
    zone = models.TextField(db_default="UTC")
    pool = models.TextField(db_default="own")
    scope = models.TextField(db_default="full")
    active = models.BooleanField(db_default=True)
    address = models.TextField(db_default="")
    capacity_units = models.IntegerField(null=True)
    gln = models.TextField(db_default="")
    version = models.IntegerField(db_default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["dc", "3pl", "store", "marketplace"]), name="node_kind"
            ),
            models.CheckConstraint(condition=models.Q(scope__in=["full", "returns_only"]), name="node_scope"),
            models.CheckConstraint(condition=models.Q(gln__regex=r"^([0-9]{13})?$"), name="node_gln"),
            models.CheckConstraint(
                condition=models.Q(capacity_units=None) | models.Q(capacity_units__gte=0), name="node_capacity"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Authority(models.Model):
    """Whose messages of a kind are facts at a node: our own scans, or the partner's reports."""

    id = Id()
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+")
    message_kind = models.TextField()
    holder = models.TextField()

    class Meta:
        verbose_name_plural = "authorities"
        constraints = [
            models.UniqueConstraint(fields=["node", "message_kind"], name="authority_once"),
            models.CheckConstraint(condition=models.Q(holder__in=["ours", "partner"]), name="authority_holder"),
        ]

    def __str__(self) -> str:
        return f"{self.node_id} {self.message_kind}: {self.holder}"


class Tote(models.Model):
    """A tote or bin into which goods of one purpose are put; the barcode on it is its code.

    `purpose` is a disposition, `capacity` the number of plates it takes (none: as many as one likes).
    """

    id = Id()
    code = models.TextField(unique=True)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+")
    purpose = models.TextField()
    capacity = models.IntegerField(null=True)
    active = models.BooleanField(db_default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    purpose__in=[
                        "restock",
                        "refurbish",
                        "scrap",
                        "to_supplier",
                        "secondary",
                        "quarantine",
                        "return_to_customer",
                        "hand_over",
                    ]
                ),
                name="tote_purpose",
            ),
            models.CheckConstraint(
                condition=models.Q(capacity__isnull=True) | models.Q(capacity__gt=0), name="tote_capacity"
            ),
        ]

    def __str__(self) -> str:
        return self.code
