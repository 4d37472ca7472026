"""A company in which everything has happened, one client and one token a role."""

import pytest


@pytest.fixture(scope="module")
def copied_from(lived):
    """A module begins where everything has happened once."""
    return lived


@pytest.fixture(scope="module")
def everything(database_copy):
    """The company of a module."""
    from lived import lived_company

    return lived_company()


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
    from lived import make_tokens

    return make_tokens(everything.ctx)
