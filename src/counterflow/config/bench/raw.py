"""The limit: the rows that lives write, written again by raw SQL into copies of the same tables.

What the lives of a run inserted is read back and inserted into clones that have the same columns, checks
and indexes; what they updated is updated by primary key. Single: five transactions a life, one statement a
table and transaction. Batch: a thousand lives at a time, one statement a table. No Python decides anything.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

SCHEMA = "bench_raw"
TRANSACTIONS = 5
INSERTED = (
    "kernel_commandkey",
    "kernel_commandrecord",
    "kernel_eventrecord",
    "kernel_delivery",
    "policies_decision",
    "returns_rma",
    "returns_rmaline",
    "returns_milestone",
    "returns_allocation",
    "receiving_unit",
    "receiving_inspection",
    "receiving_disposal",
    "refunds_credit",
    "refunds_creditline",
    "ledger_entry",
    "ledger_line",
    "ledger_balance_delta",
)
UPDATED = {
    "orders_shipmentline": 3,
    "returns_rmaline": 3,
    "receiving_unit": 2,
    "ledger_position": 6,
    "kernel_commandkey": 5,
}
KEYS = {"ledger_position": "account_id"}


@dataclass
class Rows:
    """The rows of one table, in the order they were written, and the columns."""

    table: str
    columns: list[str]
    types: list[str]
    values: list[tuple[Any, ...]]


def prepare(connection: psycopg.Connection[Any], after: int) -> list[Rows]:
    """Make the clones and read what was written after an id."""
    connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    connection.execute(f"CREATE SCHEMA {SCHEMA}")
    gathered = []
    for table in sorted({*INSERTED, *UPDATED}):
        connection.execute(f"CREATE TABLE {SCHEMA}.{table} (LIKE {table} INCLUDING ALL)")
    for table in INSERTED:
        gathered.append(_read(connection, table, after))
    for table in UPDATED:
        if table not in INSERTED:
            connection.execute(f"INSERT INTO {SCHEMA}.{table} SELECT * FROM {table}")
    connection.execute("ANALYZE")
    return [rows for rows in gathered if rows.values]


def _read(connection: psycopg.Connection[Any], table: str, after: int) -> Rows:
    columns = connection.execute(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [table],
    ).fetchall()
    key = "entry_id" if table == "ledger_line" else "id"
    names = [name for name, _ in columns]
    listed = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in names)
    query = sql.SQL("SELECT {} FROM {} WHERE {} > %s ORDER BY {}").format(
        listed, sql.Identifier(table), sql.Identifier(key), sql.Identifier(key)
    )
    values = connection.execute(query, [after]).fetchall()
    return Rows(table, names, [kind for _, kind in columns], values)


def write(connection: psycopg.Connection[Any], gathered: Sequence[Rows], lives: int, size: int, most: int) -> float:
    """Write the first `most` of `lives` lives' rows, `size` lives at a time; lives a second."""
    started = time.perf_counter()
    for first in range(0, most, size):
        for part in range(TRANSACTIONS):
            with connection.transaction():
                for rows in gathered[part::TRANSACTIONS]:
                    _insert(connection, rows, first, size, lives)
                for table in list(UPDATED)[part::TRANSACTIONS]:
                    _update(connection, table, UPDATED[table] * size)
    return most / (time.perf_counter() - started)


def _insert(connection: psycopg.Connection[Any], rows: Rows, first: int, size: int, lives: int) -> None:
    a, b = len(rows.values) * first // lives, len(rows.values) * (first + size) // lives
    chunk = rows.values[a:b]
    if not chunk:
        return
    casts = ", ".join("%s::text[]" for _ in rows.columns)
    picked = ", ".join(f"v.c{n}::{kind}" for n, kind in enumerate(rows.types))
    named = ", ".join(f"c{n}" for n in range(len(rows.columns)))
    statement = f"INSERT INTO {SCHEMA}.{rows.table} SELECT {picked} FROM unnest({casts}) AS v({named})"
    connection.execute(statement, [list(column) for column in zip(*chunk, strict=True)])


def _update(connection: psycopg.Connection[Any], table: str, count: int) -> None:
    key = KEYS.get(table, "id")
    connection.execute(
        f"UPDATE {SCHEMA}.{table} t SET {key} = t.{key} FROM"
        f" (SELECT {key} FROM {SCHEMA}.{table} ORDER BY {key} DESC LIMIT %s) k WHERE t.{key} = k.{key}",
        [count],
    )
