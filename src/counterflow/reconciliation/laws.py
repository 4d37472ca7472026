"""The laws of reconciliation: statements count their breaks, and settled breaks have their entries."""

from counterflow.kernel.laws import Law

LAWS = [
    Law(
        "reconciliation.settled_breaks_posted",
        "Every settled break has its adjusting entry, with just its pieces, and no other break has any.",
        """
        WITH adjusted AS (
            SELECT l.subject_id, l.entry_id, sum(l.amount) AS pieces
            FROM ledger_entry e
            JOIN ledger_line l ON l.entry_id = e.id AND l.recorded_at = e.recorded_at
            WHERE e.kind = 'adjust' AND e.reverses = 0 AND l.component = 'qty' AND l.amount > 0
            GROUP BY 1, 2
        )
        SELECT format('break %s (%s): entry %s moves %s pieces where %s differ', b.id, b.state,
                      coalesce(a.entry_id, b.entry_id), coalesce(a.pieces, 0), b.quantity) AS what
        FROM reconciliation_break b
        LEFT JOIN adjusted a ON a.subject_id = b.id
        WHERE CASE WHEN b.state = 'settled' THEN a.entry_id IS DISTINCT FROM b.entry_id OR a.pieces <> b.quantity
                   ELSE a.entry_id IS NOT NULL END
        """,
        "SELECT count(*) FROM reconciliation_break",
    ),
    Law(
        "reconciliation.statements_count_breaks",
        "Every statement says as many breaks, explanations and value at risk as it has.",
        """
        SELECT format('statement %s: says %s breaks, %s explained, %s at risk; has %s, %s, %s', s.id, s.breaks,
                      s.explained, s.value_at_risk_minor, coalesce(b.alarms, 0), coalesce(b.explained, 0),
                      coalesce(b.value, 0)) AS what
        FROM reconciliation_statement s
        LEFT JOIN (
            SELECT statement_id, count(*) FILTER (WHERE state <> 'explained') AS alarms,
                   count(*) FILTER (WHERE state = 'explained') AS explained,
                   sum(value_minor) FILTER (WHERE state <> 'explained') AS value
            FROM reconciliation_break GROUP BY 1
        ) b ON b.statement_id = s.id
        WHERE s.breaks <> coalesce(b.alarms, 0) OR s.explained <> coalesce(b.explained, 0)
           OR s.value_at_risk_minor <> coalesce(b.value, 0)
        """,
        "SELECT count(*) FROM reconciliation_statement",
    ),
    Law(
        "reconciliation.statements_have_commands",
        "Every statement was compared by a command that the audit knows; what is missing or over is what differs.",
        """
        SELECT format('statement %s: command %s is not on record', s.id, s.command_id) AS what
        FROM reconciliation_statement s
        LEFT JOIN kernel_commandrecord c ON c.id = s.command_id AND c.at = s.compared_at AND c.actor = s.compared_by
        WHERE c.id IS NULL
        UNION ALL
        SELECT format('break %s: %s of %s where %s are expected and %s stated', id, kind, quantity, expected, stated)
        FROM reconciliation_break
        WHERE kind IN ('missing', 'over')
          AND quantity > CASE kind WHEN 'over' THEN stated - expected ELSE expected - stated END
        UNION ALL
        SELECT format('break %s: statement %s is missing, or its entry is of another instant', b.id, b.statement_id)
        FROM reconciliation_break b
        LEFT JOIN reconciliation_statement s ON s.id = b.statement_id
        LEFT JOIN ledger_entry e ON e.id = b.entry_id
        WHERE s.id IS NULL OR (b.entry_id IS NOT NULL AND (s.as_of, b.settled_at)
                                                          IS DISTINCT FROM (e.happened_at, e.recorded_at))
        """,
        "SELECT count(*) FROM reconciliation_statement",
    ),
]
