"""Every decision is on record with its version, its row, its facts, and who decided otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from counterflow.kernel import db
from counterflow.policies import queries

pytestmark = pytest.mark.usefixtures("installed")
AT = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Subject:
    """Something to decide about."""

    id: int


@pytest.fixture
def settle(ctx: Callable[..., Any], facts: Callable[..., Any]) -> Callable[..., list[str]]:
    """A command that decides dispositions for subjects and records them; the statements it took."""
    from counterflow.kernel.commands import Batch, Done, command
    from counterflow.policies.commands import Override, decision_rows, record_decisions

    @command(needs="receiving.dispose")
    def dispose(inner: Any, *, items: list[Subject], grade: str, otherwise: str | None) -> Batch:
        subjects = [item.id for item in items]
        records = [facts("disposition", grade=grade)] * len(subjects)
        answers = queries.decide("disposition", records, at=inner.at, epoch=inner.config_epoch)
        override = Override({"disposition": otherwise}, "customer_promise") if otherwise else None
        overrides = {subjects[0]: override} if override else None
        record_decisions(inner, decision_rows(inner, zip(subjects, answers, strict=True), overrides))
        return Batch([Done(str(subject)) for subject in subjects])

    @command(needs="receiving.dispose")
    def dispose_in_two(inner: Any, *, items: list[Subject], grade: str, otherwise: str | None) -> Batch:
        half = len(items) // 2
        first = dispose(inner, items=items[:half], grade=grade, otherwise=otherwise)
        second = dispose(inner, items=items[half:], grade=grade, otherwise=None)
        return Batch([*first.results, *second.results])

    def run(subjects: list[int], grade: str = "A", otherwise: str | None = None, nested: bool = False) -> list[str]:
        act = dispose_in_two if nested else dispose
        with db.counting() as statements:
            act(ctx(at=AT), items=[Subject(n) for n in subjects], grade=grade, otherwise=otherwise)
        return list(statements)

    return run


def test_a_decision_is_found_by_its_subject_and_explains_itself(settle: Any) -> None:
    settle([501])
    (row,) = queries.decisions(subject_ids=[501])
    assert (row.kind, row.row_id, row.version) == ("disposition", "like-new", 1)
    assert row.outcome == {"disposition": "restock", "needs_approval": False, "code": "like_new"}
    assert row.facts["grade"] == "A"
    assert "serial_matches" not in row.facts
    assert row.text == "Grade A without damage: back on sale."
    assert (row.override, row.overridden_by) == (None, None)


def test_an_override_says_what_why_and_who(settle: Any) -> None:
    settle([601, 602], grade="C", otherwise="restock")
    (row,) = queries.decisions(overridden=True, kind="disposition", subject_ids=[601, 602])
    assert (row.subject_id, row.outcome["disposition"], row.override) == (601, "secondary", {"disposition": "restock"})
    assert (row.override_reason, row.overridden_by) == ("customer_promise", "user:1")


def test_a_thousand_decisions_cost_the_statements_of_one(settle: Any) -> None:
    settle([700])
    one, many = settle([701]), settle(list(range(1_000, 2_000)))
    assert many == one
    assert not [text for text in one if "policyversion" in text]
    assert len([text for text in one if "policies_decision" in text]) == 1


def test_inner_commands_share_the_one_statement(settle: Any) -> None:
    statements = settle([801, 802, 803, 804], nested=True)
    assert len([text for text in statements if "policies_decision" in text]) == 1
    assert len(queries.decisions(subject_ids=[801, 802, 803, 804])) == 4


def test_the_list_is_read_page_by_page_newest_first(settle: Any) -> None:
    settle([901, 902, 903])
    pages, before = [], None
    for _ in range(3):
        (row,) = queries.decisions(subject_ids=[901, 902, 903], before_id=before, limit=1)
        pages.append(row.subject_id)
        before = row.id
    assert pages == [903, 902, 901]


def test_a_decision_on_record_is_never_changed(settle: Any, owner: psycopg.Connection) -> None:
    settle([950])
    for statement in ("UPDATE policies_decision SET outcome = '{}'", "DELETE FROM policies_decision"):
        with pytest.raises(psycopg.errors.RaiseException):
            owner.execute(statement)
