"""Versions of policies for those who try them: any version by its content, and those that decided in the past."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from counterflow.kernel import db
from counterflow.policies.engine import prepare
from counterflow.policies.queries import Version
from counterflow.policies.tables import read_table

EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


def version_of(version_id: int, kind: str, content: Mapping[str, Any], scope: Mapping[str, Sequence[str]]) -> Version:
    """A version as it would answer if it were in force, from its content. Raises `TableMalformed`."""
    table = read_table(content)
    return Version(
        id=version_id,
        kind=kind,
        version=0,
        name=table.name,
        digest=table.digest(),
        state="draft",
        owner_role="",
        effective_from=EVER,
        effective_to=None,
        scope=scope,
        prepared=prepare(table),
    )


def past_versions(kind: str) -> dict[int, Version]:
    """Every version of a kind that is or was in force, by id; one statement."""
    found = db.rows(
        "SELECT id, kind, content, scope FROM policies_policyversion"
        " WHERE kind = %s AND effective_from IS NOT NULL ORDER BY id",
        [kind],
    )
    return {row.id: version_of(row.id, row.kind, row.content, row.scope) for row in found}
