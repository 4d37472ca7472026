"""Set which roles users hold."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.access.commands.locking import find, keep_one_administrator, lock_users
from counterflow.access.models import Grant, User
from counterflow.access.rules import ADMINISTRATOR, check_roles
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.registry.commands.changing import RecordChanged, note


@dataclass(frozen=True)
class SetRoles:
    """A user, and all the roles this user holds from now on; `version` is that of the user as it was read."""

    email: str
    roles: tuple[str, ...]
    version: int | None = None


@command(needs="access.manage")
def set_roles(ctx: Context, *, items: Sequence[SetRoles]) -> Batch:
    """Make the held roles exactly those named; saying so again changes nothing.

    Refuses `UserNotFound`, `RoleUnknown`, `RecordChanged`, `LastAdministrator`.
    """
    users = lock_users(ctx, {item.email.strip().lower() for item in items})
    before = {user.id: frozenset(user.roles) for user in users.values()}
    results: list[Done | Refused] = []
    for item in items:
        email = item.email.strip().lower()
        try:
            user, roles = find(users, email), check_roles(item.roles)
            if item.version not in (None, user.version) and roles != user.roles:
                raise RecordChanged(what="user", code=email, now=user.version, version=item.version)
            if ADMINISTRATOR not in roles:
                keep_one_administrator(users, user)
            user.roles = set(roles)
            results.append(Done(email, {"roles": sorted(roles)}))
        except DomainError as error:
            results.append(Refused.of(email, error))
    after = {user.id: frozenset(user.roles) for user in users.values()}
    moved = [user for user in users.values() if before[user.id] != after[user.id]]
    notes = [user.told("roles", _said(before[user.id]), _said(after[user.id])) for user in moved]
    _take([(user_id, role) for user_id in before for role in before[user_id] - after[user_id]])
    db.insert(
        Grant,
        [
            {"id": ctx.new_id(), "user_id": user_id, "role": role, "granted_at": ctx.at, "granted_by": ctx.actor}
            for user_id in after
            for role in sorted(after[user_id] - before[user_id])
        ],
    )
    db.update(User, [{"id": user.id, "version": user.version} for user in moved])
    note(ctx, notes)
    return Batch(results)


def _said(roles: frozenset[str]) -> str:
    return " ".join(sorted(roles))


def _take(lost: list[tuple[int, str]]) -> None:
    db.execute(
        """
        DELETE FROM access_grant AS g USING unnest(%s::bigint[], %s::text[]) AS lost(user_id, role)
        WHERE g.user_id = lost.user_id AND g.role = lost.role
        """,
        [[user_id for user_id, _ in lost], [role for _, role in lost]],
    )
