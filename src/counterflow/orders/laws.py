"""The laws of orders: what must hold between orders, what was shipped of them, and what books of history told."""

from typing import Final

from counterflow.kernel.laws import Law

_LINES: Final = "SELECT count(*) FROM orders_orderline"
_SHIPPED: Final = "SELECT count(*) FROM orders_shipmentline"

LAWS: Final[list[Law]] = [
    Law(
        "orders.children_have_parents",
        "Every order has its channel, customer and import, every order line its order and item, every shipment its "
        "order, every shipped line all three, every match its return.",
        """
        SELECT format('order %s: no channel, customer or import', o.id) AS what
        FROM orders_order o LEFT JOIN orders_channel c ON c.id = o.channel_id
        LEFT JOIN orders_customer k ON k.id = o.customer_id LEFT JOIN orders_importrun r ON r.id = o.imported_from_id
        WHERE c.id IS NULL OR o.customer_id IS NOT NULL AND k.id IS NULL
           OR o.imported_from_id IS NOT NULL AND r.id IS NULL
        UNION ALL
        SELECT format('match %s: no return', m.id)
        FROM orders_importedreturnmatch m LEFT JOIN orders_importedreturn r ON r.id = m.imported_return_id
        WHERE r.id IS NULL
        UNION ALL
        SELECT format('order line %s: no order or item', l.id)
        FROM orders_orderline l LEFT JOIN orders_order o ON o.id = l.order_id
        LEFT JOIN catalog_item i ON i.id = l.item_id AND i.sku = l.sku
        WHERE o.id IS NULL OR l.item_id IS NOT NULL AND i.id IS NULL
        UNION ALL
        SELECT format('shipment %s: no order', p.id)
        FROM orders_shipment p LEFT JOIN orders_order o ON o.id = p.order_id WHERE o.id IS NULL
        UNION ALL
        SELECT format('shipment line %s: not of its order, shipment and item', s.id)
        FROM orders_shipmentline s LEFT JOIN orders_orderline l ON l.id = s.order_line_id AND l.item_id = s.item_id
        LEFT JOIN orders_shipment p ON p.id = s.shipment_id AND p.order_id = l.order_id
        WHERE (l.id IS NULL OR p.id IS NULL) AND NOT EXISTS (
            SELECT FROM orders_linesahead a, jsonb_array_elements(a.runs) r
            WHERE s.order_line_id BETWEEN (r ->> 0)::bigint AND (r ->> 1)::bigint
        )
        """,
        _SHIPPED,
    ),
    Law(
        "orders.shipped_is_ordered",
        "Of no order line more was shipped than ordered, and a line shipped whole was invoiced whole.",
        """
        SELECT format('order line %s: shipped %s of %s, invoiced %s of %s', l.id, s.quantity, l.quantity, s.invoiced,
                      l.quantity * l.unit_price_minor - l.discount_minor) AS what
        FROM orders_orderline l
        JOIN (SELECT order_line_id, sum(quantity) AS quantity, sum(invoiced_minor) AS invoiced,
                     sum(tax_minor) AS tax FROM orders_shipmentline GROUP BY 1) s ON s.order_line_id = l.id
        WHERE s.quantity > l.quantity OR s.quantity = l.quantity AND (
            s.tax IS DISTINCT FROM l.tax_minor
            OR s.invoiced - (l.quantity * l.unit_price_minor - l.discount_minor) NOT IN (0, coalesce(l.tax_minor, 0))
        )
        """,
        _LINES,
    ),
    Law(
        "orders.issues_are_posted",
        "What a shipment line says it was issued at left the books by the entry it names.",
        """
        SELECT format('shipment line %s: %s pieces issued at %s (%s), entry %s moved %s worth %s', s.id, s.quantity,
                      s.issued_cost_minor, s.cost_basis, s.issued_entry_id, coalesce(l.pieces, 0), coalesce(l.worth, 0))
               AS what
        FROM orders_shipmentline s
        LEFT JOIN (
            SELECT l.entry_id, l.subject_id,
                   sum(l.amount) FILTER (WHERE l.component = 'qty' AND l.amount > 0) AS pieces,
                   coalesce(-sum(l.amount) FILTER (WHERE l.component IN ('cost', 'allowance')), 0) AS worth,
                   bool_or(a.state = 'unexplained') AS short
            FROM ledger_entry e JOIN ledger_line l ON l.entry_id = e.id AND l.recorded_at = e.recorded_at
            JOIN ledger_account a ON a.id = l.account_id
            WHERE e.kind = 'ship' AND e.reverses = 0 GROUP BY 1, 2
        ) l ON l.entry_id = s.issued_entry_id AND l.subject_id = s.id
        WHERE (s.issued_entry_id IS NOT NULL OR s.cost_basis = 'issued')
          AND (l.subject_id IS NULL OR s.quantity <> l.pieces OR (s.cost_basis = 'issued') = l.short
               OR CASE WHEN l.short THEN coalesce(s.issued_cost_minor, 0) < l.worth
                       ELSE s.issued_cost_minor IS DISTINCT FROM l.worth END)
        """,
        _SHIPPED,
    ),
    Law(
        "orders.tenders_fit_orders",
        "Every means of payment is of an order and in its currency.",
        """
        SELECT format('tender %s: order %s, %s', t.id, t.order_id, t.currency) AS what
        FROM orders_tender t LEFT JOIN orders_order o ON o.id = t.order_id AND o.currency = t.currency
        WHERE o.id IS NULL
        """,
        "SELECT count(*) FROM orders_order",
    ),
    Law(
        "orders.history_is_matched",
        "The units of history on a shipment line are those of the settled returns matched to it.",
        """
        SELECT format('shipment line %s: %s units of history and %s matched', s.id, s.history_qty,
                      coalesce(m.quantity, 0)) AS what
        FROM orders_shipmentline s
        FULL JOIN (SELECT m.shipment_line_id, sum(m.quantity) AS quantity FROM orders_importedreturnmatch m
                   JOIN orders_importedreturn r ON r.id = m.imported_return_id WHERE r.settled GROUP BY 1) m
            ON m.shipment_line_id = s.id
        WHERE s.history_qty IS DISTINCT FROM coalesce(m.quantity, 0)
        """,
        _SHIPPED,
    ),
    Law(
        "orders.matches_are_possible",
        "A match joins a return to an earlier sale of the same customer and item, and none exceeds its return.",
        """
        SELECT format('imported return %s: matched %s of %s', r.id, sum(m.quantity), r.quantity) AS what
        FROM orders_importedreturn r
        JOIN orders_importedreturnmatch m ON m.imported_return_id = r.id
        LEFT JOIN orders_shipmentline s ON s.id = m.shipment_line_id
        LEFT JOIN orders_orderline l ON l.id = s.order_line_id
        LEFT JOIN orders_order o ON o.id = l.order_id
        GROUP BY r.id
        HAVING sum(m.quantity) > r.quantity OR bool_or(
            o.placed_at > r.happened_at OR o.customer_id IS DISTINCT FROM r.customer_id
            OR s.item_id IS DISTINCT FROM r.item_id
        )
        """,
        "SELECT count(*) FROM orders_importedreturn",
    ),
    Law(
        "orders.imports_are_there",
        "What the runs say they imported into a channel is there, line for line.",
        """
        WITH told AS (
            SELECT channel_id,
                   sum(coalesce((counts->>'sale')::bigint, 0) + coalesce((counts->>'free')::bigint, 0)
                       + coalesce((counts->>'service')::bigint, 0)) AS lines,
                   sum(coalesce((counts->>'return')::bigint, 0)) AS returns,
                   sum(coalesce((counts->>'adjustment')::bigint, 0)) AS adjustments
            FROM orders_importrun GROUP BY 1
        ), there AS (
            SELECT c.id AS channel_id,
                   (SELECT count(*) FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
                    WHERE o.channel_id = c.id AND o.imported_from_id IS NOT NULL) AS lines,
                   (SELECT count(*) FROM orders_importedreturn r WHERE r.channel_id = c.id) AS returns,
                   (SELECT count(*) FROM orders_stockadjustment a WHERE a.channel_id = c.id) AS adjustments
            FROM orders_channel c
        )
        SELECT format('channel %s: %s lines, %s returns, %s adjustments, and the runs say %s, %s, %s', channel_id,
                      h.lines, h.returns, h.adjustments, t.lines, t.returns, t.adjustments) AS what
        FROM there h LEFT JOIN told t USING (channel_id)
        WHERE (h.lines, h.returns, h.adjustments)
              IS DISTINCT FROM (coalesce(t.lines, 0), coalesce(t.returns, 0), coalesce(t.adjustments, 0))
        """,
        "SELECT count(*) FROM orders_importrun",
    ),
    Law(
        "orders.serials_fit_their_line",
        "A serial number that was sold is of its shipment line's item, and no line has more of them than pieces.",
        """
        SELECT format('serial %s: item %s, its shipment line is of item %s', s.id, s.item_id, l.item_id) AS what
        FROM orders_soldserial s LEFT JOIN orders_shipmentline l ON l.id = s.shipment_line_id
        WHERE l.item_id IS DISTINCT FROM s.item_id
        UNION ALL
        SELECT format('shipment line %s: %s pieces, %s serial numbers', l.id, l.quantity, count(*))
        FROM orders_soldserial s JOIN orders_shipmentline l ON l.id = s.shipment_line_id
        GROUP BY l.id HAVING count(*) > l.quantity
        """,
        "SELECT count(*) FROM orders_soldserial",
    ),
    Law(
        "orders.links_are_of_people_known",
        "Digests that link accounts are of customers who can be reached, of the three kinds, and 16 bytes long.",
        """
        SELECT format('customer %s: a digest of %s, and no contact', l.customer_id, l.kind) AS what
        FROM orders_customerlink l LEFT JOIN orders_contact a ON a.customer_id = l.customer_id AND a.erased_at IS NULL
        WHERE a.id IS NULL OR length(l.digest) <> 16
           OR CASE l.kind WHEN 'email' THEN a.email WHEN 'phone' THEN a.phone WHEN 'address' THEN a.line1 END IS NULL
        """,
        "SELECT count(*) FROM orders_customerlink",
    ),
]
