"""The registry's tables: what changed, and files that wait to be taken over."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from counterflow.kernel.ids import Id


class Change(models.Model):
    """One field of one record that changed, or (`field` empty) that the record was made.

    `version` is the record's number after the change. Where a field may speak of a person, `old` and `new`
    stay empty and `kept` is false: that it changed is known, from what to what is not.
    """

    id = Id()
    kind = models.TextField()
    record_id = models.BigIntegerField()
    code = models.TextField()
    version = models.IntegerField()
    field = models.TextField()
    old = models.TextField()
    new = models.TextField()
    kept = models.BooleanField()
    at = models.DateTimeField()
    by = models.TextField()
    source = models.TextField()
    command_id = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["kind", "record_id", "id"], name="registry_change_record"),
            models.Index(fields=["kind", "id"], name="registry_change_kind"),
            models.Index(fields=["by", "id"], name="registry_change_by"),
            models.Index(Upper("code"), "id", name="registry_change_code"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code} {self.field} {self.id}"


class Intake(models.Model):
    """An uploaded file of master data: previewed, then taken over part by part, or dropped.

    `summary` holds counts, `problems` the rows that were refused, both without the rows' content where a kind is
    about people. The rows themselves are in the parts, which go away when the file is taken over or dropped.
    """

    id = Id()
    kind = models.TextField()
    file_name = models.TextField()
    sha256 = models.CharField(max_length=64)
    state = models.TextField()
    summary = models.JSONField()
    problems = models.JSONField()
    parts = models.IntegerField()
    taken = models.IntegerField(db_default=0)
    at = models.DateTimeField()
    by = models.TextField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["previewed", "taken", "dropped"]), name="registry_intake_state"
            ),
            models.CheckConstraint(condition=Q(taken__gte=0) & Q(taken__lte=F("parts")), name="registry_intake_taken"),
        ]
        indexes = [
            models.Index(fields=["kind", "id"], name="registry_intake_kind"),
            models.Index(fields=["at"], name="registry_intake_open", condition=Q(state="previewed")),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name} {self.id}"


class IntakePart(models.Model):
    """Rows of a file that can be taken over by one command."""

    id = Id()
    intake = models.ForeignKey(Intake, on_delete=models.PROTECT, related_name="+", db_index=False)
    seq = models.IntegerField()
    rows = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["intake", "seq"], name="registry_part_once")]

    def __str__(self) -> str:
        return f"{self.intake_id}/{self.seq}"
