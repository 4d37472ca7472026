"""Questions to reconciliation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db


@dataclass(frozen=True)
class StatementRow:
    """A statement as it was compared; `open` breaks are not settled yet. Amounts in minor units of `currency`."""

    id: int
    kind: str
    source: str
    node: str
    entity: str
    as_of: datetime
    sha256: str
    rows: int
    quantity: int
    refused_rows: int
    breaks: int
    explained: int
    open: int
    value_at_risk_minor: int
    currency: str
    compared_at: datetime
    compared_by: str


@dataclass(frozen=True)
class BreakRow:
    """One difference; see `models.Break`."""

    id: int
    statement_id: int
    kind: str
    state: str
    item_id: int | None
    sku: str
    stock_state: str
    stated_state: str
    expected: int
    stated: int
    quantity: int
    value_minor: int
    currency: str
    cause: str
    proposal: str
    from_state: str
    to_state: str
    entry_id: int | None
    settled_at: datetime | None
    settled_by: str
    as_of: datetime


@dataclass(frozen=True)
class RefusedRow:
    """A row of a statement that could not be read, and why."""

    line: int
    sku: str
    reason: str


_STATEMENTS = """
SELECT s.id, s.kind, s.source, n.code AS node, e.code AS entity, s.as_of, s.sha256, s.rows, s.quantity, s.refused_rows,
       s.breaks, s.explained,
       (SELECT count(*) FROM reconciliation_break b WHERE b.statement_id = s.id AND b.state = 'open') AS open,
       s.value_at_risk_minor, s.currency, s.compared_at, s.compared_by
FROM reconciliation_statement s
JOIN facilities_node n ON n.id = s.node_id
JOIN ledger_entity e ON e.id = s.entity_id
"""


def statements(*, node: str | None = None, before: int | None = None, limit: int = 50) -> list[StatementRow]:
    """Statements, newest first; `before` is the last id of the page before. One SQL statement."""
    found = db.rows(
        _STATEMENTS + "WHERE (%s::text IS NULL OR n.code = %s::text) AND (%s::bigint IS NULL OR s.id < %s::bigint)"
        " ORDER BY s.id DESC LIMIT %s",
        [node, node, before, before, limit],
    )
    return [StatementRow(*row) for row in found]


def statement(*, id: int) -> StatementRow | None:
    """One statement. One SQL statement."""
    found = db.rows(_STATEMENTS + "WHERE s.id = %s", [id])
    return StatementRow(*found[0]) if found else None


def breaks(
    *,
    statement: int | None = None,
    kind: str | None = None,
    state: str | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[BreakRow]:
    """Breaks by id; `after` is the last id of the page before. One SQL statement."""
    params: dict[str, Any] = {"statement": statement, "kind": kind, "state": state, "after": after, "limit": limit}
    found = db.rows(
        """
        SELECT b.id, b.statement_id, b.kind, b.state, b.item_id, b.sku, b.stock_state, b.stated_state, b.expected,
               b.stated, b.quantity, b.value_minor, b.currency, b.cause, b.proposal, b.from_state, b.to_state,
               b.entry_id, b.settled_at, b.settled_by, coalesce(b.as_of, s.as_of) AS as_of
        FROM reconciliation_break b JOIN reconciliation_statement s ON s.id = b.statement_id
        WHERE b.id > %(after)s AND (%(statement)s::bigint IS NULL OR b.statement_id = %(statement)s::bigint)
          AND (%(kind)s::text IS NULL OR b.kind = %(kind)s::text)
          AND (%(state)s::text IS NULL OR b.state = %(state)s::text)
        ORDER BY b.id LIMIT %(limit)s
        """,
        params,
    )
    return [BreakRow(*row) for row in found]


@dataclass(frozen=True)
class KindRow:
    """Breaks of one kind of a statement, together."""

    kind: str
    breaks: int
    quantity: int
    value_minor: int


def kinds(*, statement: int) -> list[KindRow]:
    """How many breaks of each kind a statement has, and of what value. One SQL statement."""
    found = db.rows(
        "SELECT kind, count(*) AS breaks, sum(quantity)::bigint AS quantity, sum(value_minor)::bigint AS value"
        " FROM reconciliation_break WHERE statement_id = %s GROUP BY 1 ORDER BY 1",
        [statement],
    )
    return [KindRow(*row) for row in found]


def refused_rows(*, statement: int) -> list[RefusedRow]:
    """The rows of a statement that could not be read, the first thousand. One SQL statement."""
    found = db.rows("SELECT refused FROM reconciliation_statement WHERE id = %s", [statement])
    return [RefusedRow(*row) for row in (found[0].refused if found else [])]
