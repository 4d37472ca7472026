"""Publish versions of policies: from an instant on they answer in place of those before them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.policies.commands.activate_policies import StartsTooEarly
from counterflow.policies.commands.versions import check_owner_and_scope, checked_table, scope_key
from counterflow.policies.events import POLICY_PUBLISHED
from counterflow.policies.examples import read_examples, require_examples
from counterflow.policies.models import PolicyVersion
from counterflow.policies.queries import forget
from counterflow.policies.rules import require_fit
from counterflow.policies.states import POLICY, Version
from counterflow.policies.tables import Table


class VersionSkipped(Refusal):
    """The next version of {kind} is {expected}, and this one calls itself {version}; read the newest and try again."""


@dataclass(frozen=True)
class PublishPolicy:
    """A version to be. `table` is the compact form; `version` is one more than the newest of its kind.

    `effective_from` is an aware instant, None for now; `scope` maps fact names to codes, empty for all.
    """

    kind: str
    version: int
    table: Mapping[str, Any]
    owner_role: str
    effective_from: datetime | None = None
    scope: Mapping[str, Sequence[str]] = field(default_factory=dict)
    examples: Sequence[Mapping[str, Any]] = ()

    @property
    def identity(self) -> str:
        """What this version is called for ever."""
        return f"{self.kind}/{self.version}"


@dataclass
class _Known:
    """A version in the running state of the batch."""

    id: int
    version: int
    digest: str
    scope: bytes
    state: str
    effective_from: datetime
    effective_to: datetime | None


@command(needs="policies.install")
def publish_policies(ctx: Context, *, items: Sequence[PublishPolicy]) -> Batch:
    """Check each table and let it answer from its instant on; the one before it in its scope ends there.

    For installing what is shipped: no second person is asked. People draft, propose, agree and activate.

    Refuses `TableMalformed`, `TableRefused`, `ScopeUnknown`, `OwnerRoleUnknown`, `VersionSkipped`,
    `StartsTooEarly`, `IdentityReused`. Four SQL statements at most, whatever the batch.
    """
    # The epoch's row is the lock of all publishing. Its value comes from a sequence and so never comes
    # back: a value written by a transaction that was rolled back cannot name another state later.
    db.execute("UPDATE kernel_epoch SET value = nextval('kernel_id_seq') WHERE id = 1")
    known = _known([item.kind for item in items])
    fresh: list[dict[str, Any]] = []
    ended: dict[int, datetime] = {}
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_publish(ctx, item, known.setdefault(item.kind, []), fresh, ended))
        except DomainError as error:
            results.append(Refused.of(item.identity, error))
    db.insert(PolicyVersion, fresh)
    db.update(PolicyVersion, [{"id": i, "effective_to": end} for i, end in sorted(ended.items())])
    forget()
    emit(
        ctx,
        [Event(POLICY_PUBLISHED, row["id"], facts={"kind": row["kind"], "version": row["version"]}) for row in fresh],
    )
    return Batch(results)


def _known(kinds: Sequence[str]) -> dict[str, list[_Known]]:
    found = db.rows(
        "SELECT kind, id, version, digest, scope, state, effective_from, effective_to"
        " FROM policies_policyversion"
        " WHERE kind = ANY(%s) ORDER BY id",
        [sorted(set(kinds))],
    )
    by_kind: dict[str, list[_Known]] = {}
    for row in found:
        known = _Known(
            row.id,
            row.version,
            row.digest,
            scope_key(row.scope),
            row.state,
            row.effective_from,
            row.effective_to,
        )
        by_kind.setdefault(row.kind, []).append(known)
    return by_kind


def _publish(
    ctx: Context,
    item: PublishPolicy,
    known: list[_Known],
    fresh: list[dict[str, Any]],
    ended: dict[int, datetime],
) -> Done:
    table = _checked(item)
    digest, scope = table.digest(), scope_key(item.scope)
    for before in known:
        if before.version == item.version:
            if (before.digest, before.scope) != (digest, scope):
                raise IdentityReused(what="policy", identity=item.identity)
            return Done(item.identity, {"version_id": before.id}, replayed=True)
    expected = max((before.version for before in known), default=0) + 1
    if item.version != expected:
        raise VersionSkipped(kind=item.kind, expected=expected, version=item.version)
    starts = item.effective_from or ctx.at
    for before in _predecessors(known, scope):
        if starts <= before.effective_from or starts < ctx.at:
            raise StartsTooEarly(kind=item.kind, begins=before.effective_from.isoformat())
        before.effective_to = starts
        ended[before.id] = starts
    made = _Known(ctx.new_id(), item.version, digest, scope, Version.ACTIVE, starts, None)
    known.append(made)
    fresh.append(_row(ctx, item, table, made))
    # A version published and succeeded in one batch is inserted with its end; an update needs it to exist.
    for row in fresh:
        row["effective_to"] = ended.pop(row["id"], row["effective_to"])
    return Done(item.identity, {"version_id": made.id})


def _predecessors(known: Sequence[_Known], scope: bytes) -> list[_Known]:
    return [
        before
        for before in known
        if before.scope == scope and before.state == Version.ACTIVE and before.effective_to is None
    ]


def _row(ctx: Context, item: PublishPolicy, table: Table, made: _Known) -> dict[str, Any]:
    return {
        "id": made.id,
        "kind": item.kind,
        "version": item.version,
        "name": table.name,
        "content": table.as_json(),
        "digest": made.digest,
        "state": POLICY.move("publish", Version.DRAFT),
        "effective_from": made.effective_from,
        "effective_to": None,
        "owner_role": item.owner_role,
        "scope": {name: list(codes) for name, codes in item.scope.items()},
        "created_at": ctx.at,
        "created_by": ctx.actor,
        "examples": [dict(example) for example in item.examples],
    }


def _checked(item: PublishPolicy) -> Table:
    table = checked_table(item.kind, item.table)
    require_fit(table)
    check_owner_and_scope(item.kind, item.owner_role, item.scope)
    require_examples(table, read_examples(item.kind, item.examples))
    return table
