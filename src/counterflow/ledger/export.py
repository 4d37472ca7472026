"""The journal as a stream, for those who keep or check books elsewhere.

A writer (`export_beancount`, `export_hledger`, `export_csv`) gets the books' head, then entry by entry in
order of accounting date, then the closing balances. Entries come from the lines; opening and closing
balances come from the day sums. So a checker that accepts the file has compared the two.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol, TextIO

import psycopg
from django.db import connection

from counterflow.kernel import db
from counterflow.ledger.journal import EntryRow, LineRow
from counterflow.ledger.queries import BALANCES, AsOf

FETCHED = 5000


@dataclass(frozen=True)
class Scope:
    """What to export: one entity or all, days of the accounting date (both ends included), pieces or money only."""

    entity: str | None = None
    first: date | None = None
    last: date | None = None
    units: bool = False


@dataclass(frozen=True)
class Account:
    """One GL account of the chart: code, kind (asset, ..), readable name."""

    code: str
    kind: str
    name: str


@dataclass(frozen=True)
class Balance:
    """What an account holds. `item_id` is 0 for money, else the account is a stock state holding pieces."""

    entity: str
    account: str
    item_id: int
    currency: str
    amount: int


@dataclass(frozen=True)
class Names:
    """Codes of items and nodes by id; the ledger itself knows only their ids."""

    items: Mapping[int, str] = field(default_factory=dict)
    nodes: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Books:
    """What a file says before its entries: entities (code -> currency), chart, period, balances around it."""

    scope: Scope
    entities: dict[str, str]
    accounts: dict[str, Account]
    states: tuple[str, ...]
    first: date | None
    last: date | None
    opening: list[Balance]
    closing: list[Balance]
    names: Names


@dataclass
class Sum:
    """Debits and credits (minor units) and entries of one entity."""

    currency: str
    debits: int = 0
    credits: int = 0
    entries: int = 0


@dataclass
class Summary:
    """What was written; `apart` lists accounts whose lines do not lead from the opening to the closing balance."""

    entries: int
    lines: int
    sums: dict[str, Sum]
    accounts: int
    apart: list[str]


class Writer(Protocol):
    """A format."""

    def begin(self) -> None:
        """Write the head and the opening balances."""

    def entry(self, entry: EntryRow) -> None:
        """Write one entry."""

    def end(self) -> None:
        """Write the closing balances."""


class MakeWriter(Protocol):
    """A class of writers."""

    def __call__(self, books: Books, out: TextIO) -> Writer:
        """Make one."""


def write(scope: Scope, names: Names, out: TextIO, make: MakeWriter) -> Summary:
    """Write the journal; call it in a transaction that sees one snapshot. Memory does not grow with the journal."""
    books = _books(scope, names)
    running = {_key(b): b.amount for b in books.opening}
    summary = Summary(0, 0, {code: Sum(currency) for code, currency in books.entities.items()}, 0, [])
    writer = make(books, out)
    writer.begin()
    for entry in _stream(scope):
        writer.entry(entry)
        _add(summary, running, entry)
    writer.end()
    closing = {_key(b): b.amount for b in books.closing}
    summary.accounts = len(closing)
    summary.apart = sorted(
        f"{' '.join(map(str, key))}: lines {running.get(key, 0)}, balance {closing.get(key, 0)}"
        for key in running.keys() | closing.keys()
        if running.get(key, 0) != closing.get(key, 0)
    )
    return summary


def _key(balance: Balance) -> tuple[str, str, int]:
    return balance.entity, balance.account, balance.item_id


def _add(summary: Summary, running: dict[tuple[str, str, int], int], entry: EntryRow) -> None:
    summary.entries += 1
    summary.lines += len(entry.lines)
    touched = set()
    for line in entry.lines:
        pieces = line.component == "qty"
        key = (line.entity, line.state if pieces else line.account, line.item_id if pieces else 0)
        running[key] = running.get(key, 0) + line.amount
        if pieces:
            continue
        total = summary.sums[line.entity]
        touched.add(line.entity)
        if line.amount > 0:
            total.debits += line.amount
        else:
            total.credits -= line.amount
    for code in touched:
        summary.sums[code].entries += 1


_HEAD = """
SELECT (SELECT min(accounting_date) FROM ledger_entry) AS first, (SELECT max(accounting_date) FROM ledger_entry) AS last
"""
_BALANCES = f"""
WITH asked AS (
    SELECT a.id, a.gl, a.state, a.item_id, b.code, b.currency
    FROM ledger_account a JOIN ledger_entity b ON b.id = a.entity_id
    WHERE %(entity)s::text IS NULL OR b.code = %(entity)s::text
)
SELECT a.code AS entity,
       CASE WHEN v.component = 'qty' THEN a.state WHEN a.gl <> '' THEN a.gl ELSE g.code END AS account,
       CASE WHEN v.component = 'qty' THEN a.item_id ELSE 0 END AS item_id,
       CASE WHEN v.component = 'qty' THEN '' ELSE a.currency END AS currency, sum(v.amount)::bigint AS amount
FROM ({BALANCES}) v
JOIN asked a ON a.id = v.account_id
LEFT JOIN ledger_gl g ON a.gl = '' AND g.state = a.state AND g.component = v.component
WHERE v.component <> 'qty' OR %(units)s::boolean
GROUP BY 1, 2, 3, 4 HAVING sum(v.amount) <> 0 ORDER BY 1, 2, 3
"""


def _books(scope: Scope, names: Names) -> Books:
    head = db.rows(_HEAD)[0]
    entities = db.rows("SELECT code, currency FROM ledger_entity ORDER BY code")
    accounts = db.rows("SELECT code, kind, name FROM ledger_gl ORDER BY code")
    states = db.rows("SELECT state FROM ledger_state ORDER BY state")
    opening = _balances(scope, scope.first - timedelta(days=1)) if scope.first else []
    return Books(
        scope=scope,
        entities={e.code: e.currency for e in entities if scope.entity in (None, e.code)},
        accounts={a.code: Account(*a) for a in accounts},
        states=tuple(s.state for s in states),
        first=scope.first or head.first,
        last=scope.last or (max(head.last, scope.first) if scope.first and head.last else head.last),
        opening=opening,
        closing=_balances(scope, scope.last),
        names=names,
    )


def _balances(scope: Scope, on: date | None) -> list[Balance]:
    params = {"entity": scope.entity, "units": scope.units, **AsOf(booked=on).params()}
    return [Balance(*row) for row in db.rows(_BALANCES, params)]


_STREAM = """
SELECT e.id, c.code AS books, e.kind, e.happened_at, e.recorded_at, e.accounting_date, e.command_id, e.reverses,
       coalesce(r.by_entry_id, 0) AS reversed_by, encode(e.digest, 'hex') AS digest,
       l.entry_id, l.n, b.code AS entity,
       CASE WHEN l.component = 'qty' OR a.gl <> '' THEN a.gl ELSE g.code END AS account, l.component, l.amount,
       l.currency, l.tx_currency, l.tx_amount, l.rate, l.subject_id, a.state, a.node_id, a.owner, a.custodian,
       a.item_id, a.lot, a.bucket
FROM ledger_entry e
JOIN ledger_entity c ON c.id = e.entity_id
JOIN ledger_line l ON l.entry_id = e.id AND l.recorded_at = e.recorded_at
JOIN ledger_account a ON a.id = l.account_id
JOIN ledger_entity b ON b.id = a.entity_id
LEFT JOIN ledger_gl g ON a.gl = '' AND g.state = a.state AND g.component = l.component
LEFT JOIN ledger_reversal r ON r.entry_id = e.id
WHERE (%(entity)s::text IS NULL OR b.code = %(entity)s::text)
  AND (%(first)s::date IS NULL OR e.accounting_date >= %(first)s::date)
  AND (%(last)s::date IS NULL OR e.accounting_date <= %(last)s::date)
  AND (%(units)s::boolean OR l.component <> 'qty')
ORDER BY e.accounting_date, e.id, l.n
"""


def _stream(scope: Scope) -> Iterator[EntryRow]:
    """Entries in order of accounting date, through a cursor that the server keeps."""
    connection.ensure_connection()
    params = {"entity": scope.entity, "first": scope.first, "last": scope.last, "units": scope.units}
    with psycopg.ServerCursor(connection.connection, "journal") as cursor:
        cursor.itersize = FETCHED
        cursor.execute(_STREAM, params)
        head: tuple[Any, ...] | None = None
        lines: list[LineRow] = []
        for row in cursor:
            if head is not None and head[0] != row[0]:
                yield EntryRow(*(*head, tuple(lines)))
                lines = []
            head = row[:10]
            lines.append(LineRow(*row[10:]))
        if head is not None:
            yield EntryRow(*(*head, tuple(lines)))


def items_in(scope: Scope) -> list[int]:
    """Ids of the items that any account in scope holds or held."""
    sql = """
        SELECT DISTINCT a.item_id AS id FROM ledger_account a JOIN ledger_entity b ON b.id = a.entity_id
        WHERE a.item_id <> 0 AND (%s::text IS NULL OR b.code = %s::text) ORDER BY 1
    """
    return [row.id for row in db.rows(sql, [scope.entity, scope.entity])]
