"""Questions to the journal: an entry with its lines, the lines about something, the movements of an item."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from counterflow.kernel import db


@dataclass(frozen=True)
class LineRow:
    """One line. `account` is the GL account or stock sub-account; `amount` pieces or minor units, debit > 0.

    Stock lines name their place: state, node, owner, custodian, item, lot and bucket. `currency` is empty
    for pieces. `tx_*` is what was agreed with the other side where that was another currency.
    """

    entry_id: int
    n: int
    entity: str
    account: str
    component: str
    amount: int
    currency: str
    tx_currency: str
    tx_amount: int
    rate: Decimal
    subject_id: int
    state: str
    node_id: int
    owner: str
    custodian: str
    item_id: int
    lot: str
    bucket: str


@dataclass(frozen=True)
class EntryRow:
    """One entry with its lines; `reverses` and `reversed_by` are entry ids or 0."""

    id: int
    entity: str
    kind: str
    happened_at: datetime
    recorded_at: datetime
    accounting_date: date
    command_id: int
    reverses: int
    reversed_by: int
    digest: str
    lines: tuple[LineRow, ...]


_LINE = """
    l.entry_id, l.n, b.code AS entity,
    CASE WHEN l.component = 'qty' OR a.gl <> '' THEN a.gl ELSE g.code END AS account, l.component, l.amount, l.currency,
    l.tx_currency, l.tx_amount, l.rate, l.subject_id, a.state, a.node_id, a.owner, a.custodian, a.item_id,
    a.lot, a.bucket
"""
_JOINED = """
    JOIN ledger_account a ON a.id = l.account_id
    JOIN ledger_entity b ON b.id = a.entity_id
    LEFT JOIN ledger_gl g ON a.gl = '' AND g.state = a.state AND g.component = l.component
"""
_HEAD = """
SELECT e.id, b.code AS entity, e.kind, e.happened_at, e.recorded_at, e.accounting_date, e.command_id, e.reverses,
       coalesce(r.by_entry_id, 0) AS reversed_by, encode(e.digest, 'hex') AS digest
FROM ledger_entry e JOIN ledger_entity b ON b.id = e.entity_id
LEFT JOIN ledger_reversal r ON r.entry_id = e.id
WHERE e.id = ANY(%s) ORDER BY e.id
"""


def entries(*, ids: Sequence[int]) -> list[EntryRow]:
    """The entries that exist among these ids, with their lines, by id. Two statements."""
    wanted = list(ids)
    heads = db.rows(_HEAD, [wanted])
    lines: dict[int, list[LineRow]] = {}
    for row in db.rows(
        f"SELECT {_LINE} FROM ledger_line l {_JOINED} WHERE l.entry_id = ANY(%s) ORDER BY l.entry_id, l.n", [wanted]
    ):
        lines.setdefault(row.entry_id, []).append(LineRow(*row))
    return [EntryRow(*(*head, tuple(lines.get(head.id, ())))) for head in heads]


def entry(*, id: int) -> EntryRow | None:
    """One entry with its lines."""
    found = entries(ids=[id])
    return found[0] if found else None


@dataclass(frozen=True)
class DatedLine:
    """A line with what its entry says of when and why."""

    kind: str
    happened_at: datetime
    recorded_at: datetime
    accounting_date: date
    reverses: int
    line: LineRow


def _dated(found: Sequence[Any]) -> list[DatedLine]:
    return [DatedLine(*(*row[:5], LineRow(*row[5:]))) for row in found]


def lines_about(*, subjects: Sequence[int], limit: int = 1000) -> list[DatedLine]:
    """The lines whose subject is one of these ids (units, RMA lines, credits), in the order they were written."""
    sql = f"""
        SELECT e.kind, e.happened_at, e.recorded_at, e.accounting_date, e.reverses, {_LINE}
        FROM ledger_line l {_JOINED} JOIN ledger_entry e ON e.id = l.entry_id AND e.recorded_at = l.recorded_at
        WHERE l.subject_id = ANY(%s) AND l.subject_id <> 0 ORDER BY l.entry_id, l.n LIMIT %s
    """
    return _dated(db.rows(sql, [list(subjects), limit]))


def movements_of(
    *, item: int, nodes: Sequence[int] | None = None, before: int | None = None, limit: int = 50
) -> list[DatedLine]:
    """The lines on places that hold an item, in pieces, newest first; `before` is the last entry of the page before.

    `limit` counts entries.
    """
    sql = f"""
        WITH places AS (
            SELECT a.id FROM ledger_account a JOIN ledger_state s ON s.state = a.state AND s.guarded
            WHERE a.item_id = %(item)s AND (%(nodes)s::bigint[] IS NULL OR a.node_id = ANY(%(nodes)s::bigint[]))
        ), page AS (
            SELECT DISTINCT l.entry_id, l.recorded_at FROM ledger_line l JOIN places p ON p.id = l.account_id
            WHERE l.component = 'qty' AND (%(before)s::bigint IS NULL OR l.entry_id < %(before)s::bigint)
            ORDER BY l.entry_id DESC LIMIT %(limit)s
        )
        SELECT e.kind, e.happened_at, e.recorded_at, e.accounting_date, e.reverses, {_LINE}
        FROM page
        JOIN ledger_entry e ON e.id = page.entry_id AND e.recorded_at = page.recorded_at
        JOIN ledger_line l ON l.entry_id = e.id AND l.recorded_at = e.recorded_at AND l.component = 'qty'
        JOIN places p ON p.id = l.account_id {_JOINED}
        ORDER BY l.entry_id DESC, l.n
    """
    params = {"item": item, "nodes": None if nodes is None else list(nodes), "before": before, "limit": limit}
    return _dated(db.rows(sql, params))
