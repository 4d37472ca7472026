"""The tables of policies: versions of decision tables, and the decisions they made."""

from django.db import models
from django.db.models import F, Q, Value

from counterflow.kernel.ids import Id
from counterflow.policies.states import Version


class PolicyVersion(models.Model):
    """One version of one decision table; once it left the draft it never changes, so a decision can point at it.

    `content` is the compact form of the table and `digest` its SHA-256. `scope` says for whom it is:
    fact name -> list of codes, empty for everybody. It answers from `effective_from` until `effective_to`.
    `examples` are cases that must hold (`examples.py`). `revision` counts the edits of a draft.
    """

    id = Id()
    kind = models.TextField()
    version = models.IntegerField()
    name = models.TextField()
    content = models.JSONField()
    digest = models.TextField()
    state = models.TextField()
    effective_from = models.DateTimeField(null=True)
    effective_to = models.DateTimeField(null=True)
    owner_role = models.TextField()
    scope = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.TextField()
    examples = models.JSONField(db_default=Value([], models.JSONField()))
    revision = models.IntegerField(db_default=1)
    based_on = models.ForeignKey("self", null=True, on_delete=models.PROTECT, db_index=False, related_name="+")
    reference = models.TextField(null=True, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="policies_version_once"),
            models.CheckConstraint(condition=Q(version__gte=1), name="policies_version_counts_from_1"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in Version]), name="policies_version_state"
            ),
            models.CheckConstraint(condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="policies_version_digest"),
            models.CheckConstraint(
                condition=Q(effective_to__isnull=True) | Q(effective_to__gt=F("effective_from")),
                name="policies_version_ends_later",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[Version.ACTIVE.value, Version.RETIRED.value]) | Q(effective_from__isnull=False),
                name="policies_version_active_from",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


class PolicyStep(models.Model):
    """One step in the life of a version: who did what, to which content. Never changed."""

    id = Id()
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    action = models.TextField()
    revision = models.IntegerField()
    digest = models.TextField()
    reason = models.TextField()
    actor = models.TextField()
    at = models.DateTimeField()
    command_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.version_id} {self.action} ({self.id})"


class Decision(models.Model):
    """One answer, and why: the version and row that fired, the facts it saw, and who decided otherwise.

    Never changed. An override is recorded with the decision it sets aside: what was done instead, the
    reason's code, and by whom; all three or none.
    """

    id = Id()
    kind = models.TextField()
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, db_index=False)
    row_id = models.TextField()
    subject_id = models.BigIntegerField()
    facts = models.JSONField()
    outcome = models.JSONField()
    decided_at = models.DateTimeField()
    command_id = models.BigIntegerField()
    override = models.JSONField(null=True)
    override_reason = models.TextField(null=True)
    overridden_by = models.TextField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["subject_id", "id"], name="policies_decision_subject"),
            models.Index(fields=["version", "row_id", "id"], name="policies_decision_row"),
            models.Index(
                fields=["kind", "id"], name="policies_decision_overridden", condition=Q(override__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(override__isnull=True, override_reason__isnull=True, overridden_by__isnull=True)
                | Q(override__isnull=False, override_reason__isnull=False, overridden_by__isnull=False),
                name="policies_decision_override_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id} for {self.subject_id} ({self.id})"


class OverrideRecord(models.Model):
    """That a person acted otherwise than a row of a policy says: which act, which row, why, and the money at stake.

    `decision` is what was set aside and `instead` what was done. `document` is what people know the subject by and
    `rma` the return it belongs to, if any. `money_minor` is in minor units of `currency`. Never changed; the note,
    where there is one, is a payload of the subject and can be erased.
    """

    id = Id()
    at = models.DateTimeField()
    act = models.TextField()
    decision_id = models.BigIntegerField()
    kind = models.TextField()
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, db_index=False, related_name="+")
    row_id = models.TextField()
    said = models.JSONField()
    instead = models.JSONField()
    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    document = models.TextField()
    rma = models.TextField()
    reason = models.TextField()
    by = models.TextField()
    money_minor = models.BigIntegerField()
    currency = models.TextField(null=True)
    brand = models.TextField()
    channel = models.TextField()
    command_id = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["at", "id"], name="policies_override_at"),
            models.Index(fields=["subject_id"], name="policies_override_subject"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(reason="") & ~Q(by=""), name="policies_override_explained"),
        ]

    def __str__(self) -> str:
        return f"{self.act} against {self.kind} {self.row_id} ({self.id})"


class DecisionDelta(models.Model):
    """How many decisions one insert brought, by row of a version and day (UTC); a trigger writes it."""

    id = Id()
    day = models.DateField()
    version_id = models.BigIntegerField()
    row_id = models.TextField()
    decided = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.day} {self.version_id} {self.row_id} +{self.decided}"


class DecisionDay(models.Model):
    """How many decisions a row of a version made in a day (UTC), but for those that still are deltas."""

    id = Id()
    day = models.DateField()
    version_id = models.BigIntegerField()
    row_id = models.TextField()
    decided = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "version_id", "row_id"], name="policies_day_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.version_id} {self.row_id} {self.decided}"


class Shadow(models.Model):
    """A version that decides silently beside those in force, from when until when. It counts while it is not ended, in
    review or agreed to, and as it was (`digest`)."""

    id = Id()
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, db_index=False, related_name="+")
    digest = models.TextField()
    started_at = models.DateTimeField()
    started_by = models.TextField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.TextField(null=True)
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version"], name="policies_shadow_once", condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="policies_shadow_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} ({self.id})"


class ShadowCount(models.Model):
    """On how many decisions of one command a shadow agreed, differed or failed. Never changed."""

    id = Id()
    shadow = models.ForeignKey(Shadow, on_delete=models.PROTECT, related_name="+")
    agreed = models.IntegerField()
    differed = models.IntegerField()
    failed = models.IntegerField()
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(agreed__gte=0) & Q(differed__gte=0) & Q(failed__gte=0), name="policies_shadow_counted"
            )
        ]

    def __str__(self) -> str:
        return f"{self.shadow_id} {self.agreed}/{self.differed}/{self.failed}"


class ShadowDifference(models.Model):
    """What a shadow would have said instead of a decision, and the row of it that fired. Never changed."""

    id = Id()
    shadow = models.ForeignKey(Shadow, on_delete=models.PROTECT, db_index=False, related_name="+")
    decision_id = models.BigIntegerField()
    row_id = models.TextField()
    outcome = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["decision_id", "shadow"], name="policies_shadow_differs_once")]
        indexes = [models.Index(fields=["shadow", "id"], name="policies_shadow_difference_of")]

    def __str__(self) -> str:
        return f"{self.shadow_id} {self.decision_id}"
