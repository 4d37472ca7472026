"""What somebody may do at this moment, read anew: for acts that one person starts and another lets happen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from counterflow.access.roles import permissions_for
from counterflow.kernel import db
from counterflow.kernel.found import id_of


@dataclass(frozen=True)
class Standing:
    """A user, or the user behind a token. Both sets are empty for who is switched off, revoked or expired.

    What a token may do is its scopes, less what its user has lost since; its user's roles are its own.
    """

    actor: str
    user_id: int
    permissions: frozenset[str]
    roles: frozenset[str]


_STANDING = """
SELECT w.actor, u.id AS user_id, t.scopes,
       u.is_active
           AND (w.kind = 'user' OR t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > %s)) AS good,
       ARRAY(SELECT role FROM access_grant WHERE user_id = u.id) AS roles
FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS w(actor, kind, id)
LEFT JOIN access_apitoken t ON w.kind = 'token' AND t.id = w.id
JOIN access_user u ON u.id = CASE WHEN w.kind = 'user' THEN w.id ELSE t.user_id END
"""


def standing(actors: Iterable[str], *, at: datetime) -> dict[str, Standing]:
    """How actors stand, by actor; who is neither user nor token is left out. One statement."""
    named = [(actor, *_parts(actor)) for actor in sorted(set(actors))]
    known = [(actor, kind, number) for actor, kind, number in named if number is not None]
    columns = [list(column) for column in zip(*known, strict=True)] or [[], [], []]
    found = db.rows(_STANDING, [at, *columns])
    return {row.actor: _standing(row) for row in found}


def _parts(actor: str) -> tuple[str, int | None]:
    kind, _, number = actor.partition(":")
    return kind, id_of(number) if kind in ("user", "token") else None


def _standing(row: db.Row) -> Standing:
    if not row.good:
        return Standing(row.actor, row.user_id, frozenset(), frozenset())
    held = permissions_for(row.roles)
    return Standing(
        row.actor, row.user_id, held & frozenset(row.scopes) if row.scopes is not None else held, frozenset(row.roles)
    )
