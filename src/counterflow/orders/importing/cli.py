"""`counterflow import orders FILE…`: order books from the command line."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from counterflow.kernel.context import Context
from counterflow.kernel.errors import Invalid
from counterflow.orders import queries
from counterflow.orders.importing.run import Failed, Imported, Options, import_files
from counterflow.orders.states import LineClass

ACTOR = "program:import"
UNMAPPED_SHOWN = 20
CLASSES = tuple(found.name.lower() for found in LineClass)


class ChannelWanted(Invalid):
    """Say with --channel which channel these orders belong to; the channels are: {known}. To make one, add
    --new-channel with its currency, such as --channel shop --new-channel GBP."""


class TimeMalformed(Invalid):
    """{text} is not a date or time; write 2011-01-31 or 2011-01-31T14:05:00Z."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="CSV (plain or gzip), Parquet or Excel order books")
    parser.add_argument("--channel", help="code of the channel the orders belong to; not needed when there is one")
    parser.add_argument("--report", default="refused-rows.csv", help="where refused rows are written (%(default)s)")
    parser.add_argument("--encoding", default="utf-8", help="encoding of CSV files (%(default)s)")
    parser.add_argument("--replay-from", metavar="TIME", help="leave returns from this time on open, to be replayed")


def main(options: argparse.Namespace) -> int:
    """Import the files one after the other; 0 when every row is in or known, 1 when rows were refused, 2 for bad files.

    A file that is no order book is named on the error stream, and the next one is read. Raises `ChannelWanted`,
    `ChannelMissing`, `TimeMalformed`.
    """
    console, at = Console(), datetime.now(UTC)  # noqa: TID251 - the edge reads the clock
    paths = [Path(file) for file in options.files]
    report = Path(options.report)
    wishes = Options(_channel(options.channel), report, options.encoding, _time(options.replay_from))
    ctx = Context.make(ACTOR, {"orders.record"}, at, source="cli")
    results: list[Imported | Failed] = []
    with _bar(console) as bar:
        tasks = {path: bar.add_task(path.name, total=_size(path), rows=0) for path in paths}

        def progress(path: Path, size: int, rows: int) -> None:
            task = tasks[path]
            bar.update(task, advance=size, rows=bar.tasks[task].fields["rows"] + rows)

        results.extend(import_files(ctx, paths, wishes, progress))
    done = [row for row in results if isinstance(row, Imported)]
    failed = [row for row in results if isinstance(row, Failed)]
    for row in failed:
        print(f"{row.name}: {row.message}", file=sys.stderr)
    _summary(console, done)
    if any(row.refused for row in done) or report_is_new(report, at):
        console.print(f"Refused rows, with reasons and how to mend them: {report}", soft_wrap=True)
    _unmapped(console)
    return 2 if failed else int(any(row.refused for row in done))


def report_is_new(report: Path, at: datetime) -> bool:
    """Whether this run wrote the report."""
    return report.is_file() and report.stat().st_mtime >= at.timestamp()


def _channel(code: str | None) -> str:
    """The channel named, or the only one there is."""
    known = [row.code for row in queries.channels()]
    if code:
        return code
    if len(known) == 1:
        return known[0]
    raise ChannelWanted(known=", ".join(known) or "none yet")


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise TimeMalformed(text=text) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeElapsedColumn(),
        console=console,
    )


def _summary(console: Console, done: Sequence[Imported]) -> None:
    """A line a file: rows = imported + refused + duplicate, and what the imported ones are."""
    for row in done:
        said = f"{row.imported:,} imported + {row.refused:,} refused + {row.duplicate:,} duplicate"
        kinds = ", ".join(f"{row.counts[name]:,} {name}" for name in CLASSES if row.counts.get(name))
        console.print(f"{row.name}: {row.rows:,} rows = {said}" + (f" ({kinds})" if kinds else ""), highlight=False)
        if row.ignored_columns:
            console.print(f"{row.name}: columns not used: {', '.join(row.ignored_columns)}", markup=False)
    if done:
        console.print("Imported history is orders; it posts nothing to the ledger.")


def _unmapped(console: Console) -> None:
    """The most frequent texts of stock adjustments that mean nothing yet."""
    texts = queries.unmapped_adjustments(limit=UNMAPPED_SHOWN)
    if texts:
        listed = "; ".join(f"{row.text or '(empty)'} ({row.lines})" for row in texts)
        console.print(f"Reasons of stock adjustments without a code, most frequent first: {listed}", markup=False)
