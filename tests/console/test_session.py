"""Signing in and out."""

import pytest
from django.test import Client

from counterflow.access.commands import SwitchUser, switch_users
from counterflow.console.throttle import FAILURES_MAX


def test_a_stranger_is_asked_to_sign_in_and_then_goes_on(browse):
    client = browse()
    answer = client.get("/users?q=x")
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in?next=%2Fusers%3Fq%3Dx"
    given = {"email": "Administrator@Demo.example", "password": "a password of the tests", "next": "/users?q=x"}
    assert client.post("/sign-in", given)["Location"] == "/users?q=x"
    assert client.get("/users").status_code == 200


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "\\\\x"]
)
def test_signing_in_never_leads_elsewhere(browse, target):
    given = {"email": "clerk@demo.example", "password": "a password of the tests", "next": target}
    assert browse().post("/sign-in", given)["Location"] == "/"


@pytest.mark.parametrize("email", ["clerk@demo.example", "nobody@demo.example"])
def test_a_wrong_password_says_the_same_for_known_and_unknown(browse, email):
    answer = browse().post("/sign-in", {"email": email, "password": "wrong"})
    assert answer.status_code == 422
    assert "do not match" in answer.content.decode()


def test_signing_out_ends_it(browse):
    client = browse("clerk")
    assert client.get("/").status_code == 200
    client.post("/sign-out")
    assert client.get("/").status_code == 302
    assert client.get("/sign-out").status_code == 405


def test_an_account_switched_off_is_out_at_once(browse, ctx):
    client = browse("supplier_manager")
    assert client.get("/").status_code == 200
    switch_users(ctx(), items=[SwitchUser("supplier_manager@demo.example", is_active=False)])
    assert client.get("/").status_code == 302
    switch_users(ctx(), items=[SwitchUser("supplier_manager@demo.example", is_active=True)])


def test_a_form_without_its_token_is_not_trusted(console):
    client = Client(enforce_csrf_checks=True)
    assert client.post("/sign-in", {"email": "clerk@demo.example", "password": "x"}).status_code == 403


def test_guessing_is_slowed_down_and_a_success_forgets(browse):
    given = {"email": "executive@demo.example", "password": "wrong"}
    client = browse()
    for _ in range(FAILURES_MAX - 1):
        assert client.post("/sign-in", given).status_code == 422
    browse("executive")
    for _ in range(FAILURES_MAX):
        assert client.post("/sign-in", given).status_code == 422
    assert client.post("/sign-in", given).status_code == 429
    right = given | {"password": "a password of the tests"}
    assert client.post("/sign-in", right).status_code == 429
    assert client.post("/sign-in", right, REMOTE_ADDR="192.0.2.7").status_code == 302
