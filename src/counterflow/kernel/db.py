"""Plural reads and writes: one statement each, whatever the number of rows.

Rows travel as arrays through `unnest`, so the number of SQL statements of a command does not depend
on the size of its batch. Every write checks the number of rows it touched.
"""

from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import orjson
import psycopg
from django.db import connection, models
from psycopg.adapt import AdaptersMap
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import InvariantBroken

Row = Any
# A life of one return sends some fifty texts; the driver would keep a hundred and make room all the time.
PREPARED_MAX = 1_000
# Django prepares nothing unless asked; planning the look-ups anew costs more than running them.
PREPARE_AFTER = 3
_JSONB = 3802  # the type's fixed number in PostgreSQL's catalog
_counted: ContextVar[list[str] | None] = ContextVar("counted", default=None)


@contextmanager
def counting() -> Iterator[list[str]]:
    """Gather the text of every statement sent meanwhile; tests pin their number."""
    seen: list[str] = []
    token = _counted.set(seen)
    try:
        yield seen
    finally:
        _counted.reset(token)


@cache
def _row_type(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", names, rename=True)


class _Cursor(psycopg.Cursor[tuple[Any, ...]]):
    """A cursor with server-side parameters that sends every whole number as a bigint.

    The driver would pick the smallest type that holds a value, so one text would be prepared anew for
    each mixture of sizes.
    """

    _shared: WeakKeyDictionary[Any, AdaptersMap] = WeakKeyDictionary()

    @property
    def adapters(self) -> AdaptersMap:
        """The connection's adapters, but for whole numbers; made once a connection."""
        found = self._shared.get(self._conn)
        if found is None:
            found = AdaptersMap(self._conn.adapters)
            found.register_dumper(int, Int8BinaryDumper)
            found.register_dumper(int, Int8Dumper)
            self._shared[self._conn] = found
        return found


def _cursor() -> _Cursor:
    """A cursor on Django's own connection, inside its transaction."""
    connection.ensure_connection()
    raw = connection.connection
    if raw is None:
        raise InvariantBroken("no database connection")
    if raw.prepared_max != PREPARED_MAX:
        raw.prepared_max, raw.prepare_threshold = PREPARED_MAX, PREPARE_AFTER
    return _Cursor(raw)


def execute(sql: str, params: Sequence[Any] = ()) -> int:
    """Run one statement; the number of rows it touched."""
    flush()
    with connection.wrap_database_errors, _cursor() as cursor:
        _note(sql)
        cursor.execute(sql, params)
        return cursor.rowcount


def rows(sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> list[Row]:
    """Run one statement; its rows, with columns as attributes."""
    flush()
    with connection.wrap_database_errors, _cursor() as cursor:
        _note(sql)
        cursor.execute(sql, params)
        shape = _shapes.get(sql) or _learn(sql, cursor)
        if not shape.documents:
            return [shape.make(*row) for row in cursor.fetchall()]
        return [shape.make(*_parsed(row, shape.documents)) for row in cursor.fetchall()]


@dataclass(frozen=True)
class _Shape:
    """How rows of a statement are made, and which of their columns are documents."""

    make: Any
    documents: list[int]


# The text of a statement decides its columns, and asking a cursor for them costs more than a small query.
_shapes: dict[str, _Shape] = {}
_SHAPES_MAX = 5_000


def _learn(sql: str, cursor: psycopg.Cursor[tuple[Any, ...]]) -> _Shape:
    columns = cursor.description
    if columns is None:
        raise InvariantBroken(f"this statement returns no rows: {sql[:80]}")
    documents = [n for n, column in enumerate(columns) if column.type_code == _JSONB]
    shape = _Shape(_row_type(tuple(column.name for column in columns)), documents)
    if len(_shapes) >= _SHAPES_MAX:
        _shapes.clear()
    _shapes[sql] = shape
    return shape


def _parsed(row: Sequence[Any], documents: Sequence[int]) -> list[Any]:
    """A row with its documents read: Django's connections leave them as text."""
    values = list(row)
    for n in documents:
        values[n] = None if values[n] is None else orjson.loads(values[n])
    return values


def _note(sql: str) -> None:
    seen = _counted.get()
    if seen is not None:
        seen.append(sql)


def lock(ctx: Context, rank: Rank, sql: str, params: Sequence[Any] = ()) -> list[Row]:
    """Read rows under lock, in the one order of ranks; the statement orders by ascending id.

    `sql` ends in `ORDER BY <id> FOR NO KEY UPDATE [OF alias]`. Raises `InvariantBroken` when a higher
    rank was locked before, because two commands doing so could wait for each other for ever.
    """
    run = ctx.running
    if rank < run.rank:
        raise InvariantBroken(f"lock order: {rank.name} after {run.rank.name}")
    run.rank = rank
    return rows(sql, params)


@cache
def _columns(model: type[models.Model]) -> dict[str, str]:
    """Column types of a model, by column name."""
    found = {}
    for field in model._meta.concrete_fields:
        target = field.target_field if isinstance(field, models.ForeignKey) else field
        found[field.column] = target.db_type(connection) or "text"
    return found


def _source(model: type[models.Model], names: Sequence[str], values: Sequence[dict[str, Any]]) -> tuple[str, list[Any]]:
    """The unnest call that carries the rows, and its parameters.

    Columns that are arrays themselves travel as JSON text, because unnest flattens nested arrays.
    """
    types = _columns(model)
    casts, params = [], []
    for name in names:
        kind = types[name]
        column = [row[name] for row in values]
        if kind == "jsonb" or kind.endswith("[]"):
            casts.append("%b::text[]")
            params.append([None if v is None else orjson.dumps(v, default=str).decode() for v in column])
        else:
            casts.append(f"%b::{kind.split('(')[0]}[]")
            params.append([_plain(v) for v in column])
    return f"unnest({', '.join(casts)})", params


def _plain(value: Any) -> Any:
    """Enumerations as their text; all else as it is."""
    return str(value) if isinstance(value, str) else value


def _expression(model: type[models.Model], name: str) -> str:
    kind = _columns(model)[name]
    if kind == "jsonb":
        return f"v.{name}::jsonb"
    if kind.endswith("[]"):
        # An array of none is not the same as no array.
        listed = f"(SELECT coalesce(array_agg(e), '{{}}') FROM jsonb_array_elements_text(v.{name}::jsonb) e)"
        return f"CASE WHEN v.{name} IS NOT NULL THEN {listed}::{kind} END"
    return f"v.{name}"


def insert(model: type[models.Model], values: Sequence[dict[str, Any]]) -> None:
    """Insert rows (column name -> value, the same columns in each) by one statement; none for no rows."""
    if not values:
        return
    names = list(values[0])
    source, params = _source(model, names, values)
    listed = ", ".join(names)
    picked = ", ".join(_expression(model, name) for name in names)
    table = model._meta.db_table
    sql = f"INSERT INTO {table} ({listed}) SELECT {picked} FROM {source} AS v({listed})"
    _send(_Write(table, sql, params, len(values)))


def update(model: type[models.Model], values: Sequence[dict[str, Any]], *, key: str = "id") -> None:
    """Set columns of existing rows by one statement; every row must exist."""
    _change(model, values, key, "{name} = {value}")


def add(model: type[models.Model], values: Sequence[dict[str, Any]], *, key: str = "id") -> None:
    """Add to number columns of existing rows by one statement; every row must exist, each once."""
    _change(model, values, key, "{name} = t.{name} + {value}")


def _change(model: type[models.Model], values: Sequence[dict[str, Any]], key: str, form: str) -> None:
    if not values:
        return
    names = list(values[0])
    source, params = _source(model, names, values)
    sets = ", ".join(form.format(name=n, value=_expression(model, n)) for n in names if n != key)
    table = model._meta.db_table
    sql = f"UPDATE {table} AS t SET {sets} FROM {source} AS v({', '.join(names)}) WHERE t.{key} = v.{key}"
    _send(_Write(table, sql, params, len(values)))


@dataclass(frozen=True)
class _Write:
    """One write that waits for its neighbours, and the number of rows it must touch."""

    table: str
    sql: str
    params: list[Any]
    wanted: int


_waiting: ContextVar[list[_Write] | None] = ContextVar("waiting", default=None)


@contextmanager
def gathering() -> Iterator[None]:
    """Let consecutive writes to different tables travel in one statement.

    A command runs inside this. Whatever reads, locks or posts sends what is waiting first, and so does a
    second write to the same table, because the parts of one statement do not see each other's rows.
    """
    token = _waiting.set([])
    try:
        yield
        flush()
    finally:
        _waiting.reset(token)


def _send(write: _Write) -> None:
    waiting = _waiting.get()
    if waiting is None:
        _run([write])
        return
    if any(other.table == write.table for other in waiting):
        flush()
    waiting.append(write)


def flush() -> None:
    """Send the writes that wait; outside of a command none ever does."""
    waiting = _waiting.get()
    if waiting:
        writes, waiting[:] = list(waiting), []
        _run(writes)


def _run(writes: Sequence[_Write]) -> None:
    """Run writes as one statement, each a common table expression, and check the rows of each."""
    parts = ", ".join(f"w{n} AS ({write.sql} RETURNING 1)" for n, write in enumerate(writes))
    counts = ", ".join(f"(SELECT count(*) FROM w{n}) AS c{n}" for n in range(len(writes)))
    touched = rows(f"WITH {parts} SELECT {counts}", [p for write in writes for p in write.params])[0]
    for write, count in zip(writes, touched, strict=True):
        if count != write.wanted:
            raise InvariantBroken(f"{write.table}: {count} rows written where {write.wanted} were meant")


def json_default(value: Any) -> str:
    """How instants, dates and other plain things are written in stored JSON."""
    return value.isoformat() if isinstance(value, (date, datetime)) else str(value)
