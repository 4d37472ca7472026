"""Every address of the console by every role: who may not is told so, and who may is answered."""

import html
from urllib.parse import urlsplit

import pytest
from django.urls import resolve

from counterflow.access.roles import PERMISSIONS, ROLES
from counterflow.config.bench.places import places

OF_EVERYBODY = {"sign_in", "sign_out", "api_reference"}
"""What works without signing in: one's way in and out, and the manual."""
SIGNED_IN = {"home", "find", "palette", "settings", "styleguide", "styleguide_station"}
"""What needs no permission but to be one of the company."""
ANSWERED = {200, 302, 303, 304, 400, 404, 409, 422}
"""What an empty form may be answered with by a page that one may use."""


@pytest.fixture(scope="module")
def walk(everything, tokens):
    """Every page with one address; tokens come first, so that their page has one to show."""
    found = {place.name: place.addresses() for place in places()}
    return {name: addresses[0] for name, addresses in found.items() if addresses}


def needs_of(address):
    """The permission that the page at an address declares; None for one that declares nothing."""
    return getattr(resolve(urlsplit(address).path).func, "needs", None)


def test_every_page_has_a_sample_object(walk):
    unknown = [place.name for place in places() if place.sample is None]
    assert not unknown, f"say in config/bench/places.py how to find objects for {unknown}"
    without = [place.name for place in places() if place.name not in walk]
    assert not without, f"let something of it happen in tests/everything.py: {without}"


def test_every_page_declares_what_it_needs(walk):
    silent = {name for name, address in walk.items() if needs_of(address) is None}
    assert silent <= OF_EVERYBODY
    free = {name for name, address in walk.items() if needs_of(address) == ""}
    assert free <= SIGNED_IN, "a page that anybody may see needs a line here"
    assert {needs_of(address) for address in walk.values()} - {None, ""} <= set(PERMISSIONS)


def test_nobody_is_sent_to_sign_in(walk, sessions):
    for name, address in walk.items():
        if name in OF_EVERYBODY:
            continue
        for method in (sessions[""].get, sessions[""].post):
            answer = method(address)
            assert answer.status_code == 302, (name, answer.status_code)
            assert answer["Location"].startswith("/sign-in?next="), (name, answer["Location"])


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reads_what_it_may_and_is_told_what_it_may_not(walk, sessions, role):
    wrong = []
    for name, address in walk.items():
        needs, answer = needs_of(address), sessions[role].get(address)
        if needs and needs not in ROLES[role].permissions:
            right = answer.status_code == 403 and PERMISSIONS[needs] in html.unescape(answer.content.decode())
        else:
            right = answer.status_code in (200, 302, 405)
        if not right:
            wrong.append((name, answer.status_code))
    assert not wrong


@pytest.mark.parametrize("role", ROLES)
def test_a_role_sends_no_form_that_it_may_not(walk, sessions, role):
    wrong = []
    for name, address in walk.items():
        needs, answer = needs_of(address), sessions[role].post(address)
        allowed = not needs or needs in ROLES[role].permissions
        if answer.status_code != 405 and (answer.status_code in ANSWERED) != allowed:
            wrong.append((name, answer.status_code))
        if name == "sign_out":
            sessions[role].force_login(_user(role))
    assert not wrong


def test_forms_without_their_token_are_refused(walk):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(_user("administrator"))
    taken = {name: status for name, address in walk.items() if (status := client.post(address).status_code) != 403}
    assert taken == {}


def _user(role):
    from django.contrib.auth import get_user_model

    from people import email

    return get_user_model().objects.get(email=email(role))
