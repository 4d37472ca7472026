"""What movements are about: the document behind a subject of the journal, and the subjects behind a document."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel import db
from counterflow.kernel.found import id_of


@dataclass(frozen=True)
class Cause:
    """A document. `kind` is unit, return, order, parcel, stock (a statement) or count; `also` is its return."""

    kind: str
    name: str
    number: int
    also: str = ""


_CAUSES = """
SELECT u.id, 'unit' AS kind, u.lpn AS name, u.id AS number, coalesce(r.number, '') AS also
FROM receiving_unit u LEFT JOIN returns_rmaline l ON l.id = u.rma_line_id LEFT JOIN returns_rma r ON r.id = l.rma_id
WHERE u.id = ANY(%(ids)s::bigint[])
UNION ALL
SELECT l.id, 'return', r.number, r.id, '' FROM returns_rmaline l JOIN returns_rma r ON r.id = l.rma_id
WHERE l.id = ANY(%(ids)s::bigint[])
UNION ALL
SELECT s.id, 'order', o.number, o.id, '' FROM orders_shipmentline s
JOIN orders_orderline l ON l.id = s.order_line_id JOIN orders_order o ON o.id = l.order_id
WHERE s.id = ANY(%(ids)s::bigint[])
UNION ALL
SELECT p.id, 'parcel', p.carrier || ' ' || p.tracking, p.id, coalesce(r.number, '')
FROM logistics_parcel p LEFT JOIN returns_rma r ON r.id = p.rma_id WHERE p.id = ANY(%(ids)s::bigint[])
UNION ALL
SELECT b.id, s.kind, n.code, s.id, '' FROM reconciliation_break b
JOIN reconciliation_statement s ON s.id = b.statement_id JOIN facilities_node n ON n.id = s.node_id
WHERE b.id = ANY(%(ids)s::bigint[])
"""


def causes(*, subjects: Sequence[int]) -> dict[int, Cause]:
    """The documents behind subjects; one that is no document of ours is left out. One statement."""
    found = db.rows(_CAUSES, {"ids": list(subjects)}) if subjects else []
    return {row.id: Cause(row.kind, row.name, row.number, row.also) for row in found}


_SUBJECTS = """
WITH named AS (
    SELECT r.id FROM returns_rma r WHERE r.number = %(name)s
    UNION
    SELECT p.rma_id FROM logistics_parcel p WHERE p.tracking = %(name)s AND p.rma_id IS NOT NULL
), lines AS (
    SELECT l.id FROM returns_rmaline l JOIN named ON named.id = l.rma_id
)
SELECT id FROM lines
UNION SELECT u.id FROM receiving_unit u JOIN lines ON lines.id = u.rma_line_id
UNION SELECT u.id FROM receiving_unit u WHERE u.lpn = %(name)s
UNION SELECT u.id FROM receiving_unit o JOIN receiving_unit u ON u.parent_id = o.id WHERE o.lpn = %(name)s
UNION SELECT p.id FROM logistics_parcel p WHERE p.tracking = %(name)s OR p.rma_id IN (SELECT id FROM named)
UNION SELECT s.id FROM orders_channel c JOIN orders_order o ON o.channel_id = c.id
      JOIN orders_orderline l ON l.order_id = o.id JOIN orders_shipmentline s ON s.order_line_id = l.id
      WHERE o.number = %(name)s
UNION SELECT b.id FROM reconciliation_break b WHERE b.statement_id = %(id)s::bigint
ORDER BY 1 LIMIT 10000
"""


def subjects_of(*, document: str) -> list[int]:
    """What lines are about that belong to a document: a licence plate, a return, a tracking number, an order, or the
    number of a statement or count. One statement."""
    return [row.id for row in db.rows(_SUBJECTS, {"name": document, "id": id_of(document)})]
