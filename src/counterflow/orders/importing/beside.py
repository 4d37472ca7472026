"""Lines of shipments, copied on a connection of their own while another copies the lines of orders.

One connection is one processor of the database, and a book is two rows a line. What is copied here is committed
just before its orders are written: until those are committed nobody comes across it, since everybody comes from an
order. The commit leaves a note (`LinesAhead`) of what to take away, and the orders' own transaction takes the note
away. So a note that stays belongs to an import that failed or was killed: `sweep` removes its lines.
"""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import orjson
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection

from counterflow.kernel import db
from counterflow.orders.importing.staging import Copying, Piece

SWEEP = """
WITH gone AS (DELETE FROM orders_linesahead WHERE {which} RETURNING runs)
DELETE FROM orders_shipmentline s USING gone, jsonb_array_elements(gone.runs) r
WHERE s.order_line_id BETWEEN (r ->> 0)::bigint AND (r ->> 1)::bigint
"""


def sweep(channel_id: int) -> None:
    """Remove what imports that were cut left behind; for whoever holds the lock of the channel. One statement."""
    db.execute(SWEEP.format(which="channel_id = %s"), [channel_id])


class Beside:
    """The second connection of one import. Use it around the transaction of the first."""

    def __init__(self) -> None:
        self._raw: Any = None
        self._copying: Copying | None = None
        self._runs: list[tuple[int, int]] = []
        self._note: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._copying is not None:
            self._copying.stop()
        if self._raw is None:
            return
        with self._raw:
            if error is not None and self._note is not None:
                # Whether the orders were committed is what the note tells: this waits for their transaction to end.
                self._raw.execute(SWEEP.format(which="id = %s"), [self._note])
            elif error is not None:
                self._raw.rollback()

    def start(self, pieces: Sequence[Piece], order_line_ids: Any) -> None:
        """Copy the lines of shipments of these order lines once those before are in."""
        if not pieces:
            return
        if self._copying is None:
            self._raw = connection.get_new_connection(connection.get_connection_params())
            self._copying = Copying(self._raw)
        self._runs += _runs(order_line_ids)
        self._copying.start(pieces)

    def commit(self, channel_id: int) -> None:
        """Commit what was copied, with the note that tells what to take away."""
        if self._copying is None:
            return
        self._copying.wait()
        with connection.wrap_database_errors:
            found = self._raw.execute(
                "INSERT INTO orders_linesahead (channel_id, runs) VALUES (%s, %s) RETURNING id",
                [channel_id, orjson.dumps(self._runs).decode()],
            ).fetchone()
            self._raw.commit()
        self._note = found[0]

    def keep(self) -> None:
        """Take the note away in the transaction of the orders, with which the lines begin to count. One statement."""
        if self._note is not None:
            db.execute("DELETE FROM orders_linesahead WHERE id = %s", [self._note])


def _runs(ids: Any) -> list[tuple[int, int]]:
    """Ascending ids as runs without gaps: first and last of each."""
    if not len(ids):
        return []
    ids = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
    breaks = pc.indices_nonzero(pc.not_equal(pc.subtract(ids[1:], ids[:-1]), 1)).to_pylist()
    firsts, lasts = [0, *(n + 1 for n in breaks)], [*breaks, len(ids) - 1]
    return list(zip(pc.take(ids, firsts).to_pylist(), pc.take(ids, lasts).to_pylist(), strict=True))
