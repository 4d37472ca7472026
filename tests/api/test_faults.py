"""What nobody foresaw is answered in the API's own form, under a number that stands in the log."""

import logging

import psycopg
import pytest
from django.db import OperationalError

from counterflow.api import callers


@pytest.fixture
def broken(monkeypatch):
    """Break what every call passes, in a way that a test chooses."""

    def make(error):
        def fail(*args, **kwargs):
            raise error

        monkeypatch.setattr(callers, "authenticate_token", fail)

    return make


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RuntimeError("the unforeseen"), 500, "fault"),
        (OperationalError(psycopg.OperationalError("gone")), 503, "database_unreachable"),
    ],
)
def test_a_fault_is_a_problem_with_a_number_that_the_log_has(caller, broken, caplog, error, status, code):
    program = caller()
    broken(error)
    with caplog.at_level(logging.ERROR, "counterflow.api.problems"):
        answer = program.post("/rmas", {})
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == code
    assert "the unforeseen" not in answer.content.decode()
    assert body["facts"]["fault"] in caplog.text
    assert str(error) in caplog.text


def test_an_address_that_is_not_there_is_a_problem(caller):
    answer = caller().get("/nothing-here")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert answer.json()["code"] == "address_unknown"
