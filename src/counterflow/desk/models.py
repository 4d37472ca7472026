"""The tables of the desk."""

from django.db import models
from django.db.models import Q

from counterflow.kernel.ids import Id
from counterflow.returns.models import Rma


class Message(models.Model):
    """A message to the customer of a return. Its words and address are a payload of the return, so they can be erased.

    `template` is the code of the letter it was made from, empty for one that was written freely. `fault` is the code
    of what kept the last try from succeeding.
    """

    id = Id()
    request_ref = models.TextField(unique=True)
    rma = models.ForeignKey(Rma, on_delete=models.PROTECT, related_name="+")
    template = models.TextField(db_default="")
    language = models.TextField()
    with_slip = models.BooleanField()
    payload_id = models.BigIntegerField()
    state = models.TextField()
    attempts = models.IntegerField(db_default=0)
    next_at = models.DateTimeField()
    fault = models.TextField(db_default="")
    queued_by = models.TextField()
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(attempts__gte=0), name="desk_message_tries")]
        indexes = [models.Index(fields=["next_at"], name="desk_message_queued", condition=Q(state="queued"))]

    def __str__(self) -> str:
        return f"message {self.id}"


class LetterRule(models.Model):
    """Whether a letter goes by itself for an occasion and a kind of channel; a row a switch, and the latest counts."""

    id = Id()
    occasion = models.TextField()
    channel_kind = models.TextField()
    turn = models.IntegerField()
    active = models.BooleanField()
    switched_at = models.DateTimeField()
    switched_by = models.TextField()
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["occasion", "channel_kind", "turn"], name="desk_letterrule_turn"),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} {self.channel_kind} {self.turn}"


class Label(models.Model):
    """A carrier's label of a return, once for each content. The file is a payload, so it can be erased."""

    id = Id()
    rma = models.ForeignKey(Rma, on_delete=models.PROTECT, related_name="+")
    parcel_id = models.BigIntegerField(null=True)
    sha256 = models.BinaryField()
    sort = models.TextField()
    size = models.IntegerField()
    payload_id = models.BigIntegerField()
    kept_at = models.DateTimeField()
    kept_by = models.TextField()
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rma", "sha256"], name="desk_label_once")]

    def __str__(self) -> str:
        return f"label {self.id}"
