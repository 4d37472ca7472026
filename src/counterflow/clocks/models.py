"""The tables of clocks: calendars with the openings they mean."""

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
