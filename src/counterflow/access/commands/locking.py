"""Users under lock, the first step of every command that changes what a user is or may do."""

from collections.abc import Collection
from dataclasses import dataclass, field

from counterflow.access.rules import ADMINISTRATOR, LastAdministrator, NodeUnknown, UserNotFound
from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.registry.commands.changing import Note


@dataclass
class LockedUser:
    """A user as the running batch has left it so far."""

    id: int
    email: str
    is_active: bool
    version: int = 1
    roles: set[str] = field(default_factory=set)

    def told(self, field: str, old: str = "", new: str = "", *, kept: bool = True) -> Note:
        """One difference of this user for the history, which knows people by their number only."""
        self.version += 1
        return Note("user", self.id, f"user:{self.id}", self.version, field, old, new, kept)

    @property
    def administers(self) -> bool:
        """Whether this user can still administer the system."""
        return self.is_active and ADMINISTRATOR in self.roles


def lock_users(ctx: Context, emails: Collection[str]) -> dict[str, LockedUser]:
    """The named users and every administrator, by address, under lock. Two statements.

    Grants are read after the lock: one statement for both would read them as they were before it.
    """
    locked = db.lock(
        ctx,
        Rank.KEY,
        """
        SELECT id, email, is_active, version FROM access_user
        WHERE email = ANY(%s) OR id IN (SELECT user_id FROM access_grant WHERE role = %s)
        ORDER BY id FOR NO KEY UPDATE
        """,
        [sorted(emails), ADMINISTRATOR],
    )
    users = {row.id: LockedUser(row.id, row.email, row.is_active, row.version) for row in locked}
    for grant in db.rows("SELECT user_id, role FROM access_grant WHERE user_id = ANY(%s)", [sorted(users)]):
        users[grant.user_id].roles.add(grant.role)
    return {user.email: user for user in users.values()}


def find(users: dict[str, LockedUser], email: str) -> LockedUser:
    """One of the locked users. Raises `UserNotFound`."""
    user = users.get(email)
    if user is None:
        raise UserNotFound(email=email[:80])
    return user


def keep_one_administrator(users: dict[str, LockedUser], leaving: LockedUser) -> None:
    """Refuse to lock everybody out. Raises `LastAdministrator`."""
    if leaving.administers and not any(u.administers for u in users.values() if u.id != leaving.id):
        raise LastAdministrator(email=leaving.email)


def known_nodes(codes: Collection[str]) -> frozenset[str]:
    """Which of these are codes of nodes; none asked, none looked up."""
    wanted = sorted({code for code in codes if code})
    return frozenset(row.code for row in db.rows("SELECT code FROM facilities_node WHERE code = ANY(%s)", [wanted]))


def check_node(code: str, known: frozenset[str]) -> str:
    """The code of a node, or none. Raises `NodeUnknown`."""
    if code and code not in known:
        raise NodeUnknown(node=code[:60])
    return code
