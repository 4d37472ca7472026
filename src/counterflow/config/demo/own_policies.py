"""Policies from files in place of the shipped ones, for a replay in which a draft is in force from the start."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from counterflow.config.demo.desk import Desk
from counterflow.kernel import db
from counterflow.kernel.errors import Invalid
from counterflow.policies.commands.install_default_policies import OWNER_ROLES
from counterflow.policies.commands.publish_policies import PublishPolicy, publish_policies
from counterflow.policies.facts import Kind
from counterflow.policies.tables import Table, read_table


class PolicyUnreadable(Invalid):
    """{path} holds no decision table: {reason}. Export one from a policy, or see docs/concepts/policies.md."""


def read(path: str) -> Table:
    """The table in a file. Raises `PolicyUnreadable`, `TableMalformed`."""
    try:
        stored: Any = orjson.loads(Path(path).read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise PolicyUnreadable(path=path, reason=str(error)) from error
    table = read_table(stored)
    if table.kind not in list(Kind):
        raise PolicyUnreadable(path=path, reason=f"there is no kind of policy called {table.kind[:40]}")
    return table


def install(desk: Desk, tables: Sequence[Table], *, at: datetime) -> None:
    """Let tables answer from now on, for all; one that is the newest of its kind stays. Raises `StepRefused`."""
    newest = {
        row.kind: row
        for row in db.rows(
            "SELECT DISTINCT ON (kind) kind, version, digest FROM policies_policyversion ORDER BY kind, version DESC"
        )
    }
    fresh = [
        PublishPolicy(table.kind, newest[table.kind].version + 1, table.as_json(), OWNER_ROLES[Kind(table.kind)])
        for table in tables
        if newest[table.kind].digest != table.digest()
    ]
    if fresh:
        desk.must(publish_policies, fresh, at=at, step=None)
