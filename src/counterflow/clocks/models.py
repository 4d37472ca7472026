"""The tables of clocks: calendars with the openings they mean, clocks, and pauses."""

from django.db import models
from django.db.models import F, Q

from counterflow.kernel.ids import Id


class Calendar(models.Model):
    """When people work: hours of each weekday in a zone, public holidays of a place, and days that differ.

    All of it is text in the normal form of `calendars.py`. `nodes` and `entities` are the codes it serves, apart by
    blanks; the calendar `default` serves all others. `current_id` is the version that counts now.
    """

    id = Id()
    code = models.TextField(unique=True)
    version = models.IntegerField(db_default=1)
    name = models.TextField()
    zone = models.TextField()
    monday = models.TextField()
    tuesday = models.TextField()
    wednesday = models.TextField()
    thursday = models.TextField()
    friday = models.TextField()
    saturday = models.TextField()
    sunday = models.TextField()
    country = models.TextField()
    subdivision = models.TextField()
    closed_days = models.TextField()
    open_days = models.TextField()
    nodes = models.TextField()
    entities = models.TextField()
    current_id = models.BigIntegerField()

    def __str__(self) -> str:
        return self.code


class CalendarVersion(models.Model):
    """What a calendar said from a version on; never changed, so what is due can be computed again years later."""

    id = Id()
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.IntegerField()
    content = models.JSONField()
    made_at = models.DateTimeField()
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "version"], name="clocks_version_once")]

    def __str__(self) -> str:
        return f"{self.calendar_id} {self.version}"


class CalendarYear(models.Model):
    """That the openings of a year are written out: their seconds, and the public holidays that were known, by day."""

    id = Id()
    version = models.ForeignKey(CalendarVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    year = models.IntegerField()
    seconds = models.BigIntegerField()
    holidays = models.JSONField()
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "year"], name="clocks_year_once")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.year}"


class Opening(models.Model):
    """A stretch of working time. `before_seconds` were worked before it, counted from the first year written."""

    id = Id()
    version = models.ForeignKey(CalendarVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    year = models.IntegerField()
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    before_seconds = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version", "opens_at"], name="clocks_opening_once", include=["closes_at", "before_seconds"]
            ),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="clocks_opening_lasts"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.opens_at}"


_RUNS = Q(stopped_at__isnull=True)


class Clock(models.Model):
    """How long a subject may stay in a stage, and how long it did; once for each time it was in it (`round`).

    `subject_kind` and `subject_id` say what waits, `rma_id` for which return. It was due at `due_at`: `due_hours` of
    working time of the calendar's version after `started_at`, and `paused_seconds` of it that lay in pauses; or at a
    case's own due time (`own_due`). `worked_seconds` is the working time it took outside of pauses, once it stopped;
    `ending` says how: done, or withdrawn where it turned out never to have been in the stage. Hours, roles and flags
    are the SLA table's answer, whose decision is kept. It is late if and only if `breached_at` is set: when that was
    found. Money is in minor units of `currency`. `cause` is a code, derived unless `cause_by` names who said it.
    """

    id = Id()
    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    stage = models.TextField()
    round = models.IntegerField()
    rma_id = models.BigIntegerField(null=True)
    node_id = models.BigIntegerField(null=True)
    entity_id = models.BigIntegerField(null=True)
    channel_id = models.BigIntegerField(null=True)
    owner_role = models.TextField()
    money_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, null=True)
    decision_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    row_id = models.TextField()
    due_hours = models.IntegerField()
    warn_hours = models.IntegerField()
    escalate_to = models.TextField()
    opens_case = models.BooleanField()
    around_the_clock = models.BooleanField()
    calendar_version_id = models.BigIntegerField(null=True)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    own_due = models.BooleanField()
    warn_at = models.DateTimeField()
    paused_seconds = models.BigIntegerField()
    stopped_at = models.DateTimeField(null=True)
    ending = models.TextField()
    worked_seconds = models.BigIntegerField(null=True)
    warned_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    taken_back_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)
    escalated_to = models.TextField()
    case_key = models.TextField()
    cause = models.TextField()
    cause_by = models.TextField()
    cause_reason = models.TextField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject_id", "stage", "round"], name="clocks_clock_once"),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True, worked_seconds__isnull=True, ending="")
                | Q(stopped_at__gte=F("started_at"), worked_seconds__gte=0, ending__in=["done", "withdrawn"]),
                name="clocks_clock_stopped_whole",
            ),
            models.CheckConstraint(
                condition=Q(own_due=False, due_at__gte=F("started_at"), warn_at__lte=F("due_at"), paused_seconds__gte=0)
                | Q(own_due=True, stage="case"),
                name="clocks_clock_due",
            ),
            models.CheckConstraint(
                condition=Q(breached_at__isnull=True, cause="") | Q(breached_at__isnull=False) & ~Q(cause=""),
                name="clocks_clock_late_has_cause",
            ),
            models.CheckConstraint(
                condition=Q(money_minor__isnull=True, currency__isnull=True)
                | Q(money_minor__gte=0, currency__isnull=False),
                name="clocks_clock_money_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["rma_id", "id"], name="clocks_clock_rma", condition=Q(rma_id__isnull=False)),
            # Partial, so that neither the alarm nor the page of what runs grows with history.
            models.Index(fields=["due_at", "id"], name="clocks_clock_runs", condition=_RUNS),
            models.Index(fields=["id"], name="clocks_clock_running", condition=_RUNS),
            models.Index(fields=["warn_at", "id"], name="clocks_clock_warns", condition=_RUNS & Q(warned_at=None)),
            models.Index(fields=["due_at", "id"], name="clocks_clock_breaks", condition=_RUNS & Q(breached_at=None)),
            models.Index(fields=["case_key"], name="clocks_clock_case", condition=_RUNS & ~Q(case_key="")),
            models.Index(
                fields=["calendar_version_id", "node_id", "entity_id"], name="clocks_clock_goes_by", condition=_RUNS
            ),
            models.Index(fields=["stage", "node_id"], name="clocks_clock_backlog", condition=_RUNS),
            models.Index(fields=["stopped_at", "id"], name="clocks_clock_ended", condition=Q(stopped_at__isnull=False)),
            models.Index(fields=["due_at", "id"], name="clocks_clock_late", condition=Q(breached_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id} {self.stage} {self.round}"


class Pause(models.Model):
    """A time in which we waited for the customer of a return, or in a case; clocks of it stand still meanwhile.

    It ends at `to_at`, or at `until_at` if nobody ended it by then. `reason` is a code. `subject_kind` is rma or case.
    """

    id = Id()
    request_ref = models.TextField(unique=True)
    content_hash = models.BinaryField()
    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    reason = models.TextField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    to_at = models.DateTimeField(null=True)
    paused_by = models.TextField()
    resumed_by = models.TextField()
    resume_reason = models.TextField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(subject_kind__in=["rma", "case"]), name="clocks_pause_subject"),
            models.CheckConstraint(
                condition=Q(until_at__gte=F("from_at"))
                & (Q(to_at__isnull=True, resumed_by="") | Q(to_at__gte=F("from_at")) & ~Q(resumed_by="")),
                name="clocks_pause_whole",
            ),
        ]
        indexes = [models.Index(fields=["subject_id", "from_at"], name="clocks_pause_of")]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id} {self.from_at}"
