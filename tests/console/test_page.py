"""What holds for every page: permission, headers, errors, one effect per form."""

import re

from django.urls import URLPattern

from counterflow.access import queries
from counterflow.access.roles import PERMISSIONS, ROLES
from counterflow.console import urls
from counterflow.console.navigation import GROUPS

PUBLIC = {"sign_in", "sign_out"}
PATTERNS = [pattern for pattern in urls.urlpatterns if isinstance(pattern, URLPattern)]
SAMPLES = {"email": "sample@demo.example", "prefix": "000000000000"}


def sample(pattern):
    """An address of this pattern: of numbers the first, of names one that nothing has."""

    def one(part):
        return str(SAMPLES.get(part[2], 1 if part[1] == "int" else "none"))

    return "/" + re.sub(r"<(?:(\w+):)?(\w+)>", one, str(pattern.pattern))


def test_every_page_names_its_permission():
    for pattern in PATTERNS:
        if pattern.name not in PUBLIC:
            needs = getattr(pattern.callback, "needs", None)
            assert needs == "" or needs in PERMISSIONS, pattern.name


def test_an_address_of_nothing_is_answered_plainly(browse):
    """Who reaches which page is walked with real objects; see `tests/walks/test_pages.py`."""
    client, answers = browse("administrator"), {}
    for pattern in PATTERNS:
        if pattern.name not in PUBLIC:
            address = sample(pattern)
            answers[pattern.name] = {client.get(address).status_code, client.post(address, {}).status_code}
    assert {name: got for name, got in answers.items() if got - {200, 302, 404, 405, 422}} == {}


def test_the_menu_shows_only_what_opens(browse):
    for role in ("clerk", "administrator"):
        client = browse(role)
        menu = client.get("/").content.decode()
        for link in (link for group in GROUPS for link in group.links):
            address = sample(next(p for p in PATTERNS if p.name == link.url))
            shown = f'class="side-link" href="{address}"' in menu
            assert shown == (not link.needs or link.needs in ROLES[role].permissions), (role, link.url)


def test_a_strict_policy_and_nothing_inline(browse):
    client = browse("administrator")
    for pattern in PATTERNS:
        answer = client.get(sample(pattern))
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        text = answer.content.decode()
        # Only a page that scans may run the barcode reader.
        allowed = "'wasm-unsafe-eval'" if "data-scan-box" in text else ""
        assert "unsafe" not in answer["Content-Security-Policy"].replace(allowed, "")
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", text), pattern.name
        assert not re.search(r"""(?:src|href|action)=["'](?:https?:)?//""", text), pattern.name


def test_no_page_runs_many_statements(browse, django_statements):
    client = browse("administrator")
    for pattern in PATTERNS:
        queries.forget()
        with django_statements() as seen:
            client.get(sample(pattern))
        assert len(seen) <= 15, (pattern.name, len(seen))


def test_a_form_sent_twice_has_one_effect(browse):
    client = browse("administrator")
    form = {"key": "k" * 32, "name": "Once", "email": "once@demo.example", "time_zone": "UTC", "roles": ["clerk"]}
    assert client.post("/users/new", form).status_code == 302
    assert client.post("/users/new", form).status_code in {302, 422}
    assert len(queries.users(search="once@")) == 1


def test_what_is_not_there_says_so(browse):
    answer = browse("administrator").get("/users/ghost@demo.example")
    assert answer.status_code == 404
    assert "Nobody signs in as ghost@demo.example" in answer.content.decode()
    assert browse("clerk").get("/no/such/page").status_code == 404
    assert browse().get("/no/such/page").status_code == 404


def test_a_broken_page_promises_no_double_effect(console, browse, monkeypatch):
    client = browse("administrator")
    client.raise_request_exception = False
    monkeypatch.setattr(queries, "users", lambda **_: 1 / 0)
    answer = client.get("/users")
    assert answer.status_code == 500
    assert "trying again is safe" in answer.content.decode()
