"""What an inspection has to know beside the unit: earlier rounds, what they counted, photos, sold serial numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from counterflow.kernel import db
from counterflow.receiving.rules_plans import Sold


@dataclass(frozen=True)
class Earlier:
    """An inspection that was made: of this batch, or before."""

    content_hash: bytes
    passed: bool
    grade: str
    damage_code: str
    suggested_grade: str
    entry_id: int
    by: str
    waits: bool


@dataclass
class Past:
    """What happened to units before, by unit; `counted` is what each counted for on its line, by kind of milestone.

    `person` is who inspects now: the user, or the user whose token it is.
    """

    person: str = ""
    earlier: dict[tuple[int, int], Earlier] = field(default_factory=dict)
    counted: dict[tuple[int, str], int] = field(default_factory=dict)
    photos: dict[int, int] = field(default_factory=dict)


# Read after the locks are held, so that nothing of these units is missing.
_PAST = """
WITH u AS (SELECT id, rma_line_id FROM receiving_unit WHERE id = ANY(%s::bigint[])),
seen AS (SELECT i.* FROM u JOIN receiving_inspection i ON i.unit_id = u.id)
SELECT 'inspection' AS what, i.unit_id, i.round::bigint AS number, i.content_hash, i.passed, i.grade, i.damage_code,
       i.suggested_grade, i.entry_id, i.inspected_by, i.waits
FROM seen i
UNION ALL
SELECT m.kind, u.id, sum(m.quantity), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM u JOIN returns_milestone m ON m.rma_line_id = u.rma_line_id AND m.subject_id = u.id
WHERE m.kind IN ('inspection_passed', 'inspection_failed') GROUP BY 1, 2
UNION ALL
SELECT 'photos', p.subject_id, count(*), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM evidence_photo p JOIN u ON u.id = p.subject_id
WHERE p.subject_kind = 'unit' AND p.erased_at IS NULL
  AND p.recorded_at > coalesce((SELECT max(i.recorded_at) FROM seen i WHERE i.unit_id = p.subject_id), '-infinity')
GROUP BY 2
UNION ALL
SELECT 'person', t.user_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM access_apitoken t WHERE 'token:' || t.id = %s::text
"""


def past_of(unit_ids: Iterable[int], *, actor: str) -> Past:
    """Earlier inspections of units, what they counted, photos kept since, and who inspects now. One statement."""
    past = Past(actor)
    for row in db.rows(_PAST, [list(unit_ids), actor]):
        if row.what == "inspection":
            past.earlier[row.unit_id, row.number] = Earlier(
                bytes(row.content_hash),
                row.passed,
                row.grade,
                row.damage_code,
                row.suggested_grade,
                row.entry_id,
                row.inspected_by,
                row.waits,
            )
        elif row.what == "person":
            past.person = f"user:{row.unit_id}"
        elif row.what == "photos":
            past.photos[row.unit_id] = row.number
        else:
            past.counted[row.unit_id, row.what] = row.number
    return past


# A serial number is of an item: two makers may use the same one.
_SOLD = """
SELECT w.unit_id, w.serial, u.shipment_line_id IS NULL AS no_sale,
       EXISTS (SELECT 1 FROM orders_soldserial s WHERE s.serial = w.serial AND s.item_id = u.item_id) AS sold,
       EXISTS (SELECT 1 FROM orders_soldserial s
               JOIN orders_shipmentline l ON l.id = s.shipment_line_id
               JOIN orders_shipment h ON h.id = l.shipment_id
               JOIN orders_order o ON o.id = h.order_id
               WHERE s.serial = w.serial AND s.item_id = u.item_id
                 AND (o.id = mine.id OR o.customer_id = mine.customer_id)) AS theirs,
       EXISTS (SELECT 1 FROM orders_soldserial s WHERE s.shipment_line_id = u.shipment_line_id) AS recorded
FROM unnest(%s::bigint[], %s::text[]) AS w(unit_id, serial)
JOIN receiving_unit u ON u.id = w.unit_id
LEFT JOIN orders_shipmentline l ON l.id = u.shipment_line_id
LEFT JOIN orders_shipment h ON h.id = l.shipment_id
LEFT JOIN orders_order mine ON mine.id = h.order_id
"""


def sold_serials(found: Sequence[tuple[int, str]]) -> dict[tuple[int, str], Sold]:
    """What is known of serial numbers found on units: sold to the unit's customer, to another, or never.

    Where the shipment that the unit came of has no serial numbers on record and nobody else was sold this one,
    nothing is known. One statement, none for none.
    """
    if not found:
        return {}
    rows = db.rows(_SOLD, [[unit for unit, _ in found], [serial for _, serial in found]])
    return {(row.unit_id, row.serial): _known(row) for row in rows}


def _known(row: db.Row) -> Sold:
    if row.no_sale:
        return Sold.NO_SALE
    if row.theirs:
        return Sold.TO_THIS_CUSTOMER
    if row.sold:
        return Sold.TO_ANOTHER
    return Sold.NEVER if row.recorded else Sold.UNRECORDED
