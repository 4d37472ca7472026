"""Breaks by what they are worth: a list of first pages."""

from dataclasses import dataclass
from datetime import datetime

from counterflow.kernel import db

LOOKED_AT = 10_000


@dataclass(frozen=True)
class OpenBreak:
    """A break that nobody settled; the value in minor units of `currency`, without its sign."""

    id: int
    statement_id: int
    node: str
    sku: str
    kind: str
    quantity: int
    value_minor: int
    currency: str
    as_of: datetime


_OPEN = """
SELECT x.id, x.statement_id, n.code AS node, x.sku, x.kind, x.quantity, abs(x.value_minor) AS value, x.currency, s.as_of
FROM (SELECT * FROM reconciliation_break WHERE state = 'open' ORDER BY id DESC LIMIT %s) x
JOIN reconciliation_statement s ON s.id = x.statement_id JOIN facilities_node n ON n.id = s.node_id
ORDER BY value DESC, x.id LIMIT %s
"""


def open_breaks(*, limit: int = 8) -> list[OpenBreak]:
    """The open breaks of most value, among the latest. One statement."""
    return [OpenBreak(*row) for row in db.rows(_OPEN, [LOOKED_AT, limit])]
