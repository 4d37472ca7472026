"""What is kept of an import itself; the other tables of orders are in `models`."""

from django.db import models
from django.db.models import F, Q

from counterflow.kernel.ids import Id


class ImportRun(models.Model):
    """One file that was imported: rows = imported + refused + duplicate; `counts` has the classes."""

    id = Id()
    channel = models.ForeignKey("orders.Channel", on_delete=models.PROTECT)
    file_name = models.TextField()
    sha256 = models.CharField(max_length=64)
    layout = models.TextField()
    at = models.DateTimeField()
    rows = models.BigIntegerField()
    imported = models.BigIntegerField()
    refused = models.BigIntegerField()
    duplicate = models.BigIntegerField()
    counts = models.JSONField()
    report_path = models.TextField(db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rows=F("imported") + F("refused") + F("duplicate")), name="orders_run_adds_up"
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} {self.id}"


class LinesAhead(models.Model):
    """Shipment lines that an import committed before their orders, by runs of order line ids, first and last.

    The transaction that writes the orders deletes this; what stays belongs to an import that was cut.
    """

    id = Id()
    channel = models.ForeignKey("orders.Channel", on_delete=models.PROTECT)
    runs = models.JSONField()

    def __str__(self) -> str:
        return f"{self.channel_id} {self.id}"
