"""The temporary tables that a file is copied into before one command merges them.

They live as long as the transaction of their file. The command deletes from them what it refuses or knows.

`staged` holds the lines of orders that need a look, by the numbers of their heading and thing (`coding`); the
others are in the books already (`direct`), and `staged_used` names their things. `staged_apart` holds returns
and adjustments, `staged_refused` what merging refuses.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.csv
from django.db import connection

TABLES = {
    "staged_headings": {
        "heading": "integer",
        "line": "bigint",
        "number": "text",
        "customer": "text",
        "country": "text",
        "currency": "text",
        "happened_at": "timestamptz",
        "product": "boolean",
        "order_id": "bigint",
        "shipment_id": "bigint",
    },
    "staged_things": {"thing": "integer", "line": "bigint", "sku": "text", "description": "text", "kind": "text"},
    "staged_used": {"thing": "integer"},
    "staged": {
        "id": "bigint DEFAULT nextval('kernel_id_seq')",
        "shipped_id": "bigint DEFAULT nextval('kernel_id_seq')",
        "line": "bigint",
        "price_minor": "bigint",
        "heading": "integer",
        "thing": "integer",
        "quantity": "integer",
        "class": "smallint",
        "line_no": "integer",
        "discount_minor": "bigint",
        "tax_minor": "bigint",
        "cost_minor": "bigint",
        "shipped_at": "timestamptz",
        "shipment": "text",
        "tender": "text",
        "tender_reference": "text",
    },
    "staged_apart": {
        "line": "bigint",
        "class": "smallint",
        "number": "text",
        "sku": "text",
        "description": "text",
        "kind": "text",
        "quantity": "integer",
        "happened_at": "timestamptz",
        "price_minor": "bigint",
        "customer": "text",
    },
    "staged_refused": {"line": "bigint", "code": "text", "message": "text", "raw": "text"},
}
_PLAIN = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
_QUOTED = pyarrow.csv.WriteOptions(include_header=False)


@dataclass(frozen=True)
class Piece:
    """Rows for a table, as the bytes that COPY takes."""

    table: str
    columns: list[str]
    rows: bytes


def prepare() -> None:
    """Empty tables for a new file."""
    with connection.cursor() as cursor:
        _drop(cursor)
        for table, columns in TABLES.items():
            listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            cursor.execute(f"CREATE TEMP TABLE {table} ({listed})")


def encoded(name: str, table: Any) -> Piece:
    """Rows for the temporary table of this name, or for a table of the books."""
    return Piece(f"pg_temp.{name}" if name in TABLES else name, table.column_names, _csv(table, _QUOTED))


def encoded_codes(name: str, table: Any) -> Piece:
    """Rows whose texts are codes and never empty: most need no quotes, which are dear to write and to read."""
    try:
        return Piece(name, table.column_names, _csv(table, _PLAIN))
    except pa.ArrowInvalid:  # a comma, a quote or a line's end is in one of them
        return encoded(name, table)


def _csv(table: Any, options: Any) -> bytes:
    buffer = BytesIO()
    pyarrow.csv.write_csv(table, buffer, options)
    return buffer.getvalue()


class Copying:
    """Copies rows in a thread of its own, inside the transaction of a connection, whose maker goes on meanwhile.

    The connection does one thing at a time: whoever wants to ask it something calls `wait` first.
    """

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._running: Future[None] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if error is None:
            self.wait()

    def stop(self) -> None:
        """Return when nothing is under way any more, whatever happened: the transaction ends after this."""
        self._pool.shutdown(wait=True)

    def start(self, pieces: Sequence[Piece]) -> None:
        """Copy these once those before are in."""
        self.wait()
        self._running = self._pool.submit(_copy, self._raw, pieces)

    def wait(self) -> None:
        """Return when nothing is under way; raise what went wrong."""
        running, self._running = self._running, None
        if running:
            with connection.wrap_database_errors:
                running.result()


def here() -> Copying:
    """Copies inside the transaction of this thread."""
    connection.ensure_connection()
    return Copying(connection.connection)


def _copy(raw: Any, pieces: Sequence[Piece]) -> None:
    for piece in pieces:
        sql = f"COPY {piece.table} ({', '.join(piece.columns)}) FROM STDIN (FORMAT csv)"
        with raw.cursor().copy(sql) as copying:
            copying.write(piece.rows)


def refused() -> list[tuple[int, str, str, str]]:
    """Lines that merging refused: line, code, message, raw text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT line, code, message, raw FROM pg_temp.staged_refused ORDER BY line")
        return list(cursor.fetchall())


def drop() -> None:
    """Drop the tables once a file is done."""
    with connection.cursor() as cursor:
        _drop(cursor)


def _drop(cursor: Any) -> None:
    cursor.execute(f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{table}' for table in TABLES)}")
