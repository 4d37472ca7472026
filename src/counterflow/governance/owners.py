"""Who answers for what: the owner of each policy in force and of each queue, and the thresholds that policies hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from counterflow.access.queries import people_by_role
from counterflow.access.roles import ROLES
from counterflow.policies.cells import Other, Range, read
from counterflow.policies.facts import FACTS, Type
from counterflow.policies.queries import Version, versions_known
from counterflow.workqueue.kinds import KINDS


@dataclass(frozen=True)
class PolicyOwner:
    """A version in force and who owns it; `holders` people hold that role, and `reviewers` may agree to a change."""

    kind: str
    version: int
    name: str
    scope: Mapping[str, Sequence[str]]
    effective_from: datetime
    effective_to: datetime | None
    owner_role: str
    owner: str
    holders: int
    rows: int


@dataclass(frozen=True)
class QueueOwner:
    """A queue of cases, the kinds that join it, and the role that owns these; `holders` people hold it."""

    queue: str
    kinds: tuple[str, ...]
    owner_role: str
    owner: str
    holders: int


@dataclass(frozen=True)
class Threshold:
    """A limit in a row of a policy in force: which fact, what it says of it, and which currency it is meant for.

    `text` is the row's own words; `limit` is written as in the table.
    """

    kind: str
    version: int
    scope: Mapping[str, Sequence[str]]
    row: str
    text: str
    fact: str
    meaning: str
    limit: str
    currency: str
    owner_role: str


def in_force(at: datetime) -> list[Version]:
    """The versions that answer at an instant, by kind, the narrowest scope first. One statement."""
    found = [version for version in versions_known().values() if version.answers_at(at)]
    return sorted(found, key=lambda version: (version.kind, -len(version.scope), version.version))


def policy_owners(*, at: datetime) -> list[PolicyOwner]:
    """The policies in force with their owners. Two statements."""
    held = people_by_role()
    return [
        PolicyOwner(
            kind=version.kind,
            version=version.version,
            name=version.name,
            scope=version.scope,
            effective_from=version.effective_from,
            effective_to=version.effective_to,
            owner_role=version.owner_role,
            owner=role_name(version.owner_role),
            holders=len(held.get(version.owner_role, ())),
            rows=len(version.table.rows),
        )
        for version in in_force(at)
    ]


def queue_owners() -> list[QueueOwner]:
    """The queues of cases with their owners: a queue has a line for each role that owns some of its kinds."""
    held = people_by_role()
    kinds: dict[tuple[str, str], list[str]] = {}
    for kind in KINDS.values():
        kinds.setdefault((kind.queue, kind.owner_role), []).append(kind.code)
    return [
        QueueOwner(queue, tuple(codes), role, role_name(role), len(held.get(role, ())))
        for (queue, role), codes in kinds.items()
    ]


def thresholds(*, at: datetime, kind: str = "") -> list[Threshold]:
    """Every limit on a number in the policies in force, row by row. One statement."""
    return [threshold for version in in_force(at) if kind in ("", version.kind) for threshold in _thresholds(version)]


def _thresholds(version: Version) -> list[Threshold]:
    numbers = {fact.name: fact.meaning for fact in FACTS[version.kind] if fact.type is Type.INTEGER}
    return [
        Threshold(
            kind=version.kind,
            version=version.version,
            scope=version.scope,
            row=row.id,
            text=row.agent,
            fact=name,
            meaning=numbers[name],
            limit=cell,
            currency=row.when.get("currency", "").replace("'", ""),
            owner_role=version.owner_role,
        )
        for row in version.table.rows
        for name, cell in row.when.items()
        if name in numbers and isinstance(read(cell), (Range, Other))
    ]


def role_name(code: str) -> str:
    """A role as people call it; its code where there is none such any more."""
    return ROLES[code].name if code in ROLES else code
