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


@dataclass(frozen=True)
class Part:
    """One table of a file: the file itself, or one sheet of a workbook."""

    name: str
    header: Header
    chunks: Iterator[Chunk]


Read = Callable[[int], None]
"""Told how many bytes of the file were consumed; readers that count rows give their share of the bytes."""
