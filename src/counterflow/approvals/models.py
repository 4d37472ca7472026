"""The tables of approvals: what was asked for, who agreed, who stands in for whom."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from counterflow.approvals.states import Request as State
from counterflow.approvals.states import Verdict
from counterflow.kernel.ids import Id


class Request(models.Model):
    """An act that waits for other people, with what it was seen to be when it was asked for.

    `reference` is the asker's own. `command` and `identity` name the act; the item as it was typed, and the note, are
    in the erasable payload. `facts` are those the table saw, with `value_minor` in minor units of `currency`; `lines`
    is what it would post. `roles` are those who have to agree, `open_roles` those who still have to; an empty role is
    whoever may agree. `outcome` is what came of it: the act's facts, or why there was none, with the difference.
    """

    id = Id()
    reference = models.TextField()
    content_hash = models.BinaryField()
    asker = models.ForeignKey("access.User", on_delete=models.PROTECT, db_index=False, related_name="+")
    asked_by = models.TextField()
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    command = models.TextField()
    act = models.TextField()
    identity = models.TextField()
    subject_id = models.BigIntegerField()
    facts = models.JSONField()
    lines = models.JSONField()
    value_minor = models.BigIntegerField()
    currency = models.TextField()
    reason = models.TextField()
    payload_id = models.BigIntegerField()
    roles = ArrayField(models.TextField())
    open_roles = ArrayField(models.TextField())
    expires_hours = models.IntegerField()
    code = models.TextField()
    text = models.TextField()
    version = models.ForeignKey("policies.PolicyVersion", on_delete=models.PROTECT, db_index=False, related_name="+")
    row_id = models.TextField()
    state = models.TextField()
    outcome = models.JSONField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.TextField(null=True)
    ended_command_id = models.BigIntegerField(null=True)
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asker", "reference"], name="approvals_request_once"),
            models.UniqueConstraint(
                fields=["command", "identity"],
                name="approvals_request_waits_once",
                condition=Q(state=State.WAITING.value),
            ),
            models.CheckConstraint(condition=Q(roles__len__gte=1), name="approvals_request_needs_somebody"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("asked_at")), name="approvals_request_expires_later"),
            models.CheckConstraint(
                condition=Q(
                    state=State.WAITING.value,
                    outcome__isnull=True,
                    ended_at__isnull=True,
                    ended_by__isnull=True,
                    ended_command_id__isnull=True,
                )
                | Q(
                    state__in=[state.value for state in State if state is not State.WAITING],
                    outcome__isnull=False,
                    ended_at__isnull=False,
                    ended_by__isnull=False,
                    ended_command_id__isnull=False,
                ),
                name="approvals_request_ended_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at", "id"], name="approvals_request_waiting", condition=Q(state=State.WAITING.value)
            ),
            models.Index(fields=["subject_id", "id"], name="approvals_request_subject"),
            models.Index(fields=["ended_command_id"], name="approvals_request_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.identity} ({self.id})"


class Agreement(models.Model):
    """What one person said to a request, in which role, and for whom where the role is another's. Never changed.

    `seat` is the place of the role among those who have to agree, from 1; 0 for a refusal.
    """

    id = Id()
    request = models.ForeignKey(Request, on_delete=models.PROTECT, db_index=False, related_name="+")
    user = models.ForeignKey("access.User", on_delete=models.PROTECT, db_index=False, related_name="+")
    actor = models.TextField()
    verdict = models.TextField()
    seat = models.SmallIntegerField()
    role = models.TextField()
    on_behalf_of = models.ForeignKey(
        "access.User", null=True, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    reason = models.TextField()
    at = models.DateTimeField()
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["request", "user"], name="approvals_agreement_person_once"),
            models.UniqueConstraint(fields=["request", "seat"], name="approvals_agreement_seat_once"),
            models.CheckConstraint(
                condition=Q(verdict=Verdict.AGREE.value, seat__gte=1) | Q(verdict=Verdict.REFUSE.value, seat=0),
                name="approvals_agreement_verdict",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} of {self.actor} to {self.request_id}"


class Delegation(models.Model):
    """That one person stands in for another in a role, from an instant until before another."""

    id = Id()
    reference = models.TextField()
    content_hash = models.BinaryField()
    giver = models.ForeignKey("access.User", on_delete=models.PROTECT, db_index=False, related_name="+")
    taker = models.ForeignKey("access.User", on_delete=models.PROTECT, db_index=False, related_name="+")
    role = models.TextField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    given_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.TextField(null=True)
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["giver", "reference"], name="approvals_delegation_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="approvals_delegation_ends_later"),
            models.CheckConstraint(condition=~Q(giver=F("taker")), name="approvals_delegation_to_another"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="approvals_delegation_ended_whole",
            ),
        ]
        indexes = [models.Index(fields=["taker", "ends_at"], name="approvals_delegation_taker")]

    def __str__(self) -> str:
        return f"{self.role} of {self.giver_id} by {self.taker_id} ({self.id})"
