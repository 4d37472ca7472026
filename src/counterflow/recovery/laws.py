"""The laws of recovery: work, lots and pallets, the units in them, and the ledger say the same."""

from typing import Final

from counterflow.kernel.laws import Law

_ORDERS: Final = "SELECT count(*) FROM recovery_refurbishment"
_COSTS: Final = "SELECT count(*) FROM recovery_refurbishmentcost"
_LOADS: Final = "SELECT count(*) FROM recovery_load"
_LINES: Final = "SELECT count(*) FROM recovery_loadline"

LAWS: Final[list[Law]] = [
    Law(
        "recovery.units_are_in_one_work",
        "A unit names the open order, lot or pallet that has it, and is in no other.",
        """
        SELECT format('unit %s names work %s, and %s has it', coalesce(u.id, w.unit_id), u.work_id, w.work) AS what
        FROM (SELECT id, work_id FROM receiving_unit WHERE work_id IS NOT NULL) u
        FULL JOIN (SELECT unit_id, id AS work FROM recovery_refurbishment WHERE state = 'open'
                   UNION ALL
                   SELECT unit_id, load_id FROM recovery_loadline WHERE unit_id IS NOT NULL AND unloaded_at IS NULL) w
            ON w.unit_id = u.id AND w.work = u.work_id
        WHERE u.id IS NULL OR w.unit_id IS NULL
        """,
        _ORDERS,
    ),
    Law(
        "recovery.work_has_its_unit",
        "What is in refurbishment has an open order, and is worth what it came with and what was added.",
        """
        SELECT format('order %s: unit %s is %s worth (%s, %s), the order says (%s, %s)', o.number, u.id, u.stock_state,
                      u.cost_minor, u.allowance_minor, o.cost_minor + o.capitalised_minor, o.allowance_minor) AS what
        FROM (SELECT * FROM recovery_refurbishment WHERE state = 'open') o
        FULL JOIN (SELECT * FROM receiving_unit WHERE stock_state = 'in_refurbishment') u ON u.id = o.unit_id
        WHERE o.id IS NULL OR u.id IS NULL OR u.cost_minor <> o.cost_minor + o.capitalised_minor
           OR u.allowance_minor <> o.allowance_minor
           OR (u.item_id, u.node_id, u.entity_id) <> (o.item_id, o.node_id, o.entity_id)
        """,
        _ORDERS,
    ),
    Law(
        "recovery.orders_add_up",
        "An order counts what its costs say; what it ends with is what it came with, added to and written down.",
        """
        SELECT format('order %s: came with (%s, %s), costs %s and %s, written down %s, left with (%s, %s)', o.number,
                      o.cost_minor, o.allowance_minor, coalesce(c.capitalised, 0), coalesce(c.expensed, 0),
                      o.written_down_minor, o.cost_after_minor, o.allowance_after_minor) AS what
        FROM recovery_refurbishment o
        LEFT JOIN (SELECT refurbishment_id, sum(amount_minor) FILTER (WHERE capitalised) AS capitalised,
                          sum(amount_minor) FILTER (WHERE NOT capitalised) AS expensed
                   FROM recovery_refurbishmentcost GROUP BY 1) c ON c.refurbishment_id = o.id
        WHERE o.capitalised_minor <> coalesce(c.capitalised, 0) OR o.expensed_minor <> coalesce(c.expensed, 0)
           OR CASE o.state
              WHEN 'open' THEN num_nonnulls(o.cost_after_minor, o.allowance_after_minor, o.ended_at, o.end_entry_id,
                                            o.end_hash, o.net_value_minor, o.result_item_id) > 0
                               OR o.outcome <> '' OR o.grade <> '' OR o.reason <> '' OR o.written_down_minor <> 0
              WHEN 'cancelled' THEN (o.cost_after_minor, o.allowance_after_minor)
                                    IS DISTINCT FROM (o.cost_minor, o.allowance_minor)
                                    OR o.reason = '' OR o.outcome <> '' OR o.grade <> '' OR o.written_down_minor <> 0
                                    OR num_nonnulls(o.net_value_minor, o.result_item_id) > 0
              WHEN 'finished' THEN (o.cost_after_minor, o.allowance_after_minor) IS DISTINCT FROM
                                   (o.cost_minor + o.capitalised_minor, o.allowance_minor - o.written_down_minor)
                                   OR o.outcome NOT IN ('available', 'secondary', 'scrapped')
                                   OR o.grade NOT IN ('A', 'B', 'C', 'D') OR o.reason <> '' OR o.result_item_id IS NULL
                                   OR (o.outcome <> 'scrapped' AND (o.net_value_minor IS NULL
                                       OR o.cost_after_minor + o.allowance_after_minor > o.net_value_minor
                                       OR (o.written_down_minor > 0
                                           AND o.cost_after_minor + o.allowance_after_minor <> o.net_value_minor)))
                                   OR (o.outcome = 'scrapped' AND o.written_down_minor <> 0)
              ELSE true END
           OR (o.state <> 'open' AND num_nulls(o.ended_at, o.end_entry_id, o.end_hash) > 0)
        """,
        _ORDERS,
    ),
    Law(
        "recovery.orders_have_their_entries",
        "Every order began and ended by entries about its unit, when it says, as what it says.",
        """
        SELECT format('order %s: %s entry %s is of another kind, instant, place, worth or unit', x.number, x.kind,
                      x.entry_id) AS what
        FROM (SELECT number, unit_id, 'start_refurbishment' AS kind, start_entry_id AS entry_id, started_at AS at,
                     command_id, recorded_at, 'in_refurbishment' AS target, item_id,
                     cost_minor + allowance_minor AS worth
              FROM recovery_refurbishment
              UNION ALL
              SELECT number, unit_id, CASE state WHEN 'cancelled' THEN 'cancel_refurbishment'
                                                 ELSE 'finish_refurbishment' END,
                     end_entry_id, ended_at, NULL, NULL,
                     CASE WHEN state = 'cancelled' THEN 'refurbishable' ELSE CASE outcome
                          WHEN 'secondary' THEN 'secondary_channel' WHEN 'scrapped' THEN 'scrapped' END END,
                     coalesce(result_item_id, item_id), cost_after_minor + allowance_after_minor
              FROM recovery_refurbishment WHERE state <> 'open') x
        LEFT JOIN ledger_entry e ON e.id = x.entry_id
        LEFT JOIN LATERAL (
            SELECT min(l.subject_id) AS unit_id, min(a.item_id) AS item_id, min(a.state) AS state,
                   (SELECT -sum(v.amount) FROM ledger_line v JOIN ledger_account b ON b.id = v.account_id
                    WHERE v.entry_id = e.id AND v.recorded_at = e.recorded_at AND v.component IN ('cost', 'allowance')
                      AND b.state = CASE WHEN e.kind = 'start_refurbishment' THEN 'refurbishable'
                                         ELSE 'in_refurbishment' END) AS worth
            FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id
            WHERE l.entry_id = e.id AND l.recorded_at = e.recorded_at AND l.component = 'qty' AND l.amount > 0
        ) t ON true
        WHERE e.id IS NULL OR e.kind <> x.kind OR e.happened_at <> x.at OR t.unit_id <> x.unit_id
           OR t.item_id <> x.item_id OR coalesce(t.worth, 0) <> x.worth
           OR (x.target IS NOT NULL AND t.state <> x.target)
           OR (x.target IS NULL AND t.state NOT IN ('available', 'handed_over'))
           OR (x.command_id IS NOT NULL AND (e.command_id, e.recorded_at) <> (x.command_id, x.recorded_at))
        """,
        _ORDERS,
    ),
    Law(
        "recovery.costs_have_their_entry",
        "Every cost was posted against the clearing account, into stock where it is capitalised, else as an expense.",
        """
        SELECT format('cost %s of order %s: %s, entry %s says otherwise', c.id, c.refurbishment_id, c.amount_minor,
                      c.entry_id) AS what
        FROM recovery_refurbishmentcost c
        LEFT JOIN ledger_entry e ON e.id = c.entry_id
        LEFT JOIN LATERAL (
            SELECT sum(l.amount) FILTER (WHERE a.gl = 'refurbishment_costs') AS cleared,
                   sum(l.amount) FILTER (WHERE l.component = 'cost') AS capitalised
            FROM ledger_line l JOIN ledger_account a ON a.id = l.account_id
            WHERE l.entry_id = e.id AND l.recorded_at = e.recorded_at) t ON true
        WHERE e.id IS NULL OR e.kind <> 'refurbishment_cost' OR t.cleared IS DISTINCT FROM -c.amount_minor
           OR c.capitalised <> (t.capitalised IS NOT NULL)
           OR (e.happened_at, e.recorded_at, e.command_id) <> (c.happened_at, c.recorded_at, c.command_id)
           OR c.kind NOT IN ('part', 'labour', 'service')
        """,
        _COSTS,
    ),
    Law(
        "recovery.loads_hold_what_they_say",
        "Every unit of a lot or pallet is where that says, and nothing is in one that was cancelled.",
        """
        SELECT format('%s (%s): line %s of unit %s, which is %s', w.number, w.state, l.id, u.id, u.stock_state) AS what
        FROM recovery_loadline l
        LEFT JOIN recovery_load w ON w.id = l.load_id
        LEFT JOIN receiving_unit u ON u.id = l.unit_id
        LEFT JOIN kernel_commandrecord c ON c.id = l.command_id AND c.at = l.loaded_at
        WHERE w.id IS NULL OR c.id IS NULL OR l.unloaded_at < l.loaded_at OR (l.unloaded_at IS NULL AND (
              w.state = 'cancelled' OR (l.unit_id IS NOT NULL AND (
                  (l.item_id, l.quantity, w.node_id, w.entity_id) IS DISTINCT FROM
                  (u.item_id, u.quantity, u.node_id, u.entity_id)
                  OR CASE WHEN w.state = 'shipped' AND w.kind = 'lot' THEN u.stock_state <> 'sold_on'
                          WHEN w.state = 'shipped' THEN u.stock_state NOT IN ('at_supplier', 'supplier')
                          WHEN w.kind = 'lot' THEN u.stock_state <> 'secondary_channel'
                          ELSE u.stock_state <> 'to_supplier' END))))
        """,
        _LINES,
    ),
    Law(
        "recovery.pieces_lie_apart",
        "The pieces of a lot went from the shelf into it, by entries about its line, and left with it or went back.",
        """
        SELECT format('%s: line %s of %s pieces of item %s, and the ledger has %s apart', w.number, l.id, l.quantity,
                      l.item_id, coalesce(t.quantity, 0)) AS what
        FROM recovery_loadline l
        JOIN recovery_load w ON w.id = l.load_id
        LEFT JOIN LATERAL (
            SELECT sum(x.amount) AS quantity, max(x.amount) AS most FROM ledger_line x
            JOIN ledger_account a ON a.id = x.account_id
            WHERE x.subject_id = l.id AND x.component = 'qty' AND a.state = 'secondary_channel'
              AND a.item_id = l.item_id) t ON true
        WHERE l.unit_id IS NULL AND (coalesce(t.most, 0) <> l.quantity OR coalesce(t.quantity, 0) <>
              CASE WHEN l.unloaded_at IS NULL AND w.state <> 'shipped' THEN l.quantity ELSE 0 END)
        """,
        _LINES,
    ),
    Law(
        "recovery.sales_are_shared",
        "What a lot was sold for is what its lines brought, to the last minor unit; what is not sold brought nothing.",
        """
        SELECT format('%s (%s): sold for %s, its lines brought %s', w.number, w.state, w.proceeds_minor, l.proceeds)
               AS what
        FROM recovery_load w
        LEFT JOIN (SELECT load_id, sum(proceeds_minor) AS proceeds, count(proceeds_minor) AS shared, count(*) AS lines,
                          count(*) FILTER (WHERE unloaded_at IS NULL) AS present
                   FROM recovery_loadline GROUP BY 1) l ON l.load_id = w.id
        WHERE w.proceeds_minor IS DISTINCT FROM l.proceeds
           OR (w.proceeds_minor IS NOT NULL AND l.shared <> l.present)
           OR (w.proceeds_minor IS NULL) <> (w.sold_at IS NULL) OR (w.sale_hash IS NULL) <> (w.sold_at IS NULL)
           OR (w.kind = 'lot' AND (w.state IN ('sold', 'shipped')) <> (w.sold_at IS NOT NULL))
           OR (w.kind = 'pallet' AND w.sold_at IS NOT NULL)
        """,
        _LOADS,
    ),
    Law(
        "recovery.loads_left_by_one_entry",
        "What left did so by one entry, with the pieces, cost, allowance and proceeds that its lines have.",
        """
        SELECT format('%s: entry %s of %s pieces worth (%s, %s) for %s; its lines say %s, (%s, %s), %s', w.number,
                      w.ship_entry_id, t.quantity, t.cost, t.allowance, t.proceeds, l.quantity, l.cost, l.allowance,
                      l.proceeds) AS what
        FROM recovery_load w
        LEFT JOIN (SELECT load_id, sum(quantity) AS quantity, sum(cost_minor) AS cost,
                          sum(allowance_minor) AS allowance, sum(proceeds_minor) AS proceeds,
                          count(cost_minor) + count(allowance_minor) AS valued, count(*) AS lines
                   FROM recovery_loadline WHERE unloaded_at IS NULL GROUP BY 1) l ON l.load_id = w.id
        LEFT JOIN ledger_entry e ON e.id = w.ship_entry_id
        LEFT JOIN LATERAL (
            SELECT coalesce(-sum(x.amount) FILTER (WHERE x.component = 'qty' AND x.amount < 0), 0) AS quantity,
                   coalesce(-sum(x.amount) FILTER (WHERE x.component = 'cost' AND x.amount < 0), 0) AS cost,
                   coalesce(-sum(x.amount) FILTER (WHERE x.component = 'allowance' AND x.amount > 0), 0) AS allowance,
                   sum(x.amount) FILTER (WHERE a.gl = 'receivable_from_buyers') AS proceeds
            FROM ledger_line x JOIN ledger_account a ON a.id = x.account_id
            WHERE x.entry_id = e.id AND x.recorded_at = e.recorded_at) t ON true
        WHERE (w.state = 'shipped') <> (w.ship_entry_id IS NOT NULL)
           OR (w.state = 'shipped') <> (w.shipped_at IS NOT NULL)
           OR (w.state <> 'shipped' AND (coalesce(l.valued, 0) <> 0 OR w.carrier <> '' OR w.tracking <> ''))
           OR (w.state = 'shipped' AND (
                  e.id IS NULL OR e.happened_at <> w.shipped_at
                  OR e.kind <> CASE w.kind WHEN 'lot' THEN 'sell_on' ELSE 'ship_to_supplier' END
                  OR l.valued <> 2 * l.lines OR (t.quantity, t.cost, t.allowance) <> (l.quantity, l.cost, l.allowance)
                  OR coalesce(t.proceeds, 0) <> coalesce(w.proceeds_minor, 0)))
        """,
        _LOADS,
    ),
    Law(
        "recovery.loads_fit_their_node",
        "A lot or pallet was opened by a command on record, in the books of its node; SSCCs have their check digit.",
        """
        SELECT format('%s: entity %s, currency %s, SSCC %s', w.number, w.entity_id, w.currency, w.sscc) AS what
        FROM recovery_load w
        LEFT JOIN facilities_node n ON n.id = w.node_id
        LEFT JOIN ledger_entity e ON e.id = n.entity_id
        LEFT JOIN kernel_commandrecord c ON c.id = w.command_id AND c.at = w.opened_at
        WHERE c.id IS NULL OR e.id IS DISTINCT FROM w.entity_id OR e.currency IS DISTINCT FROM w.currency
           OR w.number <> CASE w.kind WHEN 'lot' THEN 'LOT-' ELSE 'PAL-' END || w.id
           OR (w.kind = 'lot') <> (w.sscc = '') OR (w.kind = 'lot') <> (w.buyer <> '')
           OR (w.sscc <> '' AND (w.sscc !~ '^[0-9]{18}$' OR (
               SELECT sum(substr(w.sscc, n, 1)::int * CASE WHEN n % 2 = 1 THEN 3 ELSE 1 END) % 10
               FROM generate_series(1, 18) n) <> 0))
        """,
        _LOADS,
    ),
]
