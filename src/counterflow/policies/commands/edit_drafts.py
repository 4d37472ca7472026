"""Change drafts of policies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.policies.checking import check
from counterflow.policies.commands.versions import (
    Held,
    check_owner_and_scope,
    checked_table,
    lock_versions,
    pick,
    scope_key,
    step,
    write_steps,
)
from counterflow.policies.examples import read_examples
from counterflow.policies.models import PolicyVersion
from counterflow.policies.states import POLICY
from counterflow.policies.tables import Table


@dataclass(frozen=True)
class EditDraft:
    """The whole new wording of a draft that was looked at in revision `revision`; `table` as in a draft."""

    version_id: int
    revision: int
    table: Mapping[str, Any]
    owner_role: str
    scope: Mapping[str, Sequence[str]] = field(default_factory=dict)
    examples: Sequence[Mapping[str, Any]] = ()

    @property
    def identity(self) -> str:
        """One edit follows each revision."""
        return f"{self.version_id}:{self.revision}"


@command(needs="policies.edit")
def edit_drafts(ctx: Context, *, items: Sequence[EditDraft]) -> Batch:
    """Put each new wording in place of the one that its writer saw; what is wrong with it is told, not refused.

    Problems, notes (overlaps and gaps) and failing examples are told with their row. Refuses `VersionUnknown`,
    `DraftChanged` (somebody was faster), `MoveNotAllowed` (no draft any more), `TableMalformed`, `NodeRefused`,
    `OwnerRoleUnknown`, `ScopeUnknown`. Four SQL statements, whatever the batch.
    """
    held = lock_versions(ctx, [item.version_id for item in items])
    rows: dict[int, dict[str, Any]] = {}
    steps: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_edit(ctx, item, held, rows, steps))
        except DomainError as error:
            results.append(Refused.of(item.identity, error))
    db.update(PolicyVersion, [rows[key] for key in sorted(rows)])
    write_steps(steps)
    return Batch(results)


def _edit(
    ctx: Context,
    item: EditDraft,
    held: dict[int, Held],
    rows: dict[int, dict[str, Any]],
    steps: list[dict[str, Any]],
) -> Done:
    version = held.get(item.version_id)
    if version is not None and (done := _repeated(ctx, item, version)):
        return done
    version = pick(held, item.version_id, item.revision)
    POLICY.move("edit", version.state)
    table = checked_table(version.kind, item.table)
    check_owner_and_scope(version.kind, item.owner_role, item.scope)
    examples = [example.as_json() for example in read_examples(version.kind, item.examples)]
    version.content, version.digest, version.examples = table.as_json(), table.digest(), examples
    version.scope = {name: list(codes) for name, codes in item.scope.items()}
    version.owner_role, version.revision = item.owner_role, version.revision + 1
    rows[version.id] = {
        "id": version.id,
        "name": table.name,
        "content": version.content,
        "digest": version.digest,
        "scope": version.scope,
        "examples": examples,
        "owner_role": version.owner_role,
        "revision": version.revision,
    }
    steps.append(step(ctx, version, "edit"))
    return Done(item.identity, _told(version, table))


def _repeated(ctx: Context, item: EditDraft, version: Held) -> Done | None:
    """The answer to an edit that was made already, by the same person and with the same content."""
    if version.revision != item.revision + 1 or version.done_by("edit", version.revision) != ctx.actor:
        return None
    table = checked_table(version.kind, item.table)
    same = (table.digest(), scope_key(item.scope), item.owner_role) == (
        version.digest,
        scope_key(version.scope),
        version.owner_role,
    )
    examples = [example.as_json() for example in read_examples(version.kind, item.examples)]
    if not same or examples != list(version.examples):
        return None
    return Done(item.identity, _told(version, table), replayed=True)


def _told(version: Held, table: Table) -> dict[str, Any]:
    checked = check(table, version.read_examples())
    return {"version_id": version.id, "revision": version.revision, **checked.as_facts()}
