"""What counting has to know: nodes and scopes, counts and lines under lock, codes, and the books of then."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.reconciliation.words import ON_THE_WAY
from counterflow.scans.digits import plain_digits

_PLACES = """
SELECT n.code, n.id AS node_id, e.id AS entity_id, e.currency, NULL::text AS reference, NULL::bigint AS count_id,
       NULL::bytea AS content_hash, NULL::bigint AS lines
FROM facilities_node n JOIN ledger_entity e ON e.id = n.entity_id WHERE n.code = ANY(%(nodes)s::text[])
UNION ALL
SELECT NULL, NULL, NULL, NULL, c.reference, c.id, c.content_hash,
       (SELECT count(*) FROM reconciliation_countline l WHERE l.count_id = c.id AND l.planned)
FROM reconciliation_count c WHERE c.reference = ANY(%(references)s::text[])
"""

# The lines that a count asks for: what has pieces in its states, or what it names; of a sample, so many of each class.
_SCOPES = """
WITH wanted AS (
    SELECT * FROM jsonb_to_recordset(%(wanted)s::jsonb) AS w(
        n integer, entity bigint, node bigint, states jsonb, skus jsonb, family text, a integer, b integer, c integer,
        seed text)
), stock AS (
    SELECT w.n, a.item_id, a.state, sum(p.quantity) AS pieces, sum(p.cost + p.allowance) AS value
    FROM wanted w
    JOIN ledger_account a ON a.entity_id = w.entity AND a.node_id = w.node AND w.states ? a.state
    JOIN ledger_position p ON p.account_id = a.id AND p.quantity > 0
    GROUP BY 1, 2, 3
    UNION ALL
    SELECT w.n, i.id, s.state, 0, 0
    FROM wanted w
    CROSS JOIN LATERAL jsonb_array_elements_text(w.skus) AS k(sku)
    JOIN catalog_item i ON i.sku = k.sku
    CROSS JOIN LATERAL jsonb_array_elements_text(w.states) AS s(state)
), lines AS (
    SELECT s.n, s.item_id, s.state, i.sku, sum(s.value) AS value
    FROM stock s JOIN wanted w ON w.n = s.n JOIN catalog_item i ON i.id = s.item_id
    WHERE (jsonb_array_length(w.skus) = 0 OR w.skus ? i.sku) AND (w.family = '' OR i.family = w.family)
    GROUP BY 1, 2, 3, 4
), worth AS (
    SELECT n, item_id, sku, sum(value) AS value FROM lines GROUP BY 1, 2, 3
), shares AS (
    SELECT v.*, sum(v.value) OVER (PARTITION BY v.n ORDER BY v.value DESC, v.sku) - v.value AS before,
           sum(v.value) OVER (PARTITION BY v.n) AS whole
    FROM worth v
), classes AS (
    SELECT s.*,
           CASE WHEN s.before < 0.8 * s.whole THEN 'a' WHEN s.before < 0.95 * s.whole THEN 'b' ELSE 'c' END AS class
    FROM shares s
), drawn AS (
    SELECT c.*, row_number() OVER (PARTITION BY c.n, c.class ORDER BY md5(w.seed || c.sku), c.sku) AS place
    FROM classes c JOIN wanted w ON w.n = c.n
)
SELECT l.n, l.item_id, l.state, l.sku
FROM lines l
JOIN wanted w ON w.n = l.n
JOIN drawn d ON d.n = l.n AND d.item_id = l.item_id
WHERE w.a + w.b + w.c = 0 OR d.place <= CASE d.class WHEN 'a' THEN w.a WHEN 'b' THEN w.b ELSE w.c END
ORDER BY l.n, l.sku, l.state
"""
_COUNTS = """
SELECT c.id, c.reference, c.node_id, n.code AS node, c.entity_id, e.currency, c.scope, c.blind, c.tolerance_pieces,
       c.tolerance_percent, c.state, c.round, c.statement_id, c.created_at, c.created_by,
       (SELECT count(*) FROM reconciliation_break b WHERE b.statement_id = c.statement_id AND b.state = 'open'
          AND b.proposal = 'adjust') AS postable
FROM reconciliation_count c
JOIN facilities_node n ON n.id = c.node_id JOIN ledger_entity e ON e.id = c.entity_id
WHERE c.id = ANY(%s::bigint[]) ORDER BY c.id FOR NO KEY UPDATE OF c
"""
_CODES = """
SELECT w.code, u.item_id, i.sku, u.id AS unit_id, u.lpn, u.quantity, 1 AS rank
FROM unnest(%(codes)s::text[]) AS w(code)
JOIN receiving_unit u ON u.lpn = w.code JOIN catalog_item i ON i.id = u.item_id
UNION ALL
SELECT w.code, i.id, i.sku, NULL, '', NULL, 2
FROM unnest(%(codes)s::text[]) AS w(code) JOIN catalog_item i ON i.sku = w.code
UNION ALL
SELECT w.code, i.id, i.sku, NULL, '', NULL, 3
FROM unnest(%(codes)s::text[], %(gtins)s::text[]) AS w(code, gtin) JOIN catalog_item i ON i.gtin = w.gtin
ORDER BY 1, 7, 2
"""
_ENTRIES = """
SELECT e.id, e.count_id, e.line_id, e.ref, e.content_hash, e.round, e.quantity, e.lpn, e.voids, e.counted_at,
       e.counted_by, EXISTS (SELECT FROM reconciliation_countentry v WHERE v.voids = e.id) AS taken
FROM reconciliation_countentry e
WHERE (e.count_id, e.ref) IN (SELECT * FROM unnest(%(counts)s::bigint[], %(refs)s::text[]))
   OR (e.count_id = ANY(%(counts)s::bigint[]) AND e.lpn <> '' AND e.lpn = ANY(%(lpns)s::text[]))
ORDER BY e.id
"""
_LINES = """
SELECT l.id, l.count_id, l.item_id, i.sku, l.stock_state, l.planned, l.state, l.round, l.counted, l.entries, l.first_at,
       l.last_at
FROM reconciliation_countline l JOIN catalog_item i ON i.id = l.item_id
WHERE l.count_id = ANY(%(counts)s::bigint[])
  AND (%(items)s::bigint[] IS NULL OR l.item_id = ANY(%(items)s::bigint[]) OR l.id = ANY(%(lines)s::bigint[]))
ORDER BY l.id
"""

# What the books had of each line when it was counted last, and what moved while it was counted. Positions less the
# lines that happened since; those were recorded since, too, give or take what clocks may differ.
_BOOKS = """
WITH wanted AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(entities)s::bigint[], %(nodes)s::bigint[], %(items)s::bigint[],
                         %(states)s::text[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[])
        AS w(id, entity_id, node_id, item_id, state, first_at, last_at)
), places AS (
    SELECT w.id, w.first_at, w.last_at, a.id AS account_id, a.bucket, a.owner
    FROM wanted w JOIN ledger_account a ON a.entity_id = w.entity_id AND a.node_id = w.node_id
         AND a.item_id = w.item_id AND a.state = w.state
), since AS (
    SELECT p.id, p.bucket, p.first_at, p.last_at, l.component, l.amount, e.happened_at, e.id AS entry_id
    FROM places p
    JOIN ledger_line l ON l.account_id = p.account_id AND l.recorded_at > p.first_at - interval '1 hour'
    JOIN ledger_entry e ON e.id = l.entry_id AND e.recorded_at = l.recorded_at
    WHERE e.happened_at > p.first_at
), held AS (
    SELECT p.id, sum(s.quantity) AS quantity, sum(s.cost + s.allowance) AS value,
           coalesce(sum(s.quantity) FILTER (WHERE p.bucket = 'pool'), 0) AS pooled
    FROM places p JOIN ledger_position s ON s.account_id = p.account_id GROUP BY 1
), after AS (
    SELECT id, coalesce(sum(amount) FILTER (WHERE component = 'qty'), 0) AS quantity,
           coalesce(sum(amount) FILTER (WHERE component <> 'qty'), 0) AS value,
           coalesce(sum(amount) FILTER (WHERE component = 'qty' AND bucket = 'pool'), 0) AS pooled
    FROM since WHERE happened_at > last_at GROUP BY 1
), steps AS (
    SELECT id, happened_at, sum(amount) AS amount FROM since
    WHERE component = 'qty' AND happened_at <= last_at GROUP BY 1, 2
), levels AS (
    -- What was there before each movement of the time of counting, less what was there at its end.
    SELECT id, -sum(amount) OVER (PARTITION BY id ORDER BY happened_at DESC) AS level FROM steps
)
SELECT w.id, (coalesce(h.quantity, 0) - coalesce(f.quantity, 0))::bigint AS quantity,
       (coalesce(h.value, 0) - coalesce(f.value, 0))::bigint AS value,
       (coalesce(h.pooled, 0) - coalesce(f.pooled, 0))::bigint AS pooled,
       least(0, (SELECT min(v.level) FROM levels v WHERE v.id = w.id))::bigint AS lowest,
       greatest(0, (SELECT max(v.level) FROM levels v WHERE v.id = w.id))::bigint AS highest
FROM wanted w LEFT JOIN held h ON h.id = w.id LEFT JOIN after f ON f.id = w.id ORDER BY w.id
"""
_MISSED = """
SELECT l.id, u.lpn
FROM reconciliation_countline l
JOIN reconciliation_count c ON c.id = l.count_id
JOIN receiving_unit u ON u.node_id = c.node_id AND u.item_id = l.item_id AND u.stock_state = l.stock_state
WHERE l.count_id = ANY(%s::bigint[]) AND l.entries > 0 AND u.received_at <= l.last_at
  AND EXISTS (SELECT FROM reconciliation_countentry e WHERE e.line_id = l.id AND e.round = l.round AND e.lpn <> '')
  AND NOT EXISTS (SELECT FROM reconciliation_countentry e WHERE e.count_id = c.id AND e.lpn = u.lpn
                    AND e.round = l.round AND e.voids IS NULL
                    AND NOT EXISTS (SELECT FROM reconciliation_countentry v WHERE v.voids = e.id))
ORDER BY l.id, u.id
"""
_WAY = """
SELECT w.n, w.item_id, sum(p.quantity)::bigint AS quantity
FROM unnest(%(n)s::bigint[], %(entities)s::bigint[], %(nodes)s::bigint[], %(items)s::bigint[])
    AS w(n, entity_id, node_id, item_id)
JOIN ledger_account a ON a.entity_id = w.entity_id AND a.item_id = w.item_id AND a.node_id IN (0, w.node_id)
     AND a.state = ANY(%(way)s::text[])
JOIN ledger_position p ON p.account_id = a.id AND p.quantity > 0
GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Places:
    """Nodes by code, and counts that were created before by reference."""

    nodes: dict[str, Any]
    before: dict[str, Any]


def places(nodes: Iterable[str], references: Iterable[str]) -> Places:
    """What a new count has to know of its node and of itself. One statement."""
    found = db.rows(_PLACES, {"nodes": sorted(set(nodes)), "references": sorted(set(references))})
    return Places(
        {row.code: row for row in found if row.code is not None},
        {row.reference: row for row in found if row.reference is not None},
    )


def scopes(wanted: Sequence[dict[str, Any]]) -> dict[int, list[Any]]:
    """The lines that scopes ask for, by the place of the scope. One statement."""
    found: dict[int, list[Any]] = {int(scope["n"]): [] for scope in wanted}
    for row in db.rows(_SCOPES, {"wanted": orjson.dumps(wanted).decode()}):
        found[row.n].append(row)
    return found


def lock_counts(ctx: Context, ids: Iterable[int]) -> dict[int, Any]:
    """Lock counts, with what their node and statement say. One statement."""
    return {row.id: row for row in db.lock(ctx, Rank.STATEMENT, _COUNTS, [sorted(set(ids))])}


def codes(asked: Iterable[str]) -> dict[str, list[Any]]:
    """What codes mean, the surest first: a licence plate, a SKU, a GTIN. One statement."""
    wanted = sorted(set(asked))
    gtins = [code.zfill(14) if plain_digits(code) and len(code) in (8, 12, 13, 14) else "" for code in wanted]
    found: dict[str, list[Any]] = {code: [] for code in wanted}
    for row in db.rows(_CODES, {"codes": wanted, "gtins": gtins}):
        if not found[row.code] or found[row.code][0].rank == row.rank:
            found[row.code].append(row)
    return found


def entries(refs: Sequence[tuple[int, str]], lpns: Iterable[str]) -> list[Any]:
    """Entries of these references, and those of these plates in the same counts. One statement."""
    params = {"counts": [c for c, _ in refs], "refs": [r for _, r in refs], "lpns": sorted(set(lpns))}
    return db.rows(_ENTRIES, params)


def lines(counts: Sequence[int], items: Sequence[int] | None = None, ids: Sequence[int] = ()) -> list[Any]:
    """Lines of counts, all or of some items. The count is locked, and so are they. One statement."""
    return db.rows(
        _LINES, {"counts": list(counts), "items": None if items is None else list(items), "lines": list(ids)}
    )


@dataclass(frozen=True)
class Timed:
    """A line with where it is and when it was counted."""

    id: int
    entity_id: int
    node_id: int
    item_id: int
    state: str
    first_at: datetime
    last_at: datetime


def books(asked: Sequence[Timed]) -> dict[int, Any]:
    """What the books had of each line when it was counted. One statement."""
    params = {
        "ids": [a.id for a in asked],
        "entities": [a.entity_id for a in asked],
        "nodes": [a.node_id for a in asked],
        "items": [a.item_id for a in asked],
        "states": [a.state for a in asked],
        "firsts": [a.first_at for a in asked],
        "lasts": [a.last_at for a in asked],
    }
    return {row.id: row for row in db.rows(_BOOKS, params)}


def missed_plates(counts: Sequence[int]) -> dict[int, list[str]]:
    """Licence plates that the books have where a line is, and that were not scanned for it, by line. One statement."""
    found: dict[int, list[str]] = {}
    for row in db.rows(_MISSED, [list(counts)]):
        found.setdefault(row.id, []).append(row.lpn)
    return found


def on_the_way(asked: Sequence[tuple[int, int, int, int]]) -> dict[tuple[int, int], int]:
    """Pieces on their way to each (count, entity, node, item), by count and item. One statement."""
    columns = [list(column) for column in zip(*asked, strict=True)] if asked else [[], [], [], []]
    params = dict(zip(("n", "entities", "nodes", "items"), columns, strict=True))
    found = db.rows(_WAY, {**params, "way": [str(state) for state in ON_THE_WAY]})
    return {(row.n, row.item_id): row.quantity for row in found}
