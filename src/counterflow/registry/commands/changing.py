"""Changing records of master data: what is said replaces what was there, what is not said stays.

The rooms that own the records call this inside their commands. Every difference becomes a row of history,
written in the same statement as the record itself.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import models

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import Conflict, DomainError, Invalid, NotFound
from counterflow.registry.models import Change

T = TypeVar("T")
Values = dict[str, Any]
TEXT_MAX = 2_000


class RecordMissing(NotFound):
    """There is no {what} {code}."""


class RecordChanged(Conflict):
    """The {what} {code} was changed by somebody else since you read it: it is at version {now}, you speak of {version};
    look at it as it is now and save again what still holds."""


class FieldNotClearable(Invalid):
    """{field} of {what} {code} cannot be left empty."""


@dataclass(frozen=True)
class Shape:
    """How records of a kind are changed.

    `locked` selects id, version, the key and the fields of the records whose key is in arrays, under lock.
    `fields` may change. Those in `clearable` may become empty, which is the value given there. `private`
    fields are told without their content. `worded` says how a value reads in the history, `called` how the
    history calls a record that it may not call by its key.
    """

    what: str
    model: type[models.Model]
    key: tuple[str, ...]
    fields: tuple[str, ...]
    locked: str
    clearable: Mapping[str, Any] = field(default_factory=dict)
    private: frozenset[str] = frozenset()
    worded: Mapping[str, Callable[[Any, Values], str]] = field(default_factory=dict)
    called: Callable[[Values], str] | None = None


@dataclass(frozen=True)
class Note:
    """One difference of one record; without a field, that the record was made."""

    kind: str
    record_id: int
    code: str
    version: int = 1
    field: str = ""
    old: str = ""
    new: str = ""
    kept: bool = True


Check = Callable[[Values, Values], Values]
"""Given what is asked and the record before, the values in their stored form; raises a `DomainError`."""
Columns = Callable[[Values], Values]
"""A changed record's columns."""


def change_records(
    ctx: Context,
    shape: Shape,
    items: Sequence[T],
    *,
    check: Check,
    columns: Columns,
    extra: Callable[[Values], None] | None = None,
) -> Batch:
    """Change each record; the same values again are a replay. `extra` is told each record that changed.

    Refuses `RecordMissing`, `RecordChanged`, `FieldNotClearable` and what `check` raises. Two statements.
    """
    keys = [[getattr(item, name) for item in items] for name in shape.key]
    known = {
        tuple(getattr(row, name) for name in shape.key): row._asdict()
        for row in db.lock(ctx, Rank.KEY, shape.locked, keys)
    }
    changed: dict[int, Values] = {}
    notes: list[Note] = []
    results: list[Done | Refused] = []
    for item in items:
        key = tuple(getattr(item, name) for name in shape.key)
        code = ":".join(map(str, key))
        try:
            if key not in known:
                raise RecordMissing(what=shape.what, code=code[:80])
            before = known[key]
            after = {**before, **check(_asked(shape, item, code), before)}
            told = _differences(shape, code, before, after)
            if not told:
                results.append(Done(code, {"id": before["id"], "version": before["version"]}, replayed=True))
                continue
            version = getattr(item, "version", None)
            if version is not None and version != before["version"]:
                raise RecordChanged(what=shape.what, code=code[:80], now=before["version"], version=version)
            after["version"] = before["version"] + 1
            known[key] = changed[before["id"]] = after
            notes += told
            if extra is not None:
                extra(after)
            results.append(Done(code, {"id": before["id"], "version": after["version"]}))
        except DomainError as error:
            results.append(Refused.of(code, error))
    db.update(shape.model, [{"id": n, "version": row["version"], **columns(row)} for n, row in sorted(changed.items())])
    note(ctx, notes)
    return Batch(results)


def _asked(shape: Shape, item: Any, code: str) -> Values:
    """What an item says; a field that is None or () says nothing, one named in `clear` becomes empty."""
    asked = {name: value for name in shape.fields if (value := getattr(item, name, None)) not in (None, ())}
    for name in item.clear:
        if name not in shape.clearable:
            raise FieldNotClearable(field=str(name)[:40], what=shape.what, code=code[:80])
        asked[name] = shape.clearable[name]
    return asked


def _differences(shape: Shape, code: str, before: Values, after: Values) -> list[Note]:
    version = before["version"] + 1
    code = shape.called(before) if shape.called else code
    told = []
    for name in shape.fields:
        if _same(before[name], after[name]):
            continue
        if name in shape.private:
            told.append(Note(shape.what, before["id"], code, version, name, kept=False))
            continue
        worded = shape.worded.get(name)
        old, new = (worded(row[name], row) if worded else said(row[name]) for row in (before, after))
        told.append(Note(shape.what, before["id"], code, version, name, old, new))
    return told


def _same(one: Any, other: Any) -> bool:
    return (list(one) if isinstance(one, tuple) else one) == (list(other) if isinstance(other, tuple) else other)


def said(value: Any) -> str:
    """A value as the history writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    return str(value)[:TEXT_MAX]


def note(ctx: Context, notes: Iterable[Note]) -> None:
    """Write differences; they travel with the change itself in one statement, or in none for none."""
    db.insert(
        Change,
        [
            {
                "id": ctx.new_id(),
                "kind": told.kind,
                "record_id": told.record_id,
                "code": told.code,
                "version": told.version,
                "field": told.field,
                "old": told.old,
                "new": told.new,
                "kept": told.kept,
                "at": ctx.at,
                "by": ctx.actor,
                "source": ctx.source,
                "command_id": ctx.command_id,
            }
            for told in notes
        ],
    )
