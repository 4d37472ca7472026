"""The laws of refunds: nothing is credited beyond the invoice, paid beyond the credit or beyond what came in.

Each counter that guards is compared with the rows that moved it, and each sum of money with the journal.
"""

from typing import Final

from counterflow.kernel.laws import Law
from counterflow.refunds.laws_goods import LAWS_GOODS
from counterflow.refunds.laws_goodwill import LAWS_GOODWILL

_CREDITS: Final = "SELECT count(*) FROM refunds_credit"
_LINES: Final = "SELECT count(*) FROM refunds_creditline"
_PAYOUTS: Final = "SELECT count(*) FROM refunds_payout"
_FACTS: Final = "SELECT count(*) FROM refunds_moneyfact"

LAWS: Final[list[Law]] = [
    *LAWS_GOODS,
    *LAWS_GOODWILL,
    Law(
        "refunds.credits_are_their_lines",
        "Net, tax and fee of every credit are the sums of its lines, and its total follows from them.",
        """
        SELECT format('credit %s: %s/%s/%s, lines %s/%s/%s, total %s', c.id, c.net_minor, c.tax_minor, c.fee_minor,
                      l.net, l.tax, l.fee, c.total_minor) AS what
        FROM refunds_credit c
        LEFT JOIN (SELECT credit_id, sum(net_minor) AS net, sum(tax_minor) AS tax, sum(fee_minor) AS fee
                   FROM refunds_creditline GROUP BY 1) l ON l.credit_id = c.id
        WHERE (l.credit_id IS NULL) <> (c.cause = 'goodwill')
           OR (c.net_minor, c.tax_minor, c.fee_minor) <> (coalesce(l.net, 0), coalesce(l.tax, 0), coalesce(l.fee, 0))
           OR c.total_minor <> c.net_minor + c.tax_minor + c.shipping_minor + c.shipping_tax_minor - c.fee_minor
                               + c.goodwill_minor
        """,
        _CREDITS,
    ),
    Law(
        "refunds.credits_are_posted",
        "What every credit owes stands in the journal, on the account its method names, in both currencies.",
        """
        SELECT format('credit %s: owes %s (%s), posted %s (%s)', c.id, c.total_minor, c.functional_total_minor,
                      coalesce(l.agreed, 0), coalesce(l.booked, 0)) AS what
        FROM refunds_credit c
        LEFT JOIN (
            SELECT l.entry_id, l.subject_id, a.gl, -sum(l.amount) AS booked, -sum(l.tx_amount) AS agreed
            FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id
            WHERE a.gl IN ('refunds_payable', 'store_credit') AND l.component = 'money' GROUP BY 1, 2, 3
        ) l ON l.entry_id = c.entry_id AND l.subject_id = c.id
           AND l.gl = CASE c.method WHEN 'store_credit' THEN 'store_credit' ELSE 'refunds_payable' END
        WHERE c.functional_total_minor <> coalesce(l.booked, 0)
           OR (c.functional_total_minor <> 0 AND c.total_minor <> coalesce(l.agreed, 0))
        """,
        _CREDITS,
    ),
    Law(
        "refunds.sales_returns_are_posted",
        "What every credit takes off sales and tax, and what it keeps as a fee, stands in the journal.",
        """
        SELECT format('credit %s: net %s, tax %s, fee %s; posted %s, %s, %s', c.id, c.net_minor + c.shipping_minor,
                      c.tax_minor + c.shipping_tax_minor, c.fee_minor, l.net, l.tax, l.fee) AS what
        FROM refunds_credit c
        JOIN (
            SELECT l.entry_id, coalesce(sum(l.tx_amount) FILTER (WHERE a.gl = 'sales_returns'), 0) AS net,
                   coalesce(sum(l.tx_amount) FILTER (WHERE a.gl = 'tax_payable'), 0) AS tax,
                   coalesce(-sum(l.tx_amount) FILTER (WHERE a.gl = 'return_fee_income'), 0) AS fee
            FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id WHERE l.component = 'money' GROUP BY 1
        ) l ON l.entry_id = c.entry_id
        WHERE c.rate = 1 AND (c.net_minor + c.shipping_minor, c.tax_minor + c.shipping_tax_minor, c.fee_minor)
                          <> (l.net, l.tax, l.fee)
        """,
        _CREDITS,
    ),
    Law(
        "refunds.invoices_bound_credits",
        "Credited pieces and amount of every shipment line are those of its credit lines, within its invoice.",
        """
        SELECT format('shipment line %s: credited %s for %s, lines %s for %s, invoiced %s', s.id, s.credited_qty,
                      s.credited_minor, coalesce(l.quantity, 0), coalesce(l.minor, 0), s.invoiced_minor) AS what
        FROM orders_shipmentline s
        FULL JOIN (SELECT shipment_line_id, sum(quantity) AS quantity, sum(net_minor + tax_minor) AS minor
                   FROM refunds_creditline WHERE shipment_line_id IS NOT NULL GROUP BY 1) l ON l.shipment_line_id = s.id
        WHERE s.id IS NULL OR s.credited_qty <> coalesce(l.quantity, 0) OR s.credited_minor <> coalesce(l.minor, 0)
           OR s.credited_minor > s.invoiced_minor OR s.credited_qty > s.quantity
        """,
        _LINES,
    ),
    Law(
        "refunds.rma_lines_count_credits",
        "Credited pieces of every RMA line are those of its credit lines.",
        """
        SELECT format('RMA line %s: credited %s, lines %s', r.id, r.credited_qty, coalesce(l.quantity, 0)) AS what
        FROM returns_rmaline r
        LEFT JOIN (SELECT rma_line_id, sum(quantity) AS quantity FROM refunds_creditline GROUP BY 1) l
            ON l.rma_line_id = r.id
        WHERE r.credited_qty <> coalesce(l.quantity, 0) OR r.credited_qty > r.quantity
        """,
        "SELECT count(*) FROM returns_rmaline",
    ),
    Law(
        "refunds.promises_fit_credits",
        "What is promised and paid of every credit is what payouts and goods say; store credit is met at once.",
        """
        SELECT format('credit %s: promised %s, paid %s of %s; payouts %s, %s', c.id, c.committed_minor, c.paid_minor,
                      c.total_minor, coalesce(p.promised, 0), coalesce(p.paid, 0)) AS what
        FROM refunds_credit c
        LEFT JOIN (SELECT credit_id, sum(paid_minor) AS paid,
                          sum(CASE WHEN state = 'failed' THEN paid_minor ELSE amount_minor END) AS promised
                   FROM (SELECT credit_id, state, amount_minor, paid_minor FROM refunds_payout
                         UNION ALL SELECT credit_id, 'paid', amount_minor, amount_minor FROM refunds_offset) w
                   GROUP BY 1) p ON p.credit_id = c.id
        WHERE c.committed_minor > c.total_minor
           OR (c.method = 'store_credit' AND (c.committed_minor, c.paid_minor) <> (c.total_minor, c.total_minor))
           OR (c.method <> 'store_credit'
               AND (c.committed_minor, c.paid_minor) <> (coalesce(p.promised, 0), coalesce(p.paid, 0)))
        """,
        _CREDITS,
    ),
    Law(
        "refunds.promises_fit_tenders",
        "What is promised through every tender is the sum of its payouts, and not more than came in by it.",
        """
        SELECT format('tender %s: promised %s of %s, payouts %s', t.id, t.committed_minor, t.captured_minor,
                      coalesce(p.promised, 0)) AS what
        FROM orders_tender t
        LEFT JOIN (SELECT tender_id, sum(CASE WHEN state = 'failed' THEN paid_minor ELSE amount_minor END) AS promised
                   FROM refunds_payout GROUP BY 1) p ON p.tender_id = t.id
        WHERE t.committed_minor <> coalesce(p.promised, 0) OR t.committed_minor > t.captured_minor
        """,
        "SELECT count(*) FROM orders_tender",
    ),
    Law(
        "refunds.paid_is_observed",
        "Every payout counts as paid what was reported of it, and every tender what was reported refunded.",
        """
        SELECT format('payout %s: paid %s, reported %s', p.id, p.paid_minor, coalesce(f.paid, 0)) AS what
        FROM refunds_payout p
        LEFT JOIN (SELECT payout_id, sum(paid_minor) AS paid FROM refunds_moneyfact
                   WHERE kind = 'refund_paid' GROUP BY 1) f ON f.payout_id = p.id
        WHERE NOT p.chargeback AND (p.paid_minor <> coalesce(f.paid, 0)
                                    OR (p.state = 'paid') <> (p.paid_minor = p.amount_minor))
        UNION ALL
        SELECT format('tender %s: refunded %s, reported %s', t.id, t.refunded_minor, coalesce(f.amount, 0))
        FROM orders_tender t
        LEFT JOIN (SELECT tender_id, currency, sum(amount_minor) AS amount FROM refunds_moneyfact
                   WHERE kind = 'refund_paid' GROUP BY 1, 2) f ON f.tender_id = t.id AND f.currency = t.currency
        WHERE t.refunded_minor <> coalesce(f.amount, 0)
        UNION ALL
        SELECT format('tender %s: chargebacks met credits of %s, payouts say %s', coalesce(p.tender_id, f.tender_id),
                      coalesce(f.paid, 0), coalesce(p.paid, 0))
        FROM (SELECT tender_id, sum(paid_minor) AS paid FROM refunds_payout WHERE chargeback GROUP BY 1) p
        FULL JOIN (SELECT tender_id, sum(CASE kind WHEN 'chargeback' THEN paid_minor ELSE -paid_minor END) AS paid
                   FROM refunds_moneyfact WHERE kind IN ('chargeback', 'chargeback_reversed') GROUP BY 1) f
            ON f.tender_id = p.tender_id
        WHERE coalesce(p.paid, 0) <> coalesce(f.paid, 0)
        """,
        _PAYOUTS,
    ),
    Law(
        "refunds.reports_are_posted",
        "What every report moved stands in the journal: on what we owe, are owed and lost, against clearing.",
        """
        SELECT format('report %s: booked %s/%s/%s, posted %s/%s/%s', f.id, f.to_payable_minor, f.to_receivable_minor,
                      f.to_chargebacks_minor, coalesce(l.payable, 0), coalesce(l.receivable, 0),
                      coalesce(l.chargebacks, 0)) AS what
        FROM refunds_moneyfact f
        LEFT JOIN (
            SELECT l.entry_id, l.subject_id, sum(l.amount) FILTER (WHERE a.gl = 'refunds_payable') AS payable,
                   sum(l.amount) FILTER (WHERE a.gl = 'receivable_from_customers') AS receivable,
                   sum(l.amount) FILTER (WHERE a.gl = 'chargebacks') AS chargebacks,
                   sum(l.amount) FILTER (WHERE a.gl = 'payment_clearing') AS clearing
            FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id WHERE l.component = 'money' GROUP BY 1, 2
        ) l ON l.entry_id = f.entry_id AND l.subject_id = f.id
        WHERE (f.to_payable_minor, f.to_receivable_minor, f.to_chargebacks_minor)
              <> (coalesce(l.payable, 0), coalesce(l.receivable, 0), coalesce(l.chargebacks, 0))
           OR (f.entry_id <> 0 AND l.entry_id IS NULL)
           OR coalesce(-l.clearing, 0) <> f.to_payable_minor + f.to_receivable_minor + f.to_chargebacks_minor
        """,
        _FACTS,
    ),
    Law(
        "refunds.payable_is_credits",
        "What the books say we owe for refunds is what credits owe and nobody has paid, by entity.",
        """
        SELECT format('entity %s: books owe %s, credits owe %s', coalesce(b.entity_id, c.entity_id),
                      coalesce(b.owed, 0), coalesce(c.owed, 0)) AS what
        FROM (SELECT a.entity_id, -sum(l.amount) AS owed FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id
              WHERE a.gl = 'refunds_payable' GROUP BY 1) b
        FULL JOIN (SELECT entity_id, sum(functional_total_minor
                              - CASE WHEN total_minor = 0 THEN 0
                                     ELSE div(functional_total_minor::numeric * paid_minor, total_minor) END) AS owed
                   FROM refunds_credit WHERE method <> 'store_credit' GROUP BY 1) c ON c.entity_id = b.entity_id
        WHERE coalesce(b.owed, 0) <> coalesce(c.owed, 0)
        """,
        _CREDITS,
    ),
    Law(
        "refunds.credits_follow_returns",
        "Every credit is of its return's books, order and currency; its lines are of that return's and by their terms.",
        """
        SELECT format('credit %s: books, order, currency or origin differ from those of return %s', c.id, c.rma_id)
               AS what
        FROM refunds_credit c LEFT JOIN returns_rma r ON r.id = c.rma_id
        WHERE r.id IS NULL AND (c.rma_id IS NOT NULL OR c.cause <> 'goodwill')
           OR r.id IS NOT NULL AND (c.entity_id, c.order_id, c.currency, c.simulated)
                                   IS DISTINCT FROM (r.entity_id, r.order_id, r.currency, r.simulated)
        UNION ALL
        SELECT format('credit line %s: not by the terms of RMA line %s', l.id, l.rma_line_id)
        FROM refunds_creditline l
        LEFT JOIN refunds_credit c ON c.id = l.credit_id
        LEFT JOIN returns_rmaline r ON r.id = l.rma_line_id AND r.rma_id = c.rma_id AND r.method = c.method
             AND r.shipment_line_id IS NOT DISTINCT FROM l.shipment_line_id
        WHERE r.id IS NULL OR l.fee_minor <> div(l.net_minor::numeric * r.restocking_fee_bp, 10000)
           OR l.released_by NOT IN ('approved', CASE WHEN r.returnless THEN 'authorised' ELSE r.milestone END)
        """,
        _CREDITS,
    ),
    Law(
        "refunds.credits_have_their_entry",
        "Every credit that moves money was posted when it says, by the command and at the rate it names.",
        """
        SELECT format('credit %s: entry %s is of another instant, command or rate', coalesce(c.id, 0),
                      coalesce(c.entry_id, e.id)) AS what
        FROM (SELECT * FROM refunds_credit WHERE entry_id <> 0) c
        FULL JOIN (SELECT * FROM ledger_entry WHERE kind IN ('credit', 'goodwill') AND reverses = 0) e
            ON e.id = c.entry_id
        WHERE c.id IS NULL OR e.id IS NULL OR (c.cause = 'goodwill') <> (e.kind = 'goodwill')
           OR (c.entity_id, c.happened_at, c.recorded_at, c.command_id)
              <> (e.entity_id, e.happened_at, e.recorded_at, e.command_id)
        UNION ALL
        SELECT format('credit %s: at %s, posted at %s', c.id, c.rate, l.rate)
        FROM refunds_credit c JOIN ledger_line l ON l.entry_id = c.entry_id AND l.subject_id = c.id
        WHERE l.rate <> c.rate
        UNION ALL
        SELECT format('credit %s: command %s is not on record', c.id, c.command_id)
        FROM refunds_credit c LEFT JOIN kernel_commandrecord r ON r.id = c.command_id AND r.at = c.recorded_at
        WHERE r.id IS NULL
        """,
        _CREDITS,
    ),
    Law(
        "refunds.payouts_fit",
        "Every payout goes through a tender of its credit's order, and its state is what reports made of it.",
        """
        WITH told AS (
            SELECT payout_id, bool_or(kind = 'refund_failed') AS failed,
                   array_agg(entry_id) AS entries, array_agg(happened_at) AS instants,
                   array_agg(partner_ref) FILTER (WHERE kind = 'refund_paid') AS paid_by
            FROM refunds_moneyfact WHERE payout_id IS NOT NULL GROUP BY 1
        )
        SELECT format('payout %s: not of the order and currency of credit %s', p.id, p.credit_id) AS what
        FROM refunds_payout p
        LEFT JOIN refunds_credit c ON c.id = p.credit_id AND c.currency = p.currency
        LEFT JOIN orders_tender t ON t.id = p.tender_id AND t.currency = p.currency AND t.order_id = c.order_id
        WHERE t.id IS NULL OR p.reference <> p.request_ref || '/' || p.part
           OR p.chargeback <> (p.request_ref LIKE 'chargeback:%' AND p.partner_ref = p.request_ref)
        UNION ALL
        SELECT format('payout %s: %s, and its reports say otherwise', p.id, p.state)
        FROM refunds_payout p LEFT JOIN told t ON t.payout_id = p.id
        WHERE NOT p.chargeback AND (
              CASE p.state WHEN 'requested' THEN p.observed_at IS NOT NULL OR p.entry_id IS NOT NULL
                           WHEN 'failed' THEN t.failed IS NOT TRUE
                           ELSE t.payout_id IS NULL END
           OR p.observed_at <> ALL (t.instants) OR p.entry_id <> ALL (t.entries)
           OR (p.partner_ref <> '' AND p.partner_ref <> ALL (coalesce(t.paid_by, '{}'))))
        UNION ALL
        SELECT format('payout %s: no chargeback was reported as %s', p.id, p.request_ref)
        FROM refunds_payout p
        WHERE p.chargeback AND NOT EXISTS (
            SELECT FROM refunds_moneyfact f WHERE f.tender_id = p.tender_id AND f.currency = p.currency
               AND f.kind = CASE p.state WHEN 'paid' THEN 'chargeback' ELSE 'chargeback_reversed' END
               AND p.request_ref = 'chargeback:' || f.source || ':' || f.partner_ref
               AND f.happened_at = p.observed_at AND (p.entry_id IS NULL OR f.entry_id = p.entry_id))
        UNION ALL
        SELECT format('payout %s: command %s is not on record', p.id, p.command_id)
        FROM refunds_payout p LEFT JOIN kernel_commandrecord r ON r.id = p.command_id WHERE r.id IS NULL
        UNION ALL
        SELECT format('request %s: %s parts, the last is %s', request_ref, count(*), max(part))
        FROM refunds_payout GROUP BY request_ref HAVING min(part) <> 1 OR max(part) <> count(*)
        """,
        _PAYOUTS,
    ),
    Law(
        "refunds.reports_have_their_entry",
        "Every report that moves money was posted as its kind, when it says, by its command and for its amount.",
        """
        SELECT format('report %s: entry %s is of another kind, instant or command', f.id, coalesce(f.entry_id, e.id))
               AS what
        FROM (SELECT * FROM refunds_moneyfact WHERE entry_id <> 0) f
        FULL JOIN (SELECT * FROM ledger_entry
                   WHERE kind IN ('refund_paid', 'chargeback', 'chargeback_reversed') AND reverses = 0) e
            ON e.id = f.entry_id
        WHERE f.id IS NULL OR e.id IS NULL
           OR (f.kind, f.happened_at, f.recorded_at, f.command_id)
              <> (e.kind, e.happened_at, e.recorded_at, e.command_id)
        UNION ALL
        SELECT format('report %s: command %s is not on record', f.id, f.command_id)
        FROM refunds_moneyfact f LEFT JOIN kernel_commandrecord r ON r.id = f.command_id AND r.at = f.recorded_at
        WHERE r.id IS NULL
        UNION ALL
        SELECT format('report %s: of %s, booked for %s', f.id, f.amount_minor,
                      f.to_payable_minor + f.to_receivable_minor + f.to_chargebacks_minor)
        FROM refunds_moneyfact f JOIN ledger_entry e ON e.id = f.entry_id JOIN ledger_entity b ON b.id = e.entity_id
        WHERE f.currency = b.currency
          AND f.to_payable_minor + f.to_receivable_minor + f.to_chargebacks_minor
              <> CASE f.kind WHEN 'chargeback_reversed' THEN -f.amount_minor ELSE f.amount_minor END
        UNION ALL
        SELECT format('report %s: tender %s, and its payout goes through %s', f.id, f.tender_id, p.tender_id)
        FROM refunds_moneyfact f LEFT JOIN refunds_payout p ON p.id = f.payout_id
        WHERE f.payout_id IS NOT NULL AND p.tender_id IS DISTINCT FROM f.tender_id
        """,
        _FACTS,
    ),
    Law(
        "refunds.numbers_have_no_gaps",
        "Numbers of credits run from one without gaps in every entity.",
        """
        SELECT format('entity %s: %s credits have numbers from %s to %s', entity_id, count(*), min(number), max(number))
            AS what
        FROM refunds_credit WHERE number IS NOT NULL GROUP BY entity_id
        HAVING min(number) <> 1 OR max(number) <> count(*)
        """,
        _CREDITS,
    ),
]
