"""Who stands behind an actor, and what they may do at this moment, read anew.

For acts that one person starts and another lets happen: a person is one, whatever tokens they act by.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from counterflow.access.roles import permissions_by_token, permissions_for
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

    @property
    def person(self) -> str:
        """The user, as an actor."""
        return f"user:{self.user_id}"


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


def persons(actors: Iterable[str]) -> dict[str, str]:
    """The person behind each actor, as an actor: the user of a token, and whoever is no token themselves.

    One statement; none where no token is among them.
    """
    found = {actor: actor for actor in actors}
    tokens = [number for kind, number in map(_parts, found) if kind == "token" and number is not None]
    if tokens:
        rows = db.rows("SELECT id, user_id FROM access_apitoken WHERE id = ANY(%s::bigint[]) ORDER BY id", [tokens])
        found |= {f"token:{row.id}": f"user:{row.user_id}" for row in rows}
    return found


def person_of(actor: str) -> str:
    """The person behind one actor. No statement but for a token."""
    return persons([actor])[actor]


def _parts(actor: str) -> tuple[str, int | None]:
    """The kind and the id of a user or a token; no id for others, and for one that is written in another way."""
    kind, _, number = actor.partition(":")
    found = id_of(number) if kind in ("user", "token") else None
    return kind, found if actor == f"{kind}:{found}" else None


def _standing(row: db.Row) -> Standing:
    if not row.good:
        return Standing(row.actor, row.user_id, frozenset(), frozenset())
    held = permissions_for(row.roles) if row.scopes is None else permissions_by_token(row.roles, row.scopes)
    return Standing(row.actor, row.user_id, held, frozenset(row.roles))
