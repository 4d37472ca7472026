"""The import of order books from files: read, check, stage, merge, report."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from hashlib import file_digest
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from django.db import DatabaseError, transaction

from counterflow.catalog.commands import SeenItem, ensure_items, install_reasons
from counterflow.kernel.commands import ITEMS_MAX, TRIES_MAX, asks_again
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.orders import queries
from counterflow.orders.adjustment_reasons import SHIPPED
from counterflow.orders.commands.import_book import Book, import_book, lock_channel
from counterflow.orders.importing import staging
from counterflow.orders.importing.ahead import ahead
from counterflow.orders.importing.beside import Beside, sweep
from counterflow.orders.importing.check import CHECKS, Checked, Terms
from counterflow.orders.importing.chunks import Part, begun_small
from counterflow.orders.importing.coding import Coder
from counterflow.orders.importing.direct import Direct, Written, written
from counterflow.orders.importing.layouts import OURS
from counterflow.orders.importing.problems import Refusal
from counterflow.orders.importing.readers import parts
from counterflow.orders.importing.report import Report
from counterflow.orders.states import LineClass

Progress = Callable[[Path, int, int], None]
"""Told a file, how many bytes were read of it since the last call, and the rows read since then."""


@dataclass(frozen=True)
class Options:
    """How to import: into which channel, in which encoding, and from when on returns are left to be replayed."""

    channel: str
    report: Path
    encoding: str = "utf-8"
    replay_from: datetime | None = None


@dataclass(frozen=True)
class Imported:
    """What became of one file, or one sheet of it: rows = imported + refused + duplicate."""

    name: str
    rows: int
    imported: int
    refused: int
    duplicate: int
    counts: dict[str, int] = field(default_factory=dict)
    ignored_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failed:
    """A file that could not be imported at all; nothing of it is in, except sheets reported before."""

    name: str
    code: str
    message: str


@dataclass(frozen=True)
class _Staged:
    written: Written
    good: int
    classes: dict[str, int]
    refused: list[Refusal]


def _silent(path: Path, size: int, rows: int) -> None:
    """Nobody watches."""


def import_files(
    ctx: Context, paths: Sequence[Path], options: Options, progress: Progress = _silent
) -> Iterator[Imported | Failed]:
    """Import files one after the other, each in a transaction of its own; yields what became of each.

    A file that is no order book fails alone. Raises `ChannelMissing`.
    """
    channel = queries.channel(code=options.channel)
    terms = Terms(channel.currency, channel.zone, ctx.at)
    install_reasons(replace(ctx, key=f"{ctx.key}:reasons"), items=SHIPPED)
    with Report(options.report) as report, _few_collections():
        for path in paths:
            try:
                yield from _import_file(ctx, path, terms, options, report, progress)
            except DomainError as error:
                yield Failed(path.name, error.code, error.message)


@contextmanager
def _few_collections() -> Iterator[None]:
    """Let Python seldom look for cycles: reading makes many small things and no cycles, and each look costs time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(100 * before[0], *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _import_file(
    ctx: Context, path: Path, terms: Terms, options: Options, report: Report, progress: Progress
) -> Iterator[Imported]:
    """Each table of a file in a transaction of its own.

    Where somebody else's orders came in between, the database asks for a second try: the file is read again, and
    tables that are in already are answered as before.
    """
    told = 0
    for attempt in range(1, TRIES_MAX + 1):
        mark = report.mark()
        try:
            for number, done in enumerate(_tables(ctx, path, terms, options, report, progress)):
                mark = report.mark()
                if number >= told:
                    told += 1
                    yield done
            return
        except DatabaseError as error:
            if not asks_again(error) or attempt == TRIES_MAX:
                raise
            report.rewind(mark)


def _tables(
    ctx: Context, path: Path, terms: Terms, options: Options, report: Report, progress: Progress
) -> Iterator[Imported]:
    for part in parts(path, read=lambda size: progress(path, size, 0), encoding=options.encoding):
        # Each table is a request of its own; a run repeated under the same key is answered as before.
        inside = replace(ctx, key=f"{ctx.key}:{path.name}:{part.name}")
        with Beside() as beside, transaction.atomic():
            done = _import_part(inside, path, part, terms, options, report, progress, beside)
        yield done


def _import_part(
    ctx: Context,
    path: Path,
    part: Part,
    terms: Terms,
    options: Options,
    report: Report,
    progress: Progress,
    beside: Beside,
) -> Imported:
    channel = lock_channel(options.channel)
    sweep(channel.id)
    staging.prepare()
    good = refused = 0
    classes: Counter[str] = Counter()
    with staging.here() as copying:
        for chunk in _chunks(ctx, part, terms, channel.id, copying):
            copying.start(chunk.written.pieces)
            beside.start(chunk.written.beside, chunk.written.order_line_ids)
            good += chunk.good
            classes.update(chunk.classes)
            refused += report.add(part.name, chunk.refused)
            progress(path, 0, chunk.good + len(chunk.refused))
    beside.commit(channel.id)
    book = Book(
        channel=options.channel,
        file_name=part.name,
        sha256=_digest(path),
        layout=part.header.layout.name,
        keyed=part.header.layout is OURS,
        rows=good + refused,
        refused=refused,
        classes=dict(classes),
        report_path=str(report.path) if report.written else "",
        replay_from=options.replay_from,
    )
    facts: dict[str, Any] = import_book(ctx, book=book).done[0].facts
    report.add(part.name, (Refusal(*row) for row in staging.refused()))
    staging.drop()
    beside.keep()
    return Imported(
        part.name,
        facts["rows"],
        facts["imported"],
        facts["refused"],
        facts["duplicate"],
        facts["counts"],
        part.header.ignored,
    )


def _chunks(ctx: Context, part: Part, terms: Terms, channel_id: int, copying: staging.Copying) -> Iterator[_Staged]:
    """The chunks of a table ready to be copied: while one is, the next is written out and the one after it read.

    Lines that carry their own numbers are all staged, since the same number may come twice.
    """
    keyed = part.header.layout is OURS
    direct = None if keyed else Direct(channel_id, partial(_ensure, ctx), copying.wait)
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting: Future[_Staged] | None = None
        for checked, tables in ahead(_coded(part, terms)):
            write = partial(written, direct.plan(tables)) if direct else partial(_staged, tables)
            following = pool.submit(_ready, write, checked)
            if waiting:
                yield waiting.result()
            waiting = following
        if waiting:
            yield waiting.result()


def _coded(part: Part, terms: Terms) -> Iterator[tuple[Checked, dict[str, Any]]]:
    check, coder = CHECKS[part.header.layout.name], Coder()
    for checked in ahead(check(chunk, terms) for chunk in begun_small(part.chunks)):
        yield checked, coder.code(checked.table)


def _staged(tables: dict[str, Any]) -> Written:
    return Written([staging.encoded(name, rows) for name, rows in tables.items() if len(rows)])


def _ready(write: Callable[[], Written], checked: Checked) -> _Staged:
    return _Staged(write(), len(checked.table), _classes(checked.table), checked.refused)


def _ensure(ctx: Context, skus: Sequence[str]) -> dict[str, int]:
    """Items for SKUs a file is the first to name; their names come when the whole file is known."""
    batches = [skus[start : start + ITEMS_MAX] for start in range(0, len(skus), ITEMS_MAX)]
    found: dict[str, int] = {}
    for batch in batches:
        inside = replace(ctx, key=f"{ctx.key}:item:{batch[0]}")
        results = ensure_items(inside, items=[SeenItem(sku) for sku in batch])
        found |= {done.identity: done.facts["id"] for done in results.done}
    return found


def _classes(table: Any) -> dict[str, int]:
    """Rows by the name of their class."""
    found = pc.value_counts(table["class"]).to_pylist()
    return {LineClass(row["values"]).name.lower(): row["counts"] for row in found}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
