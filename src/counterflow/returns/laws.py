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
    Law(
        "returns.lines_fit_sales",
        "Every return is of its order's channel, customer and currency, each line of a sale in that order.",
        """
        SELECT format('return %s: not as order %s says', r.number, r.order_id) AS what
        FROM returns_rma r
        LEFT JOIN orders_channel c ON c.id = r.channel_id
        LEFT JOIN orders_order o ON o.id = r.order_id
        WHERE r.entity_id IS DISTINCT FROM c.entity_id
           OR (r.order_id IS NOT NULL AND (r.channel_id, r.customer_id, r.currency)
                                          IS DISTINCT FROM (o.channel_id, o.customer_id, o.currency))
        UNION ALL
        SELECT format('RMA line %s: shipment line %s is of another order or item', l.id, l.shipment_line_id)
        FROM returns_rmaline l
        LEFT JOIN returns_rma r ON r.id = l.rma_id
        LEFT JOIN orders_shipmentline s ON s.id = l.shipment_line_id AND s.item_id = l.item_id
        LEFT JOIN orders_orderline x ON x.id = s.order_line_id
        WHERE r.id IS NULL OR (l.shipment_line_id IS NOT NULL AND x.order_id IS DISTINCT FROM r.order_id)
        """,
        _LINES,
    ),
    Law(
        "returns.lines_add_up",
        "Every piece asked back is expected, here or cancelled; none is before permission, nor after a cancellation.",
        """
        SELECT format('RMA line %s (%s): %s asked, %s expected, %s here, %s cancelled', l.id, r.state, l.quantity,
                      l.authorised_qty, l.allocated_qty, l.cancelled_qty) AS what
        FROM returns_rmaline l JOIN returns_rma r ON r.id = l.rma_id
        WHERE CASE WHEN r.state = 'declined' AND l.cancelled_qty = 0 THEN l.authorised_qty + l.allocated_qty <> 0
                   ELSE l.quantity <> l.authorised_qty + l.allocated_qty + l.cancelled_qty END
           OR (r.state IN ('requested', 'declined') AND l.allocated_qty <> 0)
        UNION ALL
        SELECT format('return %s has no lines', r.number)
        FROM returns_rma r LEFT JOIN returns_rmaline l ON l.rma_id = r.id WHERE l.id IS NULL
        """,
        _LINES,
    ),
    Law(
        "returns.terms_are_decisions",
        "The milestone, method and fee of every line are what policy answered when it was opened.",
        """
        SELECT format('RMA line %s: its terms are not those of decision %s', l.id, l.refund_decision_id) AS what
        FROM returns_rmaline l
        LEFT JOIN policies_decision e ON e.id = l.eligibility_decision_id AND e.kind = 'eligibility'
             AND e.subject_id = l.id
        LEFT JOIN policies_decision d ON d.id = l.refund_decision_id AND d.kind = 'refund' AND d.subject_id = l.id
        WHERE e.id IS NULL OR d.id IS NULL OR l.reason_code <> coalesce(e.facts ->> 'reason_code', '')
           OR l.milestone IS DISTINCT FROM d.outcome ->> 'milestone'
           OR l.restocking_fee_bp IS DISTINCT FROM (d.outcome ->> 'restocking_fee_bp')::int
           OR l.shipping_refundable IS DISTINCT FROM (d.outcome ->> 'shipping_refundable')::boolean
           OR l.returnless IS DISTINCT FROM (d.outcome ->> 'returnless')::boolean
           OR l.method IS DISTINCT FROM CASE WHEN l.resolution = 'store_credit' THEN l.resolution
                    WHEN l.resolution IN ('replacement', 'exchange') THEN 'replacement'
                    ELSE d.outcome ->> 'method' END
        """,
        _LINES,
    ),
    Law(
        "returns.exchanges_say_for_what",
        "Every line that is an exchange says which item goes out instead and at what price, and no other line does.",
        """
        SELECT format('RMA line %s (%s): wish %s', coalesce(l.id, w.rma_line_id), l.resolution, w.id) AS what
        FROM (SELECT * FROM returns_rmaline WHERE resolution = 'exchange') l
        FULL JOIN (SELECT w.* FROM returns_wish w JOIN catalog_item i ON i.id = w.item_id) w ON w.rma_line_id = l.id
        WHERE l.id IS NULL OR w.id IS NULL
        """,
        "SELECT count(*) FROM returns_wish",
    ),
    Law(
        "returns.rows_have_commands",
        "Every milestone and allocation was written by a command that the audit knows, at the same instant.",
        """
        SELECT format('%s %s: command %s is not on record', x.what, x.id, x.command_id) AS what
        FROM (SELECT 'milestone' AS what, id, command_id, recorded_at FROM returns_milestone
              UNION ALL SELECT 'allocation', id, command_id, recorded_at FROM returns_allocation) x
        LEFT JOIN kernel_commandrecord c ON c.id = x.command_id AND c.at = x.recorded_at
        WHERE c.id IS NULL
        """,
        "SELECT (SELECT count(*) FROM returns_milestone) + (SELECT count(*) FROM returns_allocation)",
    ),
    Law(
        "returns.risks_are_decisions",
        "The score of an RMA and its reasons are those of its latest decision about them, and of its customer.",
        """
        SELECT format('risk of RMA %s: %s for %s by decision %s, which says %s', k.rma_id, k.score, k.codes,
                      k.decision_id, d.outcome) AS what
        FROM returns_risk k
        JOIN returns_rma r ON r.id = k.rma_id
        LEFT JOIN LATERAL (
            SELECT d.id, d.outcome, d.decided_at, (SELECT coalesce(jsonb_agg(p -> 'code' ORDER BY n), '[]')
                                    FROM jsonb_array_elements(d.outcome -> 'rows') WITH ORDINALITY AS t(p, n)) AS codes
            FROM policies_decision d WHERE d.subject_id = r.id AND d.kind = 'fraud' ORDER BY d.id DESC LIMIT 1
        ) d ON true
        WHERE (k.decision_id, k.score, k.codes, k.customer_id, k.scored_at)
              IS DISTINCT FROM (d.id, (d.outcome ->> 'points')::int, d.codes, r.customer_id, d.decided_at)
        UNION ALL
        SELECT format('decision %s scores RMA %s, which has no risk', d.id, d.subject_id)
        FROM policies_decision d LEFT JOIN returns_risk k ON k.rma_id = d.subject_id
        WHERE d.kind = 'fraud' AND k.id IS NULL
        """,
        "SELECT count(*) FROM returns_risk",
    ),
    Law(
        "returns.signals_are_of_customers",
        "A signal counts for the customer of the return, order or chargeback that it was seen on.",
        """
        SELECT format('signal %s: of customer %s', g.id, g.customer_id) AS what
        FROM returns_signal g LEFT JOIN returns_rma r ON r.id = g.rma_id
        LEFT JOIN orders_order o ON o.id = g.subject_id AND g.subject_kind = 'order'
        LEFT JOIN orders_customer c ON c.id = g.customer_id
        WHERE c.id IS NULL OR r.customer_id <> g.customer_id OR o.customer_id <> g.customer_id
           OR CASE WHEN g.subject_kind IN ('unit', 'parcel') THEN r.id WHEN g.subject_kind = 'order' THEN o.id
                   WHEN g.subject_kind = 'money_fact' THEN 1 END IS NULL
        """,
        "SELECT count(*) FROM returns_signal",
    ),
]
