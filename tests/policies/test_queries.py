"""Which table answers now costs no SQL until something is published."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from counterflow.kernel import db
from counterflow.policies import queries
from counterflow.policies.engine import FactsRefused
from counterflow.policies.queries import PolicyVersionNotFound

pytestmark = pytest.mark.usefixtures("installed")
AT = datetime(2026, 5, 1, tzinfo=UTC)


def _epoch() -> int:
    return int(db.rows("SELECT value FROM kernel_epoch WHERE id = 1")[0].value)


def test_a_known_epoch_costs_no_sql(facts: Callable[..., Any]) -> None:
    epoch = _epoch()
    queries.decide("refund", [facts("refund")], at=AT, epoch=epoch)
    with db.counting() as statements:
        for kind in ("eligibility", "refund", "disposition"):
            queries.decide(kind, [facts(kind)] * 3, at=AT, epoch=epoch)
    assert statements == []


def test_an_unknown_epoch_costs_one_statement(facts: Callable[..., Any]) -> None:
    for epoch in (None, -1):
        with db.counting() as statements:
            queries.decide("refund", [facts("refund")], at=AT, epoch=epoch)
        assert len(statements) == 1


def test_no_facts_no_answers() -> None:
    with db.counting() as statements:
        assert queries.decide("refund", [], at=AT) == []
    assert statements == []


def test_an_answer_carries_version_row_outcome_and_words(facts: Callable[..., Any]) -> None:
    (answer,) = queries.decide("eligibility", [facts("eligibility")], at=AT)
    (version,) = queries.active("eligibility", at=AT)
    assert (answer.version_id, answer.row_id) == (version.id, "withdrawal")
    assert answer.outcome == {"answer": "yes", "code": "withdrawal", "window_days": 14}
    assert answer.facts["zone"] == "eea"
    assert "withdraw" in answer.text
    assert "withdraw" in answer.customer_text
    assert queries.version(version.id).table == version.table


def test_facts_of_another_type_are_an_error_of_the_caller(facts: Callable[..., Any]) -> None:
    with pytest.raises(FactsRefused):
        queries.decide("refund", [facts("refund", value_minor="much")], at=AT)


def test_a_version_that_is_not_there() -> None:
    with pytest.raises(PolicyVersionNotFound):
        queries.version(-1)
