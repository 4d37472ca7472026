"""Questions about versions of policies in any state: all there is to one, and what stands where now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.errors import NotFound
from counterflow.kernel.found import Found
from counterflow.policies.examples import Example, read_examples
from counterflow.policies.queries import PolicyVersionNotFound
from counterflow.policies.tables import Table, read_table
from counterflow.registry.paging import contains


class PolicyNumberNotFound(NotFound):
    """There is no version {version} of the policy {kind}."""


_FILE = (
    "SELECT v.id, v.kind, v.version, v.name, v.state, v.owner_role, v.scope, v.effective_from, v.effective_to,"
    " v.digest, v.revision, v.created_at, v.created_by, v.based_on_id AS based_on, b.version AS based_on_version,"
    " v.content AS table, v.examples,"
    " coalesce((SELECT jsonb_agg(jsonb_build_object('action', s.action, 'revision', s.revision, 'digest', s.digest,"
    " 'reason', s.reason, 'actor', s.actor, 'at', s.at) ORDER BY s.id)"
    " FROM policies_policystep s WHERE s.version_id = v.id), '[]') AS steps"
    " FROM policies_policyversion v LEFT JOIN policies_policyversion b ON b.id = v.based_on_id"
)


@dataclass(frozen=True)
class StepRow:
    """A step in the life of a version: who did what, when, at which revision; `reason` is a code, or nothing."""

    action: str
    revision: int
    digest: str
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True)
class VersionFile:
    """A version with its content. `table` is the compact form; `based_on` the id of the version it departs from."""

    id: int
    kind: str
    version: int
    name: str
    state: str
    owner_role: str
    scope: Mapping[str, Sequence[str]]
    effective_from: datetime | None
    effective_to: datetime | None
    digest: str
    revision: int
    created_at: datetime
    created_by: str
    based_on: int | None
    based_on_version: int | None
    table: Mapping[str, Any]
    examples: Sequence[Mapping[str, Any]]
    steps: Sequence[StepRow]

    def read_table(self) -> Table:
        """Its table."""
        return read_table(self.table)

    def read_examples(self) -> list[Example]:
        """Its examples."""
        return read_examples(self.kind, self.examples)


@dataclass(frozen=True)
class ShelfRow:
    """A version in a list, with how often it was edited, its rows, and its last step."""

    id: int
    kind: str
    version: int
    name: str
    state: str
    owner_role: str
    scope: Mapping[str, Sequence[str]]
    effective_from: datetime | None
    effective_to: datetime | None
    revision: int
    rows: int
    examples: int
    changed_at: datetime
    changed_by: str
    action: str

    def stands(self, at: datetime) -> str:
        """Where it stands at an instant: its state, or planned, in_force or retired where it was activated."""
        if self.state != "active" or self.effective_from is None:
            return self.state
        if at < self.effective_from:
            return "planned"
        return "retired" if self.effective_to is not None and self.effective_to <= at else "in_force"


def version_file(*, version_id: int) -> VersionFile:
    """One version in any state with its table, examples and steps. Raises `PolicyVersionNotFound`."""
    found = _file("v.id = %s", [version_id])
    if found is None:
        raise PolicyVersionNotFound(version_id=version_id)
    return found


def version_of(*, kind: str, version: int) -> VersionFile:
    """The same by kind and number. Raises `PolicyNumberNotFound`."""
    found = _file("v.kind = %s AND v.version = %s", [kind, version])
    if found is None:
        raise PolicyNumberNotFound(kind=kind[:40], version=version)
    return found


def shelf(*, kind: str | None = None, limit: int = 1_000) -> list[ShelfRow]:
    """Versions of one kind, or of all kinds without what was withdrawn or retired; the newest first. One statement."""
    found = db.rows(
        "SELECT v.id, v.kind, v.version, v.name, v.state, v.owner_role, v.scope, v.effective_from, v.effective_to,"
        " v.revision, jsonb_array_length(v.content -> 'rows') AS rows, jsonb_array_length(v.examples) AS examples,"
        " coalesce(s.at, v.created_at) AS changed_at, coalesce(s.actor, v.created_by) AS changed_by,"
        " coalesce(s.action, 'publish') AS action"
        " FROM policies_policyversion v LEFT JOIN LATERAL (SELECT at, actor, action FROM policies_policystep"
        " WHERE version_id = v.id ORDER BY id DESC LIMIT 1) s ON true"
        " WHERE (v.kind = %s OR (%s::text IS NULL AND v.state NOT IN ('withdrawn', 'retired')))"
        " ORDER BY v.kind, v.version DESC LIMIT %s",
        [kind, kind, limit],
    )
    return [ShelfRow(**row._asdict()) for row in found]


def named(words: str, *, limit: int = 5) -> list[Found]:
    """Versions by a part of their name, or by kind and number such as refund 3; the named one first. One statement."""
    asked = " ".join(words.lower().replace("/", " ").split())
    found = db.rows(
        "SELECT kind, version, name, state,"
        " lower(name) = %s OR replace(kind, '_', ' ') || ' ' || version = replace(%s, '_', ' ') AS exact"
        " FROM policies_policyversion WHERE lower(name) LIKE %s"
        " OR replace(kind, '_', ' ') || ' ' || version = replace(%s, '_', ' ')"
        " ORDER BY exact DESC, state = 'active' DESC, kind, version DESC LIMIT %s",
        [words.lower(), asked, contains(words.lower()), asked, limit],
    )
    return [
        Found("policy", f"{row.kind}/{row.version}", row.name, _where(row.kind, row.version, row.state), row.exact)
        for row in found
    ]


def _where(kind: str, version: int, state: str) -> str:
    return f"{kind} {version}, {state}".replace("_", " ").capitalize()


def _file(where: str, values: list[Any]) -> VersionFile | None:
    found = db.rows(f"{_FILE} WHERE {where}", values)
    if not found:
        return None
    values_of = found[0]._asdict()
    steps = [StepRow(**{**s, "at": datetime.fromisoformat(s["at"])}) for s in values_of.pop("steps")]
    return VersionFile(steps=steps, **values_of)
