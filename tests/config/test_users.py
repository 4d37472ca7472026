"""`counterflow users` and `counterflow worker --once`."""

import io
import sys

import pytest

from counterflow.config import cli

pytestmark = pytest.mark.usefixtures("database_copy")


@pytest.fixture
def typed(monkeypatch):
    """Let a pipe say something to the command."""

    def say(text):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text + "\n"))

    return say


def test_an_account_is_made_and_listed_and_can_sign_in(typed, capsys):
    from django.contrib.auth import authenticate

    typed("a long enough password")
    assert cli.main(["users", "add", "Kim@Example.org", "--role", "clerk", "--role", "agent"]) == 0
    assert cli.main(["users", "list"]) == 0
    assert "kim@example.org" in capsys.readouterr().out
    assert authenticate(username="kim@example.org", password="a long enough password") is not None
    typed("another long password")
    assert cli.main(["users", "password", "kim@example.org"]) == 0
    assert authenticate(username="kim@example.org", password="another long password") is not None


def test_roles_are_exactly_those_given(typed, capsys):
    typed("a long enough password")
    cli.main(["users", "add", "lee@example.org", "--role", "clerk"])
    assert cli.main(["users", "roles", "lee@example.org", "--role", "finance"]) == 0
    capsys.readouterr()
    cli.main(["users", "list"])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("lee@")]
    assert line.split() == ["lee@example.org", "finance"]


@pytest.mark.parametrize(
    ("words", "password", "said"),
    [
        (["add", "x@example.org"], "short", "at least 12 characters"),
        (["add", "no address"], "a long enough password", "no address"),
        (["add", "y@example.org", "--role", "king"], "a long enough password", "king"),
        (["roles", "nobody@example.org", "--role", "clerk"], "", "nobody@example.org"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(typed, capsys, words, password, said):
    typed(password)
    assert cli.main(["users", *words]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_the_worker_does_what_waits_and_ends(company, capsys):
    from dock import authorise

    authorise(company)
    assert cli.main(["worker", "--once"]) == 0
    first = capsys.readouterr().out
    assert not first.startswith("0 ")
    cli.main(["worker", "--once"])
    assert capsys.readouterr().out.startswith("0 ")
