"""The shipped tables are installed once, and what a company made its own stays."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from counterflow.kernel.errors import NotFound, PermissionDenied
from counterflow.policies import queries
from counterflow.policies.facts import Kind

pytestmark = pytest.mark.usefixtures("database_copy")
LONG_AGO = datetime(2009, 12, 1, tzinfo=UTC)


def test_without_tables_nothing_is_decided_by_chance(facts: Callable[..., Any]) -> None:
    with pytest.raises(NotFound, match="install the shipped tables"):
        queries.decide("refund", [facts("refund")], at=LONG_AGO)


def test_installing_twice_changes_nothing(ctx: Callable[..., Any]) -> None:
    from counterflow.policies.commands import install_default_policies

    first = install_default_policies(ctx())
    again = install_default_policies(ctx())
    assert [r.facts["version_id"] for r in first.done] == [r.facts["version_id"] for r in again.done]
    assert not any(r.replayed for r in first.done)
    assert all(r.replayed for r in again.done)
    assert [(row.kind, row.version) for row in queries.versions()] == [(kind, 1) for kind in sorted(Kind)]


def test_the_shipped_tables_answer_for_history_too(facts: Callable[..., Any]) -> None:
    (answer,) = queries.decide("refund", [facts("refund")], at=LONG_AGO)
    assert answer.row_id == "withdrawal"


def test_installing_needs_the_permission_to_publish(ctx: Callable[..., Any]) -> None:
    from counterflow.policies.commands import install_default_policies

    with pytest.raises(PermissionDenied):
        install_default_policies(ctx("policies.view"))
