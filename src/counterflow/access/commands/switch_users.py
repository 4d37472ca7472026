"""Switch accounts off and on again."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.access.commands.locking import find, keep_one_administrator, lock_users
from counterflow.access.models import User
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError


@dataclass(frozen=True)
class SwitchUser:
    """A user, and whether the account is to work."""

    email: str
    is_active: bool


@command(needs="access.manage")
def switch_users(ctx: Context, *, items: Sequence[SwitchUser]) -> Batch:
    """Let each account work, or stop it together with its tokens. Refuses `UserNotFound`, `LastAdministrator`."""
    users = lock_users(ctx, {item.email.strip().lower() for item in items})
    changed: dict[int, bool] = {}
    results: list[Done | Refused] = []
    for item in items:
        email = item.email.strip().lower()
        try:
            user = find(users, email)
            if not item.is_active:
                keep_one_administrator(users, user)
            user.is_active = changed[user.id] = item.is_active
            results.append(Done(email, {"is_active": item.is_active}))
        except DomainError as error:
            results.append(Refused.of(email, error))
    db.update(User, [{"id": user_id, "is_active": active} for user_id, active in changed.items()])
    return Batch(results)
