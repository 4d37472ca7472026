"""Switch accounts off and on again."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.access.commands.locking import LockedUser, find, keep_one_administrator, lock_users
from counterflow.access.models import User
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.registry.commands.changing import Note, note, said


@dataclass(frozen=True)
class SwitchUser:
    """A user, and whether the account is to work."""

    email: str
    is_active: bool


@command(needs="access.manage")
def switch_users(ctx: Context, *, items: Sequence[SwitchUser]) -> Batch:
    """Let each account work, or stop it together with its tokens. Refuses `UserNotFound`, `LastAdministrator`."""
    users = lock_users(ctx, {item.email.strip().lower() for item in items})
    changed: dict[int, LockedUser] = {}
    notes: list[Note] = []
    results: list[Done | Refused] = []
    for item in items:
        email = item.email.strip().lower()
        try:
            user = find(users, email)
            if not item.is_active:
                keep_one_administrator(users, user)
            if user.is_active != item.is_active:
                notes.append(user.told("is_active", said(user.is_active), said(item.is_active)))
            user.is_active = item.is_active
            changed[user.id] = user
            results.append(Done(email, {"is_active": item.is_active}))
        except DomainError as error:
            results.append(Refused.of(email, error))
    db.update(User, [{"id": u.id, "is_active": u.is_active, "version": u.version} for u in changed.values()])
    note(ctx, notes)
    return Batch(results)
