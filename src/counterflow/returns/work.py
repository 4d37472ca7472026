"""What of returns waits, and how many are asked for: figures for first pages, each bounded or read from an index."""

from dataclasses import dataclass
from datetime import date, datetime

from counterflow.kernel import db

COUNTED_MAX = 1_000


@dataclass(frozen=True)
class Waiting:
    """A return that waits in a state."""

    id: int
    number: str
    channel: str
    order: str
    happened_at: datetime


def counted(*, state: str, most: int = COUNTED_MAX) -> int:
    """How many returns are in a state; one more than `most` where there are more. One statement."""
    found = db.rows(
        "SELECT count(*) AS n FROM (SELECT 1 FROM returns_rma WHERE state = %s LIMIT %s) r", [state, most + 1]
    )
    return int(found[0].n)


def oldest(*, state: str, limit: int = 8) -> list[Waiting]:
    """The returns that wait longest in a state. One statement."""
    rows = db.rows(
        """
        SELECT r.id, r.number, c.code, coalesce(o.number, '') AS order_number, r.happened_at
        FROM (SELECT * FROM returns_rma WHERE state = %s ORDER BY id LIMIT %s) r
        JOIN orders_channel c ON c.id = r.channel_id LEFT JOIN orders_order o ON o.id = r.order_id ORDER BY r.id
        """,
        [state, limit],
    )
    return [Waiting(*row) for row in rows]


def last_asked() -> datetime | None:
    """When the latest return was asked for. One statement, from an index alone."""
    latest: datetime | None = db.rows("SELECT max(happened_at) AS at FROM returns_rma")[0].at
    return latest


def asked_by_day(*, since: datetime) -> dict[date, int]:
    """Returns asked for, by day of UTC; days without one are left out. One statement, from an index alone."""
    rows = db.rows(
        "SELECT (happened_at AT TIME ZONE 'UTC')::date AS day, count(*) AS n FROM returns_rma"
        " WHERE happened_at >= %s GROUP BY 1 ORDER BY 1",
        [since],
    )
    return {row.day: int(row.n) for row in rows}
