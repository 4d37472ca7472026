"""Begin drafts of policies: a new version that nobody is asked by yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Invalid
from counterflow.policies.checking import check
from counterflow.policies.commands.versions import (
    Held,
    VersionUnknown,
    check_owner_and_scope,
    checked_table,
    step,
    write_steps,
)
from counterflow.policies.examples import read_examples
from counterflow.policies.models import PolicyVersion
from counterflow.policies.states import Version

REFERENCE_MAX = 120


class ReferenceMalformed(Invalid):
    """A reference has 1 to {most} characters without control characters."""


@dataclass(frozen=True)
class DraftPolicy:
    """A version to be. `reference` is the writer's own name for it, for ever.

    `table` is the compact form, or a JSON Decision Model graph that holds one decision table.
    `examples` are objects with name, facts and then; `based_on` is the id of the version it departs from.
    """

    reference: str
    kind: str
    table: Mapping[str, Any]
    owner_role: str
    scope: Mapping[str, Sequence[str]] = field(default_factory=dict)
    examples: Sequence[Mapping[str, Any]] = ()
    based_on: int | None = None


@command(needs="policies.edit")
def draft_policies(ctx: Context, *, items: Sequence[DraftPolicy]) -> Batch:
    """Keep each draft under the next version number of its kind; what is wrong with it is told, not refused.

    Problems, notes (overlaps and gaps) and failing examples are told with their row. Refuses `KindUnknown`,
    `TableMalformed`, `NodeRefused`, `OwnerRoleUnknown`, `ScopeUnknown`, `VersionUnknown`,
    `ReferenceMalformed`, `IdentityReused`. Four SQL statements at most, whatever the batch.
    """
    # The epoch's row is the lock of all publishing, so version numbers have no gaps and no twins.
    db.rows("SELECT value FROM kernel_epoch WHERE id = 1 FOR NO KEY UPDATE")
    newest, known = _known(items)
    rows: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_draft(ctx, item, newest, known, rows, steps))
        except DomainError as error:
            results.append(Refused.of(str(item.reference)[:REFERENCE_MAX], error))
    db.insert(PolicyVersion, rows)
    write_steps(steps)
    return Batch(results)


def _known(items: Sequence[DraftPolicy]) -> tuple[dict[str, int], dict[str, tuple[int, int, str]]]:
    """The newest number of each kind, and the drafts that bear these references: id, number, first digest.

    The ids of versions that exist are under their own number as text.
    """
    found = db.rows(
        "SELECT 'kind' AS what, kind AS name, 0::bigint AS id, max(version) AS number, '' AS digest"
        " FROM policies_policyversion GROUP BY kind"
        " UNION ALL SELECT 'reference', v.reference, v.id, v.version, s.digest FROM policies_policyversion v"
        " JOIN policies_policystep s ON s.version_id = v.id AND s.action = 'draft' WHERE v.reference = ANY(%s)"
        " UNION ALL SELECT 'id', v.id::text, v.id, v.version, v.kind FROM policies_policyversion v"
        " WHERE v.id = ANY(%s)",
        [[str(item.reference) for item in items], [item.based_on for item in items if item.based_on]],
    )
    newest = {row.name: row.number for row in found if row.what == "kind"}
    return newest, {f"{row.what} {row.name}": (row.id, row.number, row.digest) for row in found if row.what != "kind"}


def _draft(
    ctx: Context,
    item: DraftPolicy,
    newest: dict[str, int],
    known: dict[str, tuple[int, int, str]],
    rows: list[dict[str, Any]],
    steps: list[dict[str, Any]],
) -> Done:
    if not 0 < len(item.reference) <= REFERENCE_MAX or not item.reference.isprintable():
        raise ReferenceMalformed(most=REFERENCE_MAX)
    table = checked_table(item.kind, item.table)
    check_owner_and_scope(item.kind, item.owner_role, item.scope)
    examples = read_examples(item.kind, item.examples)
    if item.based_on is not None and known.get(f"id {item.based_on}", (0, 0, ""))[2] != item.kind:
        raise VersionUnknown(version_id=item.based_on)
    digest = table.digest()
    if before := known.get(f"reference {item.reference}"):
        version_id, number, first = before
        if first != digest:
            raise IdentityReused(what="draft", identity=item.reference)
        return Done(item.reference, {"version_id": version_id, "version": number}, replayed=True)
    number = newest[item.kind] = newest.get(item.kind, 0) + 1
    row: dict[str, Any] = {
        "id": ctx.new_id(),
        "kind": item.kind,
        "version": number,
        "name": table.name,
        "content": table.as_json(),
        "digest": digest,
        "state": str(Version.DRAFT),
        "effective_from": None,
        "effective_to": None,
        "owner_role": item.owner_role,
        "scope": {name: list(codes) for name, codes in item.scope.items()},
        "created_at": ctx.at,
        "created_by": ctx.actor,
        "examples": [example.as_json() for example in examples],
        "revision": 1,
        "based_on_id": item.based_on,
        "reference": item.reference,
    }
    rows.append(row)
    held = {name: row[name] for name in Held.__dataclass_fields__ if name in row}
    steps.append(step(ctx, Held(**held), "draft"))
    known[f"reference {item.reference}"] = (row["id"], number, digest)
    facts = {"version_id": row["id"], "version": number, "revision": 1}
    return Done(item.reference, facts | check(table, examples).as_facts())
