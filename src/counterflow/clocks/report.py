"""The report of breaches: how much was in time, how long it took against what was allowed, where and why it was late.

It counts clocks that ended within a time, and those that run and are late by now. A share in time is of what ended in
it. Working hours are those of each clock's own calendar, outside of pauses.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from counterflow.kernel import db
from counterflow.kernel.errors import Invalid

GROUPS_MAX: Final = 200
BY: Final = {
    "stage": ("c.stage", ""),
    "cause": ("c.cause", ""),
    "node": ("coalesce(n.code, '')", "LEFT JOIN facilities_node n ON n.id = c.node_id"),
    "role": ("c.owner_role", ""),
    "channel": ("coalesce(h.code, '')", "LEFT JOIN orders_channel h ON h.id = c.channel_id"),
    "week": ("to_char(c.ended AT TIME ZONE 'UTC', 'IYYY-\"W\"IW')", ""),
}
"""What a report can be by, and how it is read off a clock; `ended` is its end, or when it was due where it runs."""


class ByUnknown(Invalid):
    """A report is never by {by!r}; choose one of {choices}."""


@dataclass(frozen=True)
class ReportRow:
    """Clocks of one group. Hours are working hours; `target_hours` is the median of what was allowed.

    `late_minor` is the money at stake in what was late, in minor units of `currency`; several currencies are not added
    up, and it is then None.
    """

    group: str
    ended: int
    in_time: int
    late: int
    late_running: int
    median_hours: float | None
    p90_hours: float | None
    target_hours: float | None
    late_minor: int | None
    currency: str

    @property
    def share(self) -> float | None:
        """Share in time of what ended, from 0 to 1."""
        return self.in_time / self.ended if self.ended else None


_REPORT: Final = """
WITH told AS (
    SELECT c.*, c.stopped_at AS ended FROM clocks_clock c
    WHERE c.stopped_at >= %(since)s AND c.stopped_at < %(until)s AND c.ending = 'done'
    UNION ALL
    SELECT c.*, c.due_at FROM clocks_clock c
    WHERE c.breached_at IS NOT NULL AND c.stopped_at IS NULL AND c.due_at >= %(since)s AND c.due_at < %(until)s
)
SELECT {group} AS "group", count(c.stopped_at) AS ended,
       count(c.stopped_at) FILTER (WHERE c.breached_at IS NULL) AS in_time,
       count(*) FILTER (WHERE c.breached_at IS NOT NULL) AS late,
       count(*) FILTER (WHERE c.stopped_at IS NULL) AS late_running,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY c.worked_seconds / 3600.0) AS median_hours,
       percentile_cont(0.9) WITHIN GROUP (ORDER BY c.worked_seconds / 3600.0) AS p90_hours,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY c.due_hours::float8) AS target_hours,
       CASE WHEN count(DISTINCT c.currency) FILTER (WHERE c.breached_at IS NOT NULL) = 1
            THEN sum(c.money_minor) FILTER (WHERE c.breached_at IS NOT NULL) END::bigint AS late_minor,
       coalesce(max(c.currency) FILTER (WHERE c.breached_at IS NOT NULL), '') AS currency
FROM told c {join}
WHERE (%(stage)s = '' OR c.stage = %(stage)s) AND (%(cause)s = '' OR c.cause = %(cause)s)
  AND (%(node)s = '' OR c.node_id = (SELECT id FROM facilities_node WHERE code = %(node)s))
  AND (%(role)s = '' OR c.owner_role = %(role)s)
  AND (%(channel)s = '' OR c.channel_id = (SELECT id FROM orders_channel WHERE code = %(channel)s))
GROUP BY 1 HAVING {having} ORDER BY {order} LIMIT %(limit)s
"""


def clock_report(
    *,
    by: str = "stage",
    since: datetime,
    until: datetime,
    stage: str = "",
    cause: str = "",
    node: str = "",
    role: str = "",
    channel: str = "",
) -> list[ReportRow]:
    """Clocks that ended from an instant until another, and those late that run, by stage, cause, node, role, channel
    or week; the groups with most that was late first, weeks in order. One statement. Raises `ByUnknown`.
    """
    if by not in BY:
        raise ByUnknown(by=by[:40], choices=", ".join(BY))
    group, join = BY[by]
    having = "count(*) FILTER (WHERE c.breached_at IS NOT NULL) > 0" if by == "cause" else "true"
    order = "1" if by == "week" else "late DESC, ended DESC, 1"
    params = {"stage": stage, "cause": cause, "node": node, "role": role, "channel": channel}
    sql = _REPORT.format(group=group, join=join, having=having, order=order)
    found = db.rows(sql, {**params, "since": since, "until": until, "limit": GROUPS_MAX})
    return [ReportRow(*row) for row in found]
