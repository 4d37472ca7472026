"""Who calls: a token becomes a context. The clock is read here, once a call."""

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from counterflow.access.commands.note_token_use import note_token_use
from counterflow.access.queries import Bearer, authenticate_token
from counterflow.api.problems import ProblemError
from counterflow.kernel.clock import now
from counterflow.kernel.context import Context
from counterflow.kernel.errors import PermissionDenied

KEY_MAX = 200


class Token(HttpBearer):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request: HttpRequest, token: str) -> Bearer | None:
        """The bearer of a token in force, or nobody."""
        bearer = authenticate_token(token)
        if bearer is not None and bearer.use_is_stale:
            note_token_use(bearer.token_id)
        return bearer


def bearer_of(request: HttpRequest) -> Bearer:
    """The caller that `Token` let in."""
    found: Any = getattr(request, "auth", None)
    if not isinstance(found, Bearer):
        raise ProblemError(401, "not_authenticated", "Send a token that is in force.")
    return found


def writing(request: HttpRequest) -> Context:
    """The context of a call that changes something; it needs an `Idempotency-Key`."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        detail = "Send the header Idempotency-Key: a word of your own, new for each new request, the same for a retry."
        raise ProblemError(400, "idempotency_key_missing", detail)
    if len(key) > KEY_MAX or not key.isprintable():
        detail = f"An Idempotency-Key has at most {KEY_MAX} printable characters."
        raise ProblemError(400, "idempotency_key_invalid", detail)
    bearer = bearer_of(request)
    return Context.make(bearer.actor, bearer.permissions, now(), key=key, source="api")


def reading(request: HttpRequest, permission: str) -> None:
    """Let a reader pass who holds the permission. Raises `PermissionDenied`."""
    bearer = bearer_of(request)
    if permission not in bearer.permissions:
        raise PermissionDenied(permission=permission, actor=bearer.actor)
