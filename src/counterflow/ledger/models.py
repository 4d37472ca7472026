"""The ledger's tables. Entries and lines are partitioned and made by `sql/journal.sql`, not by Django.

No code writes these rows directly: the application role may read them and call the functions.
"""

from django.db import models

from counterflow.kernel.ids import Id


class Entity(models.Model):
    """A legal entity's books: functional currency, time zone, how far they are closed, when they began.

    `simulated` says in words what of these books was made by a rule and never happened; screens repeat it.
    """

    id = Id()
    code = models.TextField(unique=True)
    name = models.TextField()
    currency = models.CharField(max_length=3)
    zone = models.TextField(default="UTC")
    closed_through = models.DateField(default="1900-01-01")
    go_live = models.DateField()
    simulated = models.TextField(default="")

    class Meta:
        verbose_name_plural = "entities"

    def __str__(self) -> str:
        return self.code


class StateRow(models.Model):
    """A stock state as the chart has it, for SQL."""

    state = models.TextField(primary_key=True)
    on_hand = models.BooleanField()
    recognised = models.BooleanField()
    sellable = models.BooleanField()
    guarded = models.BooleanField()
    meaning = models.TextField()

    class Meta:
        db_table = "ledger_state"

    def __str__(self) -> str:
        return self.state


class GlAccount(models.Model):
    """A general ledger account as the chart has it, stock sub-accounts included."""

    code = models.TextField(primary_key=True)
    kind = models.TextField()
    name = models.TextField()
    state = models.TextField(default="")
    component = models.TextField(default="")

    class Meta:
        db_table = "ledger_gl"

    def __str__(self) -> str:
        return self.code


class MovementRow(models.Model):
    """A path that the chart allows."""

    id = Id()
    kind = models.TextField()
    source = models.TextField()
    target = models.TextField()
    permission = models.TextField()
    contra = models.TextField(default="")

    class Meta:
        db_table = "ledger_movement"
        constraints = [models.UniqueConstraint(fields=["kind", "source", "target"], name="ledger_movement_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.source} {self.target}"


class Account(models.Model):
    """One combination of dimensions that lines are booked to.

    A stock account names owner, node, custodian, state, item, lot and bucket; a GL account names `gl`.
    Unused dimensions are 0 or the empty text, so that one unique index covers them all.
    """

    id = Id()
    entity = models.ForeignKey(Entity, on_delete=models.PROTECT)
    gl = models.TextField()
    owner = models.TextField()
    node_id = models.BigIntegerField()
    custodian = models.TextField()
    state = models.TextField()
    item_id = models.BigIntegerField()
    lot = models.TextField()
    bucket = models.TextField()
    guarded = models.BooleanField()
    valued = models.BooleanField()
    digest = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "item_id", "state", "node_id", "bucket", "owner", "custodian", "lot", "gl"],
                name="ledger_account_once",
            )
        ]
        indexes = [models.Index(fields=["item_id", "node_id", "state"], name="ledger_account_item")]

    def __str__(self) -> str:
        return f"{self.gl or self.state} {self.item_id}"


class Position(models.Model):
    """The balance of a guarded account: pieces, cost and allowance (minor units, allowance <= 0)."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True)
    quantity = models.BigIntegerField()
    cost = models.BigIntegerField()
    allowance = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gte=0), name="ledger_never_below_zero"),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0) | models.Q(cost=0, allowance=0), name="ledger_no_goods_no_value"
            ),
            models.CheckConstraint(
                condition=models.Q(allowance__lte=0, cost__gte=-models.F("allowance")),
                name="ledger_value_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.quantity}"


class Reversal(models.Model):
    """That an entry was reversed, once, and by which entry."""

    entry_id = models.BigIntegerField(primary_key=True)
    by_entry_id = models.BigIntegerField(unique=True)

    def __str__(self) -> str:
        return f"{self.entry_id} by {self.by_entry_id}"


class BalanceDelta(models.Model):
    """What one posting added to an account on a day; moved to `BalanceDay` by `ledger_roll()`."""

    id = Id()
    account_id = models.BigIntegerField()
    component = models.TextField()
    accounting_date = models.DateField()
    happened_date = models.DateField()
    amount = models.BigIntegerField()

    class Meta:
        db_table = "ledger_balance_delta"

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount}"


class BalanceDay(models.Model):
    """The sum of an account's lines of one accounting day and one day of happening."""

    account_id = models.BigIntegerField()
    component = models.TextField()
    accounting_date = models.DateField()
    happened_date = models.DateField()
    amount = models.BigIntegerField()
    pk = models.CompositePrimaryKey("account_id", "component", "accounting_date", "happened_date")

    class Meta:
        db_table = "ledger_balance_day"

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount}"


class Seal(models.Model):
    """A month of the journal that is closed for writing, and the chained digest of all its entries."""

    month = models.DateField(primary_key=True)
    entries = models.BigIntegerField()
    digest = models.BinaryField()
    previous = models.BinaryField()
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class Hold(models.Model):
    """Stock that stays where it is and may not be used: a recall, a quarantine rule, a dispute."""

    id = Id()
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    quantity = models.BigIntegerField()
    reason = models.TextField()
    reference = models.TextField()
    placed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(quantity__gt=0), name="ledger_hold_some")]
        indexes = [
            models.Index(fields=["account"], name="ledger_hold_open", condition=models.Q(released_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.quantity}"


class Reservation(models.Model):
    """Stock promised to somebody and not yet gone."""

    id = Id()
    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    quantity = models.BigIntegerField()
    reference = models.TextField(unique=True)
    placed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(quantity__gt=0), name="ledger_reservation_some")]
        indexes = [
            models.Index(
                fields=["account"], name="ledger_reservation_open", condition=models.Q(released_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.quantity}"
