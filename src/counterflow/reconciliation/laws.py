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
        WHERE s.id IS NULL OR (b.entry_id IS NOT NULL AND (coalesce(b.as_of, s.as_of), b.settled_at)
                                                          IS DISTINCT FROM (e.happened_at, e.recorded_at))
        """,
        "SELECT count(*) FROM reconciliation_statement",
    ),
    Law(
        "reconciliation.counts_add_up",
        "Every line of a count has what its entries of the present round add up to, and its times are theirs.",
        """
        SELECT format('line %s of count %s: says %s pieces in %s entries, has %s in %s', l.id, l.count_id, l.counted,
                      l.entries, coalesce(e.pieces, 0), coalesce(e.standing, 0)) AS what
        FROM reconciliation_countline l
        LEFT JOIN (
            SELECT line_id, round, sum(quantity) AS pieces, sum(CASE WHEN voids IS NULL THEN 1 ELSE -1 END) AS standing,
                   min(counted_at) AS first_at, max(counted_at) AS last_at
            FROM reconciliation_countentry GROUP BY 1, 2
        ) e ON e.line_id = l.id AND e.round = l.round AND l.state NOT IN ('recount', 'skipped')
        LEFT JOIN reconciliation_count c ON c.id = l.count_id
        LEFT JOIN catalog_item i ON i.id = l.item_id
        WHERE c.id IS NULL OR i.id IS NULL OR NOT c.scope -> 'states' ? l.stock_state OR l.round > c.round
           OR (l.state NOT IN ('recount', 'skipped')
               AND (l.counted, l.entries) IS DISTINCT FROM (coalesce(e.pieces, 0), coalesce(e.standing, 0)))
           OR (l.state NOT IN ('recount', 'skipped') AND l.entries > 0
               AND (l.first_at, l.last_at) IS DISTINCT FROM (e.first_at, e.last_at))
           OR (l.state IN ('counted', 'agreed', 'differs')) <> (l.entries > 0 AND l.state NOT IN ('recount', 'skipped'))
        """,
        "SELECT count(*) FROM reconciliation_countline",
    ),
    Law(
        "reconciliation.counts_have_commands",
        "Every count and entry was recorded by a command that the audit knows, and what is taken back stood before.",
        """
        SELECT format('count %s: command %s is not on record', t.id, t.command_id) AS what
        FROM reconciliation_count t
        LEFT JOIN kernel_commandrecord c ON c.id = t.command_id AND c.at = t.created_at AND c.actor = t.created_by
        WHERE c.id IS NULL
        UNION ALL
        SELECT format('entry %s of count %s: no command, line or entry behind it', e.id, e.count_id)
        FROM reconciliation_countentry e
        LEFT JOIN kernel_commandrecord c ON c.id = e.command_id AND c.at = e.recorded_at AND c.actor = e.counted_by
        LEFT JOIN reconciliation_countline l ON l.id = e.line_id AND l.count_id = e.count_id
        LEFT JOIN reconciliation_countentry v ON v.id = e.voids AND v.line_id = e.line_id AND v.round = e.round
             AND v.quantity = -e.quantity AND v.lpn = e.lpn AND v.voids IS NULL
        WHERE c.id IS NULL OR l.id IS NULL OR e.counted_at > e.recorded_at OR e.round > l.round
           OR (e.voids IS NOT NULL AND v.id IS NULL)
        """,
        "SELECT count(*) FROM reconciliation_countentry",
    ),
    Law(
        "reconciliation.counts_become_statements",
        "Every compared count is a statement of its node with all it counted, and its lines differ where they say so.",
        """
        SELECT format('count %s: statement %s does not say what was counted', c.id, c.statement_id) AS what
        FROM reconciliation_count c
        LEFT JOIN (
            SELECT count_id, count(*) AS rows, sum(counted) AS pieces, max(last_at) AS last_at
            FROM reconciliation_countline WHERE state IN ('agreed', 'differs') GROUP BY 1
        ) l ON l.count_id = c.id
        LEFT JOIN reconciliation_statement s ON s.id = c.statement_id AND s.kind = 'count' AND s.node_id = c.node_id
             AND s.entity_id = c.entity_id AND s.source = c.reference
        WHERE (c.statement_id IS NOT NULL
               AND (s.rows, s.quantity, s.as_of) IS DISTINCT FROM (l.rows::int, l.pieces::bigint, l.last_at))
           OR (c.statement_id IS NULL AND l.rows > 0)
        UNION ALL
        SELECT format('count %s: is in round %s, and no line is', c.id, c.round)
        FROM reconciliation_count c
        WHERE c.round > 1 AND NOT EXISTS (
            SELECT FROM reconciliation_countline l
            WHERE l.count_id = c.id AND (l.round = c.round OR l.state IN ('recount', 'skipped') AND l.entries > 0))
        UNION ALL
        SELECT format('statement %s: says it is a count, and none knows it', s.id)
        FROM reconciliation_statement s
        WHERE s.kind = 'count' AND NOT EXISTS (SELECT FROM reconciliation_count c WHERE c.statement_id = s.id)
        UNION ALL
        SELECT format('line %s of count %s: %s with %s counted and %s in the books', l.id, l.count_id, l.state,
                      l.counted, l.book)
        FROM reconciliation_countline l
        WHERE (l.state = 'differs' AND l.counted IS NOT DISTINCT FROM l.book)
           OR (l.state IN ('agreed', 'differs') AND l.book IS NULL) OR (l.state = 'due' AND l.counted <> 0)
           OR (l.state IN ('agreed', 'differs')
               AND l.counted <> l.book AND NOT EXISTS (
                   SELECT FROM reconciliation_count c JOIN reconciliation_break b ON b.statement_id = c.statement_id
                   WHERE c.id = l.count_id AND b.item_id = l.item_id))
        """,
        "SELECT count(*) FROM reconciliation_count",
    ),
    Law(
        "reconciliation.adjustments_posted",
        "Every adjustment of one place has its entry, with just its pieces and value; no other entry adjusts anything.",
        """
        SELECT format('entry %s: adjusts stock, and no break or adjustment stands behind it', e.id) AS what
        FROM ledger_entry e
        WHERE e.kind = 'adjust' AND e.reverses = 0 AND NOT EXISTS (
            SELECT FROM ledger_line l
            WHERE l.entry_id = e.id AND l.recorded_at = e.recorded_at
              AND (EXISTS (SELECT FROM reconciliation_break b WHERE b.id = l.subject_id)
                   OR EXISTS (SELECT FROM reconciliation_adjustment j WHERE j.id = l.subject_id)))
        UNION ALL
        SELECT format('adjustment %s: entry %s does not move its %s pieces', j.id, j.entry_id, j.quantity) AS what
        FROM reconciliation_adjustment j
        LEFT JOIN kernel_commandrecord c ON c.id = j.command_id AND c.at = j.recorded_at
             AND (c.actor = j.recorded_by OR c.trail @> jsonb_build_array(jsonb_build_object('as', j.recorded_by)))
        LEFT JOIN ledger_entry e ON e.id = j.entry_id AND e.kind = 'adjust' AND e.reverses = 0
             AND e.command_id = j.command_id AND e.recorded_at = j.recorded_at
        LEFT JOIN LATERAL (
            SELECT sum(l.amount) FILTER (WHERE l.component = 'qty' AND l.amount > 0 AND a.item_id = j.item_id
                                           AND a.state = j.to_state AND a.node_id IN (0, j.node_id)) AS pieces,
                   sum(l.amount) FILTER (WHERE l.component = 'qty' AND l.amount < 0 AND a.item_id = j.item_id
                                           AND a.state = j.from_state AND a.node_id IN (0, j.node_id)) AS gone,
                   abs(sum(l.amount) FILTER (
                       WHERE l.component IN ('cost', 'allowance') AND a.state =
                             CASE WHEN j.from_state = 'unexplained' THEN j.to_state ELSE j.from_state END)) AS value,
                   min(l.currency) FILTER (WHERE l.component <> 'qty') AS currency
            FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id
            WHERE l.entry_id = e.id AND l.recorded_at = e.recorded_at AND l.subject_id = j.id
        ) l ON true
        WHERE c.id IS NULL OR e.id IS NULL
           OR (l.pieces, l.gone) IS DISTINCT FROM (j.quantity::numeric, -j.quantity::numeric)
           OR coalesce(l.value, 0) <> j.value_minor OR coalesce(l.currency, j.currency) <> j.currency
        """,
        "SELECT count(*) FROM reconciliation_adjustment",
    ),
]
