"""A company in which everything has happened, one user a role, and every page with its objects."""

from datetime import UTC, datetime

import pytest


@pytest.fixture(scope="module")
def everything(database_copy):
    """The company of a module; its context makers are stated, because walks change nothing that matters."""
    from company import make_company
    from counterflow.access.commands import NewUser, create_users
    from counterflow.kernel.context import Context
    from everything import live
    from people import make_people

    def ctx(*permissions, actor="user:1", key=None, at=None):
        return Context.make(actor, permissions or ("*",), at or datetime.now(UTC), key=key)

    make_people()
    # The newest user is the one whose pages are walked: forms may leave nothing of a role that is needed later.
    create_users(ctx(), items=[NewUser("walked@demo.example", "Walked", ("clerk",))])
    company = make_company(ctx)
    live(company)
    return company


@pytest.fixture(scope="module")
def sessions(everything):
    """A client of Django's own a role, and one of nobody under `""`."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from counterflow.access.roles import ROLES
    from people import email

    clients = {"": Client()}
    for role in ROLES:
        clients[role] = Client()
        clients[role].force_login(get_user_model().objects.get(email=email(role)))
    return clients


@pytest.fixture(scope="module")
def tokens(everything):
    """A token a role, with all that the role may do."""
    from counterflow.access.commands import IssueToken, issue_tokens
    from counterflow.access.roles import ROLES
    from counterflow.access.secrets import new_token
    from people import email

    made = {}
    for role in ROLES.values():
        token = made[role.code] = new_token()
        item = IssueToken(email(role.code), f"Walk of {role.code}", token.prefix, token.digest, tuple(role.permissions))
        assert issue_tokens(everything.ctx(), items=[item]).done
    return {role: token.plain for role, token in made.items()}
