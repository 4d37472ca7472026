"""The tables of receiving."""

from django.db import models
from django.db.models import Q

from counterflow.catalog.models import Item
from counterflow.facilities.models import Node
from counterflow.kernel.ids import Id


class Unit(models.Model):
    """Goods under one licence plate: one SKU, one or more pieces that share their fate.

    `cost_minor` and `allowance_minor` are the value it carries (entity's currency) until it is absorbed
    into a pool or leaves the books; 0 then. `stock_state`, `node`, `owner`, `lot` are the ledger place
    that holds it; `stock_state` is empty once a pool absorbed it. `basis` says what the value rests on:
    issued, estimated, nil or not_ours. `tote_id` is the tote it lies in, `work_id` the lot, pallet or work order
    that has it.
    """

    id = Id()
    lpn = models.TextField(unique=True)
    content_hash = models.BinaryField()
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.IntegerField()
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+", db_index=False)
    entity_id = models.BigIntegerField()
    owner = models.TextField()
    lot = models.TextField()
    serial = models.TextField()
    found = models.TextField()
    state = models.TextField()
    stock_state = models.TextField()
    cost_minor = models.BigIntegerField()
    allowance_minor = models.BigIntegerField()
    basis = models.TextField()
    round = models.IntegerField()
    grade = models.TextField()
    damage_code = models.TextField()
    disposition = models.TextField()
    parcel_id = models.BigIntegerField(null=True)
    rma_line_id = models.BigIntegerField(null=True)
    shipment_line_id = models.BigIntegerField(null=True)
    parent_id = models.BigIntegerField(null=True)
    tote_id = models.BigIntegerField(null=True)
    work_id = models.BigIntegerField(null=True)
    receive_entry_id = models.BigIntegerField()
    received_at = models.DateTimeField()
    simulated = models.BooleanField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(cost_minor__gte=0) & Q(allowance_minor__lte=0),
                name="receiving_unit_sane",
            ),
            models.CheckConstraint(
                condition=Q(owner="us") | Q(cost_minor=0, allowance_minor=0), name="receiving_unit_not_ours"
            ),
        ]
        indexes = [
            models.Index(fields=["rma_line_id"], name="receiving_unit_line"),
            models.Index(fields=["parcel_id"], name="receiving_unit_parcel", condition=Q(parcel_id__isnull=False)),
            models.Index(fields=["node", "received_at"], name="receiving_unit_day"),
            models.Index(fields=["serial"], name="receiving_unit_serial", condition=~Q(serial="")),
            models.Index(
                fields=["found", "id"],
                name="receiving_unit_parked",
                condition=Q(
                    rma_line_id__isnull=True,
                    stock_state__in=["received", "inspection", "quarantine"],
                ),
            ),
            models.Index(fields=["parent_id"], name="receiving_unit_parts", condition=Q(parent_id__isnull=False)),
            models.Index(
                fields=["item", "node", "stock_state", "id"], name="receiving_unit_stock", condition=~Q(stock_state="")
            ),
            models.Index(
                fields=["node", "state", "id"],
                name="receiving_unit_bench",
                condition=Q(state__in=["received", "inspected", "set_apart", "released"]),
            ),
            models.Index(
                fields=["entity_id", "stock_state"],
                name="receiving_unit_worth",
                condition=Q(owner="us") & ~Q(stock_state=""),
                include=["cost_minor", "allowance_minor"],
            ),
            models.Index(fields=["tote_id"], name="receiving_unit_tote", condition=Q(tote_id__isnull=False)),
            models.Index(fields=["work_id"], name="receiving_unit_work", condition=Q(work_id__isnull=False)),
            models.Index(
                fields=["node", "stock_state", "id"],
                name="receiving_unit_shelf",
                condition=Q(stock_state__in=["refurbishable", "to_supplier", "secondary_channel", "quarantine"]),
            ),
        ]

    def __str__(self) -> str:
        return self.lpn


class Clue(models.Model):
    """Something that may tell what a unit is and whose: a code found on it, of a kind. Words and names are kept as
    erasable payloads of the unit, never here."""

    id = Id()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.TextField()
    value = models.TextField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "kind", "value"], name="receiving_clue_once")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.kind} {self.value}"


class Origin(models.Model):
    """Where pieces of a unit came from when it was received or matched; taken back by negative rows.

    `source` is the ledger state they left; `parcel_line_id` is set where a parcel line held them; the
    cost is what they brought along (minor units, entity's currency).
    """

    id = Id()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    source = models.TextField()
    parcel_line_id = models.BigIntegerField(null=True)
    quantity = models.IntegerField()
    cost_minor = models.BigIntegerField()
    command_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.unit_id} {self.source} {self.quantity}"


class ReceiptReversal(models.Model):
    """That a receipt was a mistake and was taken back, once for each unit."""

    id = Id()
    unit = models.OneToOneField(Unit, on_delete=models.PROTECT, related_name="+")
    content_hash = models.BinaryField()
    reason = models.TextField()
    request_ref = models.TextField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.unit_id} {self.reason}"


class Inspection(models.Model):
    """What an inspection found, once for each unit and round.

    `plan_id` is the version of the plan that was asked, 0 where none was; `suggested_grade` and `plan_row` are
    what it said, empty where its questions were not all answered. `grade_reason` says why the inspector differed.
    A round that corrects the one before moves nothing, and shares its entry. `decision_id` is what the policy said
    of plan and second look; `inspected_by` is the person, whichever way in they took. One that `waits` passed, and
    counts for nothing until another person has looked as well.
    """

    id = Id()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    round = models.IntegerField()
    content_hash = models.BinaryField()
    passed = models.BooleanField()
    grade = models.TextField()
    damage_code = models.TextField()
    serial = models.TextField()
    answers = models.JSONField()
    plan_id = models.BigIntegerField(db_default=0)
    plan_row = models.TextField(db_default="")
    suggested_grade = models.TextField(db_default="")
    grade_reason = models.TextField(db_default="")
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()
    entry_id = models.BigIntegerField()
    decision_id = models.BigIntegerField(null=True)
    inspected_by = models.TextField(db_default="")
    waits = models.BooleanField(db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "round"], name="receiving_inspected_once"),
            models.CheckConstraint(condition=Q(waits=False) | Q(passed=True), name="receiving_only_passed_waits"),
        ]
        indexes = [
            models.Index(fields=["recorded_at"], name="receiving_graded_otherwise", condition=~Q(grade_reason="")),
            models.Index(fields=["id"], name="receiving_second_look", condition=Q(waits=True)),
        ]

    def __str__(self) -> str:
        return f"{self.unit_id} round {self.round}"


class Disposal(models.Model):
    """Where a unit was sent, once for each unit, round and attempt; `asked` is what policy said where staff differed.

    A second attempt follows where the first was reversed, or where a unit that was set apart is sent on.
    `state_before` is the unit's own state before it.
    """

    id = Id()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)
    round = models.IntegerField()
    attempt = models.IntegerField(db_default=1)
    content_hash = models.BinaryField()
    disposition = models.TextField()
    state_before = models.TextField(db_default="inspected")
    asked = models.TextField()
    override_reason = models.TextField()
    decision_id = models.BigIntegerField()
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()
    entry_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "round", "attempt"], name="receiving_disposed_once")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.disposition}"


class DisposalReversal(models.Model):
    """That a disposal was a mistake and was taken back, once for each disposal."""

    id = Id()
    disposal = models.OneToOneField(Disposal, on_delete=models.PROTECT, related_name="+")
    content_hash = models.BinaryField()
    reason = models.TextField()
    request_ref = models.TextField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.disposal_id} {self.reason}"


class Release(models.Model):
    """That a unit set apart was let back to the bench, and why; once for each time it was set apart."""

    id = Id()
    disposal = models.OneToOneField(Disposal, on_delete=models.PROTECT, related_name="+")
    content_hash = models.BinaryField()
    reason = models.TextField()
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()
    entry_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.disposal_id} {self.reason}"


class PutAway(models.Model):
    """That pieces of a unit were put into a tote; taken out by negative rows."""

    id = Id()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    tote_id = models.BigIntegerField()
    quantity = models.IntegerField()
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.unit_id} {self.tote_id} {self.quantity}"


class Plan(models.Model):
    """A version of an inspection plan, by its code; the active one of each code is asked."""

    id = Id()
    code = models.TextField()
    version = models.IntegerField()
    document = models.JSONField()
    digest = models.TextField()
    active = models.BooleanField()
    created_at = models.DateTimeField()
    created_by = models.TextField()
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="receiving_plan_once"),
            models.UniqueConstraint(fields=["code"], name="receiving_plan_active", condition=Q(active=True)),
        ]

    def __str__(self) -> str:
        return f"{self.code}/{self.version}"


class FamilyPlan(models.Model):
    """Which plan items of a family are inspected by; the row of the family "" is for all others."""

    id = Id()
    family = models.TextField(unique=True)
    plan = models.TextField()

    def __str__(self) -> str:
        return f"{self.family}: {self.plan}"
