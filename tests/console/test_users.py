"""An administrator keeps users and tokens by the console."""

import re

from counterflow.access import queries


def test_a_user_is_created_given_roles_and_switched_off(browse):
    client = browse("administrator")
    form = {
        "name": "New Clerk",
        "email": "new@demo.example",
        "time_zone": "Europe/Berlin",
        "password": "long enough it is",
    }
    assert client.post("/users/new", form)["Location"] == "/users/new@demo.example"
    client.post("/users/new@demo.example/roles", {"roles": ["clerk", "inspector"]})
    assert queries.user(email="new@demo.example").roles == ("clerk", "inspector")
    page = client.get("/users/new@demo.example").content.decode()
    assert "Roles saved." in page
    client.post("/users/new@demo.example/switch", {"to": "off"})
    assert not queries.user(email="new@demo.example").is_active


def test_a_refusal_is_told_and_keeps_what_was_typed(browse):
    client = browse("administrator")
    form = {"name": "Someone Else", "email": "clerk@demo.example", "time_zone": "UTC"}
    answer = client.post("/users/new", form)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "already exists with other content" in text
    assert 'value="Someone Else"' in text


def test_a_short_password_is_refused(browse):
    client = browse("administrator")
    client.post("/users/clerk@demo.example/password", {"password": "short"})
    assert "at least 12 characters" in client.get("/users").content.decode()


def test_the_list_searches_filters_and_exports(browse):
    client = browse("administrator")
    found = client.get("/users?q=FINANCE").content.decode()
    assert "finance@demo.example" in found
    assert ">clerk@demo.example<" not in found
    only = client.get("/users?role=inspector").content.decode()
    assert ">inspector@demo.example<" in only
    assert ">finance@demo.example<" not in only
    assert "Nothing matches" in client.get("/users?q=zzzz").content.decode()
    lines = b"".join(client.get("/users?format=csv").streaming_content).decode().splitlines()
    assert lines[0] == "email,name,roles,time_zone,home_node,is_active"
    assert len(lines) >= 10


def test_a_token_is_shown_once_and_works(browse):
    client = browse("integrator")
    page = client.post("/tokens", {"name": "Web shop", "days": "30", "scopes": ["returns.open"]})
    secret = re.search(r"cf_[0-9a-f]{12}_[\w-]{43}", page.content.decode())[0]
    assert page["Cache-Control"] == "no-store"
    assert queries.authenticate_token(secret).permissions == {"returns.open"}
    again = client.get("/tokens").content.decode()
    assert secret not in again
    assert secret[:15] in again
    client.post(f"/tokens/{secret[3:15]}/revoke")
    queries.forget()
    assert queries.authenticate_token(secret) is None


def test_one_sees_ones_own_tokens_only(browse):
    browse("administrator").post("/tokens", {"name": "Of the admin", "days": "0", "scopes": ["returns.open"]})
    assert "Of the admin" not in browse("integrator").get("/tokens").content.decode()
    assert "Of the admin" in browse("administrator").get("/tokens").content.decode()
