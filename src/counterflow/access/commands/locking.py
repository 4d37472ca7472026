"""Users under lock, the first step of every command that changes what a user is or may do."""

from collections.abc import Collection
from dataclasses import dataclass, field

from counterflow.access.rules import ADMINISTRATOR, LastAdministrator, UserNotFound
from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank


@dataclass
class LockedUser:
    """A user as the running batch has left it so far."""

    id: int
    email: str
    is_active: bool
    roles: set[str] = field(default_factory=set)

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
        SELECT id, email, is_active FROM access_user
        WHERE email = ANY(%s) OR id IN (SELECT user_id FROM access_grant WHERE role = %s)
        ORDER BY id FOR NO KEY UPDATE
        """,
        [sorted(emails), ADMINISTRATOR],
    )
    users = {row.id: LockedUser(row.id, row.email, row.is_active) for row in locked}
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
