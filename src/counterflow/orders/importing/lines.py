"""Bytes of a file as blocks of physical lines, whatever is wrong with the bytes.

Memory is bounded by the block and the longest accepted row. A cut gzip stream gives every line before
the cut, then says that it was cut.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

BLOCK = 1 << 20
ROW_MAX = 200_000
"""Bytes of one physical line; a longer one is refused, and its rest is skipped unread."""


@dataclass(frozen=True)
class Block:
    """Consecutive physical lines without their line ends; `first` is the number of the first, from 1.

    `overlong` are the indexes of lines that were clipped; `cut` says that the file ended in the middle
    of the last line.
    """

    first: int
    lines: list[bytes]
    overlong: frozenset[int] = frozenset()
    cut: bool = False
    damage: str = ""


@dataclass
class Source:
    """The bytes of a file, unpacked; `read` is told how many raw bytes were consumed."""

    path: Path
    read: Callable[[int], None]
    damage: str = field(default="", init=False)

    def pieces(self) -> Iterator[bytes]:
        """Unpacked bytes, piece by piece; stops at damage and keeps it in `damage`."""
        with self.path.open("rb") as file:
            head = file.read(2)
            file.seek(0)
            yield from self._unpacked(file.read) if head == b"\x1f\x8b" else self._plain(file.read)

    def _plain(self, read: Callable[[int], bytes]) -> Iterator[bytes]:
        while piece := read(BLOCK):
            self.read(len(piece))
            yield piece

    def _unpacked(self, read: Callable[[int], bytes]) -> Iterator[bytes]:
        """Gzip members one after the other; what was unpacked before damage has been given already."""
        inflate = zlib.decompressobj(wbits=31)
        waiting = b""
        while True:
            if not waiting:
                waiting = read(BLOCK // 4)
                self.read(len(waiting))
            if not waiting:
                break
            if inflate.eof:
                waiting = waiting.lstrip(b"\0")  # padding between members is allowed
                if not waiting:
                    continue
                inflate = zlib.decompressobj(wbits=31)
            spare = inflate.copy()
            try:
                piece = inflate.decompress(waiting, BLOCK)
            except zlib.error as error:
                self.damage = f"the gzip stream is damaged ({error})"
                yield _before_damage(spare, waiting)
                return
            waiting = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
            if piece:
                yield piece
        if not inflate.eof:
            self.damage = "the gzip stream ends before its end mark"


def _before_damage(inflate: "zlib._Decompress", data: bytes) -> bytes:
    """What can still be unpacked, byte by byte up to the damaged one."""
    found = []
    for n in range(len(data)):
        try:
            found.append(inflate.decompress(data[n : n + 1]))
        except zlib.error:
            break
    return b"".join(found)


def blocks(source: Source) -> Iterator[Block]:
    """Lines in blocks; the last block of a damaged file says so."""
    first, carry, skipping = 1, b"", False
    for piece in source.pieces():
        parts = (carry + piece).split(b"\n")
        carry = parts.pop()
        if skipping and parts:
            parts = parts[1:]  # the rest of an overlong line, whose head was given before
            skipping = False
        elif skipping:
            carry = b""
            continue
        overlong = {i for i, part in enumerate(parts) if len(part) > ROW_MAX}
        if len(carry) > ROW_MAX:
            overlong.add(len(parts))
            parts.append(carry)
            carry, skipping = b"", True
        if parts:
            yield Block(first, [_clean(part) for part in parts], frozenset(overlong))
            first += len(parts)
    if carry or source.damage:
        yield Block(first, [_clean(carry)] if carry else [], cut=bool(source.damage and carry), damage=source.damage)


def _clean(line: bytes) -> bytes:
    return line[: ROW_MAX + 1].removesuffix(b"\r")
