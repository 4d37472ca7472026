"""A browser of Django's own on a real database, signed in as whatever role a test names."""

from datetime import UTC, datetime

import pytest

AT = datetime(2026, 1, 1, tzinfo=UTC)


PASSWORD = "a password of the tests"


@pytest.fixture(scope="module")
def people(database_copy):
    """One user a role; the address is the role's code."""
    from django.contrib.auth.hashers import make_password

    from counterflow.access import queries
    from counterflow.access.commands import NewUser, create_users
    from counterflow.access.roles import ROLES
    from counterflow.kernel.context import Context

    queries.forget()
    hashed = make_password(PASSWORD)
    items = [NewUser(f"{role.code}@demo.example", role.name, (role.code,), hashed) for role in ROLES.values()]
    create_users(Context.make("user:0", ["*"], AT), items=items)


@pytest.fixture
def console(people):
    """The console, which remembers no failed tries of an earlier test."""
    from counterflow.console.views.session import GUESSES

    GUESSES.forget()


@pytest.fixture
def browse(console):
    """Make a client signed in as a role, or as nobody; forms must carry their CSRF token."""
    from django.test import Client

    def make(role=None):
        client = Client(enforce_csrf_checks=False, raise_request_exception=True)
        if role is not None:
            answer = client.post("/sign-in", {"email": f"{role}@demo.example", "password": PASSWORD})
            assert answer.status_code == 302, answer.content
        return client

    return make


@pytest.fixture
def django_statements(database_copy):
    """Count every statement sent meanwhile, the ORM's and the kernel's."""
    from contextlib import contextmanager

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from counterflow.kernel import db

    @contextmanager
    def count():
        seen = []
        with db.counting() as plain, CaptureQueriesContext(connection) as mapped:
            yield seen
        seen.extend(plain)
        seen.extend(query["sql"] for query in mapped.captured_queries)

    return count
