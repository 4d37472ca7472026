"""The laws of goods instead of money: every replacement is ordered, posted and met as it says."""

from typing import Final

from counterflow.kernel.laws import Law

_MADE: Final = "SELECT count(*) FROM refunds_replacement"

LAWS_GOODS: Final[list[Law]] = [
    Law(
        "refunds.replacements_are_met",
        "What credits and customers met of every replacement is the sum of the offsets and charges on record.",
        """
        SELECT format('replacement %s: settled %s, received %s; offsets %s, charges %s', g.id, g.settled_minor,
                      g.received_minor, coalesce(x.amount, 0), coalesce(c.amount, 0)) AS what
        FROM refunds_replacement g
        FULL JOIN (SELECT replacement_id, sum(amount_minor) AS amount FROM refunds_offset GROUP BY 1) x
            ON x.replacement_id = g.id
        LEFT JOIN (SELECT replacement_id, sum(amount_minor) AS amount FROM refunds_charge GROUP BY 1) c
            ON c.replacement_id = g.id
        WHERE g.id IS NULL OR g.settled_minor <> coalesce(x.amount, 0) OR g.received_minor <> coalesce(c.amount, 0)
        UNION ALL
        SELECT format('offset %s: of another return than its credit', x.id)
        FROM refunds_offset x LEFT JOIN refunds_credit c ON c.id = x.credit_id AND c.method = 'replacement'
        LEFT JOIN refunds_replacement g ON g.id = x.replacement_id AND g.rma_id = c.rma_id
             AND g.currency = c.currency
        WHERE g.id IS NULL
        UNION ALL
        SELECT format('charge %s: tender %s of the order says otherwise', c.id, c.tender_id)
        FROM refunds_charge c LEFT JOIN refunds_replacement g ON g.id = c.replacement_id
        LEFT JOIN orders_tender t ON t.id = c.tender_id AND t.order_id = g.order_id AND t.reference = c.partner_ref
             AND t.captured_minor = c.amount_minor
        WHERE t.id IS NULL
        UNION ALL
        SELECT format('%s %s: command %s is not on record', r.what, r.id, r.command_id)
        FROM (SELECT 'offset' AS what, id, command_id, recorded_at FROM refunds_offset
              UNION ALL SELECT 'charge', id, command_id, recorded_at FROM refunds_charge
              UNION ALL SELECT 'replacement', id, command_id, recorded_at FROM refunds_replacement) r
        LEFT JOIN kernel_commandrecord k ON k.id = r.command_id AND k.at = r.recorded_at WHERE k.id IS NULL
        """,
        _MADE,
    ),
    Law(
        "refunds.replacements_are_ordered",
        "Every replacement has an order of its own for its pieces at its price, and its line counts the pieces.",
        """
        SELECT format('replacement %s: not as its return and order say', g.id) AS what
        FROM refunds_replacement g
        LEFT JOIN returns_rma r ON r.id = g.rma_id
        LEFT JOIN returns_rmaline l ON l.id = g.rma_line_id AND l.rma_id = g.rma_id
        LEFT JOIN returns_wish w ON w.rma_line_id = g.rma_line_id
        LEFT JOIN orders_order o ON o.id = g.order_id AND o.channel_id = r.channel_id AND o.currency = g.currency
        LEFT JOIN orders_orderline x ON x.order_id = o.id AND x.line_no = 1
        WHERE x.id IS NULL OR l.id IS NULL
           OR (r.entity_id, r.currency, r.simulated) IS DISTINCT FROM (g.entity_id, g.currency, g.simulated)
           OR (x.item_id, x.quantity, x.quantity * x.unit_price_minor - x.discount_minor, x.tax_minor)
              IS DISTINCT FROM (g.item_id, g.quantity, g.total_minor, g.tax_minor)
           OR g.item_id <> coalesce(w.item_id, l.item_id)
           OR w.id IS NOT NULL AND (w.unit_price_minor * g.quantity, w.unit_tax_minor * g.quantity)
                                   <> (g.total_minor, g.tax_minor)
           OR g.state NOT IN ('ordered', 'cancelled') OR (g.state = 'cancelled') <> (g.cancelled_entry_id IS NOT NULL)
           OR (g.state = 'cancelled' AND g.settled_minor <> 0) OR g.ahead <> (g.reason <> '')
        UNION ALL
        SELECT format('RMA line %s: goods for %s, and %s are ordered', l.id, l.replaced_qty, coalesce(g.n, 0))
        FROM returns_rmaline l
        LEFT JOIN (SELECT rma_line_id, sum(quantity) AS n FROM refunds_replacement WHERE state = 'ordered' GROUP BY 1) g
            ON g.rma_line_id = l.id
        WHERE l.replaced_qty <> coalesce(g.n, 0)
        """,
        _MADE,
    ),
    Law(
        "refunds.replacements_are_posted",
        "What every replacement, offset, charge and cancellation moved stands in the journal.",
        """
        WITH posted AS (
            SELECT e.id, e.kind, l.subject_id, e.happened_at, e.recorded_at, e.command_id, e.entity_id,
                   coalesce(-sum(l.tx_amount) FILTER (WHERE a.gl IN ('sales', 'sales_returns')), 0) AS net,
                   coalesce(-sum(l.tx_amount) FILTER (WHERE a.gl = 'tax_payable'), 0) AS tax,
                   coalesce(-sum(l.amount) FILTER (WHERE a.gl IN ('sales', 'sales_returns', 'tax_payable')), 0) AS sold,
                   coalesce(sum(l.amount) FILTER (WHERE a.gl = 'refunds_payable'), 0) AS met,
                   coalesce(sum(l.amount) FILTER (WHERE a.gl = 'payment_clearing'), 0) AS paid,
                   min(l.rate) AS low, max(l.rate) AS high
            FROM ledger_entry e JOIN ledger_line l ON l.entry_id = e.id AND l.recorded_at = e.recorded_at
            JOIN ledger_account a ON a.id = l.account_id
            WHERE e.kind IN ('replacement', 'replacement_cancelled', 'offset', 'charge_paid') AND e.reverses = 0
            GROUP BY 1, 2, 3, 4, 5, 6, 7
        )
        SELECT format('replacement %s: entry %s says otherwise', coalesce(g.id, p.subject_id),
                      coalesce(p.id, g.entry_id)) AS what
        FROM (SELECT * FROM refunds_replacement WHERE entry_id <> 0) g
        FULL JOIN (SELECT * FROM posted WHERE kind = 'replacement') p ON p.id = g.entry_id AND p.subject_id = g.id
        WHERE g.id IS NULL OR p.id IS NULL
           OR (g.entity_id, g.happened_at, g.recorded_at, g.command_id)
              <> (p.entity_id, p.happened_at, p.recorded_at, p.command_id)
           OR (g.functional_total_minor, g.net_minor, g.tax_minor) <> (p.sold, p.net, p.tax)
           OR g.rate <> p.low OR g.rate <> p.high
        UNION ALL
        SELECT format('replacement %s: its cancellation, entry %s, says otherwise', coalesce(g.id, p.subject_id),
                      coalesce(p.id, g.cancelled_entry_id))
        FROM (SELECT * FROM refunds_replacement WHERE cancelled_entry_id <> 0) g
        FULL JOIN (SELECT * FROM posted WHERE kind = 'replacement_cancelled') p
            ON p.id = g.cancelled_entry_id AND p.subject_id = g.id
        WHERE g.id IS NULL OR p.id IS NULL OR (g.functional_total_minor, g.net_minor, g.tax_minor)
              <> (-p.sold, -p.net, -p.tax)
        UNION ALL
        SELECT format('entry %s: met %s of replacement %s, offsets say %s', coalesce(p.id, x.entry_id), p.met,
                      coalesce(p.subject_id, x.replacement_id), x.functional)
        FROM (SELECT entry_id, replacement_id, sum(functional_minor) AS functional FROM refunds_offset GROUP BY 1, 2) x
        FULL JOIN (SELECT * FROM posted WHERE met <> 0) p ON p.id = x.entry_id AND p.subject_id = x.replacement_id
        WHERE coalesce(p.met, 0) <> coalesce(x.functional, 0)
        UNION ALL
        SELECT format('charge %s: %s, entry %s says %s', c.id, c.functional_minor, coalesce(p.id, c.entry_id), p.paid)
        FROM refunds_charge c
        FULL JOIN (SELECT * FROM posted WHERE kind = 'charge_paid') p
            ON p.id = c.entry_id AND p.subject_id = c.replacement_id AND p.happened_at = c.happened_at
        WHERE c.functional_minor IS DISTINCT FROM p.paid
        """,
        _MADE,
    ),
    Law(
        "refunds.receivable_is_owed",
        "What the books say customers owe us is what reports and goods left owing, by entity.",
        """
        SELECT format('entity %s: books say %s, documents %s', coalesce(b.entity_id, d.entity_id),
                      coalesce(b.owed, 0), coalesce(d.owed, 0)) AS what
        FROM (SELECT a.entity_id, sum(l.amount) AS owed FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id
              WHERE a.gl = 'receivable_from_customers' GROUP BY 1) b
        FULL JOIN (
            SELECT entity_id, sum(owed) AS owed FROM (
                SELECT e.entity_id, f.to_receivable_minor AS owed
                FROM refunds_moneyfact f JOIN ledger_entry e ON e.id = f.entry_id
                UNION ALL SELECT entity_id, functional_total_minor FROM refunds_replacement WHERE state = 'ordered'
                UNION ALL SELECT g.entity_id, -x.functional_minor
                    FROM refunds_offset x JOIN refunds_replacement g ON g.id = x.replacement_id
                UNION ALL SELECT g.entity_id, -c.functional_minor
                    FROM refunds_charge c JOIN refunds_replacement g ON g.id = c.replacement_id
            ) o GROUP BY 1
        ) d ON d.entity_id = b.entity_id
        WHERE coalesce(b.owed, 0) <> coalesce(d.owed, 0)
        """,
        _MADE,
    ),
]
