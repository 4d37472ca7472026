"""The laws of reconciliation: statements count their breaks, and settled breaks have their entries."""

from counterflow.kernel.laws import Law

LAWS = [
    Law(
        "reconciliation.settled_breaks_posted",
        "Every settled break has its adjusting entry, with just its pieces, and no open one has any.",
        """
        SELECT format('break %s (%s): entry %s moves %s pieces where %s differ', b.id, b.state, b.entry_id,
                      coalesce(l.pieces, 0), b.quantity) AS what
        FROM reconciliation_break b
        LEFT JOIN ledger_entry e ON e.id = b.entry_id AND e.kind = 'adjust'
        LEFT JOIN LATERAL (
            SELECT sum(l.amount) AS pieces FROM ledger_line l
            WHERE l.subject_id = b.id AND l.component = 'qty' AND l.amount > 0
              AND (b.state <> 'settled' OR l.entry_id = b.entry_id)
        ) l ON b.state = 'settled'
        WHERE (b.state = 'settled' AND (e.id IS NULL OR l.pieces IS DISTINCT FROM b.quantity))
           OR (b.state <> 'settled' AND (b.entry_id IS NOT NULL
               OR EXISTS (SELECT FROM ledger_line x WHERE x.subject_id = b.id)))
        """,
        "SELECT count(*) FROM reconciliation_break",
    ),
    Law(
        "reconciliation.statements_count_breaks",
        "Every statement says as many breaks, explanations and value at risk as it has.",
        """
        SELECT format('statement %s: says %s breaks, %s explained, %s at risk; has %s, %s, %s', s.id, s.breaks,
                      s.explained, s.value_at_risk_minor, b.alarms, b.explained, b.value) AS what
        FROM reconciliation_statement s
        LEFT JOIN LATERAL (
            SELECT count(*) FILTER (WHERE state <> 'explained') AS alarms,
                   count(*) FILTER (WHERE state = 'explained') AS explained,
                   coalesce(sum(value_minor) FILTER (WHERE state <> 'explained'), 0) AS value
            FROM reconciliation_break WHERE statement_id = s.id
        ) b ON true
        WHERE s.breaks <> b.alarms OR s.explained <> b.explained OR s.value_at_risk_minor <> b.value
        """,
        "SELECT count(*) FROM reconciliation_statement",
    ),
]
