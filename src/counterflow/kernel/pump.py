"""The pump: takes deliveries that commands left behind, so that their events reach their reactions.

A delivery is taken by marking it under `SKIP LOCKED`, so any number of pumps may run. It is deleted when
its reactions are done. One that was taken long ago and is still there is taken again, because whoever had
it died; one that failed too often is parked, and stays for people to see.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from counterflow.kernel import db

CHUNK: Final = 200
ATTEMPTS_MAX: Final = 5
STALE_AFTER: Final = timedelta(minutes=10)

_DROP = """
DELETE FROM kernel_delivery WHERE id IN (
    SELECT id FROM kernel_delivery WHERE taken_at IS NULL AND NOT (kinds ?| %s::text[])
    ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
)
"""
_TAKE = """
UPDATE kernel_delivery d SET taken_at = %s FROM (
    SELECT id FROM kernel_delivery
    WHERE attempts < %s AND (taken_at IS NULL OR taken_at < %s) ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED
) w WHERE d.id = w.id RETURNING d.id
"""
_EVENTS = """
SELECT d.id AS delivery_id, e.kind, e.subject_id FROM kernel_delivery d
JOIN kernel_eventrecord e ON e.command_id = d.command_id
WHERE d.id = ANY(%s::bigint[]) AND d.attempts < %s ORDER BY e.id
"""
_FAILED = "UPDATE kernel_delivery SET attempts = attempts + 1 WHERE id = ANY(%s::bigint[]) RETURNING id, attempts"

_AGAIN = "UPDATE kernel_delivery SET attempts = 0, taken_at = NULL WHERE id = ANY(%s::bigint[]) RETURNING id"


@dataclass(frozen=True)
class Told:
    """One event of a delivery."""

    delivery_id: int
    kind: str
    subject_id: int


def take(*, at: datetime, kinds: Collection[str], limit: int = CHUNK) -> list[int]:
    """Take up to `limit` deliveries, oldest first, that carry one of these kinds; the others are dropped.

    One statement each; run it in a transaction together with whatever hands the ids on.
    """
    db.execute(_DROP, [sorted(kinds), limit * 10])
    return sorted(row.id for row in db.rows(_TAKE, [at, ATTEMPTS_MAX, at - STALE_AFTER, limit]))


def events_of(delivery_ids: Sequence[int]) -> list[Told]:
    """The events of deliveries that are still to be done, in the order they were told."""
    return [Told(*row) for row in db.rows(_EVENTS, [list(delivery_ids), ATTEMPTS_MAX])]


def done(delivery_ids: Sequence[int]) -> None:
    """Forget deliveries whose reactions have run."""
    db.execute("DELETE FROM kernel_delivery WHERE id = ANY(%s::bigint[])", [list(delivery_ids)])


def failed(delivery_ids: Sequence[int]) -> list[int]:
    """Count a failed attempt; the ids that are parked now because it was the last."""
    return sorted(row.id for row in db.rows(_FAILED, [list(delivery_ids)]) if row.attempts >= ATTEMPTS_MAX)


def retry(delivery_ids: Sequence[int]) -> list[int]:
    """Let deliveries be taken again as if they had never failed; the ids of those that are there. One statement."""
    return sorted(row.id for row in db.rows(_AGAIN, [list(delivery_ids)]))


def waiting() -> int:
    """How many deliveries are not done, parked ones included."""
    return int(db.rows("SELECT count(*) AS n FROM kernel_delivery")[0].n)
