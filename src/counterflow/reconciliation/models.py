"""The tables of reconciliation."""

from django.db import models
from django.db.models import Q

from counterflow.facilities.models import Node
from counterflow.kernel.ids import Id


class Statement(models.Model):
    """What a partner says is at a node at an instant, as it was compared with the ledger.

    `sha256` identifies what was sent. `rows` were read and say `quantity` pieces in all; `refused` says
    which rows could not be read (line, SKU, reason). The counts and the value at risk are of its breaks.
    """

    id = Id()
    kind = models.TextField()
    source = models.TextField()
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+", db_index=False)
    entity_id = models.BigIntegerField()
    as_of = models.DateTimeField()
    sha256 = models.TextField()
    content_hash = models.BinaryField()
    rows = models.IntegerField()
    quantity = models.BigIntegerField()
    refused_rows = models.IntegerField()
    refused = models.JSONField()
    breaks = models.IntegerField()
    explained = models.IntegerField()
    value_at_risk_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    compared_at = models.DateTimeField()
    compared_by = models.TextField()
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["node", "entity_id", "kind", "as_of", "sha256"], name="reconciliation_statement_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.as_of:%Y-%m-%d %H:%M}"


class Break(models.Model):
    """One difference between a statement and the ledger, with its cause, its value and the entry it proposes.

    `quantity` pieces differ: the books have `expected` in `state`, the statement says `stated`. Where both
    name a state, `stated_state` is the statement's. `proposal` is `adjust` (from_state -> to_state),
    `by_unit` where the pieces carry licence plates and receiving has to say which, or empty.
    """

    id = Id()
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.TextField()
    state = models.TextField()
    item_id = models.BigIntegerField(null=True)
    sku = models.TextField()
    stock_state = models.TextField()
    stated_state = models.TextField()
    expected = models.BigIntegerField()
    stated = models.BigIntegerField()
    quantity = models.BigIntegerField()
    value_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    cause = models.TextField()
    proposal = models.TextField()
    from_state = models.TextField()
    to_state = models.TextField()
    entry_id = models.BigIntegerField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.TextField(db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="reconciliation_break_some"),
            models.CheckConstraint(
                condition=Q(state="settled", entry_id__isnull=False, settled_at__isnull=False)
                | ~Q(state="settled") & Q(entry_id=None, settled_at=None),
                name="reconciliation_break_settled",
            ),
        ]
        indexes = [
            models.Index(fields=["statement", "kind", "id"], name="reconciliation_break_of"),
            models.Index(fields=["id"], name="reconciliation_break_open", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sku} {self.quantity}"
