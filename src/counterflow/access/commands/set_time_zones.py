"""Set the time zone in which users read the console."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.access.commands.locking import find, lock_users
from counterflow.access.models import User
from counterflow.access.rules import AccountOfAnother, check_time_zone
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError


@dataclass(frozen=True)
class SetTimeZone:
    """A user, and the zone whose clock this user reads."""

    email: str
    time_zone: str


@command(needs="access.own")
def set_time_zones(ctx: Context, *, items: Sequence[SetTimeZone]) -> Batch:
    """Set time zones: one's own, or with `access.manage` anybody's. Three SQL statements, whatever the batch.

    Refuses `UserNotFound`, `AccountOfAnother`, `TimeZoneUnknown`.
    """
    users = lock_users(ctx, {item.email.strip().lower() for item in items})
    changed: dict[int, str] = {}
    results: list[Done | Refused] = []
    for item in items:
        email = item.email.strip().lower()
        try:
            user, zone = find(users, email), check_time_zone(item.time_zone)
            if ctx.actor != f"user:{user.id}" and not ctx.may("access.manage"):
                raise AccountOfAnother(email=email)
            changed[user.id] = zone
            results.append(Done(email, {"time_zone": zone}))
        except DomainError as error:
            results.append(Refused.of(email, error))
    db.update(User, [{"id": user_id, "time_zone": zone} for user_id, zone in changed.items()])
    return Batch(results)
