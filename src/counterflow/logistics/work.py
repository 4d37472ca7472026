"""What is on its way and what waits at the door: figures for first pages, bounded, from an index of open parcels."""

from dataclasses import dataclass
from datetime import datetime

from counterflow.kernel import db

COUNTED_MAX = 1_000
_OPEN = ("announced", "accepted", "in_transit", "delivered")


@dataclass(frozen=True)
class OpenParcel:
    """A parcel that has not been unpacked."""

    id: int
    carrier: str
    tracking: str
    state: str
    rma: str
    announced_at: datetime


def open_parcels(*, most: int = COUNTED_MAX) -> dict[str, int]:
    """Parcels not unpacked, by state; `most` + 1 where there are more. One statement."""
    parts = " UNION ALL ".join(
        f"SELECT '{state}' AS state, (SELECT count(*) FROM (SELECT 1 FROM logistics_parcel"
        f" WHERE state = '{state}' LIMIT %(most)s) x) AS n"
        for state in _OPEN
    )
    return {row.state: int(row.n) for row in db.rows(parts, {"most": most + 1})}


def at_the_door(*, limit: int = 8) -> list[OpenParcel]:
    """Parcels that were delivered and not unpacked, the oldest first. One statement."""
    rows = db.rows(
        """
        SELECT p.id, p.carrier, p.tracking, p.state, coalesce(r.number, '') AS rma, p.announced_at
        FROM (SELECT * FROM logistics_parcel WHERE state = 'delivered' ORDER BY id LIMIT %s) p
        LEFT JOIN returns_rma r ON r.id = p.rma_id ORDER BY p.id
        """,
        [limit],
    )
    return [OpenParcel(*row) for row in rows]
