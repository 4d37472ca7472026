"""Revoke API tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.access.models import ApiToken
from counterflow.access.rules import TokenNotFound, TokenOfAnother
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import DomainError


@dataclass(frozen=True)
class RevokeToken:
    """The token to stop, by the part of it that may be shown."""

    prefix: str


@command(needs="access.issue_tokens")
def revoke_tokens(ctx: Context, *, items: Sequence[RevokeToken]) -> Batch:
    """Stop each token; a token stopped before stays stopped since then. Refuses `TokenNotFound`, `TokenOfAnother`."""
    locked = db.lock(
        ctx,
        Rank.KEY,
        """
        SELECT id, prefix, user_id, revoked_at FROM access_apitoken
        WHERE prefix = ANY(%s) ORDER BY id FOR NO KEY UPDATE
        """,
        [[item.prefix for item in items]],
    )
    tokens = {row.prefix: row for row in locked}
    stopped: dict[int, str] = {}
    results: list[Done | Refused] = []
    for item in items:
        try:
            token = tokens.get(item.prefix)
            if token is None:
                raise TokenNotFound(prefix=item.prefix[:12])
            if ctx.actor != f"user:{token.user_id}" and not ctx.may("access.manage"):
                raise TokenOfAnother()
            again = token.revoked_at is not None or token.id in stopped
            if not again:
                stopped[token.id] = item.prefix
            results.append(Done(item.prefix, {}, replayed=again))
        except DomainError as error:
            results.append(Refused.of(item.prefix, error))
    db.update(ApiToken, [{"id": token_id, "revoked_at": ctx.at} for token_id in stopped])
    return Batch(results)
