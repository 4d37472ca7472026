"""The kernel's tables: transport keys, audit, events with their deliveries, payloads, the epoch."""

from django.db import models

from counterflow.kernel.ids import Id


class CommandKey(models.Model):
    """A transport key that was used: what was asked (hash) and what was answered, word for word."""

    id = Id()
    actor = models.TextField()
    command = models.TextField()
    key = models.TextField()
    input_hash = models.BinaryField()
    result = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "command", "key"], name="kernel_key_once")]
        indexes = [models.Index(fields=["at"], name="kernel_key_at")]

    def __str__(self) -> str:
        return f"{self.actor} {self.command} {self.key}"


class CommandRecord(models.Model):
    """The audit row of one outermost command; `trail` names the commands it ran, their counts, and `as` whom."""

    id = Id()
    name = models.TextField()
    actor = models.TextField()
    source = models.TextField()
    key = models.TextField()
    at = models.DateTimeField()
    done = models.IntegerField()
    refused = models.IntegerField()
    trail = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="kernel_record_at")]

    def __str__(self) -> str:
        return f"{self.id} {self.name}"


class EventRecord(models.Model):
    """One fact, as a command told it."""

    id = Id()
    command_id = models.BigIntegerField()
    kind = models.TextField()
    subject_id = models.BigIntegerField()
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    facts = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["command_id"], name="kernel_event_command"),
            models.Index(fields=["subject_id", "id"], name="kernel_event_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id} {self.id}"


class Delivery(models.Model):
    """That a command's events still have to reach their reactions; gone when they have."""

    id = Id()
    command_id = models.BigIntegerField()
    kinds = models.JSONField()
    at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                name="kernel_delivery_open",
                condition=models.Q(taken_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"delivery of {self.command_id}"


class Payload(models.Model):
    """Erasable content: raw messages, free text, personal data. Everything else holds only its id."""

    id = Id()
    kind = models.TextField()
    subject_id = models.BigIntegerField()
    source = models.TextField()
    reference = models.TextField()
    body = models.JSONField(null=True)
    kept_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["subject_id"], name="kernel_payload_subject")]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "reference"],
                name="kernel_payload_once",
                condition=~models.Q(reference=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class Epoch(models.Model):
    """One row that counts changes of cached configuration; every claim reads it."""

    id = models.SmallIntegerField(primary_key=True)
    value = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.value)
