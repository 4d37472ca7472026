"""Reads order books written as Parquet, in batches, with every column as text."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from counterflow.orders.importing.chunks import CHUNK_ROWS, Chunk, Part, Read
from counterflow.orders.importing.layouts import Header, recognise
from counterflow.orders.importing.problems import FileUnreadable, Refusal

MAGIC = b"PAR1"


def parts(path: Path, *, read: Read, encoding: str) -> Iterator[Part]:
    """The one table of a Parquet file. Raises `FileUnreadable` and what `recognise` raises."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise FileUnreadable(path=path.name, kind="Parquet", detail=str(error)[:200]) from error
    header = recognise(path.name, file.schema_arrow.names)
    share = path.stat().st_size / max(file.metadata.num_rows, 1)
    yield Part(path.name, header, _chunks(file, header, lambda rows: read(round(rows * share))))


def _chunks(file: Any, header: Header, read: Read) -> Iterator[Chunk]:
    names = file.schema_arrow.names
    wanted = {field: names[i] for field, i in header.positions.items()}
    first = 1
    try:
        for batch in file.iter_batches(CHUNK_ROWS, columns=list(wanted.values())):
            count = batch.num_rows
            columns = {field: _text(batch.column(name)) for field, name in wanted.items()}
            yield Chunk(pc.add(pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), count)), first - 1), columns)
            first += count
            read(count)
    except (pa.ArrowInvalid, OSError) as error:
        message = f"the file is damaged after row {first - 1}: {str(error)[:200]}"
        yield _broken(header, Refusal(first, "file_cut", message, is_row=False))


def _broken(header: Header, refusal: Refusal) -> Chunk:
    columns = {field: pa.nulls(0, pa.string()) for field in header.positions}
    return Chunk(pa.nulls(0, pa.int64()), columns, [refusal])


def _text(column: Any) -> Any:
    """Any column as text; what has no text (lists, structures) is shown as written."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    try:
        return pc.cast(column, pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())
