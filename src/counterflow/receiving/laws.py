"""The laws of receiving: units, where they came from, what they answer for, and the ledger say the same."""

from typing import Final

from counterflow.kernel.laws import Law
from counterflow.receiving.laws_inspection import LAWS_INSPECTION

_UNITS: Final = "SELECT count(*) FROM receiving_unit"

LAWS: Final[list[Law]] = [
    *LAWS_INSPECTION,
    Law(
        "receiving.units_are_positions",
        "Pieces, cost and allowance of units are the ledger's unit positions, dimension by dimension.",
        """
        SELECT format('entity %s owner %s node %s %s item %s lot %s: units %s (%s, %s), ledger %s (%s, %s)', entity_id,
                      owner, node_id, state, item_id, quote_literal(lot), coalesce(u.quantity, 0), coalesce(u.cost, 0),
                      coalesce(u.allowance, 0), coalesce(p.quantity, 0), coalesce(p.cost, 0), coalesce(p.allowance, 0))
               AS what
        FROM (SELECT entity_id, owner, node_id, stock_state AS state, item_id, lot, sum(quantity) AS quantity,
                     sum(cost_minor) AS cost, sum(allowance_minor) AS allowance
              FROM receiving_unit u JOIN ledger_state s ON s.state = u.stock_state AND s.guarded
              GROUP BY 1, 2, 3, 4, 5, 6) u
        FULL JOIN (SELECT a.entity_id, a.owner, a.node_id, a.state, a.item_id, a.lot, sum(x.quantity) AS quantity,
                          sum(x.cost) AS cost, sum(x.allowance) AS allowance
                   FROM ledger_position x JOIN ledger_account a ON a.id = x.account_id
                   WHERE a.bucket = 'unit' AND a.state <> 'in_transit_return' GROUP BY 1, 2, 3, 4, 5, 6) p
            USING (entity_id, owner, node_id, state, item_id, lot)
        WHERE coalesce(u.quantity, 0) <> coalesce(p.quantity, 0) OR coalesce(u.cost, 0) <> coalesce(p.cost, 0)
           OR coalesce(u.allowance, 0) <> coalesce(p.allowance, 0)
        """,
        _UNITS,
    ),
    Law(
        "receiving.units_without_a_place_have_no_value",
        "A unit that no stock state of ours holds carries no value.",
        """
        SELECT format('unit %s: %s %s and worth %s, %s', u.id, u.state, u.stock_state, u.cost_minor, u.allowance_minor)
               AS what
        FROM receiving_unit u LEFT JOIN ledger_state s ON s.state = u.stock_state
        WHERE NOT coalesce(s.guarded, false) AND (u.cost_minor <> 0 OR u.allowance_minor <> 0)
        """,
        _UNITS,
    ),
    Law(
        "receiving.units_have_their_entry",
        "Every unit has its receipt in the journal, for the pieces that it and the units split from it have.",
        """
        SELECT format('receipt entry %s: units of %s pieces, entry %s of %s', u.receive_entry_id, u.quantity,
                      coalesce(e.kind, 'missing'), coalesce(l.quantity, 0)) AS what
        FROM (SELECT receive_entry_id, sum(quantity) AS quantity FROM receiving_unit GROUP BY 1) u
        LEFT JOIN ledger_entry e ON e.id = u.receive_entry_id
        LEFT JOIN LATERAL (SELECT sum(x.amount) AS quantity FROM ledger_line x
                           JOIN ledger_account a ON a.id = x.account_id
                           WHERE x.entry_id = e.id AND x.recorded_at = e.recorded_at AND x.component = 'qty'
                             AND a.state = 'received') l ON true
        WHERE e.id IS NULL OR e.kind <> 'receive' OR l.quantity IS DISTINCT FROM u.quantity
        """,
        _UNITS,
    ),
    Law(
        "receiving.reversals_are_whole",
        "A unit is reversed if and only if its receipt is reversed in the journal and the reason is on record.",
        """
        SELECT format('unit %s: %s, receipt reversed by %s, reason on record: %s', u.id, u.state, v.by_entry_id,
                      r.id IS NOT NULL) AS what
        FROM receiving_unit u
        LEFT JOIN ledger_reversal v ON v.entry_id = u.receive_entry_id
        LEFT JOIN receiving_receiptreversal r ON r.unit_id = u.id
        WHERE (u.state = 'reversed') <> (v.entry_id IS NOT NULL) OR (u.state = 'reversed') <> (r.id IS NOT NULL)
        """,
        _UNITS,
    ),
    Law(
        "receiving.units_come_from_somewhere",
        "The origins of a unit (and of those split from it) add up to its pieces; a reversed one has none.",
        """
        SELECT format('receipt entry %s: units of %s pieces, origins of %s', u.receive_entry_id, u.quantity,
                      coalesce(o.quantity, 0)) AS what
        FROM (SELECT receive_entry_id, coalesce(sum(quantity) FILTER (WHERE state <> 'reversed'), 0) AS quantity
              FROM receiving_unit GROUP BY 1) u
        LEFT JOIN (SELECT x.receive_entry_id, sum(o.quantity) AS quantity FROM receiving_origin o
                   JOIN receiving_unit x ON x.id = o.unit_id GROUP BY 1) o USING (receive_entry_id)
        WHERE u.quantity <> coalesce(o.quantity, 0)
        """,
        _UNITS,
    ),
    Law(
        "receiving.units_are_allocated",
        "A unit that answers for an RMA line is allocated to it with all its pieces, and to nothing else.",
        """
        SELECT format('unit %s: %s %s pieces for RMA line %s, allocated %s to %s', u.id, u.state, u.quantity,
                      u.rma_line_id, coalesce(a.quantity, 0), a.rma_line_id) AS what
        FROM receiving_unit u
        FULL JOIN (SELECT unit_id, rma_line_id, sum(quantity) AS quantity FROM returns_allocation
                   GROUP BY 1, 2 HAVING sum(quantity) <> 0) a ON a.unit_id = u.id
        WHERE u.id IS NULL OR coalesce(a.quantity, 0) <> CASE WHEN u.rma_line_id IS NULL OR u.state = 'reversed' THEN 0
                                                             ELSE u.quantity END
           OR (a.rma_line_id IS NOT NULL AND a.rma_line_id IS DISTINCT FROM u.rma_line_id)
        """,
        _UNITS,
    ),
    Law(
        "receiving.parcels_count_what_came",
        "What a parcel line counts as received is what units say came by it.",
        """
        SELECT format('parcel line %s: received %s, units say %s', l.id, l.received_qty, coalesce(o.quantity, 0))
               AS what
        FROM logistics_parcelline l
        LEFT JOIN (SELECT parcel_line_id, sum(quantity) AS quantity FROM receiving_origin
                   WHERE parcel_line_id IS NOT NULL GROUP BY 1) o ON o.parcel_line_id = l.id
        WHERE l.received_qty <> coalesce(o.quantity, 0)
        """,
        "SELECT count(*) FROM logistics_parcelline",
    ),
    Law(
        "receiving.value_back_is_accounted_for",
        "What a shipment line counts as back is with its parcels (in transit, lost) or came in with its units.",
        """
        SELECT format('shipment line %s: back %s worth %s, parcels and units say %s worth %s', shipment_line_id,
                      coalesce(v.quantity, 0), coalesce(v.cost_minor, 0), coalesce(x.quantity, 0), coalesce(x.cost, 0))
               AS what
        FROM logistics_returnedvalue v
        FULL JOIN (
            SELECT shipment_line_id, sum(quantity) AS quantity, sum(cost) AS cost FROM (
                SELECT l.shipment_line_id, p.in_transit_qty + p.lost_qty AS quantity,
                       p.in_transit_cost_minor + p.lost_cost_minor AS cost
                FROM logistics_parcelline p JOIN returns_rmaline l ON l.id = p.rma_line_id
                UNION ALL
                SELECT u.shipment_line_id, o.quantity, o.cost_minor
                FROM receiving_origin o JOIN receiving_unit u ON u.id = o.unit_id WHERE o.source <> 'unexplained'
            ) y WHERE shipment_line_id IS NOT NULL GROUP BY 1
        ) x USING (shipment_line_id)
        WHERE coalesce(v.quantity, 0) <> coalesce(x.quantity, 0) OR coalesce(v.cost_minor, 0) <> coalesce(x.cost, 0)
        """,
        "SELECT count(*) FROM logistics_returnedvalue",
    ),
    Law(
        "receiving.receipts_brought_their_value",
        "A unit as it was received is worth what its origins brought.",
        """
        SELECT format('receipt entry %s: units worth %s, origins brought %s', u.receive_entry_id, u.cost, o.cost)
               AS what
        FROM (SELECT receive_entry_id, sum(cost_minor) AS cost FROM receiving_unit
              GROUP BY 1 HAVING bool_and(state = 'received')) u
        JOIN (SELECT x.receive_entry_id, sum(o.cost_minor) AS cost FROM receiving_origin o
              JOIN receiving_unit x ON x.id = o.unit_id GROUP BY 1) o USING (receive_entry_id)
        WHERE u.cost <> o.cost
        """,
        _UNITS,
    ),
    Law(
        "receiving.units_are_as_told",
        "The state, round, grade and destination of every unit are what its latest inspection and disposal say.",
        """
        WITH looked AS (
            SELECT DISTINCT ON (unit_id) unit_id, round, grade, damage_code,
                   count(*) OVER (PARTITION BY unit_id) AS rounds
            FROM receiving_inspection ORDER BY unit_id, round DESC
        ), sent AS (
            SELECT DISTINCT ON (d.unit_id) d.unit_id, d.round, d.disposition, r.id IS NOT NULL AS released
            FROM receiving_disposal d
            LEFT JOIN receiving_release r ON r.disposal_id = d.id
            LEFT JOIN receiving_disposalreversal v ON v.disposal_id = d.id
            WHERE v.id IS NULL ORDER BY d.unit_id, d.round DESC, d.attempt DESC
        )
        SELECT format('unit %s: %s, round %s, %s, %s; its latest inspection is round %s, %s, its disposal %s', u.id,
                      u.state, u.round, u.grade, u.disposition, coalesce(l.round, 0), l.grade, s.disposition) AS what
        FROM receiving_unit u
        LEFT JOIN looked l ON l.unit_id = u.id
        LEFT JOIN sent s ON s.unit_id = u.id
        WHERE u.round <> coalesce(l.rounds, 0) OR u.round <> coalesce(l.round, 0)
           OR u.grade <> coalesce(l.grade, '') OR (l.unit_id IS NOT NULL AND u.damage_code <> l.damage_code)
           OR u.disposition <> coalesce(s.disposition, '')
           OR CASE WHEN l.unit_id IS NULL AND s.unit_id IS NULL THEN u.state NOT IN ('received', 'reversed')
                   WHEN s.unit_id IS NULL OR s.round < l.round THEN u.state <> 'inspected'
                   WHEN s.released THEN u.state <> 'released'
                   WHEN s.disposition = 'quarantine' THEN u.state <> 'set_apart'
                   WHEN s.disposition = 'return_to_customer' THEN u.state NOT IN ('disposed', 'sent_back')
                   ELSE u.state <> 'disposed' END
        """,
        _UNITS,
    ),
    Law(
        "receiving.units_fit_their_receipt",
        "Every unit was received when and into whose books its entry says; its parts and its sale are its own.",
        """
        SELECT format('unit %s: not as its receipt %s, parent or RMA line say', u.id, u.receive_entry_id) AS what
        FROM receiving_unit u
        LEFT JOIN ledger_entry e ON e.id = u.receive_entry_id
        LEFT JOIN receiving_unit p ON p.id = u.parent_id
        LEFT JOIN returns_rmaline l ON l.id = u.rma_line_id
        WHERE (u.entity_id, u.received_at) IS DISTINCT FROM (e.entity_id, e.happened_at)
           OR (u.parent_id IS NOT NULL AND p.receive_entry_id IS DISTINCT FROM u.receive_entry_id)
           OR (u.rma_line_id IS NOT NULL AND u.shipment_line_id IS DISTINCT FROM l.shipment_line_id)
        """,
        _UNITS,
    ),
    Law(
        "receiving.acts_have_their_entry",
        "Every inspection and disposal was posted as what it is, when it says, by its command; decided by policy.",
        """
        SELECT format('%s of unit %s, round %s: entry %s is of another kind, instant or command',
                      coalesce(x.kind, e.kind), x.unit_id, x.round, coalesce(x.entry_id, e.id)) AS what
        FROM (SELECT 'inspect' AS kind, unit_id, round, happened_at, recorded_at, command_id, entry_id
              FROM receiving_inspection i
              WHERE NOT EXISTS (SELECT 1 FROM receiving_inspection b WHERE b.unit_id = i.unit_id
                                AND b.entry_id = i.entry_id AND b.round < i.round)
              UNION ALL
              SELECT disposition, unit_id, round, happened_at, recorded_at, command_id, entry_id
              FROM receiving_disposal
              UNION ALL
              SELECT 'release', d.unit_id, d.round, r.happened_at, r.recorded_at, r.command_id, r.entry_id
              FROM receiving_release r JOIN receiving_disposal d ON d.id = r.disposal_id) x
        FULL JOIN (SELECT DISTINCT e.id, e.kind, e.happened_at, e.recorded_at, e.command_id, l.subject_id
                   FROM ledger_entry e
                   JOIN ledger_line l ON l.entry_id = e.id AND l.recorded_at = e.recorded_at AND l.component = 'qty'
                   WHERE e.reverses = 0 AND e.kind IN ('inspect', 'restock', 'refurbish', 'scrap', 'to_supplier',
                       'secondary', 'quarantine', 'return_to_customer', 'hand_over', 'release')) e
            ON e.id = x.entry_id AND e.subject_id = x.unit_id
        WHERE x.entry_id IS NULL OR e.id IS NULL
           OR (x.kind, x.happened_at, x.recorded_at, x.command_id)
              <> (e.kind, e.happened_at, e.recorded_at, e.command_id)
        UNION ALL
        SELECT format('disposal %s: %s, and decision %s says otherwise', d.id, d.disposition, d.decision_id)
        FROM receiving_disposal d
        LEFT JOIN policies_decision p ON p.id = d.decision_id AND p.kind = 'disposition' AND p.subject_id = d.unit_id
        WHERE p.id IS NULL OR d.override_reason <> coalesce(p.override_reason, '')
           OR (d.asked <> '') <> (p.override IS NOT NULL)
           OR (d.disposition <> 'hand_over' AND NOT (d.disposition = 'quarantine' AND d.round = 0)
               AND coalesce(p.override, p.outcome) ->> 'disposition' IS DISTINCT FROM d.disposition)
        """,
        _UNITS,
    ),
    Law(
        "receiving.clues_have_commands",
        "Every clue about a unit is of a known kind, and a command wrote it at that instant.",
        """
        SELECT format('clue %s of unit %s: %s, command %s', l.id, l.unit_id, l.kind, l.command_id) AS what
        FROM receiving_clue l
        LEFT JOIN receiving_unit u ON u.id = l.unit_id
        LEFT JOIN kernel_commandrecord c ON c.id = l.command_id AND c.at = l.recorded_at
        WHERE u.id IS NULL OR c.id IS NULL OR l.value = '' OR l.kind NOT IN ('tracking', 'order', 'sku', 'serial')
        """,
        "SELECT count(*) FROM receiving_clue",
    ),
    Law(
        "receiving.disposals_reversed_are_whole",
        "A disposal is reversed if and only if its entry is reversed in the journal and the reason is on record.",
        """
        SELECT format('disposal %s: entry %s reversed by %s, reason on record: %s', d.id, d.entry_id, v.by_entry_id,
                      r.id IS NOT NULL) AS what
        FROM receiving_disposal d
        LEFT JOIN ledger_reversal v ON v.entry_id = d.entry_id
        FULL JOIN receiving_disposalreversal r ON r.disposal_id = d.id
        LEFT JOIN ledger_entry e ON e.id = v.by_entry_id
        WHERE (v.entry_id IS NOT NULL) <> (r.id IS NOT NULL) OR d.id IS NULL
           OR (r.recorded_at, r.command_id) IS DISTINCT FROM (e.recorded_at, e.command_id)
        """,
        "SELECT count(*) FROM receiving_disposal",
    ),
    Law(
        "receiving.disposals_are_counted",
        "The disposals of a unit after one round are numbered from one without gaps; only the last may stand.",
        """
        SELECT format('unit %s, round %s: %s disposals, the last is attempt %s', d.unit_id, d.round, count(*),
                      max(d.attempt)) AS what
        FROM receiving_disposal d
        LEFT JOIN receiving_disposalreversal v ON v.disposal_id = d.id
        GROUP BY d.unit_id, d.round
        HAVING count(*) <> max(d.attempt) OR min(d.attempt) <> 1
            OR count(*) FILTER (WHERE v.id IS NULL AND d.disposition <> 'quarantine') > 1
        UNION ALL
        SELECT format('disposal %s: a unit that was %s could not be sent to %s', id, state_before, disposition)
        FROM receiving_disposal
        WHERE NOT CASE WHEN disposition = 'quarantine' THEN state_before IN ('received', 'inspected', 'released')
                       ELSE state_before IN ('inspected', 'set_apart') END
        """,
        "SELECT count(*) FROM receiving_disposal",
    ),
    Law(
        "receiving.releases_are_of_what_was_apart",
        "Only what was set apart was released.",
        """
        SELECT format('release %s: disposal %s is %s', r.id, r.disposal_id, d.disposition) AS what
        FROM receiving_release r LEFT JOIN receiving_disposal d ON d.id = r.disposal_id
        WHERE d.disposition IS DISTINCT FROM 'quarantine'
        """,
        "SELECT count(*) FROM receiving_release",
    ),
    Law(
        "receiving.totes_hold_what_was_put",
        "A unit lies, with all its pieces, in the tote into which it was put and not taken out of; nowhere else.",
        """
        SELECT format('unit %s of %s pieces is in tote %s, and %s pieces were put into tote %s',
                      coalesce(u.id, p.unit_id), u.quantity, u.tote_id, coalesce(p.quantity, 0), p.tote_id) AS what
        FROM (SELECT id, quantity, tote_id FROM receiving_unit WHERE tote_id IS NOT NULL) u
        FULL JOIN (SELECT unit_id, tote_id, sum(quantity) AS quantity FROM receiving_putaway
                   GROUP BY 1, 2 HAVING sum(quantity) <> 0) p ON p.unit_id = u.id AND p.tote_id = u.tote_id
        WHERE u.id IS NULL OR p.unit_id IS NULL OR u.quantity <> p.quantity
        UNION ALL
        SELECT format('put-away %s: no such tote, command or instant', p.id)
        FROM receiving_putaway p
        LEFT JOIN facilities_tote t ON t.id = p.tote_id
        LEFT JOIN kernel_commandrecord c ON c.id = p.command_id AND c.at = p.recorded_at
        WHERE t.id IS NULL OR c.id IS NULL OR p.happened_at > p.recorded_at
        """,
        "SELECT count(*) FROM receiving_putaway",
    ),
    Law(
        "receiving.rows_have_commands",
        "Every origin, reversal of a receipt, inspection and plan was written by a command that the audit knows.",
        """
        SELECT format('origin %s: command %s is not on record', o.id, o.command_id) AS what
        FROM receiving_origin o LEFT JOIN kernel_commandrecord c ON c.id = o.command_id WHERE c.id IS NULL
        UNION ALL
        SELECT format('reversal %s: command %s is not on record', r.id, r.command_id)
        FROM receiving_receiptreversal r
        LEFT JOIN kernel_commandrecord c ON c.id = r.command_id AND c.at = r.recorded_at WHERE c.id IS NULL
        UNION ALL
        SELECT format('inspection %s: command %s is not on record', i.id, i.command_id)
        FROM receiving_inspection i
        LEFT JOIN kernel_commandrecord c ON c.id = i.command_id AND c.at = i.recorded_at WHERE c.id IS NULL
        UNION ALL
        SELECT format('plan %s/%s: command %s is not on record', p.code, p.version, p.command_id)
        FROM receiving_plan p
        LEFT JOIN kernel_commandrecord c ON c.id = p.command_id AND c.at = p.created_at AND c.actor = p.created_by
        WHERE c.id IS NULL
        """,
        "SELECT count(*) FROM receiving_origin",
    ),
    Law(
        "receiving.verdicts_are_milestones",
        "What the latest inspection of a unit says counts on its RMA line, for all its pieces, unless it still waits.",
        """
        SELECT format('unit %s: %s pieces, passed: %s; its milestones say %s passed and %s failed', u.id, u.quantity,
                      i.passed, coalesce(m.passed, 0), coalesce(m.failed, 0)) AS what
        FROM receiving_unit u
        JOIN receiving_inspection i ON i.unit_id = u.id AND i.round = u.round
        LEFT JOIN (SELECT subject_id, rma_line_id, sum(quantity) FILTER (WHERE kind = 'inspection_passed') AS passed,
                          sum(quantity) FILTER (WHERE kind = 'inspection_failed') AS failed
                   FROM returns_milestone GROUP BY 1, 2) m ON m.subject_id = u.id AND m.rma_line_id = u.rma_line_id
        WHERE u.rma_line_id IS NOT NULL
          AND (coalesce(m.passed, 0), coalesce(m.failed, 0))
              <> (CASE WHEN i.passed AND NOT i.waits THEN u.quantity ELSE 0 END,
                  CASE WHEN i.passed THEN 0 ELSE u.quantity END)
        """,
        _UNITS,
    ),
    Law(
        "receiving.suggestions_are_the_plans",
        "A suggested grade is that of the plan's row; who differed gave a reason; one version of each plan is active.",
        """
        SELECT format('inspection %s: plan %s, row %s suggested %s, given %s for %s', i.id, i.plan_id, i.plan_row,
                      i.suggested_grade, i.grade, i.grade_reason) AS what
        FROM receiving_inspection i LEFT JOIN receiving_plan p ON p.id = i.plan_id
        WHERE (i.plan_id <> 0 AND p.id IS NULL)
           OR (i.plan_row <> '' AND NOT EXISTS (
                  SELECT 1 FROM jsonb_array_elements(p.document -> 'grades') g
                  WHERE g ->> 'id' = i.plan_row AND g ->> 'grade' = i.suggested_grade))
           OR (i.plan_row = '') <> (i.suggested_grade = '')
           OR (i.grade_reason <> '') <> (i.suggested_grade <> '' AND i.grade <> i.suggested_grade)
        UNION ALL
        SELECT format('plan %s/%s: active: %s, document of %s', p.code, p.version, p.active, p.document ->> 'code')
        FROM receiving_plan p
        WHERE p.code IS DISTINCT FROM p.document ->> 'code'
           OR p.active <> (p.version = (SELECT max(o.version) FROM receiving_plan o WHERE o.code = p.code))
           OR p.version <> (SELECT count(*) FROM receiving_plan o WHERE o.code = p.code AND o.version <= p.version)
        UNION ALL
        SELECT format('family %s: there is no plan %s', quote_literal(f.family), f.plan)
        FROM receiving_familyplan f
        WHERE NOT EXISTS (SELECT 1 FROM receiving_plan p WHERE p.code = f.plan AND p.active)
        """,
        "SELECT (SELECT count(*) FROM receiving_inspection) + (SELECT count(*) FROM receiving_plan)",
    ),
]
