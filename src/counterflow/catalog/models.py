"""The catalog's tables."""

from django.db import models
from django.db.models import Q

from counterflow.kernel.ids import Id


class Brand(models.Model):
    """A brand under which the company sells."""

    id = Id()
    code = models.TextField(unique=True)
    name = models.TextField()

    def __str__(self) -> str:
        return self.code


class Supplier(models.Model):
    """A firm that goods come from and may go back to; the same for every legal entity."""

    id = Id()
    code = models.TextField(unique=True)
    name = models.TextField()

    def __str__(self) -> str:
        return self.code


class Item(models.Model):
    """A stock-keeping unit.

    `provisional` items were named by a partner's file and by nobody of the company yet: they have a SKU
    and a name, and no cost, until a person records them.
    """

    id = Id()
    sku = models.TextField(unique=True)
    name = models.TextField()
    gtin = models.CharField(max_length=14, null=True)
    family = models.TextField(db_default="")
    brand = models.ForeignKey(Brand, null=True, on_delete=models.PROTECT)
    supplier = models.ForeignKey(Supplier, null=True, on_delete=models.PROTECT)
    standard_cost_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, db_default="")
    serial_tracked = models.BooleanField(db_default=False)
    active = models.BooleanField(db_default=True)
    provisional = models.BooleanField(db_default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(gtin=None) | Q(gtin__regex=r"^[0-9]{14}$"), name="catalog_item_gtin"),
            models.CheckConstraint(
                condition=Q(standard_cost_minor=None) | Q(standard_cost_minor__gte=0) & ~Q(currency=""),
                name="catalog_item_cost",
            ),
            models.CheckConstraint(condition=~Q(sku=""), name="catalog_item_sku"),
        ]
        indexes = [models.Index(fields=["gtin"], name="catalog_item_by_gtin", condition=Q(gtin__isnull=False))]

    def __str__(self) -> str:
        return self.sku


class ReasonCode(models.Model):
    """One of the company's own words for why: a return came, a stock adjustment was booked."""

    id = Id()
    kind = models.TextField()
    code = models.TextField()
    label = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "code"], name="catalog_reason_once")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.code}"


class ReasonMapping(models.Model):
    """A partner's word and what it means here; `text` is in the normal form of `rules.reason_key`."""

    id = Id()
    source = models.TextField()
    text = models.TextField()
    reason = models.ForeignKey(ReasonCode, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "text"], name="catalog_mapping_once")]

    def __str__(self) -> str:
        return f"{self.source}: {self.text}"
