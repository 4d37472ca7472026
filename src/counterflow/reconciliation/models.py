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
    `by_unit` where the pieces carry licence plates and receiving has to say which, or empty. `as_of` is set where the
    break is of another instant than its statement: when its line of a count was counted.
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
    as_of = models.DateTimeField(null=True)
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


class Count(models.Model):
    """A count of stock at a node that we make ourselves: a list of lines, counted by several people, then compared.

    `scope` says what it is about, as it was asked for. `round` grows with every recount. A difference of at most
    `tolerance_pieces`, or `tolerance_percent` of what the books have, is not counted again.
    """

    id = Id()
    reference = models.TextField(unique=True)
    content_hash = models.BinaryField()
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+", db_index=False)
    entity_id = models.BigIntegerField()
    scope = models.JSONField()
    blind = models.BooleanField()
    tolerance_pieces = models.IntegerField()
    tolerance_percent = models.IntegerField()
    state = models.TextField()
    round = models.IntegerField()
    statement_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    created_by = models.TextField()
    command_id = models.BigIntegerField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.TextField(db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(round__gt=0) & Q(tolerance_pieces__gte=0) & Q(tolerance_percent__range=(0, 100)),
                name="reconciliation_count_sane",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["compared", "closed"], statement_id__isnull=False)
                | Q(state__in=["open", "cancelled"], statement_id=None),
                name="reconciliation_count_compared",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["closed", "cancelled"], ended_at__isnull=False)
                | Q(state__in=["open", "compared"], ended_at=None),
                name="reconciliation_count_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["node", "id"], name="reconciliation_count_of"),
            models.Index(
                fields=["statement_id"], name="reconciliation_count_stated", condition=Q(statement_id__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class CountLine(models.Model):
    """One SKU in one stock state of a count; `planned` where it was on the list, else it was found.

    `counted` is the sum of the entries of its `round`, `entries` of which stand, counted between `first_at` and
    `last_at`. `book` is what the books had at `last_at`, as it was compared.
    """

    id = Id()
    count = models.ForeignKey(Count, on_delete=models.PROTECT, related_name="+", db_index=False)
    item_id = models.BigIntegerField()
    stock_state = models.TextField()
    planned = models.BooleanField()
    state = models.TextField()
    round = models.IntegerField()
    counted = models.BigIntegerField()
    entries = models.IntegerField()
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    book = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["count", "item_id", "stock_state"], name="reconciliation_line_once"),
            models.CheckConstraint(condition=Q(counted__gte=0, entries__gte=0), name="reconciliation_line_sane"),
            models.CheckConstraint(
                condition=Q(entries=0, first_at=None, last_at=None)
                | Q(entries__gt=0, first_at__isnull=False, last_at__isnull=False),
                name="reconciliation_line_times",
            ),
        ]
        indexes = [models.Index(fields=["item_id", "stock_state"], name="reconciliation_line_item")]

    def __str__(self) -> str:
        return f"{self.count_id} {self.item_id} {self.stock_state}"


class CountEntry(models.Model):
    """What somebody counted and when: pieces added to a line, once for each `ref` of a count.

    `lpn` is the licence plate that was scanned, where one was. `voids` is the entry that this one takes back.
    """

    id = Id()
    count = models.ForeignKey(Count, on_delete=models.PROTECT, related_name="+", db_index=False)
    line = models.ForeignKey(CountLine, on_delete=models.PROTECT, related_name="+")
    ref = models.TextField()
    content_hash = models.BinaryField()
    round = models.IntegerField()
    quantity = models.BigIntegerField()
    lpn = models.TextField()
    voids = models.BigIntegerField(null=True, unique=True)
    counted_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    counted_by = models.TextField()
    command_id = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "count entries"
        constraints = [models.UniqueConstraint(fields=["count", "ref"], name="reconciliation_entry_once")]

    def __str__(self) -> str:
        return f"{self.count_id} {self.ref}"


class Adjustment(models.Model):
    """A correction of one place by a person with a reason, once for each `reference`."""

    id = Id()
    reference = models.TextField(unique=True)
    content_hash = models.BinaryField()
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+", db_index=False)
    item_id = models.BigIntegerField()
    from_state = models.TextField()
    to_state = models.TextField()
    quantity = models.BigIntegerField()
    value_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.TextField()
    entry_id = models.BigIntegerField()
    recorded_at = models.DateTimeField()
    recorded_by = models.TextField()
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="reconciliation_adjustment_some")]

    def __str__(self) -> str:
        return self.reference
