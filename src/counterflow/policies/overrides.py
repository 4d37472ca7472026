"""The report of overrides: who decided otherwise than which row of which policy says, why, and for how much money.

Periods are whole days in UTC, from `since` up to and without `until`. A period reads the overrides of its days by
one index and how often rows answered from day sums, so that years of decisions cost nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from counterflow.kernel import db
from counterflow.policies.queries import versions_known

SUMS_MAX = 500
"""Of each group, the most frequent."""
GROUPS = ("person", "rule", "reason", "act", "brand", "channel")


@dataclass(frozen=True)
class OverrideRow:
    """One override. `text` is what the row says in words, `said` its answer, `instead` what was done.

    `money_minor` is what was at stake, in minor units of `currency`; `document` is the return or the plate.
    """

    id: int
    at: datetime
    act: str
    kind: str
    version_id: int
    version: int
    row_id: str
    text: str
    said: Mapping[str, Any]
    instead: Mapping[str, Any]
    subject_kind: str
    subject_id: int
    document: str
    rma: str
    reason: str
    by: str
    money_minor: int
    currency: str | None
    brand: str
    channel: str


@dataclass(frozen=True)
class OverrideSum:
    """Overrides of one period that have something in common.

    `group` is person, rule, reason, act, brand or channel and `key` which; of a rule it is kind/version/row, `text` its
    words, and `decided` how often the row answered in the period. `money` is by currency, in minor units.
    """

    group: str
    key: str
    text: str
    count: int
    money: Mapping[str, int]
    decided: int | None

    @property
    def rate_bp(self) -> int | None:
        """Overrides of a rule for each answer it gave, in basis points; None where it gave none in the period."""
        return self.count * 10_000 // self.decided if self.decided else None


def instants(since: date, until: date) -> tuple[datetime, datetime]:
    """The first instant of a period of days and the first after it."""
    return datetime.combine(since, time(), UTC), datetime.combine(until, time(), UTC)


# What somebody does by a token of theirs is theirs.
_RECORDS = """
(SELECT r.*, coalesce('user:' || t.user_id, r.by) AS person FROM policies_overriderecord r
 LEFT JOIN access_apitoken t ON r.by = 'token:' || t.id) o
"""
_WHERE = """
WHERE o.at >= %(since)s AND o.at < %(until)s
  AND (%(by)s::text = '' OR %(by)s IN (o.by, o.person)) AND (%(kind)s::text = '' OR o.kind = %(kind)s)
  AND (%(version)s::int IS NULL OR v.version = %(version)s) AND (%(row)s::text = '' OR o.row_id = %(row)s)
  AND (%(reason)s::text = '' OR o.reason = %(reason)s) AND (%(act)s::text = '' OR o.act = %(act)s)
  AND (%(brand)s::text = '' OR o.brand = %(brand)s) AND (%(channel)s::text = '' OR o.channel = %(channel)s)
  AND (%(rma)s::text = '' OR o.rma = %(rma)s)
"""
_LIST = f"""
SELECT o.id, o.at, o.act, o.kind, o.version_id, v.version, o.row_id, '' AS text, o.said, o.instead, o.subject_kind,
       o.subject_id, o.document, o.rma, o.reason, o.by, o.money_minor, o.currency, o.brand, o.channel
FROM {_RECORDS} JOIN policies_policyversion v ON v.id = o.version_id
{_WHERE} AND (%(before_id)s::bigint IS NULL OR o.id < %(before_id)s) ORDER BY o.id DESC LIMIT %(limit)s
"""
_SUMS = f"""
SELECT CASE WHEN GROUPING(o.person) = 0 THEN 'person' WHEN GROUPING(o.row_id) = 0 THEN 'rule'
            WHEN GROUPING(o.reason) = 0 THEN 'reason' WHEN GROUPING(o.act) = 0 THEN 'act'
            WHEN GROUPING(o.brand) = 0 THEN 'brand' ELSE 'channel' END AS "group",
       coalesce(o.person, o.reason, o.act, o.brand, o.channel, o.kind || '/' || v.version || '/' || o.row_id) AS key,
       o.version_id, o.row_id, o.currency, count(*) AS count, sum(o.money_minor)::bigint AS money
FROM {_RECORDS} JOIN policies_policyversion v ON v.id = o.version_id
{_WHERE}
GROUP BY GROUPING SETS ((o.person, o.currency), (o.kind, o.version_id, v.version, o.row_id, o.currency),
                        (o.reason, o.currency), (o.act, o.currency), (o.brand, o.currency), (o.channel, o.currency))
"""


def overrides(
    *,
    since: date,
    until: date,
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
) -> list[OverrideRow]:
    """Overrides of a period, the newest first; `before_id` goes on after a row. Two statements.

    `by` is a user, whose tokens count as they do, or one token.
    """
    first, last = instants(since, until)
    asked = _asked(first, last, by, kind, version, row, reason, act, brand, channel, rma)
    found = db.rows(_LIST, asked | {"before_id": before_id, "limit": limit})
    known = versions_known() if found else {}
    return [
        OverrideRow(**{**each._asdict(), "text": known[each.version_id].prepared.rows[each.row_id].agent})
        for each in found
    ]


def override_sums(
    *,
    since: date,
    until: date,
    by: str = "",
    kind: str = "",
    version: int | None = None,
    row: str = "",
    reason: str = "",
    act: str = "",
    brand: str = "",
    channel: str = "",
    rma: str = "",
) -> list[OverrideSum]:
    """Overrides of a period by person, rule, reason, act, brand and channel, the most frequent first. 3 statements."""
    first, last = instants(since, until)
    found = db.rows(_SUMS, _asked(first, last, by, kind, version, row, reason, act, brand, channel, rma))
    if not found:
        return []
    known, decided = versions_known(), decided_by_row(since=since, until=until)
    sums: dict[tuple[str, str], OverrideSum] = {}
    for each in found:
        before = sums.get((each.group, each.key))
        money = {**(before.money if before else {}), each.currency or "": each.money}
        rule = (each.version_id, each.row_id) if each.group == "rule" else None
        sums[each.group, each.key] = OverrideSum(
            group=each.group,
            key=each.key,
            text=known[each.version_id].prepared.rows[each.row_id].agent if rule else "",
            count=each.count + (before.count if before else 0),
            money=money,
            decided=decided.get(rule, 0) if rule else None,
        )
    by_group = groups_of(sorted(sums.values(), key=lambda each: (-each.count, each.key)))
    return [each for group in GROUPS for each in by_group[group][:SUMS_MAX]]


def decided_by_row(*, since: date, until: date) -> dict[tuple[int, str], int]:
    """How often each row of each version answered in a period of days. One statement, whatever the history."""
    found = db.rows(
        "SELECT version_id, row_id, sum(decided)::bigint AS decided FROM ("
        " SELECT version_id, row_id, decided FROM policies_decisionday WHERE day >= %s AND day < %s"
        " UNION ALL"
        " SELECT version_id, row_id, decided FROM policies_decisiondelta WHERE day >= %s AND day < %s"
        ") d GROUP BY 1, 2",
        [since, until] * 2,
    )
    return {(each.version_id, each.row_id): each.decided for each in found}


def _asked(
    first: datetime,
    last: datetime,
    by: str,
    kind: str,
    version: int | None,
    row: str,
    reason: str,
    act: str,
    brand: str,
    channel: str,
    rma: str,
) -> dict[str, Any]:
    return {
        "since": first,
        "until": last,
        "by": by,
        "kind": kind,
        "version": version,
        "row": row,
        "reason": reason,
        "act": act,
        "brand": brand,
        "channel": channel,
        "rma": rma,
    }


def groups_of(sums: Sequence[OverrideSum]) -> dict[str, list[OverrideSum]]:
    """The sums by group, in the order of `GROUPS`."""
    return {group: [each for each in sums if each.group == group] for group in GROUPS}
