"""Questions to counts. None of them tells what the books expect of a blind count before it is compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db


@dataclass(frozen=True)
class CountRow:
    """A count. Of its lines, `left` wait to be counted, `skipped` were left out, `agreed` and `differ` were compared.

    `open` are the differences that wait for an entry. `shrinkage_minor` is the value that its entries took out of the
    books, less what they brought in.
    """

    id: int
    reference: str
    node: str
    entity: str
    currency: str
    scope: Mapping[str, Any]
    blind: bool
    tolerance_pieces: int
    tolerance_percent: int
    state: str
    round: int
    statement_id: int | None
    created_at: datetime
    created_by: str
    ended_at: datetime | None
    lines: int
    left: int
    skipped: int
    agreed: int
    differ: int
    open: int
    shrinkage_minor: int

    @property
    def done(self) -> int:
        """Lines that were counted."""
        return self.lines - self.left - self.skipped


_COUNTS = """
SELECT c.id, c.reference, n.code AS node, e.code AS entity, e.currency, c.scope, c.blind, c.tolerance_pieces,
       c.tolerance_percent, c.state, c.round, c.statement_id, c.created_at, c.created_by, c.ended_at, l.lines, l.left,
       l.skipped, l.agreed, l.differ, b.open, b.shrinkage
FROM reconciliation_count c
JOIN facilities_node n ON n.id = c.node_id
JOIN ledger_entity e ON e.id = c.entity_id
CROSS JOIN LATERAL (
    SELECT count(*) AS lines, count(*) FILTER (WHERE l.state IN ('due', 'recount')) AS left,
           count(*) FILTER (WHERE l.state = 'skipped') AS skipped,
           count(*) FILTER (WHERE l.state = 'agreed') AS agreed, count(*) FILTER (WHERE l.state = 'differs') AS differ
    FROM reconciliation_countline l WHERE l.count_id = c.id
) l
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE b.state = 'open' AND b.proposal <> '') AS open,
           coalesce(sum(CASE WHEN b.state <> 'settled' THEN 0 WHEN b.kind = 'missing' THEN b.value_minor
                             WHEN b.kind = 'over' THEN -b.value_minor ELSE 0 END), 0)::bigint AS shrinkage
    FROM reconciliation_break b WHERE b.statement_id = c.statement_id
) b
"""


def counts(
    *, node: str | None = None, state: str | None = None, before: int | None = None, limit: int = 50
) -> list[CountRow]:
    """Counts, the newest first; `before` is the last id of the page before. One SQL statement."""
    params = {"node": node, "state": state, "before": before, "limit": limit}
    where = (
        "WHERE (%(node)s::text IS NULL OR n.code = %(node)s::text)"
        " AND (%(state)s::text IS NULL OR c.state = %(state)s::text)"
        " AND (%(before)s::bigint IS NULL OR c.id < %(before)s::bigint) ORDER BY c.id DESC LIMIT %(limit)s"
    )
    return [CountRow(*row) for row in db.rows(_COUNTS + where, params)]


def count(*, id: int) -> CountRow | None:
    """One count. One SQL statement."""
    found = db.rows(_COUNTS + "WHERE c.id = %s", [id])
    return CountRow(*found[0]) if found else None


@dataclass(frozen=True)
class LineRow:
    """A line of a count. `book` is told once the count was compared, `expected` is what the books have now.

    Of a blind count `expected` is never told.
    """

    id: int
    item_id: int
    sku: str
    name: str
    gtin: str
    stock_state: str
    planned: bool
    state: str
    round: int
    counted: int | None
    book: int | None
    first_at: datetime | None
    last_at: datetime | None
    expected: int | None

    @property
    def place(self) -> str:
        """Where the next page begins."""
        return f"{self.stock_state}|{self.sku}"

    @property
    def apart(self) -> int | None:
        """Counted less booked."""
        return None if self.book is None or self.counted is None else self.counted - self.book


_LINES = """
SELECT l.id, l.item_id, i.sku, i.name, coalesce(i.gtin, '') AS gtin, l.stock_state, l.planned, l.state, l.round,
       CASE WHEN l.entries > 0 AND l.state <> 'recount' THEN l.counted END AS counted,
       CASE WHEN c.state IN ('compared', 'closed') THEN l.book END AS book, l.first_at, l.last_at,
       CASE WHEN c.state = 'open' AND NOT c.blind THEN coalesce((
           SELECT sum(p.quantity) FROM ledger_account a JOIN ledger_position p ON p.account_id = a.id
           WHERE a.entity_id = c.entity_id AND a.item_id = l.item_id AND a.state = l.stock_state
             AND a.node_id = c.node_id), 0)::bigint END AS expected
FROM reconciliation_countline l
JOIN reconciliation_count c ON c.id = l.count_id
JOIN catalog_item i ON i.id = l.item_id
WHERE l.count_id = %(count)s AND (%(state)s::text IS NULL OR l.state = %(state)s::text)
  AND (%(left)s::boolean IS NOT TRUE OR l.state IN ('due', 'recount'))
  AND (%(stock)s::text IS NULL OR l.stock_state = %(stock)s::text)
  AND (i.sku, l.stock_state) > (%(sku)s::text, %(after_state)s::text)
ORDER BY i.sku, l.stock_state LIMIT %(limit)s
"""


def count_lines(
    *,
    count: int,
    state: str | None = None,
    left: bool = False,
    stock: str | None = None,
    after: tuple[str, str] = ("", ""),
    limit: int = 100,
) -> list[LineRow]:
    """Lines by SKU and state; `left` leaves those that wait to be counted, `after` continues. One SQL statement."""
    params = {
        "count": count,
        "state": state,
        "left": left,
        "stock": stock,
        "sku": after[0],
        "after_state": after[1],
        "limit": limit,
    }
    return [LineRow(*row) for row in db.rows(_LINES, params)]


@dataclass(frozen=True)
class EntryRow:
    """What somebody counted. `taken` when it was taken back, `voids` when it takes another back."""

    id: int
    ref: str
    sku: str
    name: str
    stock_state: str
    quantity: int
    lpn: str
    round: int
    counted_at: datetime
    counted_by: str
    voids: bool
    taken: bool
    planned: bool


_ENTRIES = """
SELECT e.id, e.ref, i.sku, i.name, l.stock_state, e.quantity, e.lpn, e.round, e.counted_at, e.counted_by,
       e.voids IS NOT NULL AS voids, EXISTS (SELECT FROM reconciliation_countentry v WHERE v.voids = e.id) AS taken,
       l.planned
FROM reconciliation_countentry e
JOIN reconciliation_countline l ON l.id = e.line_id
JOIN catalog_item i ON i.id = l.item_id
WHERE e.count_id = %(count)s AND (%(by)s::text IS NULL OR e.counted_by = %(by)s::text)
  AND (%(before)s::bigint IS NULL OR e.id < %(before)s::bigint)
ORDER BY e.id DESC LIMIT %(limit)s
"""


def count_entries(*, count: int, by: str | None = None, before: int | None = None, limit: int = 20) -> list[EntryRow]:
    """Entries of a count, the newest first; `by` leaves those of one person. One SQL statement."""
    params = {"count": count, "by": by, "before": before, "limit": limit}
    return [EntryRow(*row) for row in db.rows(_ENTRIES, params)]


@dataclass(frozen=True)
class PersonRow:
    """Somebody who counted: entries that stand, and pieces."""

    actor: str
    entries: int
    pieces: int
    last_at: datetime


def count_people(*, count: int) -> list[PersonRow]:
    """Who counted how much, whoever was there last first. One SQL statement."""
    found = db.rows(
        "SELECT counted_by, sum(CASE WHEN voids IS NULL THEN 1 ELSE -1 END)::bigint AS entries,"
        " sum(quantity)::bigint AS pieces, max(recorded_at) AS last_at"
        " FROM reconciliation_countentry WHERE count_id = %s GROUP BY 1 ORDER BY 4 DESC, 1",
        [count],
    )
    return [PersonRow(*row) for row in found]


@dataclass(frozen=True)
class AccuracyRow:
    """How well books and shelf agreed at a node in counts since a day: lines, pieces apart, value posted."""

    node: str
    currency: str
    counts: int
    lines: int
    agreed: int
    pieces_book: int
    pieces_apart: int
    shrinkage_minor: int

    @property
    def percent(self) -> float:
        """Lines that agreed, of those compared."""
        return 100 * self.agreed / self.lines if self.lines else 100.0


def count_accuracy(*, since: datetime) -> list[AccuracyRow]:
    """Count accuracy and shrinkage by node, of counts created since an instant. One SQL statement."""
    found = db.rows(
        """
        WITH counted AS (
            SELECT c.id, c.node_id, c.entity_id, c.statement_id FROM reconciliation_count c
            WHERE c.created_at >= %s::timestamptz AND c.statement_id IS NOT NULL
        ), lines AS (
            SELECT c.node_id, c.entity_id, count(DISTINCT c.id) AS counts, count(*) AS lines,
                   count(*) FILTER (WHERE l.state = 'agreed') AS agreed, sum(l.book)::bigint AS book,
                   sum(abs(l.counted - l.book)) FILTER (WHERE l.state = 'differs') AS apart
            FROM counted c JOIN reconciliation_countline l ON l.count_id = c.id AND l.state IN ('agreed', 'differs')
            GROUP BY 1, 2
        ), posted AS (
            SELECT c.node_id, c.entity_id, sum(CASE b.kind WHEN 'missing' THEN b.value_minor
                                                           WHEN 'over' THEN -b.value_minor ELSE 0 END) AS value
            FROM counted c JOIN reconciliation_break b ON b.statement_id = c.statement_id AND b.state = 'settled'
            GROUP BY 1, 2
        )
        SELECT n.code, e.currency, l.counts, l.lines, l.agreed, l.book, coalesce(l.apart, 0)::bigint,
               coalesce(p.value, 0)::bigint
        FROM lines l JOIN facilities_node n ON n.id = l.node_id JOIN ledger_entity e ON e.id = l.entity_id
        LEFT JOIN posted p ON p.node_id = l.node_id AND p.entity_id = l.entity_id
        ORDER BY 1, 2
        """,
        [since],
    )
    return [AccuracyRow(*row) for row in found]
