"""The report of refused rows: a CSV made only when there is something to say."""

import csv
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from counterflow.kernel.sheets import closed
from counterflow.orders.importing.problems import Refusal, mend

HEADER = ("file", "line", "code", "message", "how to mend", "row")


class Report:
    """Writes refusals as they come; counts the rows among them, not the notices about a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()

    @property
    def written(self) -> bool:
        """Whether anything was refused so far."""
        return self._file is not None

    def add(self, file: str, refusals: Iterable[Refusal]) -> int:
        """Write refusals of a file; how many of them are rows."""
        rows = 0
        for refusal in refusals:
            writer = csv.writer(self._open())
            cells = (file, refusal.line, refusal.code, refusal.message, mend(refusal.code), refusal.raw)
            writer.writerow([closed(cell) for cell in cells])
            rows += refusal.is_row
        self.rows += rows
        return rows

    def mark(self) -> tuple[int, int]:
        """Where the report stands: bytes written and rows refused."""
        if self._file is None:
            return 0, 0
        self._file.flush()
        return self._file.tell(), self.rows

    def rewind(self, mark: tuple[int, int]) -> None:
        """Forget what was added since the mark."""
        if self._file is None:
            return
        size, self.rows = mark
        if size:
            self._file.seek(size)
            self._file.truncate()
            return
        self._file.close()
        self.path.unlink()
        self._file = None

    def _open(self) -> TextIO:
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(HEADER)
        return self._file
