"""The shipped tables are installed once, and decisions then cost no SQL."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("database_copy")
AT = datetime(2026, 5, 1, tzinfo=UTC)


def test_installing_twice_changes_nothing(ctx: Callable[..., Any]) -> None:
    from counterflow.policies import queries
    from counterflow.policies.commands import install_default_policies

    first = install_default_policies(ctx())
    again = install_default_policies(ctx())
    assert [r.facts["version_id"] for r in first.done] == [r.facts["version_id"] for r in again.done]
    assert not any(r.replayed for r in first.done) and all(r.replayed for r in again.done)
    assert {row.kind for row in queries.versions()} == {"eligibility", "refund", "disposition"}
