"""What is late and what will be: figures of first pages."""

from dataclasses import dataclass
from datetime import datetime

from counterflow.kernel import db

COUNTED_MAX = 1_000


@dataclass(frozen=True)
class Waiting:
    """How many running clocks of a role are late, and how many warn; counted up to a bound."""

    late: int
    warned: int


_WAITING = """
SELECT count(*) FILTER (WHERE due_at < %(at)s) AS late, count(*) FILTER (WHERE due_at >= %(at)s) AS warned FROM (
    SELECT due_at FROM clocks_clock
    WHERE stopped_at IS NULL AND warn_at <= %(at)s
      AND (%(role)s = '' OR CASE WHEN escalated_to <> '' THEN escalated_to ELSE owner_role END = %(role)s)
    ORDER BY due_at LIMIT %(most)s
) c
"""


def waiting(*, at: datetime, role: str = "") -> Waiting:
    """Running clocks that are late or warn, of a role or of all. One statement."""
    return Waiting(*db.rows(_WAITING, {"at": at, "role": role, "most": COUNTED_MAX + 1})[0])
