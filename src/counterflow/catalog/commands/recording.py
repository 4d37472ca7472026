"""Recording small documents by their identity: the same content is a replay, other content is refused."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import models

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Invalid
from counterflow.registry.commands.changing import Note, note

T = TypeVar("T")
Values = dict[str, Any]


class CodeUnreadable(Invalid):
    """A {name} is a word that people can read and type: not empty, no space around it, no invisible characters."""


def record_rows(
    ctx: Context,
    model: type[models.Model],
    items: Sequence[T],
    *,
    what: str,
    key: Sequence[str],
    row_of: Callable[[T], Values],
    replaceable: str = "",
) -> Batch:
    """Insert what is new, in the order of the items; `row_of` gives an item's columns or raises a `DomainError`.

    `key` names the text columns that are the identity, and row_of's first values in that order. A row
    whose boolean column `replaceable` is set is taken over by new content instead of refusing it.
    At most three statements, whatever the number of items.
    """
    wanted: list[Values | DomainError] = [_row(row_of, item, key) for item in items]
    known = _known(model, key, [row for row in wanted if isinstance(row, dict)], replaceable)
    fresh: list[Values] = []
    changed: dict[int, Values] = {}
    results: list[Done | Refused] = []
    for item, row in zip(items, wanted, strict=True):
        if isinstance(row, DomainError):
            results.append(Refused.of(str(getattr(item, key[-1], "")), row))
            continue
        identity = tuple(row[name] for name in key)
        said = ":".join(identity)
        before = known.get(identity)
        if before is None:
            made = {"id": ctx.new_id(), **row}
            fresh.append(made)
            known[identity] = {**made, "_open": False}
            results.append(Done(said, {"id": made["id"]}))
        elif before["_open"]:
            changed[before["id"]] = {"id": before["id"], **row}
            known[identity] = {**changed[before["id"]], "_open": False}
            results.append(Done(said, {"id": before["id"]}))
        elif all(before[name] == (value or None if isinstance(value, list) else value) for name, value in row.items()):
            results.append(Done(said, {"id": before["id"]}, replayed=True))
        else:
            results.append(Refused.of(said, IdentityReused(what=what, identity=said)))
    db.insert(model, fresh)
    db.update(model, list(changed.values()))
    note(ctx, [Note(what, row["id"], ":".join(row[name] for name in key)) for row in [*fresh, *changed.values()]])
    return Batch(results)


def _row(row_of: Callable[[T], Values], item: T, key: Sequence[str]) -> Values | DomainError:
    try:
        row = row_of(item)
        for name in key:
            if not (row[name] and row[name] == row[name].strip() and row[name].isprintable()):
                raise CodeUnreadable(name=name)
        return row
    except DomainError as error:
        return error


def _known(
    model: type[models.Model], key: Sequence[str], rows: Sequence[Values], replaceable: str
) -> dict[tuple[Any, ...], Values]:
    """Existing rows by identity; `_open` says that new content may take a row over."""
    names = list(rows[0]) if rows else list(key)
    flag = f", {replaceable}" if replaceable and replaceable not in names else ""
    arrays = ", ".join("%s::text[]" for _ in key)
    found = db.rows(
        f"SELECT id, {', '.join(names)}{flag} FROM {model._meta.db_table} "
        f"WHERE ({', '.join(key)}) IN (SELECT * FROM unnest({arrays})) ORDER BY id FOR NO KEY UPDATE",
        [[row[name] for row in rows] for name in key],
    )
    rows_by: dict[tuple[Any, ...], Values] = {}
    for row in found:
        values = row._asdict()
        values["_open"] = bool(replaceable and values[replaceable])
        rows_by[tuple(values[name] for name in key)] = values
    return rows_by
