"""Set passwords, for a new colleague or one who forgot."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from counterflow.access.commands.locking import find, lock_users
from counterflow.access.models import User
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.registry.commands.changing import note


@dataclass(frozen=True)
class SetPassword:
    """A user, and what Django's `make_password` made of the new password."""

    email: str
    password_hash: str = field(repr=False)


@command(needs="access.manage")
def set_passwords(ctx: Context, *, items: Sequence[SetPassword]) -> Batch:
    """Replace each password; every session of that user ends with it. Refuses `UserNotFound`."""
    users = lock_users(ctx, {item.email.strip().lower() for item in items})
    changed: dict[int, str] = {}
    results: list[Done | Refused] = []
    for item in items:
        email = item.email.strip().lower()
        try:
            changed[find(users, email).id] = item.password_hash
            results.append(Done(email))
        except DomainError as error:
            results.append(Refused.of(email, error))
    named = [user for user in users.values() if user.id in changed]
    notes = [user.told("password", kept=False) for user in named]
    db.update(User, [{"id": user.id, "password": changed[user.id], "version": user.version} for user in named])
    note(ctx, notes)
    return Batch(results)
