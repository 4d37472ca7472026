"""Which reader a file needs, by its first bytes, not by its name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from counterflow.orders.importing import read_csv, read_parquet, read_xlsx
from counterflow.orders.importing.chunks import Part, Read
from counterflow.orders.importing.problems import FileEmpty, FileMissing


class Reader(Protocol):
    """Gives the parts of a file, telling `read` how far it is."""

    def __call__(self, path: Path, *, read: Read, encoding: str) -> Iterator[Part]: ...


READERS: tuple[tuple[bytes, Reader], ...] = (
    (read_parquet.MAGIC, read_parquet.parts),
    (read_xlsx.MAGIC, read_xlsx.parts),
    (b"", read_csv.parts),
)


def parts(path: Path, *, read: Read, encoding: str = "utf-8") -> Iterator[Part]:
    """The tables of a file. Raises `FileMissing`, `FileEmpty` and what its reader raises."""
    if not path.is_file():
        raise FileMissing(path=str(path))
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise FileEmpty(path=path.name)
    reader = next(reader for magic, reader in READERS if head.startswith(magic))
    yield from reader(path, read=read, encoding=encoding)
