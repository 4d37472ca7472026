"""A program that calls the API: a token with chosen scopes, a client that speaks JSON."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.test import Client

from counterflow.access import queries
from counterflow.access.commands import IssueToken, NewUser, create_users, issue_tokens
from counterflow.access.roles import ROLES
from counterflow.access.secrets import new_token

_serial = count(1)


@dataclass
class Caller:
    """A token and Django's client."""

    client: Any
    token: str

    def post(self, path: str, body: Any, *, key: str | None = "", raw: str | None = None) -> Any:
        """POST JSON under a key: a new one by default, none for None."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if key is not None:
            headers["Idempotency-Key"] = key or f"key-{next(_serial)}"
        data = raw if raw is not None else json.dumps(body)
        return self.client.post(f"/api/v1{path}", data, content_type="application/json", headers=headers)

    def get(self, path: str, **params: Any) -> Any:
        """GET with query parameters."""
        return self.client.get(f"/api/v1{path}", params, headers={"Authorization": f"Bearer {self.token}"})


def make_caller(ctx: Callable[..., Any], *scopes: str, roles: Sequence[str] = ("administrator",)) -> Caller:
    """A caller whose user holds roles and whose token holds these permissions, all of the roles' by default."""
    email, made = f"program{next(_serial)}@demo.example", new_token()
    queries.forget()
    create_users(ctx(), items=[NewUser(email, "Program", tuple(roles))])
    wanted = scopes or tuple(sorted(frozenset().union(*(ROLES[role].permissions for role in roles))))
    assert not issue_tokens(ctx(), items=[IssueToken(email, "test", made.prefix, made.digest, wanted)]).refused
    return Caller(Client(), made.plain)
