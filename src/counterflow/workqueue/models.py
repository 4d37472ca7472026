"""The tables of workqueue: cases, what was done with them, their comments, and filters that people keep."""

from datetime import UTC, datetime
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Coalesce

from counterflow.kernel.ids import Id
from counterflow.workqueue.states import MERGED, State

NEVER_DUE: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""What a case without a due time is ordered as where cases are ordered by it."""
NO_MONEY: Final = -1
"""The same for money."""
_OPEN: Final = Q(state=State.OPEN.value)


class Case(models.Model):
    """Something that needs a person.

    `subject_kind` and `subject_id` say what it is about. While it is open its `dedupe_key` is unique, so
    the same cause opens one case. `money_at_risk_minor` is in minor units of `currency`; both are
    null where no money is at stake or nobody can tell. `facts` hold codes and numbers, never personal data;
    `numbers` are those of them by which people search, in small letters; their beginnings are found too.

    `rank_at` is the instant by which it wants to be looked at (`rules.py`), and the order of the queue. A case that is
    snoozed stays open and is left out of lists until `snoozed_until`. `merged_into` is the case it was closed into.
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
    rank_at = models.DateTimeField()
    snoozed_until = models.DateTimeField(null=True)
    snooze_reason = models.TextField(null=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, db_index=False)
    numbers = ArrayField(models.TextField(), default=list)

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
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(state=State.CLOSED.value, outcome=MERGED),
                name="workqueue_case_merged_whole",
            ),
            models.CheckConstraint(
                condition=Q(snoozed_until__isnull=True, snooze_reason__isnull=True)
                | Q(snoozed_until__isnull=False, snooze_reason__isnull=False),
                name="workqueue_case_snoozed_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["rank_at", "id"], name="workqueue_case_open", condition=_OPEN),
            models.Index(
                fields=["queue", "rank_at", "id"],
                name="workqueue_case_queue",
                condition=_OPEN,
                include=["severity", "assignee", "owner_role"],
            ),
            models.Index(fields=["kind", "rank_at", "id"], name="workqueue_case_kind", condition=_OPEN),
            models.Index(fields=["owner_role", "rank_at", "id"], name="workqueue_case_role", condition=_OPEN),
            models.Index(
                fields=["assignee", "rank_at", "id"],
                name="workqueue_case_assignee",
                condition=_OPEN & Q(assignee__isnull=False),
            ),
            models.Index(
                fields=["rank_at", "id"], name="workqueue_case_nobodys", condition=_OPEN & Q(assignee__isnull=True)
            ),
            models.Index(Coalesce("due_at", NEVER_DUE), "id", name="workqueue_case_due", condition=_OPEN),
            models.Index(
                Coalesce("money_at_risk_minor", NO_MONEY).desc(), "id", name="workqueue_case_money", condition=_OPEN
            ),
            models.Index(fields=["opened_at", "id"], name="workqueue_case_opened", condition=_OPEN),
            models.Index(
                fields=["snoozed_until", "id"],
                name="workqueue_case_snoozed",
                condition=_OPEN & Q(snoozed_until__isnull=False),
            ),
            models.Index(fields=["id"], name="workqueue_case_closed", condition=Q(state=State.CLOSED.value)),
            models.Index(fields=["subject_id", "id"], name="workqueue_case_subject"),
            models.Index(
                fields=["merged_into", "id"], name="workqueue_case_merged", condition=Q(merged_into__isnull=False)
            ),
            models.Index(
                fields=["dedupe_key"], name="workqueue_case_merged_key", condition=Q(merged_into__isnull=False)
            ),
            GinIndex(Func("numbers", function="array_to_tsvector"), name="workqueue_case_words"),
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


class CaseStep(models.Model):
    """Something that was done with a case, by whom and by which command. `facts` are codes and ids; never rewritten."""

    id = Id()
    case = models.ForeignKey(Case, on_delete=models.CASCADE, db_index=False)
    action = models.TextField()
    at = models.DateTimeField()
    by = models.TextField()
    command_id = models.BigIntegerField()
    facts = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["case", "id"], name="workqueue_step_case"),
            models.Index(fields=["command_id"], name="workqueue_step_command"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.action}"


class SavedFilter(models.Model):
    """A question about cases that somebody keeps: for oneself (`owner` "user:7") or for a role ("role:agent").

    `question` is what `questions.Question` tells of itself, `columns` the codes of the list's columns in order, none
    for all of them. The owner and the name are its identity.
    """

    id = Id()
    owner = models.TextField()
    name = models.TextField()
    question = models.JSONField()
    columns = ArrayField(models.TextField())
    at = models.DateTimeField()
    by = models.TextField()
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="workqueue_filter_once"),
            models.CheckConstraint(condition=~Q(name=""), name="workqueue_filter_named"),
        ]

    def __str__(self) -> str:
        return f"{self.owner} {self.name}"
