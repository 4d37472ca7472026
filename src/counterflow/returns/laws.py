"""The laws of returns: counters are what milestones, allocations and RMA lines add up to."""

from typing import Final

from counterflow.kernel.laws import Law

_LINES: Final = "SELECT count(*) FROM returns_rmaline"

LAWS: Final[list[Law]] = [
    Law(
        "returns.counters_are_milestones",
        "Every counter of an RMA line is the sum of its milestones; what was authorised is still expected or here.",
        """
        SELECT format('RMA line %s: %s is %s and its milestones say %s', l.id, c.kind, c.counter,
                      coalesce(m.quantity, 0)) AS what
        FROM returns_rmaline l
        JOIN returns_rma r ON r.id = l.rma_id
        CROSS JOIN LATERAL (VALUES
            ('authorised', CASE WHEN r.state IN ('requested', 'declined') THEN 0
                                ELSE l.authorised_qty + l.allocated_qty END),
            ('carrier_scan', l.scanned_qty), ('received', l.allocated_qty), ('inspection_passed', l.passed_qty),
            ('inspection_failed', l.failed_qty), ('lost', l.lost_qty), ('cancelled', l.cancelled_qty),
            ('approved', l.approved_qty)) AS c(kind, counter)
        LEFT JOIN (SELECT rma_line_id, kind, sum(quantity) AS quantity FROM returns_milestone GROUP BY 1, 2) m
            ON m.rma_line_id = l.id AND m.kind = c.kind
        WHERE c.counter <> coalesce(m.quantity, 0)
        """,
        _LINES,
    ),
    Law(
        "returns.milestones_are_known",
        "Every milestone is of a kind that a counter adds up.",
        """
        SELECT format('milestone %s of RMA line %s is a %s', id, rma_line_id, kind) AS what FROM returns_milestone
        WHERE kind NOT IN ('authorised', 'carrier_scan', 'received', 'inspection_passed', 'inspection_failed', 'lost',
                           'cancelled', 'approved')
        """,
        "SELECT count(*) FROM returns_milestone",
    ),
    Law(
        "returns.lines_are_allocated",
        "What an RMA line counts as allocated is the sum of its allocations.",
        """
        SELECT format('RMA line %s: %s allocated and its allocations say %s', l.id, l.allocated_qty,
                      coalesce(a.quantity, 0)) AS what
        FROM returns_rmaline l
        LEFT JOIN (SELECT rma_line_id, sum(quantity) AS quantity FROM returns_allocation GROUP BY 1) a
            ON a.rma_line_id = l.id
        WHERE l.allocated_qty <> coalesce(a.quantity, 0)
        """,
        _LINES,
    ),
    Law(
        "returns.shipments_are_guarded",
        "What a shipment line counts as authorised and allocated is the sum of its RMA lines, within what was shipped.",
        """
        SELECT format('shipment line %s: authorised %s and allocated %s of %s, and its RMA lines say %s and %s', s.id,
                      s.authorised_qty, s.allocated_qty, s.quantity, coalesce(l.authorised, 0),
                      coalesce(l.allocated, 0)) AS what
        FROM orders_shipmentline s
        LEFT JOIN (SELECT shipment_line_id, sum(authorised_qty) AS authorised, sum(allocated_qty) AS allocated
                   FROM returns_rmaline WHERE shipment_line_id IS NOT NULL GROUP BY 1) l ON l.shipment_line_id = s.id
        WHERE s.authorised_qty <> coalesce(l.authorised, 0) OR s.allocated_qty <> coalesce(l.allocated, 0)
           OR s.authorised_qty + s.allocated_qty + s.history_qty > s.quantity
        """,
        "SELECT count(*) FROM orders_shipmentline",
    ),
    Law(
        "returns.allocations_keep_their_line",
        "An allocation names the shipment line of its RMA line.",
        """
        SELECT format('allocation %s: shipment line %s, and its RMA line %s has %s', a.id, a.shipment_line_id, l.id,
                      l.shipment_line_id) AS what
        FROM returns_allocation a JOIN returns_rmaline l ON l.id = a.rma_line_id
        WHERE a.shipment_line_id IS DISTINCT FROM l.shipment_line_id
        """,
        "SELECT count(*) FROM returns_allocation",
    ),
]
