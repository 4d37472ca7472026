"""Questions about access: who is this, what may they do, who is there."""

import hmac
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from counterflow.access.roles import permissions_by_token, permissions_for
from counterflow.access.secrets import digest_of, prefix_of
from counterflow.kernel import db
from counterflow.kernel.found import Found, unique
from counterflow.registry.paging import contains, listed

REMEMBERED_SECONDS = 5.0
REMEMBERED_MAX = 2_000
USE_STALE_MINUTES = 5


@dataclass(frozen=True)
class Bearer:
    """Who a token speaks for: the actor as the audit has it, and what it may do.

    Where `use_is_stale`, the edge calls `commands.note_token_use(token_id)`.
    """

    actor: str
    permissions: frozenset[str]
    token_id: int
    user_id: int
    use_is_stale: bool


@dataclass(frozen=True)
class UserRow:
    """A user as lists show one."""

    id: int
    email: str
    name: str
    time_zone: str
    is_active: bool
    roles: tuple[str, ...]
    created_at: datetime
    last_login: datetime | None
    home_node: str
    version: int


@dataclass(frozen=True)
class TokenRow:
    """A token as lists show one; the secret is known to nobody."""

    prefix: str
    name: str
    email: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


# What was true a moment ago, per process: (good until, value). A change is seen everywhere within seconds.
_roles: dict[int, tuple[float, tuple[str, ...]]] = {}
_bearers: dict[str, tuple[float, Bearer]] = {}


def forget() -> None:
    """Drop what this process remembers."""
    _roles.clear()
    _bearers.clear()


def roles_of(user_id: int) -> tuple[str, ...]:
    """The roles a user holds; none for a user switched off or unknown. At most one statement."""
    now = time.monotonic()
    until, held = _roles.get(user_id, (0.0, ()))
    if until > now:
        return held
    found = db.rows(
        "SELECT g.role FROM access_grant g JOIN access_user u ON u.id = g.user_id WHERE u.id = %s AND u.is_active"
        " ORDER BY g.role",
        [user_id],
    )
    held = tuple(row.role for row in found)
    if len(_roles) >= REMEMBERED_MAX:
        _roles.clear()
    _roles[user_id] = (now + REMEMBERED_SECONDS, held)
    return held


def people_by_role() -> dict[str, frozenset[int]]:
    """Who holds each role, by the ids of users who are not switched off. One statement."""
    found = db.rows(
        "SELECT g.role, array_agg(g.user_id) AS users FROM access_grant g JOIN access_user u ON u.id = g.user_id"
        " WHERE u.is_active GROUP BY 1"
    )
    return {row.role: frozenset(row.users) for row in found}


def permissions_of(user_id: int) -> frozenset[str]:
    """All that a user may do. At most one statement."""
    return permissions_for(roles_of(user_id))


def authenticate_token(secret: str) -> Bearer | None:
    """Who presents this token; nobody where it is malformed, unknown, expired, revoked or its user switched off.

    At most one statement. What a token may do is its scopes, less what its user has lost since.
    """
    prefix = prefix_of(secret)
    if prefix is None:
        return None
    now, digest = time.monotonic(), digest_of(secret)
    until, bearer = _bearers.get(digest, (0.0, None))
    if bearer is not None and until > now:
        return bearer
    bearer = _bearer(prefix, digest)
    if bearer is not None:
        if len(_bearers) >= REMEMBERED_MAX:
            _bearers.clear()
        # The next caller within these seconds need not note the use again.
        _bearers[digest] = (now + REMEMBERED_SECONDS, replace(bearer, use_is_stale=False))
    return bearer


def _bearer(prefix: str, digest: str) -> Bearer | None:
    found = db.rows(
        """
        SELECT t.id, t.digest, t.scopes, t.user_id,
            ARRAY(SELECT role FROM access_grant WHERE user_id = u.id) AS roles,
            t.last_used_at IS NULL OR t.last_used_at < now() - make_interval(mins => %s::int) AS use_is_stale
        FROM access_apitoken t JOIN access_user u ON u.id = t.user_id
        WHERE t.prefix = %s AND t.revoked_at IS NULL AND u.is_active AND (t.expires_at IS NULL OR t.expires_at > now())
        """,
        [USE_STALE_MINUTES, prefix],
    )
    if not found or not hmac.compare_digest(found[0].digest, digest):
        return None
    row = found[0]
    held = permissions_by_token(row.roles, row.scopes)
    return Bearer(f"token:{row.id}", held, row.id, row.user_id, row.use_is_stale)


_USERS = """
SELECT u.id, u.email, u.name, u.time_zone, u.is_active, u.created_at, u.last_login, u.home_node, u.version,
    ARRAY(SELECT role FROM access_grant WHERE user_id = u.id ORDER BY role) AS roles
FROM access_user u
"""


def users(
    *,
    search: str = "",
    role: str = "",
    active: bool | None = None,
    home_node: str = "",
    sort: str = "",
    after: str = "",
    limit: int = 50,
) -> list[UserRow]:
    """Users whose name or address contains the text and who hold the role, by address, or sorted by name.

    `after` is the last address of the page before. One statement.
    """
    found = listed(
        _USERS,
        key="email",
        where=[
            ("(email LIKE %s OR lower(name) LIKE %s)", [contains(search.strip().lower())] * 2 if search else None),
            ("%s::text = ANY(roles)", role or None),
            ("is_active = %s", active),
            ("home_node = %s", home_node or None),
        ],
        sorts={"name": "name"},
        sort=sort,
        after=after,
        limit=limit,
    )
    return [_user_row(row) for row in found]


def users_by_email(*, emails: Sequence[str]) -> dict[str, UserRow]:
    """The users who sign in with one of these addresses. One statement."""
    found = db.rows(_USERS + "WHERE u.email = ANY(%s) ORDER BY u.email", [list(emails)])
    return {row.email: _user_row(row) for row in found}


def user(*, email: str) -> UserRow | None:
    """One user."""
    wanted = email.strip().lower()
    return users_by_email(emails=[wanted]).get(wanted)


def _user_row(row: db.Row) -> UserRow:
    return UserRow(**{**row._asdict(), "roles": tuple(row.roles)})


def tokens(*, user_id: int | None = None, limit: int = 200) -> list[TokenRow]:
    """Tokens, of one user or of all, those in force first, then the newest."""
    found = db.rows(
        """
        SELECT t.prefix, t.name, u.email, t.scopes, t.created_at, t.last_used_at, t.expires_at, t.revoked_at
        FROM access_apitoken t JOIN access_user u ON u.id = t.user_id
        WHERE %s::bigint IS NULL OR u.id = %s
        ORDER BY t.revoked_at IS NOT NULL, t.id DESC LIMIT %s
        """,
        [user_id, user_id, limit],
    )
    return [TokenRow(**{**row._asdict(), "scopes": tuple(row.scopes)}) for row in found]


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """How to call actors on a screen; an actor that is neither user nor token keeps its own word. One statement."""
    wanted = sorted(set(actors))
    found = db.rows(
        """
        SELECT 'user:' || id AS actor, name FROM access_user WHERE 'user:' || id = ANY(%s)
        UNION ALL
        SELECT 'token:' || id, name FROM access_apitoken WHERE 'token:' || id = ANY(%s)
        """,
        [wanted, wanted],
    )
    return {actor: actor for actor in wanted} | {row.actor: row.name for row in found}


def named(words: str, *, limit: int = 5) -> list[Found]:
    """Users by address, or by how it begins. At most one statement."""
    if "@" not in words:
        return []
    rows = users(search=words.lower(), limit=limit)
    return unique([Found("user", row.email, row.name, row.email, row.email == words.lower()) for row in rows])
