"""Posting in batches, and importing an order book against a bare COPY of its rows."""

import io
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from psycopg import sql

from counterflow.config import database
from counterflow.config.bench.company import CHANNEL, context
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.kernel.context import Context
from counterflow.ledger.chart import State
from counterflow.ledger.posting import Entry, Move, Place, post
from counterflow.orders.importing.run import Imported, Options, import_files

ENTRIES_A_CALL = 1_000
TYPES = {"int": "bigint", "dou": "double precision", "tim": "timestamp"}


@command(needs="ledger.open")
def post_openings(ctx: Context, *, entity: int, node: int, skus: Sequence[int], entries: int) -> Batch:
    """Post opening entries of two pieces each, spread over the items."""
    made = []
    for n in range(entries):
        item = skus[n % len(skus)]
        pool = Place(entity, State.AVAILABLE, item, node=node, bucket="pool")
        move = Move(Place(entity, State.OPENING, item), pool, 2, 1600)
        made.append(Entry(ctx.new_id(), entity, "open", ctx.at, [move]))
    post(ctx, made)
    return Batch([Done("posted")])


def posting(entries: int) -> dict[str, float]:
    """Post entries of four lines each, a thousand a call."""
    place = db.rows("SELECT entity_id, id FROM facilities_node ORDER BY id LIMIT 1")[0]
    skus = [row.id for row in db.rows("SELECT id FROM catalog_item ORDER BY id")]
    started = time.perf_counter()
    for _ in range(0, entries, ENTRIES_A_CALL):
        post_openings(context(), entity=place.entity_id, node=place.id, skus=skus, entries=ENTRIES_A_CALL)
    return {"entries": entries, "entries_a_second": round(entries / (time.perf_counter() - started), 1)}


def importing(book: str) -> dict[str, float]:
    """Import a book as orders, and COPY the same rows into a table without indexes."""
    path = Path(book)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        done = list(import_files(context(), [path], Options(CHANNEL, Path(folder) / "refused.csv")))
        seconds = time.perf_counter() - started
    rows = sum(one.rows for one in done if isinstance(one, Imported))
    bare = _bare_copy(path)
    return {
        "rows": rows,
        "import_seconds": round(seconds, 2),
        "bare_copy_seconds": round(bare, 2),
        "times_bare_copy": round(seconds / bare, 2),
    }


def _bare_copy(path: Path) -> float:
    """Seconds of a COPY of the file's rows, from memory, into a plain logged table."""
    table = pq.read_table(path) if path.suffix == ".parquet" else pacsv.read_csv(path)
    buffer = io.BytesIO()
    pacsv.write_csv(table, buffer, pacsv.WriteOptions(include_header=False))
    columns = ", ".join(f"c{n} {_type(field.type)}" for n, field in enumerate(table.schema))
    with psycopg.connect(database.owner_url(), autocommit=True) as connection:
        connection.execute(f"CREATE TABLE bench_bare ({columns})")
        started = time.perf_counter()
        with connection.cursor().copy(sql.SQL("COPY bench_bare FROM STDIN (FORMAT csv)")) as copy:
            copy.write(buffer.getvalue())
        seconds = time.perf_counter() - started
        connection.execute("DROP TABLE bench_bare")
    return seconds


def _type(kind: Any) -> str:
    return TYPES.get(str(kind)[:3], "text")
