"""Questions to the policies: which table answers now, what does it say, what did it say before.

Prepared tables are kept in the process. A command knows from its claim statement whether anything was
published since (`ctx.config_epoch`), so in steady state a decision costs no SQL; after a publication it
costs one statement, once a process.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from counterflow.kernel import db
from counterflow.kernel.errors import DomainError, InvariantBroken, NotFound
from counterflow.policies.engine import Prepared, prepare
from counterflow.policies.examples import NO_ROW, SCORE_MAX
from counterflow.policies.facts import ADDED_UP, completed
from counterflow.policies.tables import Row, Table, read_table


class PolicyMissing(NotFound):
    """No version of the policy {kind} answers at {at}; publish one, or install the shipped tables."""


class PolicyVersionNotFound(NotFound):
    """There is no version of a policy with the id {version_id}."""


@dataclass(frozen=True)
class Version:
    """One version of a policy, with its table ready to answer."""

    id: int
    kind: str
    version: int
    name: str
    digest: str
    state: str
    owner_role: str
    effective_from: datetime
    effective_to: datetime | None
    scope: Mapping[str, Sequence[str]]
    prepared: Prepared

    @property
    def table(self) -> Table:
        """The table as it was written."""
        return self.prepared.table

    def answers_at(self, at: datetime) -> bool:
        """Whether this version is in force at an instant."""
        return self.effective_from <= at and (self.effective_to is None or at < self.effective_to)

    def answers_for(self, facts: Mapping[str, Any]) -> bool:
        """Whether these facts lie within its scope."""
        return all(facts.get(name) in codes for name, codes in self.scope.items())


@dataclass(frozen=True)
class Answer:
    """What a policy says to one record of facts: the outcome, the row that fired, and why in words.

    `facts` are those the table saw, the derived ones included. `text` is for staff.
    """

    kind: str
    version_id: int
    row_id: str
    outcome: Mapping[str, Any]
    facts: Mapping[str, Any]
    text: str
    customer_text: str


@dataclass(frozen=True)
class Score:
    """What a table adds up to, 0 to 100, and the rows that added to it, each with its points and reason.

    `facts` are those the table saw, the derived ones included.
    """

    kind: str
    version_id: int
    points: int
    rows: Sequence[Row]
    facts: Mapping[str, Any]

    @property
    def row_id(self) -> str:
        """The rows that added to it, as a decision names them."""
        return " + ".join(row.id for row in self.rows) or NO_ROW

    @property
    def outcome(self) -> dict[str, Any]:
        """The score and its parts, as a decision keeps them."""
        parts = [{"row": row.id, "points": row.then["points"], "code": row.then["code"]} for row in self.rows]
        return {"points": self.points, "rows": parts}


@dataclass(frozen=True)
class DecisionRow:
    """A decision on record, with its row explained in the words of the version that made it."""

    id: int
    kind: str
    version_id: int
    version: int
    row_id: str
    subject_id: int
    facts: Mapping[str, Any]
    outcome: Mapping[str, Any]
    decided_at: datetime
    text: str
    customer_text: str
    override: Mapping[str, Any] | None
    override_reason: str | None
    overridden_by: str | None


@dataclass(frozen=True)
class VersionRow:
    """A version of a policy in a list."""

    id: int
    kind: str
    version: int
    name: str
    state: str
    owner_role: str
    effective_from: datetime | None
    effective_to: datetime | None
    scope: Mapping[str, Sequence[str]]
    digest: str
    created_at: datetime
    created_by: str


@dataclass(frozen=True)
class _Shelf:
    """What this process knows at one epoch: the versions of each kind, narrowest scope first; those decide silently."""

    database: str
    epoch: int
    versions: Mapping[str, Sequence[Version]]
    silent: Sequence[tuple[int, Version]] = ()


class _Cache:
    """The shelf in use. Replaced as a whole, so threads see the old one or the new one."""

    shelf: _Shelf | None = None


def decide(kind: str, facts: Sequence[Mapping[str, Any]], *, at: datetime, epoch: int | None = None) -> list[Answer]:
    """Answer each record of facts by the table in force at `at`, in the order given.

    Inside a command pass `ctx.config_epoch`, and no SQL is run unless a policy was published meanwhile.
    Raises `PolicyMissing`, `FactsRefused`.
    """
    if not facts:
        return []
    records = completed(kind, facts)
    in_force = active(kind, at=at, epoch=epoch)
    chosen = [_first_for(in_force, record, kind, at) for record in records]
    answers: dict[int, Answer] = {}
    for version in {version.id: version for version in chosen}.values():
        places = [place for place, choice in enumerate(chosen) if choice.id == version.id]
        mine = [records[place] for place in places]
        for place, record, row in zip(places, mine, version.prepared.fired(mine), strict=True):
            answers[place] = Answer(kind, version.id, row.id, row.then, record, row.agent, row.customer)
    return [answers[place] for place in range(len(records))]


def add_up(kind: str, facts: Sequence[Mapping[str, Any]], *, at: datetime, epoch: int | None = None) -> list[Score]:
    """Score each record of facts by a table whose rows add up, in the order given.

    SQL as `decide`. Raises `PolicyMissing`, `FactsRefused`.
    """
    if not facts:
        return []
    records = completed(kind, facts)
    in_force = active(kind, at=at, epoch=epoch)
    chosen = [_first_for(in_force, record, kind, at) for record in records]
    scores: dict[int, Score] = {}
    for version in {version.id: version for version in chosen}.values():
        places = [place for place, choice in enumerate(chosen) if choice.id == version.id]
        mine = [records[place] for place in places]
        for place, record, rows in zip(places, mine, version.prepared.fitting(mine), strict=True):
            points = max(0, min(SCORE_MAX, sum(row.then["points"] for row in rows)))
            scores[place] = Score(kind, version.id, points, rows, record)
    return [scores[place] for place in range(len(records))]


def active(kind: str, *, at: datetime, epoch: int | None = None) -> list[Version]:
    """The versions of a kind in force at an instant, narrowest scope first, then newest.

    Without an `epoch` the database is asked. Raises `PolicyMissing` where none is in force.
    """
    found = [version for version in _shelf(epoch).versions.get(kind, ()) if version.answers_at(at)]
    if not found:
        raise PolicyMissing(kind=kind, at=at.isoformat())
    return found


def version(version_id: int) -> Version:
    """One version that is or was in force. Raises `PolicyVersionNotFound`."""
    for versions in _shelf(None).versions.values():
        for found in versions:
            if found.id == version_id:
                return found
    raise PolicyVersionNotFound(version_id=version_id)


def silent(epoch: int) -> Sequence[tuple[int, Version]]:
    """The versions that decide silently, each with the id of its shadow; no SQL in steady state."""
    return _shelf(epoch).silent


def narrowness(version_id: int, epoch: int) -> int:
    """How many facts the scope of a version in force or retired names; no SQL in steady state."""
    for versions in _shelf(epoch).versions.values():
        for found in versions:
            if found.id == version_id:
                return len(found.scope)
    return 0


def versions(*, kind: str | None = None, limit: int = 100) -> list[VersionRow]:
    """Versions of one kind or of all, newest first."""
    found = db.rows(
        "SELECT id, kind, version, name, state, owner_role, effective_from, effective_to, scope,"
        " digest, created_at, created_by FROM policies_policyversion"
        " WHERE (%s::text IS NULL OR kind = %s) ORDER BY kind, version DESC LIMIT %s",
        [kind, kind, limit],
    )
    return [VersionRow(**row._asdict()) for row in found]


def decisions(
    *,
    subject_ids: Sequence[int] | None = None,
    kind: str | None = None,
    overridden: bool | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[DecisionRow]:
    """Decisions on record, newest first; `before_id` continues a list. One or two statements."""
    found = db.rows(
        "SELECT d.id, d.kind, d.version_id, d.row_id, d.subject_id, d.facts,"
        " d.outcome, d.decided_at, d.override, d.override_reason, d.overridden_by"
        " FROM policies_decision d"
        " WHERE (%s::bigint[] IS NULL OR d.subject_id = ANY(%s)) AND (%s::text IS NULL OR d.kind = %s)"
        " AND (%s::boolean IS NULL OR (d.override IS NOT NULL) = %s) AND (%s::bigint IS NULL OR d.id < %s)"
        " ORDER BY d.id DESC LIMIT %s",
        [subject_ids, subject_ids, kind, kind, overridden, overridden, before_id, before_id, limit],
    )
    by_id = versions_known() if found else {}
    return [_explained(row, by_id[row.version_id]) for row in found]


def versions_known() -> dict[int, Version]:
    """Every version that is or was in force, by id. One statement."""
    return {v.id: v for known in _shelf(None).versions.values() for v in known}


def forget() -> None:
    """Drop what this process remembers; a transaction that publishes then sees its own tables."""
    _Cache.shelf = None


def _explained(row: Any, made_by: Version) -> DecisionRow:
    rows = made_by.prepared.rows
    if row.kind in ADDED_UP:
        reasons = [rows[part["row"]] for part in row.outcome["rows"]]
        text = " ".join(said.agent for said in reasons) or "Nothing adds to the score."
        customer = reasons[0].customer if reasons else ""
        return DecisionRow(version=made_by.version, text=text, customer_text=customer, **row._asdict())
    said = rows[row.row_id]
    return DecisionRow(version=made_by.version, text=said.agent, customer_text=said.customer, **row._asdict())


def _first_for(in_force: Sequence[Version], facts: Mapping[str, Any], kind: str, at: datetime) -> Version:
    for found in in_force:
        if found.answers_for(facts):
            return found
    raise PolicyMissing(kind=kind, at=at.isoformat())


def _shelf(epoch: int | None) -> _Shelf:
    """The versions known at an epoch; read again where another epoch is asked for.

    Without an epoch the database is asked for its own, and tells the versions only where that is another.
    """
    shelf, database = _Cache.shelf, str(connection.settings_dict["NAME"])
    if shelf is not None and shelf.database != database:
        shelf = None
    if shelf is not None and shelf.epoch == epoch:
        return shelf
    fresh = _read_shelf(shelf, database)
    # A shelf read by the very transaction that publishes is not kept: its rows may never be committed.
    # There the epoch of the rows is newer than the one the command claimed with.
    if fresh.epoch == epoch or (epoch is None and not connection.in_atomic_block):
        _Cache.shelf = fresh
    return fresh


def _read_shelf(before: _Shelf | None, database: str) -> _Shelf:
    found = db.rows(
        "SELECT e.value AS epoch, v.id, v.kind, v.version, v.name, v.content, v.digest, v.state,"
        " v.owner_role, v.effective_from, v.effective_to, v.scope, s.id AS shadow_id FROM kernel_epoch e"
        " LEFT JOIN (policies_policyversion v LEFT JOIN policies_shadow s ON s.version_id = v.id"
        " AND s.ended_at IS NULL AND s.digest = v.digest AND v.state IN ('in_review', 'approved'))"
        " ON (v.state IN ('active', 'retired') OR s.id IS NOT NULL) AND e.value <> %s"
        " WHERE e.id = 1 ORDER BY v.kind, v.version DESC",
        [-1 if before is None else before.epoch],
    )
    if before is not None and found[0].epoch == before.epoch:
        return before
    prepared = {v.id: v.prepared for known in before.versions.values() for v in known} if before else {}
    shelves: dict[str, list[Version]] = {}
    beside = [one for row in found if row.shadow_id is not None and (one := _beside(row)) is not None]
    for row in found:
        if row.id is not None and row.shadow_id is None:
            shelves.setdefault(row.kind, []).append(_version(row, prepared.get(row.id)))
    for known in shelves.values():
        known.sort(key=lambda v: (len(v.scope), v.effective_from), reverse=True)
    return _Shelf(database, found[0].epoch, shelves, beside)


def _beside(row: Any) -> tuple[int, Version] | None:
    """A version that decides silently; nothing where its table can no longer be prepared, for it must stop nobody."""
    with suppress(DomainError, RuntimeError):
        return row.shadow_id, _version(row, None)
    return None


def _version(row: Any, prepared: Prepared | None) -> Version:
    values = row._asdict()
    content = values.pop("content")
    values.pop("epoch")
    values.pop("shadow_id")
    # The content of a version never changes, so what was prepared under its id stays good.
    if prepared is None or prepared.table.digest() != row.digest:
        prepared = prepare(read_table(content))
    if prepared.table.digest() != row.digest:
        raise InvariantBroken(f"the policy {row.kind} {row.version} is not what was published: its digest differs")
    return Version(prepared=prepared, **values)
