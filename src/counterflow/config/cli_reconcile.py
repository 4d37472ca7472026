"""`counterflow reconcile stock FILE --node N --as-of T`: compare a partner's statement with the ledger."""

import argparse
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from counterflow.facilities.queries import nodes_by_code
from counterflow.kernel.clock import now
from counterflow.kernel.commands import Done
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Invalid
from counterflow.ledger.export_names import decimal
from counterflow.reconciliation import queries
from counterflow.reconciliation.commands.compare_statements import StockStatement, compare_statements
from counterflow.reconciliation.reading import read_statement
from counterflow.reconciliation.rules import NodeNotFound

SHOWN_MAX = 20


class InstantMalformed(Invalid):
    """{text!r} is no instant; write 2026-03-31T18:00:00Z, or 2026-03-31 for the end of that day at the node."""


class StatementRefused(DomainError):
    """{what}"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `counterflow reconcile` takes."""
    parser.add_argument("what", choices=["stock"], help="what the statement is about")
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV with SKU, state and quantity, plain or gzipped")
    parser.add_argument("--node", required=True, metavar="CODE", help="whose stock it is a statement of")
    parser.add_argument("--as-of", required=True, metavar="T", help="when it was true: an instant, or a whole day")
    parser.add_argument("--entity", default="", metavar="CODE", help="whose books; the node's own without it")
    parser.add_argument("--total", type=int, metavar="N", help="pieces in all, where the sender says so")
    parser.add_argument("--source", default="file", metavar="NAME", help="who sent it")
    parser.add_argument("--check", action="store_true", help="exit with 1 where there are breaks")


def run(options: argparse.Namespace) -> int:
    """Exit code 0 when compared, whatever was found; with --check 1 where there are breaks."""
    node = nodes_by_code(codes=[options.node]).get(options.node)
    if node is None:
        raise NodeNotFound(node=options.node)
    read = read_statement(options.file)
    item = StockStatement(
        node=options.node,
        as_of=instant(options.as_of, node.zone),
        sha256=read.sha256,
        rows=read.rows,
        source=options.source,
        entity=options.entity,
        total=options.total,
    )
    ctx = Context.make("cli:reconcile", {"reconciliation.compare"}, now(), source="cli")
    result = compare_statements(ctx, items=[item]).results[0]
    if not isinstance(result, Done):
        raise StatementRefused(what=result.message)
    print(report(result))
    return 1 if options.check and result.facts["breaks"] else 0


def instant(text: str, zone: str) -> datetime:
    """An instant as written; without a zone it is the node's time, and a day alone means its end there."""
    place = ZoneInfo(zone)
    try:
        if len(text) == len("2026-03-31"):
            midnight = datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), place)
            return midnight.astimezone(UTC) - timedelta(microseconds=1)
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=place)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InstantMalformed(text=text[:40]) from None


def report(result: Done) -> str:
    """What was compared, what differs, and what could not be read."""
    found = queries.statement(id=result.facts["statement"])
    if found is None:
        raise StatementRefused(what="the statement is gone")
    again = ", compared before: nothing new was written" if result.replayed else ""
    lines = [
        f"statement {found.id}: {found.node}, books of {found.entity}, as of {found.as_of.isoformat()}{again}",
        f"{found.rows:,} rows read, {found.quantity:,} pieces; {found.refused_rows:,} rows refused",
    ]
    for refused in queries.refused_rows(statement=found.id)[:SHOWN_MAX]:
        lines.append(f"    line {refused.line}: {refused.reason}")
    value = decimal(found.value_at_risk_minor, found.currency)
    lines.append(
        f"{found.breaks:,} breaks, {found.open:,} open, {value} {found.currency} at risk; {found.explained:,} explained"
    )
    for kind in queries.kinds(statement=found.id):
        value = decimal(kind.value_minor, found.currency)
        lines.append(f"{kind.kind:<14} {kind.breaks:>8,}  {kind.quantity:>10,} pieces  {value:>14} {found.currency}")
    for row in queries.breaks(statement=found.id, limit=SHOWN_MAX):
        lines.append(f"    {row.id}  {row.kind}  {row.sku}  {row.quantity:,} pieces: {row.cause}{_proposal(row)}")
    if found.breaks + found.explained > SHOWN_MAX:
        lines.append(f"    and {found.breaks + found.explained - SHOWN_MAX:,} more")
    return "\n".join(lines)


def _proposal(row: queries.BreakRow) -> str:
    if row.proposal != "adjust":
        return ""
    value = decimal(row.value_minor, row.currency)
    return f"; proposed: adjust {row.quantity:,} from {row.from_state} to {row.to_state}, {value} {row.currency}"
