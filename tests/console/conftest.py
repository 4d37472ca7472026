"""A browser of Django's own on a real database, signed in as whatever role a test names."""

import pytest


@pytest.fixture(scope="module")
def people(database_copy):
    """One user a role; the address is the role's code."""
    from people import make_people

    make_people()


@pytest.fixture
def console(people):
    """The console, which remembers no failed tries of an earlier test."""
    from counterflow.console.views.session import GUESSES

    GUESSES.forget()


@pytest.fixture
def browse(console):
    """Make a client signed in as a role, or as nobody; forms must carry their CSRF token."""
    from django.test import Client

    from people import PASSWORD, email

    def make(role=None):
        client = Client(enforce_csrf_checks=False, raise_request_exception=True)
        if role is not None:
            answer = client.post("/sign-in", {"email": email(role), "password": PASSWORD})
            assert answer.status_code == 302, answer.content
        return client

    return make
