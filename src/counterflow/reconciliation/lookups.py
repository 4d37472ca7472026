"""What comparing and posting have to know of the ledger, whatever their number in one statement each."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from counterflow.access.roles import ROLES
from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.ledger.queries import AsOf
from counterflow.reconciliation.rules import LATE_HOURS, Difference, Held, Late
from counterflow.reconciliation.words import ON_THE_WAY

_WHERE = """
SELECT w.n, n.id AS node_id, coalesce(e.id, 0) AS entity_id, e.currency, s.id AS statement_id, s.content_hash,
       s.breaks, s.explained, s.rows, s.refused_rows, s.value_at_risk_minor
FROM unnest(%s::int[], %s::text[], %s::text[], %s::timestamptz[], %s::text[]) AS w(n, node, entity, as_of, sha256)
JOIN facilities_node n ON n.code = w.node
LEFT JOIN ledger_entity e ON CASE WHEN w.entity = '' THEN e.id = n.entity_id ELSE e.code = w.entity END
LEFT JOIN reconciliation_statement s ON s.node_id = n.id AND s.entity_id = e.id AND s.kind = 'stock'
     AND s.as_of = w.as_of AND s.sha256 = w.sha256
"""

# What the books had on hand at a node as of an instant of happening, against what is stated; only what differs.
_COMPARE = """
WITH wanted AS (
    SELECT * FROM unnest(%(n)s::int[], %(entity)s::bigint[], %(node)s::bigint[], %(as_of)s::timestamptz[],
                         %(day)s::date[], %(since)s::timestamptz[]) AS w(n, entity_id, node_id, as_of, day, since)
), places AS (
    SELECT w.n, w.day, a.id, a.item_id, a.state, a.bucket
    FROM wanted w JOIN ledger_account a ON a.entity_id = w.entity_id AND a.node_id = w.node_id
    JOIN ledger_state s ON s.state = a.state AND s.on_hand
), lines AS (
    SELECT p.n, p.item_id, p.state, p.bucket, d.component, d.amount
    FROM (SELECT account_id, component, happened_date, amount FROM ledger_balance_day
          UNION ALL SELECT account_id, component, happened_date, amount FROM ledger_balance_delta) d
    JOIN places p ON p.id = d.account_id AND d.happened_date < p.day
    UNION ALL
    SELECT p.n, p.item_id, p.state, p.bucket, l.component, l.amount
    FROM wanted w
    JOIN ledger_entry e ON e.happened_at > w.since AND e.happened_at <= w.as_of
    JOIN ledger_entity b ON b.id = e.entity_id AND (e.happened_at AT TIME ZONE b.zone)::date >= w.day
    JOIN ledger_line l ON l.entry_id = e.id AND l.recorded_at = e.recorded_at
    JOIN places p ON p.n = w.n AND p.id = l.account_id
), held AS (
    SELECT n, item_id, state, coalesce(sum(amount) FILTER (WHERE component = 'qty'), 0)::bigint AS quantity,
           coalesce(sum(amount) FILTER (WHERE component <> 'qty'), 0)::bigint AS value,
           coalesce(sum(amount) FILTER (WHERE component = 'qty' AND bucket = 'pool'), 0)::bigint AS pooled
    FROM lines GROUP BY 1, 2, 3
), stated AS (
    SELECT u.n, u.sku, u.state, u.known, u.quantity, i.id AS item_id
    FROM unnest(%(s_n)s::int[], %(s_sku)s::text[], %(s_state)s::text[], %(s_known)s::boolean[],
                %(s_quantity)s::bigint[]) AS u(n, sku, state, known, quantity)
    LEFT JOIN catalog_item i ON i.sku = u.sku
), both_sides AS (
    SELECT coalesce(h.n, s.n) AS n, coalesce(h.item_id, s.item_id) AS item_id, s.sku,
           coalesce(h.state, s.state) AS state, coalesce(s.known, true) AS known, coalesce(h.quantity, 0) AS held,
           coalesce(h.value, 0) AS value, coalesce(h.pooled, 0) AS pooled, coalesce(s.quantity, 0) AS stated,
           (sum(h.quantity) OVER item)::bigint AS item_quantity, (sum(h.value) OVER item)::bigint AS item_value
    FROM held h FULL JOIN stated s ON s.n = h.n AND s.item_id = h.item_id AND s.state = h.state AND s.known
    WINDOW item AS (PARTITION BY coalesce(h.n, s.n), coalesce(h.item_id, s.item_id))
)
SELECT v.n, v.item_id, coalesce(v.sku, i.sku, v.item_id::text) AS sku, v.state, v.known, v.held, v.value, v.pooled,
       v.stated, coalesce(v.item_quantity, 0) AS item_quantity, coalesce(v.item_value, 0) AS item_value
FROM both_sides v LEFT JOIN catalog_item i ON i.id = v.item_id
WHERE v.held <> v.stated ORDER BY v.n, sku, v.state
"""

# What explains differences of the SKUs that differ: late facts, the newest first, and pieces on the way.
_MOTION = """
WITH wanted AS (
    SELECT * FROM unnest(%(n)s::int[], %(entity)s::bigint[], %(node)s::bigint[], %(as_of)s::timestamptz[],
                         %(late)s::timestamptz[]) AS w(n, entity_id, node_id, as_of, late)
), apart AS (
    SELECT DISTINCT * FROM unnest(%(d_n)s::int[], %(d_item)s::bigint[]) AS d(n, item_id)
), late AS (
    SELECT w.n, a.item_id, a.state, e.happened_at, sum(l.amount)::bigint AS quantity
    FROM wanted w
    JOIN ledger_entry e ON e.happened_at > w.late AND e.happened_at <= w.as_of AND e.recorded_at > w.as_of
    JOIN ledger_line l ON l.entry_id = e.id AND l.recorded_at = e.recorded_at AND l.component = 'qty'
    JOIN ledger_account a ON a.id = l.account_id AND a.entity_id = w.entity_id AND a.node_id = w.node_id
    JOIN ledger_state s ON s.state = a.state AND s.on_hand
    JOIN apart d ON d.n = w.n AND d.item_id = a.item_id
    GROUP BY w.n, a.item_id, a.state, e.happened_at, e.id HAVING sum(l.amount) <> 0
), way AS (
    SELECT w.n, a.item_id, sum(d2.amount)::bigint AS quantity
    FROM wanted w JOIN apart d ON d.n = w.n
    JOIN ledger_account a ON a.item_id = d.item_id AND a.entity_id = w.entity_id AND a.node_id IN (0, w.node_id)
         AND a.state = ANY(%(way)s::text[])
    JOIN (SELECT account_id, component, happened_date, amount FROM ledger_balance_day
          UNION ALL SELECT account_id, component, happened_date, amount FROM ledger_balance_delta) d2
        ON d2.account_id = a.id AND d2.component = 'qty'
        AND d2.happened_date <= (w.as_of AT TIME ZONE 'UTC')::date
    GROUP BY 1, 2
)
SELECT n, item_id, state, happened_at, quantity FROM late
UNION ALL
SELECT n, item_id, '', NULL, quantity FROM way WHERE quantity > 0
ORDER BY n, item_id, state, happened_at DESC
"""


def where(asked: Sequence[tuple[int, str, str, datetime, str]]) -> dict[int, Any]:
    """Node, entity and an earlier equal statement of each (place, node, entity, as of, digest). One statement."""
    columns = [list(column) for column in zip(*asked, strict=True)] if asked else [[] for _ in range(5)]
    return {row.n: row for row in db.rows(_WHERE, columns)}


@dataclass(frozen=True)
class Asked:
    """One statement to compare: where, as of when, and its readable rows (SKU, state, known, pieces)."""

    n: int
    entity_id: int
    node_id: int
    as_of: datetime
    rows: Sequence[tuple[str, str, bool, int]]


def differences(asked: Sequence[Asked]) -> dict[int, list[Difference]]:
    """Every SKU that differs, statement by statement. Two statements of SQL."""
    times = [AsOf(happened=a.as_of).params() for a in asked]
    columns: dict[str, list[Any]] = {
        "n": [a.n for a in asked],
        "entity": [a.entity_id for a in asked],
        "node": [a.node_id for a in asked],
        "as_of": [a.as_of for a in asked],
        "day": [t["day"] for t in times],
        "since": [t["since"] for t in times],
        "s_n": [a.n for a in asked for _ in a.rows],
        "s_sku": [row[0] for a in asked for row in a.rows],
        "s_state": [row[1] for a in asked for row in a.rows],
        "s_known": [row[2] for a in asked for row in a.rows],
        "s_quantity": [row[3] for a in asked for row in a.rows],
    }
    found: dict[tuple[int, str], Difference] = {}
    for row in db.rows(_COMPARE, columns):
        apart = found.setdefault((row.n, row.sku), Difference(row.sku, row.item_id))
        if not row.known:
            apart.unknown[row.state] = row.stated
            continue
        apart.held[row.state] = Held(row.held, row.value, row.pooled)
        apart.stated[row.state] = row.stated
        apart.average = (row.item_quantity, row.item_value)
    _explain(asked, columns, found)
    by_statement: dict[int, list[Difference]] = defaultdict(list)
    for (n, _), apart in found.items():
        by_statement[n].append(apart)
    return by_statement


def _explain(asked: Sequence[Asked], columns: dict[str, list[Any]], found: dict[tuple[int, str], Difference]) -> None:
    """Tell each difference what moved late and what is on the way."""
    known = {(n, d.item_id): d for (n, _), d in found.items() if d.item_id is not None}
    params = {name: columns[name] for name in ("n", "entity", "node", "as_of")} | {
        "late": [a.as_of - timedelta(hours=LATE_HOURS) for a in asked],
        "d_n": [n for n, _ in known],
        "d_item": [item for _, item in known],
        "way": [str(state) for state in ON_THE_WAY],
    }
    late: dict[tuple[int, int], dict[str, list[Late]]] = defaultdict(lambda: defaultdict(list))
    for row in db.rows(_MOTION, params):
        if row.state:
            late[row.n, row.item_id][row.state].append(Late(row.happened_at, row.quantity))
        else:
            known[row.n, row.item_id].on_the_way = row.quantity
    for key, states in late.items():
        known[key].late = states


_BREAKS = """
SELECT b.id, b.kind, b.state, b.item_id, b.sku, b.quantity, b.value_minor, b.cause, b.proposal, b.from_state,
       b.to_state, b.entry_id, b.statement_id, s.entity_id, s.node_id, n.code AS node, x.currency,
       coalesce(b.as_of, s.as_of) AS as_of,
       s.compared_by, s.kind AS statement_kind,
       CASE WHEN s.kind = 'count' THEN
           (SELECT max(l.last_at) FROM reconciliation_countline l
            JOIN reconciliation_count c ON c.id = l.count_id AND c.node_id = s.node_id AND c.entity_id = s.entity_id
            WHERE l.item_id = b.item_id AND l.stock_state IN (b.stock_state, b.stated_state) AND l.entries > 0
              AND c.statement_id IS NOT NULL AND (l.last_at, c.statement_id) > (coalesce(b.as_of, s.as_of), s.id))
       ELSE
           (SELECT max(o.as_of) FROM reconciliation_statement o WHERE o.node_id = s.node_id
              AND o.entity_id = s.entity_id AND o.kind = s.kind AND (o.as_of, o.id) > (s.as_of, s.id))
       END AS newer,
       ARRAY(SELECT DISTINCT e.counted_by FROM reconciliation_count c
             JOIN reconciliation_countline l ON l.count_id = c.id AND l.item_id = b.item_id
             JOIN reconciliation_countentry e ON e.line_id = l.id WHERE c.statement_id = s.id) AS counted_by,
       EXISTS (SELECT FROM access_user u JOIN access_grant g ON g.user_id = u.id AND g.role = ANY(%s::text[])
               WHERE u.is_active AND 'user:' || u.id <> %s) AS others,
       (SELECT count(*) FROM reconciliation_break o WHERE o.statement_id = b.statement_id AND o.kind = b.kind
          AND o.state = 'open') AS open_alike
FROM reconciliation_break b JOIN reconciliation_statement s ON s.id = b.statement_id
JOIN facilities_node n ON n.id = s.node_id JOIN ledger_entity x ON x.id = s.entity_id
WHERE b.id = ANY(%s::bigint[]) ORDER BY b.id FOR NO KEY UPDATE OF b
"""
_PLACES = """
SELECT DISTINCT a.id, a.entity_id, a.state, a.item_id, a.node_id, a.owner, a.custodian, a.lot, a.bucket
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[]) AS w(entity_id, node_id, item_id, state)
JOIN ledger_account a ON a.entity_id = w.entity_id AND a.node_id = w.node_id AND a.item_id = w.item_id
     AND a.state = w.state AND a.bucket = 'pool'
ORDER BY a.id
"""


def lock_breaks(ctx: Context, ids: Sequence[int], *, me: str) -> dict[int, Any]:
    """Lock breaks, with what their statements say; `others` whether anybody but this person could post them."""
    posting = [role.code for role in ROLES.values() if "reconciliation.post" in role.permissions]
    return {row.id: row for row in db.lock(ctx, Rank.STATEMENT, _BREAKS, [posting, me, list(ids)])}


def pools(wanted: Sequence[tuple[int, int, int, str]]) -> list[Any]:
    """Accounts of the pool at each (entity, node, item, state), whoever owns the goods."""
    columns = [list(c) for c in zip(*wanted, strict=True)] if wanted else [[], [], [], []]
    return db.rows(_PLACES, columns)
