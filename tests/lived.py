"""A company in which everything has happened, with one user a role: what walks and browsers look at."""

from datetime import UTC, datetime
from typing import Any

from company import Company, known_company, make_company
from counterflow.access.commands import IssueToken, NewUser, create_users, issue_tokens
from counterflow.access.roles import ROLES
from counterflow.access.secrets import new_token
from counterflow.kernel.context import Context
from everything import live
from people import email, make_people
from ruling import make_policies

TAG = "lived"


def context(*permissions: str, actor: str = "user:1", key: str | None = None, at: datetime | None = None) -> Context:
    """A context that may do everything unless told otherwise."""
    return Context.make(actor, permissions or ("*",), at or datetime.now(UTC), key=key)


def make_lived() -> None:
    """Let everything happen in this database."""
    make_people()
    # The newest user is the one whose pages are walked: forms may leave nothing of a role that is needed later.
    create_users(context(), items=[NewUser("walked@demo.example", "Walked", ("clerk",))])
    live(make_company(context, TAG))
    make_policies(context)


def lived_company() -> Company:
    """The company of `make_lived`, in a copy of the database where that was done."""
    return known_company(context, TAG)


def make_tokens(ctx: Any) -> dict[str, str]:
    """A token a role, with all that the role may do."""
    made = {}
    for role in ROLES.values():
        token = made[role.code] = new_token()
        item = IssueToken(email(role.code), f"Walk of {role.code}", token.prefix, token.digest, tuple(role.permissions))
        assert issue_tokens(ctx(), items=[item]).done
    return {role: token.plain for role, token in made.items()}
