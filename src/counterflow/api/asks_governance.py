"""The questions about governance that programs may ask: the report of overrides, owners, changes, drift and gaps."""

from datetime import date, timedelta

from counterflow.api.reading import Read
from counterflow.governance import changes, drift, gaps, owners
from counterflow.governance.transitions import transitions
from counterflow.kernel import clock
from counterflow.kernel.errors import Invalid
from counterflow.policies import overrides as report

DAYS = 30
YEARS = (1990, 2999)


class DayImpossible(Invalid):
    """Nothing is on record of {day}; write a day of the years {first} to {last}."""


def _days(since: date | None, until: date | None) -> tuple[date, date]:
    """A period, its last day included by those who ask, as queries take it: up to and without its end.

    Raises `DayImpossible`.
    """
    for day in (since, until):
        if day is not None and not YEARS[0] <= day.year <= YEARS[1]:
            raise DayImpossible(day=day.isoformat(), first=YEARS[0], last=YEARS[1])
    last = (until or clock.now().date()) + timedelta(days=1)
    return since or last - timedelta(days=DAYS), last


def overrides(
    *,
    since: date | None = None,
    until: date | None = None,
    by: str = "",
    kind: str = "",
    version: int | None = None,
    row: str = "",
    reason: str = "",
    act: str = "",
    brand: str = "",
    channel: str = "",
    rma: str = "",
    before_id: int | None = None,
    limit: int = 50,
) -> list[report.OverrideRow]:
    """What people decided otherwise than policies say, the newest first; of 30 days up to today unless told (UTC)."""
    first, last = _days(since, until)
    return report.overrides(
        since=first,
        until=last,
        by=by,
        kind=kind,
        version=version,
        row=row,
        reason=reason,
        act=act,
        brand=brand,
        channel=channel,
        rma=rma,
        before_id=before_id,
        limit=limit,
    )


def override_sums(*, since: date | None = None, until: date | None = None) -> list[report.OverrideSum]:
    """Overrides of a period by person, rule, reason, act, brand and channel; a rule's with how often it answered."""
    first, last = _days(since, until)
    return report.override_sums(since=first, until=last)


def policy_owners() -> list[owners.PolicyOwner]:
    """The policies in force, their owners, and how many people hold the owner's role."""
    return owners.policy_owners(at=clock.now())


def policy_thresholds(*, kind: str = "") -> list[owners.Threshold]:
    """Every limit on a number in the policies in force: row, fact, limit, currency and owner."""
    return owners.thresholds(at=clock.now(), kind=kind)


def policy_drift(*, since: date | None = None, until: date | None = None, kind: str = "") -> list[drift.RowDrift]:
    """Rows of the policies in force over a period and as many days before: answers, overrides, asks, what drifts."""
    first, last = _days(since, until)
    return drift.drift(since=first, until=last, kind=kind)


def rule_changes(*, since: date | None = None, until: date | None = None, sort: str = "") -> list[changes.Changed]:
    """Steps of policies, roles given and taken, letters switched and inspection plans published, the newest first."""
    first, last = _days(since, until)
    return changes.changed(since=first, until=last, sort=sort, limit=200)


def master_data_changes(*, since: date | None = None, until: date | None = None) -> list[changes.MasterChanges]:
    """How much of each kind of master data changed in a period; a count stops at 1,000."""
    first, last = _days(since, until)
    return changes.master_changes(since=first, until=last)


def governance_gaps() -> list[gaps.Gap]:
    """Roles that nobody holds with what waits for them, and reviews and approvals that hang on one person."""
    return gaps.gaps(at=clock.now())


_FILTERS = ("since", "until", "by", "kind", "version", "row", "reason", "act", "brand", "channel", "rma")
_PERIOD = ("since", "until")
READS: list[Read] = [
    Read("/overrides", overrides, "policies.view", "governance", _FILTERS, ("before_id", "id")),
    Read("/overrides/sums", override_sums, "policies.view", "governance", _PERIOD),
    Read("/governance/policies", policy_owners, "policies.view", "governance"),
    Read("/governance/queues", owners.queue_owners, "policies.view", "governance"),
    Read("/governance/thresholds", policy_thresholds, "policies.view", "governance", ("kind",)),
    Read("/governance/transitions", transitions, "policies.view", "governance", ("machine",)),
    Read("/governance/drift", policy_drift, "policies.view", "governance", (*_PERIOD, "kind")),
    Read("/governance/changes", rule_changes, "registry.view", "governance", (*_PERIOD, "sort")),
    Read("/governance/master-data", master_data_changes, "registry.view", "governance", _PERIOD),
    Read("/governance/gaps", governance_gaps, "policies.view", "governance"),
]
