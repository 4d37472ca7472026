"""`counterflow export journal`: the books as beancount, hledger or CSV, and what they sum to.

`counterflow export master KIND` is in `cli_master.py`.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TextIO

from counterflow.catalog.queries import items_by_id
from counterflow.config import cli_master
from counterflow.config.cli_verify import snapshot
from counterflow.facilities.queries import nodes
from counterflow.kernel import db
from counterflow.kernel.errors import Invalid, NotFound
from counterflow.ledger.export import MakeWriter, Names, Scope, Summary, items_in, write
from counterflow.ledger.export_beancount import Beancount
from counterflow.ledger.export_csv import Csv
from counterflow.ledger.export_hledger import Hledger
from counterflow.ledger.export_names import decimal

FORMATS: dict[str, MakeWriter] = {"beancount": Beancount, "hledger": Hledger, "csv": Csv}


NODES_MAX = 100_000


class EntityNotFound(NotFound):
    """There is no legal entity {code}; there are: {known}."""


class JournalOnly(Invalid):
    """{what} is nothing that `counterflow export journal` knows; formats are beancount, hledger and csv."""


class PeriodBackwards(Invalid):
    """The period begins on {first} and ends before, on {last}."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `counterflow export` takes."""
    parser.add_argument("what", choices=["journal", "master"], help="what to export")
    parser.add_argument("kind", nargs="?", metavar="KIND", help="of master data: items, suppliers, nodes and so on")
    parser.add_argument(
        "--format",
        choices=[*FORMATS, "xlsx"],
        help="of the journal beancount unless told, of master data csv, or xlsx by the name of the file",
    )
    parser.add_argument("--entity", metavar="CODE", help="one legal entity's books; all of them without it")
    parser.add_argument("--from", dest="first", type=_day, metavar="D", help="first accounting day, as 2026-03-31")
    parser.add_argument("--to", dest="last", type=_day, metavar="D", help="last accounting day")
    parser.add_argument("--units", action="store_true", help="pieces too, a commodity a SKU (CSV has them always)")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="file to write; - for standard output")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-03-31") from None


def run(options: argparse.Namespace) -> int:
    """Exit code 1 where the lines written do not lead to the balances that the ledger keeps."""
    if options.what == "master":
        return cli_master.run_export(options)
    form = options.format or "beancount"
    if options.kind or form not in FORMATS:
        raise JournalOnly(what=options.kind or form)
    scope = Scope(options.entity, options.first, options.last, options.units or form == "csv")
    if scope.first and scope.last and scope.last < scope.first:
        raise PeriodBackwards(first=scope.first, last=scope.last)
    with snapshot(full=False):
        known = [row.code for row in db.rows("SELECT code FROM ledger_entity ORDER BY code")]
        if scope.entity is not None and scope.entity not in known:
            raise EntityNotFound(code=scope.entity, known=", ".join(known) or "none")
        with _file(options.output) as out:
            summary = write(scope, _names(scope), out, FORMATS[form])
    said = report(summary, scope, options.output)
    print(said, file=sys.stderr if options.output == "-" else sys.stdout)
    return 1 if summary.apart else 0


def _names(scope: Scope) -> Names:
    """Codes of the items and nodes that lines name; those without one are called by their id."""
    if not scope.units:
        return Names()
    items = items_in(scope)
    found = items_by_id(ids=items)
    return Names(
        {i: found[i].sku if i in found else f"ITEM-{i}" for i in items},
        {node.id: node.code for node in nodes(limit=NODES_MAX)},
    )


@contextmanager
def _file(name: str) -> Iterator[TextIO]:
    """Where to write. A file appears under its name only when it is complete."""
    if name == "-":
        yield sys.stdout
        return
    target = Path(name)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as out:
            yield out
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def report(summary: Summary, scope: Scope, name: str) -> str:
    """Totals for whoever compares them with another program's."""
    lines = [f"{name}: {summary.entries:,} entries, {summary.lines:,} lines"]
    wide = max((len(code) for code in summary.sums), default=0)
    for code, total in summary.sums.items():
        debits, credits = decimal(total.debits, total.currency), decimal(total.credits, total.currency)
        lines.append(
            f"{code:<{wide}}  {total.currency}  {total.entries:>10,} entries with money"
            f"  debits {debits}  credits {credits}"
        )
    lines.append(f"closing balances: {summary.accounts:,}, {len(summary.apart):,} of them not what the lines lead to")
    lines += [f"    {apart}" for apart in summary.apart[:10]]
    return "\n".join(lines)
