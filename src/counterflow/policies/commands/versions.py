"""What the commands over versions of policies share: the versions under lock, the steps on record, who may agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from counterflow.access.roles import ROLES
from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Conflict, Invalid, NotFound, Refusal
from counterflow.policies.examples import Example, read_examples
from counterflow.policies.exchange import read_any
from counterflow.policies.facts import FACTS, Type
from counterflow.policies.models import PolicyStep, PolicyVersion
from counterflow.policies.queries import forget
from counterflow.policies.tables import Table, TableMalformed, read_table

AUTHORS = ("draft", "edit", "submit")
"""Steps that make somebody an author of what is in a version."""


class VersionUnknown(NotFound):
    """There is no version of a policy with the id {version_id}."""


class DraftChanged(Conflict):
    """{policy} was changed meanwhile: it is at revision {now}, and this was made for revision {given}."""


class AuthorCannotAgree(Refusal):
    """Whoever wrote or proposed {policy} cannot agree to it; a second person has to."""


class OwnerHasToAgree(Refusal):
    """{policy} is owned by the role {role}; somebody who holds it has to agree."""


class ScopeUnknown(Invalid):
    """The scope of a {kind} policy cannot hold {name}: it maps facts that are codes to lists of codes."""


class OwnerRoleUnknown(Invalid):
    """There is no role {role} that could own a policy."""


class KindUnknown(Invalid):
    """There is no kind of policy called {kind}; the kinds are {kinds}."""


@dataclass
class Held:
    """A version under lock, as the batch has left it so far."""

    id: int
    kind: str
    version: int
    state: str
    revision: int
    digest: str
    content: Mapping[str, Any]
    scope: Mapping[str, Sequence[str]]
    examples: Sequence[Mapping[str, Any]]
    owner_role: str
    effective_from: Any
    effective_to: Any
    authors: set[str] = field(default_factory=set)
    steps: dict[tuple[str, int], str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.kind}/{self.version}"

    def table(self) -> Table:
        """Its table."""
        return read_table(self.content)

    def read_examples(self) -> list[Example]:
        """Its examples."""
        return read_examples(self.kind, self.examples)

    def done_by(self, action: str, revision: int) -> str | None:
        """Who took a step at a revision, if anybody did."""
        return self.steps.get((action, revision))


def lock_versions(ctx: Context, version_ids: Sequence[int]) -> dict[int, Held]:
    """The versions named, under the lock of all publishing, with who did what to them. Two statements."""
    db.rows("SELECT value FROM kernel_epoch WHERE id = 1 FOR NO KEY UPDATE")
    found = db.rows(
        "SELECT v.id, v.kind, v.version, v.state, v.revision, v.digest, v.content, v.scope, v.examples, v.owner_role,"
        " v.effective_from, v.effective_to,"
        " coalesce((SELECT jsonb_agg(jsonb_build_array(s.action, s.revision, s.actor) ORDER BY s.id)"
        " FROM policies_policystep s WHERE s.version_id = v.id), '[]') AS steps"
        " FROM policies_policyversion v WHERE v.id = ANY(%s) ORDER BY v.id",
        [sorted(set(version_ids))],
    )
    held = {}
    for row in found:
        values = row._asdict()
        steps = values.pop("steps")
        version = Held(**values)
        version.authors = {actor for action, _, actor in steps if action in AUTHORS}
        version.steps = {(action, revision): actor for action, revision, actor in steps}
        held[row.id] = version
    return held


def pick(held: Mapping[int, Held], version_id: int, revision: int) -> Held:
    """A version as it was when it was looked at. Raises `VersionUnknown`, `DraftChanged`."""
    found = held.get(version_id)
    if found is None:
        raise VersionUnknown(version_id=version_id)
    if found.revision != revision:
        raise DraftChanged(policy=found.name, now=found.revision, given=revision)
    return found


def step(ctx: Context, version: Held, action: str, reason: str = "") -> dict[str, Any]:
    """A step as a row for `PolicyStep`; the version remembers it."""
    version.steps[action, version.revision] = ctx.actor
    if action in AUTHORS:
        version.authors.add(ctx.actor)
    return {
        "id": ctx.new_id(),
        "version_id": version.id,
        "action": action,
        "revision": version.revision,
        "digest": version.digest,
        "reason": reason,
        "actor": ctx.actor,
        "at": ctx.at,
        "command_id": ctx.command_id,
    }


def write_steps(steps: Sequence[dict[str, Any]]) -> None:
    """Put steps on record."""
    db.insert(PolicyStep, steps)


def write_states(versions: Sequence[Held]) -> None:
    """Write where versions stand now, and when they answer."""
    rows = {
        version.id: {
            "id": version.id,
            "state": version.state,
            "effective_from": version.effective_from,
            "effective_to": version.effective_to,
        }
        for version in versions
    }
    db.update(PolicyVersion, [rows[key] for key in sorted(rows)])


def end_their_shadows(ctx: Context, versions: Sequence[Held]) -> None:
    """End the shadows of versions that go back to their writers, who may make others of them.

    At most two statements, none for nobody; the lock of all publishing is held.
    """
    if not versions:
        return
    ended = db.rows(
        "UPDATE policies_shadow SET ended_at = %s, ended_by = %s WHERE version_id = ANY(%s::bigint[])"
        " AND ended_at IS NULL RETURNING id",
        [ctx.at, ctx.actor, sorted(version.id for version in versions)],
    )
    if ended:
        db.execute("UPDATE kernel_epoch SET value = nextval('kernel_id_seq') WHERE id = 1")
        forget()


def checked_table(kind: str, stored: Any) -> Table:
    """A table of this kind; what its cells say is not looked at.

    Raises `KindUnknown`, `TableMalformed`, and `NodeRefused` for a graph with other nodes than a table.
    """
    if kind not in FACTS:
        raise KindUnknown(kind=kind[:40], kinds=", ".join(sorted(FACTS)))
    table = read_any(kind, stored)
    if table.kind != kind:
        raise TableMalformed(reason=f"it is a table of {table.kind}, not of {kind}")
    return table


def check_owner_and_scope(kind: str, owner_role: str, scope: Mapping[str, Sequence[str]]) -> None:
    """Raise `OwnerRoleUnknown` or `ScopeUnknown`."""
    if owner_role not in ROLES:
        raise OwnerRoleUnknown(role=owner_role)
    codes = {fact.name for fact in FACTS[kind] if fact.type in (Type.CODE, Type.CHOICE)}
    for name, words in scope.items():
        if name not in codes or isinstance(words, str) or not words:
            raise ScopeUnknown(kind=kind, name=name)


def scope_key(scope: Mapping[str, Sequence[str]]) -> bytes:
    """A scope as bytes that are equal where scopes are."""
    return orjson.dumps({name: sorted(codes) for name, codes in scope.items()}, option=orjson.OPT_SORT_KEYS)
