"""One user a role, for tests that sign in; the address is the role's code."""

from datetime import UTC, datetime

from django.contrib.auth.hashers import make_password

from counterflow.access import queries
from counterflow.access.commands import NewUser, create_users
from counterflow.access.roles import ROLES
from counterflow.kernel.context import Context

AT = datetime(2026, 1, 1, tzinfo=UTC)
PASSWORD = "a password of the tests"


def make_people() -> None:
    """Create them in this database; those that are there already stay as they are."""
    queries.forget()
    hashed = make_password(PASSWORD)
    items = [NewUser(email(role.code), role.name, (role.code,), hashed) for role in ROLES.values()]
    create_users(Context.make("user:0", ["*"], AT), items=items)


def email(role: str) -> str:
    """The address of a role's user."""
    return f"{role}@demo.example"
