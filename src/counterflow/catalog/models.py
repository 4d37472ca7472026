"""The catalog's tables."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from counterflow.kernel.ids import Id


class Brand(models.Model):
    """A brand under which the company sells."""

    id = Id()
    code = models.TextField(unique=True)
    name = models.TextField()
    active = models.BooleanField(db_default=True)
    version = models.IntegerField(db_default=1)

    def __str__(self) -> str:
        return self.code


class Supplier(models.Model):
    """A firm that goods come from and may go back to; the same for every legal entity.

    `return_window_days` is how long after receipt it takes goods back; `defect_allowance_bp` what it pays for
    defects without return, in hundredths of a percent of what was bought. Who to talk to there is a person, so
    that stands in the kernel's erasable table, under this row's id.
    """

    id = Id()
    code = models.TextField(unique=True)
    name = models.TextField()
    terms = models.TextField(db_default="")
    rtv_address = models.TextField(db_default="")
    return_window_days = models.IntegerField(null=True)
    defect_allowance_bp = models.IntegerField(null=True)
    active = models.BooleanField(db_default=True)
    version = models.IntegerField(db_default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(return_window_days=None) | Q(return_window_days__gte=0))
                & (Q(defect_allowance_bp=None) | Q(defect_allowance_bp__gte=0) & Q(defect_allowance_bp__lte=10_000)),
                name="catalog_supplier_terms",
            )
        ]

    def __str__(self) -> str:
        return self.code


class Item(models.Model):
    """A stock-keeping unit.

    `gtin` is its main number, `more_gtins` further ones under which the same piece is sold. `final_sale` items
    are not taken back; `hazmat` ones need care in carriage; `warranty_months` runs from the sale.
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
    lot_tracked = models.BooleanField(db_default=False)
    more_gtins = ArrayField(models.CharField(max_length=14), null=True)
    weight_g = models.IntegerField(null=True)
    warranty_months = models.IntegerField(null=True)
    hazmat = models.BooleanField(db_default=False)
    final_sale = models.BooleanField(db_default=False)
    active = models.BooleanField(db_default=True)
    provisional = models.BooleanField(db_default=False)
    version = models.IntegerField(db_default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(gtin=None) | Q(gtin__regex=r"^[0-9]{14}$"), name="catalog_item_gtin"),
            models.CheckConstraint(
                condition=Q(standard_cost_minor=None) | Q(standard_cost_minor__gte=0) & ~Q(currency=""),
                name="catalog_item_cost",
            ),
            models.CheckConstraint(condition=~Q(sku=""), name="catalog_item_sku"),
            models.CheckConstraint(
                condition=(Q(weight_g=None) | Q(weight_g__gt=0))
                & (Q(warranty_months=None) | Q(warranty_months__gte=0)),
                name="catalog_item_measures",
            ),
        ]
        indexes = [
            models.Index(fields=["gtin"], name="catalog_item_by_gtin", condition=Q(gtin__isnull=False)),
            GinIndex(fields=["more_gtins"], name="catalog_item_gtins"),
            models.Index(fields=["family", "sku"], name="catalog_item_family"),
            models.Index(fields=["supplier", "sku"], name="catalog_item_supplier"),
        ]

    def __str__(self) -> str:
        return self.sku


class ReasonCode(models.Model):
    """One of the company's own words for why: a return came, a stock adjustment was booked.

    `needs_note` asks whoever gives it to say more, where an act takes a note.
    """

    id = Id()
    kind = models.TextField()
    code = models.TextField()
    label = models.TextField()
    active = models.BooleanField(db_default=True)
    needs_note = models.BooleanField(db_default=False)
    version = models.IntegerField(db_default=1)

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
