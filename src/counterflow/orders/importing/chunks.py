"""What every reader gives: columns of text with the line numbers of their rows, and the rows it refused."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from counterflow.orders.importing.layouts import Header
from counterflow.orders.importing.problems import Refusal

CHUNK_ROWS = 65_536


@dataclass(frozen=True)
class Chunk:
    """Rows as text. `columns` maps a layout's field to a string array; `lines` is an int64 array beside them."""

    lines: Any
    columns: dict[str, Any]
    refused: list[Refusal] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.lines)

    def raw(self, row: int) -> str:
        """A row's cells as the report shows them."""
        return ",".join(str(column[row].as_py() or "") for column in self.columns.values())

    def part(self, start: int, rows: int) -> "Chunk":
        """Some of its rows; the refusals go with the first of them."""
        columns = {name: column.slice(start, rows) for name, column in self.columns.items()}
        return Chunk(self.lines.slice(start, rows), columns, [] if start else self.refused)


def begun_small(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The same rows; the first chunk in growing parts, so that the database soon has something to do."""
    for first in chunks:
        start, rows = 0, max(1, CHUNK_ROWS // 8)
        while start < len(first) or not start:
            yield first.part(start, rows)
            start, rows = start + rows, 2 * rows
        break
    yield from chunks


@dataclass(frozen=True)
class Part:
    """One table of a file: the file itself, or one sheet of a workbook."""

    name: str
    header: Header
    chunks: Iterator[Chunk]


Read = Callable[[int], None]
"""Told how many bytes of the file were consumed; readers that count rows give their share of the bytes."""
