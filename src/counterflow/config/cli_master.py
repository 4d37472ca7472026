"""`counterflow import master KIND FILE` and `counterflow export master KIND`: files of master data.

The same reading, comparing and taking over as on the screens; what the screens show, this prints.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from counterflow.console.master import files, intake, writing
from counterflow.console.master.kinds import Kind
from counterflow.console.master.register import KINDS
from counterflow.console.views.master_files import report_text, take_next
from counterflow.kernel.clock import now
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Invalid, NotFound
from counterflow.registry import queries as registry
from counterflow.registry.commands.keep_intakes import keep_intakes
from counterflow.registry.commands.mark_intakes import MarkIntake, mark_intakes

ACTOR = "program:import"
PERMISSIONS = ("catalog.edit", "facilities.edit", "access.manage", "registry.import")
PROBLEMS_SHOWN = 20
FORMATS = ("csv", "xlsx")


class FileMissing(NotFound):
    """There is no file {path}."""


class KindUnknown(Invalid):
    """{kind} is no kind of master data; the kinds are: {kinds}."""


class FormatUnknown(Invalid):
    """Master data is written as csv or xlsx, not as {format}."""


def import_arguments(parser: argparse.ArgumentParser) -> None:
    """What `counterflow import master` takes."""
    parser.add_argument("what", metavar="KIND", choices=list(KINDS), help=", ".join(KINDS))
    parser.add_argument("file", metavar="FILE", type=Path, help="CSV or Excel workbook (.xlsx)")
    parser.add_argument("--dry-run", action="store_true", help="compare only, change nothing")
    parser.add_argument(
        "--report", type=Path, default=Path("refused-rows.csv"), help="where refused rows go (default %(default)s)"
    )


def run_import(options: argparse.Namespace) -> int:
    """Compare a file and take it over; 0 when every row is in, 1 when rows were refused."""
    kind = kind_of(options.what)
    if not options.file.is_file():
        raise FileMissing(path=str(options.file))
    table = files.read(kind, options.file.read_bytes())
    found = intake.preview(_context("cli"), kind, table)
    for note in table.notes:
        print(note)
    if table.unknown:
        print(f"columns left aside: {', '.join(table.unknown)}")
    print(
        f"{options.file.name}: {len(table.lines):,} rows, {found.new:,} new, {found.changed:,} changed, "
        f"{found.unchanged:,} as they are, {found.refused:,} refused"
    )
    for told in found.fields.values():
        print(f"  {told['label']}: {told['count']:,}")
        for code, old, new in told["examples"]:
            print(f"    {code}: {old or 'nothing'} -> {new or 'nothing'}")
    row = _kept(found, options.file.name)
    if options.dry_run:
        mark_intakes(_context("cli"), items=[MarkIntake(row.id, drop=True)])
        print("nothing was changed: --dry-run")
    else:
        row = _taken(kind, row)
        print(f"taken over: {row.summary.get('taken_rows', 0):,} rows")
    return _told(row, options.report)


def _kept(found: intake.Preview, name: str) -> registry.IntakeRow:
    batch = keep_intakes(_context("cli"), items=[found.kept(name)])
    return registry.intake(intake_id=batch.done[0].facts["intake_id"])


def _taken(kind: Kind, row: registry.IntakeRow) -> registry.IntakeRow:
    """Take every part over; progress goes to standard error where somebody looks."""
    if not row.parts:
        mark_intakes(_context("cli"), items=[MarkIntake(row.id)])
    while row.state == "previewed" and row.taken < row.parts:
        mark = take_next(_context(f"file:{row.id}"), kind, row)
        mark_intakes(_context("cli"), items=[mark])
        row = registry.intake(intake_id=row.id)
        if sys.stderr.isatty():
            print(f"\r{row.taken} of {row.parts} parts", end="", file=sys.stderr, flush=True)
    return row


def _told(row: registry.IntakeRow, report: Path) -> int:
    refused = row.summary["refused"] + row.summary.get("refused_later", 0)
    for problem in row.problems[:PROBLEMS_SHOWN]:
        column = f", {problem['column']}" if problem["column"] else ""
        print(f"  row {problem['line']}{column}: {problem['wrong']}. {problem['mend']}")
    if refused:
        report.write_text(report_text(row), encoding="utf-8")
        print(f"{refused:,} refused rows: {report}")
    return 1 if refused else 0


def run_export(options: argparse.Namespace) -> int:
    """Write all records of a kind to a file that can be read back."""
    kind = kind_of(options.kind or "")
    form = options.format or ("xlsx" if options.output.endswith(".xlsx") else "csv")
    if form not in FORMATS:
        raise FormatUnknown(format=form)
    fields, rows = writing.exported(kind, private=True), _Counted(writing.records(kind))
    if form == "xlsx":
        with _binary(options.output) as file:
            writing.xlsx_into(file, kind, fields, iter(rows))
    else:
        with _binary(options.output) as file:
            for piece in writing.csv_lines(kind, fields, iter(rows)):
                file.write(piece.encode())
    print(f"{options.output}: {rows.count:,} {kind.many.lower()}", file=sys.stderr)
    return 0


class _Counted:
    """Rows, and how many of them went by."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self.rows, self.count = rows, 0

    def __iter__(self) -> Iterator[Any]:
        for row in self.rows:
            self.count += 1
            yield row


@contextmanager
def _binary(name: str) -> Iterator[IO[bytes]]:
    """Where to write. A file appears under its name only when it is complete."""
    if name == "-":
        yield sys.stdout.buffer
        return
    part = Path(f"{name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(name)
    finally:
        part.unlink(missing_ok=True)


def kind_of(name: str) -> Kind:
    """A kind by its word. Raises `KindUnknown`."""
    if name not in KINDS:
        raise KindUnknown(kind=name or "nothing", kinds=", ".join(KINDS))
    return KINDS[name]


def _context(source: str) -> Context:
    return Context.make(ACTOR, PERMISSIONS, now(), source=source)
