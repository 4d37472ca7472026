"""The tables of backtests."""

from django.db import models
from django.db.models import F, Q, Value

from counterflow.backtests.states import OPEN
from counterflow.backtests.states import Backtest as State
from counterflow.kernel.ids import Id
from counterflow.policies.models import PolicyVersion


class Backtest(models.Model):
    """A version of a policy replayed over the returns asked for from `since` until before `until`.

    `content`, `scope` and `digest` are the version as it was when the run began; a draft may be edited afterwards.
    It is cut into `total` chunks, and `totals` is the sum of those that were done when it ended. `wish` is a digest of
    what was asked; one run at a time answers it. `fault` says what stopped a failed run.
    """

    id = Id()
    request_ref = models.TextField(unique=True)
    wish = models.BinaryField()
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    kind = models.TextField()
    content = models.JSONField()
    scope = models.JSONField()
    digest = models.TextField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    channel = models.TextField()
    brand = models.TextField()
    family = models.TextField()
    overrides = models.TextField()
    state = models.TextField()
    total = models.IntegerField(db_default=0)
    totals = models.JSONField(db_default=Value({}, models.JSONField()))
    fault = models.TextField(db_default="")
    started_by = models.TextField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    command_id = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(since__lt=F("until")), name="backtests_period"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, state__in=sorted(OPEN))
                | Q(ended_at__isnull=False) & ~Q(state__in=sorted(OPEN)),
                name="backtests_ended",
            ),
            models.CheckConstraint(condition=Q(state__in=[state.value for state in State]), name="backtests_state"),
            models.UniqueConstraint(
                fields=["wish"], name="backtests_one_at_a_time", condition=Q(state__in=sorted(OPEN))
            ),
        ]
        indexes = [models.Index(fields=["id"], name="backtests_open", condition=Q(state__in=sorted(OPEN)))]

    def __str__(self) -> str:
        return self.request_ref


class Chunk(models.Model):
    """A part of a run: orders (or blind requests) with ids above `after` and up to `last`; `totals` once it is done."""

    id = Id()
    backtest = models.ForeignKey(Backtest, on_delete=models.PROTECT, related_name="+", db_index=False)
    n = models.IntegerField()
    after = models.BigIntegerField()
    last = models.BigIntegerField()
    blind = models.BooleanField()
    totals = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["backtest", "n"], name="backtests_chunk_once"),
            models.CheckConstraint(condition=Q(n__gte=1) & Q(after__lt=F("last")), name="backtests_chunk_span"),
        ]

    def __str__(self) -> str:
        return f"{self.backtest_id}/{self.n}"


class Difference(models.Model):
    """A line of a return, or one of its units, that would have ended otherwise. Amounts are minor units of `currency`.

    `change` says how in one word. `was` and `would` are its fate, or where the unit goes; `row_was` and `row_would`
    the rows that fired, of `version_was` and of the version under test (or of `version_would`, where that one
    answered). `possible_minor` would be added at most.
    """

    id = Id()
    backtest = models.ForeignKey(Backtest, on_delete=models.PROTECT, related_name="+", db_index=False)
    change = models.TextField()
    rma_id = models.BigIntegerField()
    rma = models.TextField()
    line_no = models.IntegerField()
    unit_id = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField()
    was = models.TextField()
    would = models.TextField()
    version_was = models.BigIntegerField()
    version_would = models.BigIntegerField()
    row_was = models.TextField()
    row_would = models.TextField()
    currency = models.TextField()
    value_minor = models.BigIntegerField()
    refunded_was_minor = models.BigIntegerField()
    refunded_would_minor = models.BigIntegerField()
    possible_minor = models.BigIntegerField()
    due_was = models.DateTimeField(null=True)
    due_would = models.DateTimeField(null=True)
    brand = models.TextField()
    family = models.TextField()
    channel_kind = models.TextField()
    customer_segment = models.TextField()
    zone = models.TextField()
    reason_code = models.TextField()
    value_band = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["backtest", "id"], name="backtests_difference_of")]

    def __str__(self) -> str:
        return f"{self.backtest_id} {self.rma}/{self.line_no} {self.change}"
