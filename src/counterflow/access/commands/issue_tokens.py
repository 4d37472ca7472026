"""Issue API tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from counterflow.access.commands.locking import LockedUser, find, lock_users
from counterflow.access.models import ApiToken
from counterflow.access.roles import permissions_for
from counterflow.access.rules import (
    ExpiryPassed,
    PrefixTaken,
    TokenOfAnother,
    check_scopes,
    clean_name,
)
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError


@dataclass(frozen=True)
class IssueToken:
    """A token to be: `prefix` and `digest` come from `secrets.new_token`, which alone sees the secret."""

    email: str
    name: str
    prefix: str
    digest: str
    scopes: tuple[str, ...]
    expires_at: datetime | None = None


@command(needs="access.issue_tokens")
def issue_tokens(ctx: Context, *, items: Sequence[IssueToken]) -> Batch:
    """Issue each token to its user; the prefix is the identity.

    Scopes are at most what the user may do. For another user than oneself `access.manage` is needed too.
    Refuses `UserNotFound`, `TokenOfAnother`, `NameMissing`, `ScopesMissing`, `ScopeUnknown`,
    `ScopeNotHeld`, `ExpiryPassed`, `PrefixTaken`.
    """
    users = lock_users(ctx, {item.email.strip().lower() for item in items})
    found = db.rows("SELECT prefix, digest FROM access_apitoken WHERE prefix = ANY(%s)", [[i.prefix for i in items]])
    known = {row.prefix: row.digest for row in found}
    tokens: list[dict[str, object]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            user = find(users, item.email.strip().lower())
            replayed = item.prefix in known
            if replayed and known[item.prefix] != item.digest:
                raise PrefixTaken(prefix=item.prefix)
            if not replayed:
                tokens.append(_token(ctx, item, user))
                known[item.prefix] = item.digest
            results.append(Done(item.prefix, {}, replayed))
        except DomainError as error:
            results.append(Refused.of(item.prefix, error))
    db.insert(ApiToken, tokens)
    return Batch(results)


def _token(ctx: Context, item: IssueToken, user: LockedUser) -> dict[str, object]:
    if ctx.actor != f"user:{user.id}" and not ctx.may("access.manage"):
        raise TokenOfAnother()
    if item.expires_at is not None and item.expires_at <= ctx.at:
        raise ExpiryPassed()
    return {
        "id": ctx.new_id(),
        "user_id": user.id,
        "name": clean_name(item.name),
        "prefix": item.prefix,
        "digest": item.digest,
        "scopes": check_scopes(item.scopes, held=permissions_for(user.roles), email=user.email),
        "created_at": ctx.at,
        "created_by": ctx.actor,
        "expires_at": item.expires_at,
    }
