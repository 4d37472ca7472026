"""Drift from policy: rows that people set aside, that ask too often, that never answer, or suddenly answer more.

Two periods of the same length are compared, in whole days of UTC. How often rows answered comes from day sums, how
often they were set aside from the report of overrides; both are read for these days alone. What counts as drift is
`FINDINGS`, and the page says the same words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from counterflow.governance.owners import in_force
from counterflow.kernel import db
from counterflow.policies.facts import ADDED_UP
from counterflow.policies.overrides import instants
from counterflow.policies.queries import Version, versions_known
from counterflow.policies.tables import Row

DECIDED_MIN: Final = 20
OVERRIDDEN_MIN: Final = 3
OFTEN_BP: Final = 500
NEVER_OF: Final = 100

FINDINGS: Final[Mapping[str, str]] = {
    "often_overridden": "People set it aside 5 times of 100 or more, and 3 times at least.",
    "overridden_more": "It is set aside half again as often as in the period before, and 3 times at least.",
    "asks_more": "It asks a person, half again as often as before, of all answers of its policy; 20 times at least.",
    "fires_more": "It answers twice as often as before, of all answers of its policy; 20 times at least.",
    "never_fired": "It never answered, though it was in force all the time and its policy answered 100 times or more.",
}
"""What counts as drift, by code; rates and shares are compared, so more business alone is no drift."""


@dataclass(frozen=True)
class RowDrift:
    """A row of a policy over two periods: answers, overrides, money set aside, and what of it counts as drift.

    Shares are of all answers of its kind of policy, rates are overrides for each answer; both in basis points, None
    where there was no answer. `exception` says that the row asks a person. `money` is by currency, in minor units.
    """

    kind: str
    row: str
    text: str
    version: int
    owner_role: str
    exception: bool
    decided: int
    decided_before: int
    share_bp: int | None
    share_before_bp: int | None
    overridden: int
    overridden_before: int
    rate_bp: int | None
    rate_before_bp: int | None
    money: Mapping[str, int]
    findings: tuple[str, ...]


@dataclass
class _Counted:
    decided: int = 0
    before: int = 0
    overridden: int = 0
    overridden_before: int = 0

    def plus(self, other: "_Counted") -> None:
        self.decided += other.decided
        self.before += other.before
        self.overridden += other.overridden
        self.overridden_before += other.overridden_before


_DECIDED = """
SELECT version_id, row_id, coalesce(sum(decided) FILTER (WHERE day >= %(since)s), 0)::bigint AS decided,
       coalesce(sum(decided) FILTER (WHERE day < %(since)s), 0)::bigint AS before
FROM (SELECT day, version_id, row_id, decided FROM policies_decisionday WHERE day >= %(first)s AND day < %(until)s
      UNION ALL
      SELECT day, version_id, row_id, decided FROM policies_decisiondelta WHERE day >= %(first)s AND day < %(until)s) d
GROUP BY 1, 2
"""
_OVERRIDDEN = """
SELECT version_id, row_id, currency, count(*) FILTER (WHERE at >= %(since)s) AS overridden,
       count(*) FILTER (WHERE at < %(since)s) AS before,
       coalesce(sum(money_minor) FILTER (WHERE at >= %(since)s), 0)::bigint AS money
FROM policies_overriderecord WHERE at >= %(first)s AND at < %(until)s GROUP BY 1, 2, 3
"""


def drift(*, since: date, until: date, kind: str = "") -> list[RowDrift]:
    """Every row of the policies in force, those that drift first. `until` is the day after the period. 3 statements.

    A row is the same row in every version that has it, by its id.
    """
    first = since - (until - since)
    known = versions_known()
    counted, money = _counted(known, first, since, until)
    totals: dict[str, _Counted] = {}
    for (of, _), each in counted.items():
        totals.setdefault(of, _Counted()).plus(each)
    found = []
    for version in in_force(_last_instant(until)):
        if version.kind in ADDED_UP or kind not in ("", version.kind):
            continue
        for row in version.table.rows:
            key = (version.kind, row.id)
            each, total = counted.get(key, _Counted()), totals.get(version.kind, _Counted())
            found.append(_drift(version, row, each, total, money.get(key, {}), since))
    once = {(each.kind, each.row): each for each in reversed(found)}
    return sorted(once.values(), key=lambda each: (not each.findings, -each.overridden, -each.decided, each.row))


def _last_instant(until: date) -> datetime:
    """The last instant before a day."""
    return instants(until, until)[0] - timedelta(microseconds=1)


def _counted(
    known: Mapping[int, Version], first: date, since: date, until: date
) -> tuple[dict[tuple[str, str], _Counted], dict[tuple[str, str], dict[str, int]]]:
    """Answers and overrides by kind and row, and what was at stake in these overrides."""
    counted: dict[tuple[str, str], _Counted] = {}
    for row in db.rows(_DECIDED, {"first": first, "since": since, "until": until}):
        each = counted.setdefault((known[row.version_id].kind, row.row_id), _Counted())
        each.plus(_Counted(row.decided, row.before))
    money: dict[tuple[str, str], dict[str, int]] = {}
    starts, ends = instants(first, until)
    for row in db.rows(_OVERRIDDEN, {"first": starts, "since": instants(since, until)[0], "until": ends}):
        key = (known[row.version_id].kind, row.row_id)
        counted.setdefault(key, _Counted()).plus(_Counted(0, 0, row.overridden, row.before))
        if row.currency and row.money:
            sums = money.setdefault(key, {})
            sums[row.currency] = sums.get(row.currency, 0) + row.money
    return counted, money


def _drift(
    version: Version, row: Row, each: _Counted, total: _Counted, money: Mapping[str, int], since: date
) -> RowDrift:
    exception = row.then.get("answer") == "ask" or bool(row.then.get("needs_approval"))
    share, share_before = _bp(each.decided, total.decided), _bp(each.before, total.before)
    rate, rate_before = _bp(each.overridden, each.decided), _bp(each.overridden_before, each.before)
    many = each.overridden >= OVERRIDDEN_MIN
    enough = each.decided >= DECIDED_MIN
    # A whole period in force is needed to say that a row never answers.
    whole = version.effective_from <= instants(since, since)[0]
    says = {
        "often_overridden": many and (rate or 0) >= OFTEN_BP,
        "overridden_more": many and rate_before is not None and 2 * (rate or 0) >= 3 * rate_before,
        "asks_more": exception and enough and share_before is not None and 2 * (share or 0) >= 3 * share_before,
        "fires_more": enough and share_before is not None and (share or 0) >= 2 * share_before,
        "never_fired": whole and each.decided == 0 and total.decided >= NEVER_OF,
    }
    return RowDrift(
        kind=version.kind,
        row=row.id,
        text=row.agent,
        version=version.version,
        owner_role=version.owner_role,
        exception=exception,
        decided=each.decided,
        decided_before=each.before,
        share_bp=share,
        share_before_bp=share_before,
        overridden=each.overridden,
        overridden_before=each.overridden_before,
        rate_bp=rate,
        rate_before_bp=rate_before,
        money=money,
        findings=tuple(code for code, holds in says.items() if holds),
    )


def _bp(part: int, whole: int) -> int | None:
    """A part of a whole in basis points; None of nothing."""
    return part * 10_000 // whole if whole else None
