"""Questions to the registry: what changed, and which files wait."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from counterflow.kernel import db
from counterflow.kernel.errors import NotFound
from counterflow.kernel.found import literal

KINDS = ("item", "supplier", "brand", "reason", "mapping", "node", "authority", "channel", "calendar")
"""Kinds of records that are about no person."""


class IntakeMissing(NotFound):
    """There is no uploaded file {intake_id}."""


@dataclass(frozen=True)
class ChangeRow:
    """A difference of a record: field, from what, to what; without a field, that it was made."""

    id: int
    kind: str
    record_id: int
    code: str
    version: int
    field: str
    old: str
    new: str
    kept: bool
    at: datetime
    by: str
    source: str
    command_id: int
    command: str | None


_CHANGES = """
SELECT c.id, c.kind, c.record_id, c.code, c.version, c.field, c.old, c.new, c.kept, c.at, c.by, c.source,
       c.command_id, k.name AS command
FROM registry_change c LEFT JOIN kernel_commandrecord k ON k.id = c.command_id
"""


def changes(
    *,
    kinds: Sequence[str] | None = None,
    kind: str = "",
    record_id: int | None = None,
    search: str = "",
    field: str = "",
    by: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[ChangeRow]:
    """Changes, the newest first; `search` is how the record's code begins. One statement."""
    asked: list[tuple[str, list[Any]]] = [
        ("c.kind = ANY(%s::text[])", [list(kinds)] if kinds is not None else []),
        ("c.kind = %s", [kind] if kind else []),
        ("c.record_id = %s", [record_id] if record_id is not None else []),
        ("c.field = %s", [field] if field else []),
        ("c.by = %s", [by] if by else []),
        ("c.at >= %s", [since] if since else []),
        ("c.at < %s", [until] if until else []),
        ("c.id < %s", [before_id] if before_id is not None else []),
        ("upper(c.code) LIKE %s", [f"{literal(search.upper())}%"] if search else []),
    ]
    used = [(text, values) for text, values in asked if values]
    where = " AND ".join(text for text, _ in used) or "true"
    found = db.rows(
        f"{_CHANGES} WHERE {where} ORDER BY c.id DESC LIMIT %s", [v for _, values in used for v in values] + [limit]
    )
    return [ChangeRow(*row) for row in found]


@dataclass(frozen=True)
class IntakeRow:
    """An uploaded file, and how far it is taken over."""

    id: int
    kind: str
    file_name: str
    sha256: str
    state: str
    summary: Mapping[str, Any]
    problems: Sequence[Mapping[str, Any]]
    parts: int
    taken: int
    at: datetime
    by: str
    ended_at: datetime | None


_INTAKES = """
SELECT id, kind, file_name, sha256, state, summary, problems, parts, taken, at, by, ended_at FROM registry_intake
"""


def intake(*, intake_id: int) -> IntakeRow:
    """One uploaded file. Raises `IntakeMissing`."""
    found = db.rows(_INTAKES + "WHERE id = %s", [intake_id])
    if not found:
        raise IntakeMissing(intake_id=intake_id)
    return IntakeRow(*found[0])


def intakes(*, kind: str, limit: int = 10) -> list[IntakeRow]:
    """The latest uploaded files of a kind."""
    return [IntakeRow(*row) for row in db.rows(_INTAKES + "WHERE kind = %s ORDER BY id DESC LIMIT %s", [kind, limit])]


def part(*, intake_id: int, seq: int) -> list[dict[str, Any]]:
    """The rows of one part of a file; none where it is taken over already."""
    found = db.rows("SELECT rows FROM registry_intakepart WHERE intake_id = %s AND seq = %s", [intake_id, seq])
    rows: list[dict[str, Any]] = orjson.loads(zlib.decompress(bytes(found[0].rows))) if found else []
    return rows
