"""The laws of goodwill: it is of an order, bounded by its invoice and by what came in, and posted as what it is."""

from typing import Final

from counterflow.kernel.laws import Law

_GRANTED: Final = "SELECT count(*) FROM refunds_credit WHERE cause = 'goodwill' OR goodwill_minor <> 0"

LAWS_GOODWILL: Final[list[Law]] = [
    Law(
        "refunds.goodwill_is_bounded",
        "All goodwill of an order is within what was invoiced, and within what came in where that pays it.",
        """
        SELECT format('order %s: goodwill %s (%s by tender), invoiced %s, captured %s', g.order_id, g.granted,
                      g.by_tender, coalesce(i.invoiced, 0), coalesce(t.captured, 0)) AS what
        FROM (SELECT order_id, sum(goodwill_minor) AS granted,
                     coalesce(sum(goodwill_minor) FILTER (WHERE method = 'original'), 0) AS by_tender
              FROM refunds_credit WHERE cause = 'goodwill' GROUP BY 1) g
        LEFT JOIN LATERAL (SELECT sum(l.invoiced_minor) AS invoiced FROM orders_shipment s
                           JOIN orders_shipmentline l ON l.shipment_id = s.id WHERE s.order_id = g.order_id) i ON true
        LEFT JOIN LATERAL (SELECT sum(captured_minor) AS captured FROM orders_tender
                           WHERE order_id = g.order_id) t ON true
        WHERE g.granted > coalesce(i.invoiced, 0) OR g.by_tender > coalesce(t.captured, 0)
        """,
        _GRANTED,
    ),
    Law(
        "refunds.goodwill_is_goodwill",
        "Goodwill has an amount, a reason and an order, whose books and currency it follows; no other credit has.",
        """
        SELECT format('credit %s: cause %s, reason %s, goodwill %s of %s', c.id, c.cause, c.reason, c.goodwill_minor,
                      c.total_minor) AS what
        FROM refunds_credit c
        WHERE CASE WHEN c.cause = 'goodwill'
              THEN c.reason = '' OR c.goodwill_minor <= 0 OR c.goodwill_minor <> c.total_minor
                   OR c.method NOT IN ('original', 'store_credit')
              ELSE c.reason <> '' OR c.goodwill_minor <> 0 END
        UNION ALL
        SELECT format('credit %s: not of the books, currency and origin of order %s', c.id, c.order_id)
        FROM refunds_credit c LEFT JOIN orders_order o ON o.id = c.order_id
        LEFT JOIN orders_channel h ON h.id = o.channel_id
        WHERE c.cause = 'goodwill' AND (o.id IS NULL OR (h.entity_id, o.currency, o.simulated)
                                        IS DISTINCT FROM (c.entity_id, c.currency, c.simulated))
        """,
        _GRANTED,
    ),
    Law(
        "refunds.goodwill_is_posted",
        "What every goodwill costs stands in the journal as goodwill, in both currencies, and nothing else does.",
        """
        SELECT format('credit %s: goodwill %s (%s), posted %s (%s)', c.id, c.goodwill_minor, c.functional_total_minor,
                      coalesce(l.agreed, 0), coalesce(l.booked, 0)) AS what
        FROM (SELECT * FROM refunds_credit WHERE cause = 'goodwill' AND entry_id <> 0) c
        FULL JOIN (
            SELECT l.entry_id, l.subject_id, sum(l.amount) AS booked, sum(l.tx_amount) AS agreed
            FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id
            JOIN ledger_entry e ON e.id = l.entry_id
            WHERE a.gl = 'goodwill' AND l.component = 'money' AND e.kind = 'goodwill' GROUP BY 1, 2
        ) l ON l.entry_id = c.entry_id AND l.subject_id = c.id
        WHERE c.id IS NULL OR c.functional_total_minor <> coalesce(l.booked, 0)
           OR c.goodwill_minor <> coalesce(l.agreed, 0)
        """,
        _GRANTED,
    ),
]
