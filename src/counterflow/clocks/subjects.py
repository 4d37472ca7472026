"""What facts may concern: the subjects whose clocks an event is about, and those whose clocks want to be looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from counterflow.clocks.calendars import DEFAULT
from counterflow.kernel import db
from counterflow.logistics import events as logistics
from counterflow.receiving import events as receiving
from counterflow.refunds import events as refunds
from counterflow.returns import events as returns
from counterflow.workqueue import events as workqueue

HEARD: Final = (
    returns.RMA_OPENED,
    returns.RMA_APPROVED,
    returns.RMA_DECLINED,
    returns.RMA_CANCELLED,
    returns.RMA_CLOSED,
    returns.RMA_REOPENED,
    logistics.PARCEL_ANNOUNCED,
    logistics.PARCEL_REPORTED,
    receiving.UNIT_RECEIVED,
    receiving.UNIT_RECEIPT_REVERSED,
    receiving.UNIT_MATCHED,
    receiving.UNIT_INSPECTED,
    receiving.UNIT_DISPOSED,
    receiving.UNIT_SPLIT,
    receiving.UNIT_SENT_BACK,
    receiving.UNIT_RELEASED,
    receiving.UNIT_DISPOSAL_REVERSED,
    receiving.PARCEL_CLOSED,
    receiving.PARCEL_REOPENED,
    refunds.CREDIT_APPROVED,
    refunds.CREDIT_RELEASED,
    refunds.PAYOUT_REQUESTED,
    refunds.PAYOUT_PAID,
    refunds.PAYOUT_FAILED,
    workqueue.CASE_OPENED,
    workqueue.CASE_CLOSED,
    workqueue.CASE_REOPENED,
)
"""Events after which some clock may start, stop or move."""

# An event may be about a return, parcel, unit, credit, payout or case; one number line tells them apart.
_CONCERNED = """
SELECT id FROM unnest(%(ids)s::bigint[]) AS t(id)
UNION
SELECT l.rma_id FROM returns_allocation a JOIN returns_rmaline l ON l.id = a.rma_line_id
WHERE a.unit_id = ANY(%(ids)s::bigint[])
UNION
SELECT parcel_id FROM receiving_unit WHERE id = ANY(%(ids)s::bigint[]) AND parcel_id IS NOT NULL
UNION
SELECT id FROM receiving_unit WHERE parent_id = ANY(%(ids)s::bigint[])
UNION
SELECT rma_id FROM logistics_parcel WHERE id = ANY(%(ids)s::bigint[]) AND rma_id IS NOT NULL
UNION
SELECT rma_id FROM refunds_credit WHERE id = ANY(%(ids)s::bigint[]) AND rma_id IS NOT NULL
UNION
SELECT id FROM refunds_payout WHERE credit_id = ANY(%(ids)s::bigint[])
ORDER BY 1
"""


def concerned(ids: Sequence[int]) -> list[int]:
    """The subjects of clocks that events of these subjects may concern. One statement."""
    return [row.id for row in db.rows(_CONCERNED, {"ids": list(ids)})]


@dataclass(frozen=True)
class Ringing:
    """A running clock that warns or is late now, and where a list goes on after it."""

    id: int
    subject_id: int
    at: datetime


_RINGING = """
SELECT id, subject_id, at FROM (
    (SELECT id, subject_id, due_at AS at FROM clocks_clock
     WHERE stopped_at IS NULL AND breached_at IS NULL AND due_at < %(now)s AND (due_at, id) > (%(at)s, %(id)s)
     ORDER BY due_at, id LIMIT %(limit)s)
    UNION ALL
    (SELECT id, subject_id, warn_at FROM clocks_clock
     WHERE stopped_at IS NULL AND warned_at IS NULL AND breached_at IS NULL AND warn_at <= %(now)s
       AND due_at >= %(now)s AND (warn_at, id) > (%(at)s, %(id)s) ORDER BY warn_at, id LIMIT %(limit)s)
) t ORDER BY at, id LIMIT %(limit)s
"""


def ringing(*, now: datetime, after: Ringing | None = None, limit: int = 500) -> list[Ringing]:
    """Running clocks that have to warn or are late and were not told to be, the earliest first. One statement."""
    at, clock_id = (after.at, after.id) if after else (datetime.min.replace(tzinfo=now.tzinfo), 0)
    params = {"now": now, "at": at, "id": clock_id, "limit": limit}
    return [Ringing(*row) for row in db.rows(_RINGING, params)]


_WRONG = """
WITH served AS (
    SELECT n.id, k.current_id FROM clocks_calendar k CROSS JOIN LATERAL unnest(string_to_array(k.nodes, ' ')) AS s(code)
    JOIN facilities_node n ON n.code = s.code
    UNION ALL
    SELECT e.id, k.current_id FROM clocks_calendar k
    CROSS JOIN LATERAL unnest(string_to_array(k.entities, ' ')) AS s(code) JOIN ledger_entity e ON e.code = s.code
)
SELECT c.calendar_version_id AS version, c.node_id AS node, c.entity_id AS entity
FROM (SELECT DISTINCT calendar_version_id, node_id, entity_id FROM clocks_clock WHERE stopped_at IS NULL) c
LEFT JOIN served n ON n.id = c.node_id LEFT JOIN served e ON e.id = c.entity_id
WHERE c.calendar_version_id IS DISTINCT FROM
    coalesce(n.current_id, e.current_id, (SELECT current_id FROM clocks_calendar WHERE code = %s))
"""
_STALE = """
SELECT DISTINCT c.subject_id FROM clocks_clock c
JOIN unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS w(version, node, entity)
  ON c.calendar_version_id IS NOT DISTINCT FROM w.version AND c.node_id IS NOT DISTINCT FROM w.node
 AND c.entity_id IS NOT DISTINCT FROM w.entity
WHERE c.stopped_at IS NULL AND c.subject_id > %s ORDER BY 1 LIMIT %s
"""


def out_of_date(*, after: int = 0, limit: int = 500) -> list[int]:
    """Subjects with running clocks that go by another calendar than the one that counts now, by id.

    Which calendars clocks go by where is read off an index of those that run; only where one is wrong are clocks looked
    at, by a second statement.
    """
    wrong = db.rows(_WRONG, [DEFAULT])
    if not wrong:
        return []
    columns = [[getattr(row, name) for row in wrong] for name in ("version", "node", "entity")]
    return [row.subject_id for row in db.rows(_STALE, [*columns, after, limit])]


_SWEPT = """
(SELECT id FROM returns_rma WHERE state IN ('requested', 'authorised') AND id > %(after)s ORDER BY id LIMIT %(limit)s)
UNION ALL
(SELECT id FROM logistics_parcel WHERE state IN ('announced', 'accepted', 'in_transit', 'delivered')
 AND id > %(after)s ORDER BY id LIMIT %(limit)s)
UNION ALL
(SELECT id FROM receiving_unit WHERE state IN ('received', 'inspected', 'set_apart', 'released')
 AND id > %(after)s ORDER BY id LIMIT %(limit)s)
UNION ALL
(SELECT id FROM refunds_payout WHERE state IN ('requested', 'in_doubt') AND id > %(after)s
 ORDER BY id LIMIT %(limit)s)
UNION ALL
(SELECT id FROM workqueue_case WHERE state = 'open' AND id > %(after)s ORDER BY id LIMIT %(limit)s)
UNION ALL
(SELECT subject_id FROM clocks_clock WHERE stopped_at IS NULL AND subject_id > %(after)s
 ORDER BY subject_id LIMIT %(limit)s)
ORDER BY 1 LIMIT %(limit)s
"""


def sweepable(*, after: int = 0, limit: int = 500) -> list[int]:
    """Subjects that may be in some stage, or have a clock that runs, by id from one on. One statement."""
    found = [row.id for row in db.rows(_SWEPT, {"after": after, "limit": limit})]
    return sorted(set(found))
