"""The temporary table that a file is copied into before one command merges it.

It lives in the session, outside any transaction, so a command that starts again finds it whole. The
command deletes from it what it refuses or knows, inside its own transaction.
"""

from io import BytesIO
from typing import Any

import pyarrow.csv
from django.db import connection

from counterflow.kernel.errors import InvariantBroken

COLUMNS = {
    "id": "bigint DEFAULT nextval('kernel_id_seq')",
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
    "country": "text",
    "currency": "text",
    "line_no": "integer",
    "discount_minor": "bigint",
    "tax_minor": "bigint",
    "cost_minor": "bigint",
    "shipped_at": "timestamptz",
    "shipment": "text",
    "tender": "text",
    "tender_reference": "text",
}
_PLAIN = pyarrow.csv.WriteOptions(include_header=False)


def prepare() -> None:
    """Empty tables for a new file: its lines, and the lines that merging refuses."""
    listed = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.staged, pg_temp.staged_refused")
        cursor.execute(f"CREATE TEMP TABLE staged ({listed})")
        cursor.execute("CREATE TEMP TABLE staged_refused (line bigint, code text, message text, raw text)")


def encoded(table: Any) -> bytes:
    """Checked rows as the bytes that COPY takes."""
    buffer = BytesIO()
    pyarrow.csv.write_csv(table, buffer, _PLAIN)
    return buffer.getvalue()


def copy(names: list[str], rows: bytes) -> None:
    """Add rows, encoded with these columns in this order."""
    connection.ensure_connection()
    raw = connection.connection
    if raw is None:
        raise InvariantBroken("no database connection")
    sql = f"COPY pg_temp.staged ({', '.join(names)}) FROM STDIN (FORMAT csv)"
    with connection.wrap_database_errors, raw.cursor().copy(sql) as copying:
        copying.write(rows)


def refused() -> list[tuple[int, str, str, str]]:
    """Lines that merging refused: line, code, message, raw text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT line, code, message, raw FROM pg_temp.staged_refused ORDER BY line")
        return list(cursor.fetchall())


def drop() -> None:
    """Drop the tables once a file is done."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.staged, pg_temp.staged_refused")
