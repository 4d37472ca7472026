"""What programs did lately: the integrator's first page."""

from dataclasses import dataclass
from datetime import datetime

from counterflow.kernel import db

LOOKED_AT = 2_000


@dataclass(frozen=True)
class Call:
    """One command that a program called: how many items took effect and how many were refused."""

    id: int
    command: str
    token: str
    at: datetime
    done: int
    refused: int


_CALLS = """
SELECT c.id, c.name, coalesce(t.name, c.actor) AS token, c.at, c.done, c.refused
FROM (SELECT * FROM kernel_commandrecord ORDER BY id DESC LIMIT %(looked_at)s) c
LEFT JOIN access_apitoken t ON c.actor = 'token:' || t.id
WHERE c.actor LIKE 'token:%%' AND (NOT %(refused)s OR c.refused > 0) ORDER BY c.id DESC LIMIT %(limit)s
"""


def calls(*, refused: bool = False, limit: int = 12) -> list[Call]:
    """The latest commands of programs, all or those with refusals, among the last commands. One statement."""
    rows = db.rows(_CALLS, {"looked_at": LOOKED_AT, "refused": refused, "limit": limit})
    return [Call(*row) for row in rows]
