"""Reads order books written as CSV, plain or gzip, one bad row at a time.

A physical line with an even number of quotation marks is a whole record. One with an odd number opens
a cell that goes over lines; when it is not closed within bounds, that line alone is refused and reading
goes on at the next, so a stray mark cannot swallow the file.
"""

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from counterflow.orders.importing.chunks import CHUNK_ROWS, Chunk, Part, Read
from counterflow.orders.importing.layouts import Header, recognise
from counterflow.orders.importing.lines import ROW_MAX, Block, Source, blocks
from counterflow.orders.importing.problems import (
    EncodingUnknown,
    FileEmpty,
    FileInUtf16,
    FileUnreadable,
    Refusal,
    clip,
)

RECORD_LINES_MAX = 100
"""Physical lines that one quoted cell may span."""
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

csv.field_size_limit(ROW_MAX * RECORD_LINES_MAX)


def parts(path: Path, *, read: Read, encoding: str) -> Iterator[Part]:
    """The one table of a CSV file. Raises what `problems` names for files that cannot be an order book."""
    try:
        codecs.lookup(encoding)
    except LookupError as error:
        raise EncodingUnknown(encoding=encoding) from error
    source = Source(path, read)
    stream = blocks(source)
    first = next(stream, None)
    if first is None or not first.lines:
        if first is not None:
            raise FileUnreadable(path=path.name, kind="CSV", detail=first.damage)
        raise FileEmpty(path=path.name)
    if first.lines[0].startswith(UTF16):
        raise FileInUtf16(path=path.name)
    top = first.lines[0].removeprefix(codecs.BOM_UTF8).decode(encoding, "replace")
    try:
        header = recognise(path.name, next(csv.reader([top]), []))
    except csv.Error as error:
        raise FileUnreadable(path=path.name, kind="CSV", detail=f"its first line is no text ({error})") from error
    rest = Block(first.first + 1, first.lines[1:], frozenset(i - 1 for i in first.overlong), first.cut, first.damage)
    yield Part(path.name, header, _chunks(_after(rest, stream), header, encoding))


def _after(first: Block, stream: Iterator[Block]) -> Iterator[Block]:
    yield first
    yield from stream


class _Gathering:
    """Rows on their way into chunks of columns."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self.lines: list[int] = []
        self.rows: list[list[str]] = []
        self.refused: list[Refusal] = []

    def add(self, lines: list[int], rows: list[list[str]]) -> None:
        """Take rows of the header's width; refuse others; a row without any text is no row."""
        width = self.header.width
        if all(len(row) == width for row in rows):
            self.lines += lines
            self.rows += rows
            return
        for line, row in zip(lines, rows, strict=True):
            if len(row) == width:
                self.lines.append(line)
                self.rows.append(row)
            elif any(cell.strip() for cell in row):
                message = f"the row has {len(row)} cells and the header {width}"
                self.refuse(line, "columns_differ", message, ",".join(row))

    def refuse(self, line: int, code: str, message: str, raw: str, *, is_row: bool = True) -> None:
        self.refused.append(Refusal(line, code, message, clip(raw), is_row))

    def chunk(self) -> Chunk:
        """What was gathered since the last chunk."""
        turned = list(zip(*self.rows, strict=True)) or [()] * self.header.width
        columns = {name: pa.array(turned[i], pa.string()) for name, i in self.header.positions.items()}
        chunk = Chunk(pa.array(self.lines, pa.int64()), columns, self.refused)
        self.lines, self.rows, self.refused = [], [], []
        return chunk


def _chunks(stream: Iterator[Block], header: Header, encoding: str) -> Iterator[Chunk]:
    gathering = _Gathering(header)
    open_lines: list[tuple[int, str]] = []
    for block in stream:
        texts = _decoded(block, encoding, gathering)
        open_lines = _records([*open_lines, *texts], gathering, last=False)
        if block.damage:
            last = block.first + len(block.lines)
            gathering.refuse(last, "file_cut", f"{block.damage}; the rows above it were read", "", is_row=False)
        if len(gathering.rows) + len(gathering.refused) >= CHUNK_ROWS:
            yield gathering.chunk()
    _records(open_lines, gathering, last=True)
    yield gathering.chunk()


def _decoded(block: Block, encoding: str, gathering: _Gathering) -> list[tuple[int, str]]:
    """The block's readable lines with their numbers; refuses the rest."""
    lines = list(enumerate(block.lines, block.first))
    if block.overlong or block.cut:
        bad = {block.first + i for i in block.overlong}
        for number in sorted(bad):
            raw = block.lines[number - block.first].decode(encoding, "replace")
            gathering.refuse(number, "row_too_long", f"the row has more than {ROW_MAX:,} bytes", raw)
        if block.cut:
            number, line = lines[-1]
            bad.add(number)
            gathering.refuse(number, "file_cut", "the file ends within this row", line.decode(encoding, "replace"))
        lines = [pair for pair in lines if pair[0] not in bad]
    try:
        texts = b"\n".join(line for _, line in lines).decode(encoding).split("\n") if lines else []
        if len(texts) == len(lines) and "\0" not in "".join(texts):
            return [(number, text) for (number, _), text in zip(lines, texts, strict=True)]
    except UnicodeDecodeError:
        pass
    return [pair for number, line in lines for pair in _decoded_line(number, line, encoding, gathering)]


def _decoded_line(number: int, line: bytes, encoding: str, gathering: _Gathering) -> list[tuple[int, str]]:
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} of the row (0x{line[error.start]:02x}) is not {encoding}"
        gathering.refuse(number, "encoding", message, line.decode(encoding, "replace"))
        return []
    if "\0" in text:
        gathering.refuse(number, "control_character", "the row holds a NUL character", text.replace("\0", "␀"))
        return []
    return [(number, text)]


def _records(texts: list[tuple[int, str]], gathering: _Gathering, *, last: bool) -> list[tuple[int, str]]:
    """Turn lines into rows; returns the lines of a record that the next block may close."""
    odd = [i for i, (_, text) in enumerate(texts) if text.count('"') & 1]
    start = 0
    for k, i in enumerate(odd):
        if i < start:
            continue  # it closed the record before
        _whole(texts[start:i], gathering)
        start = i + 1
        if _is_whole(texts[i][1]):
            _whole(texts[i : i + 1], gathering)
            continue
        close = odd[k + 1] if k + 1 < len(odd) else None
        if close is None and not last and len(texts) - i < RECORD_LINES_MAX:
            return texts[i:]
        if close is not None and close - i < RECORD_LINES_MAX and _joined(texts[i : close + 1], gathering):
            start = close + 1
        else:
            gathering.refuse(texts[i][0], "quote_open", "a quotation mark is opened and not closed", texts[i][1])
    _whole(texts[start:], gathering)
    return []


def _is_whole(text: str) -> bool:
    """Whether a line with an odd quotation mark is a record: the mark stands inside a cell without quotes."""
    try:
        return len(list(csv.reader([text], strict=True))) == 1
    except csv.Error:
        return False


def _whole(texts: list[tuple[int, str]], gathering: _Gathering) -> None:
    """Lines that are a record each."""
    lines = [(number, text) for number, text in texts if text.strip()]
    try:
        rows = list(csv.reader(text for _, text in lines))
    except csv.Error:
        rows = []
    if len(rows) == len(lines):
        gathering.add([number for number, _ in lines], rows)
        return
    for number, text in lines:
        try:
            gathering.add([number], list(csv.reader([text])))
        except csv.Error as error:
            gathering.refuse(number, "quote_open", f"the row cannot be cut into cells ({error})", text)


def _joined(texts: list[tuple[int, str]], gathering: _Gathering) -> bool:
    """Take one record that spans these lines; False when they are none."""
    try:
        rows = list(csv.reader(["\n".join(text for _, text in texts)], strict=True))
    except csv.Error:
        return False
    if len(rows) != 1 or len(rows[0]) != gathering.header.width:
        return False
    gathering.add([texts[0][0]], rows)
    return True
