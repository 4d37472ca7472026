"""The tables of workqueue: cases and their comments."""

from django.db import models
from django.db.models import Q

from counterflow.kernel.ids import Id
from counterflow.workqueue.states import State


class Case(models.Model):
    """Something that needs a person.

    `subject_kind` and `subject_id` say what it is about. While it is open its `dedupe_key` is unique, so
    the same cause opens one case. `money_at_risk_minor` is in minor units of `currency`; both are
    null where no money is at stake or nobody can tell. `facts` hold codes and numbers, never personal data.
    """

    id = Id()
    kind = models.TextField()
    queue = models.TextField()
    owner_role = models.TextField()
    severity = models.SmallIntegerField()
    state = models.TextField()
    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    entity_id = models.BigIntegerField(null=True)
    money_at_risk_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, null=True)
    facts = models.JSONField()
    dedupe_key = models.TextField()
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    command_id = models.BigIntegerField()
    assignee = models.TextField(null=True)
    outcome = models.TextField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe_key"], name="workqueue_case_open_once", condition=Q(state=State.OPEN.value)
            ),
            models.CheckConstraint(
                condition=Q(
                    state=State.OPEN.value, outcome__isnull=True, closed_at__isnull=True, closed_by__isnull=True
                )
                | Q(state=State.CLOSED.value, outcome__isnull=False, closed_at__isnull=False, closed_by__isnull=False),
                name="workqueue_case_closed_whole",
            ),
            models.CheckConstraint(
                condition=Q(money_at_risk_minor__isnull=True, currency__isnull=True)
                | Q(money_at_risk_minor__gte=0, currency__isnull=False),
                name="workqueue_case_money_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "severity", "id"],
                name="workqueue_case_queue",
                condition=Q(state=State.OPEN.value),
                include=["assignee", "owner_role"],
            ),
            models.Index(fields=["severity", "id"], name="workqueue_case_open", condition=Q(state=State.OPEN.value)),
            models.Index(
                fields=["assignee", "severity", "id"],
                name="workqueue_case_assignee",
                condition=Q(state=State.OPEN.value, assignee__isnull=False),
            ),
            models.Index(fields=["subject_id", "id"], name="workqueue_case_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class CaseComment(models.Model):
    """That somebody said something about a case; the words are in the erasable payload."""

    id = Id()
    case = models.ForeignKey(Case, on_delete=models.CASCADE, db_index=False)
    reference = models.TextField()
    payload_id = models.BigIntegerField()
    at = models.DateTimeField()
    by = models.TextField()
    content_hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "reference"], name="workqueue_comment_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.reference}"
