"""The laws of logistics: parcels, their carriers' reports and the ledger say the same."""

from typing import Final

from counterflow.kernel.laws import Law
from counterflow.logistics.states import REPORTS

_REPORTS: Final = ", ".join(f"('{kind}', {rank}, '{state}')" for rank, (kind, state) in enumerate(REPORTS.items()))
_KINDS: Final = ", ".join(f"'{kind}'" for kind in REPORTS)
_LINES: Final = "SELECT count(*) FROM logistics_parcelline"
# The sum of the day sums of an unguarded state, by entity, item and custodian.
_LOST: Final = """
    SELECT a.entity_id, a.item_id, a.custodian, sum(b.amount) AS quantity
    FROM ledger_account a
    JOIN (SELECT account_id, component, amount FROM ledger_balance_day
          UNION ALL SELECT account_id, component, amount FROM ledger_balance_delta) b ON b.account_id = a.id
    WHERE a.state = 'lost' AND b.component = 'qty' GROUP BY 1, 2, 3
"""

LAWS: Final[list[Law]] = [
    Law(
        "logistics.transit_is_in_the_books",
        "Pieces and value that parcels have in transit are the ledger's positions in transit, by carrier and item.",
        """
        SELECT format('entity %s item %s with %s: parcels %s pieces worth %s, ledger %s worth %s', entity_id, item_id,
                      custodian, coalesce(p.quantity, 0), coalesce(p.cost, 0), coalesce(b.quantity, 0),
                      coalesce(b.cost, 0)) AS what
        FROM (SELECT r.entity_id, l.item_id, pa.carrier AS custodian, sum(pl.in_transit_qty) AS quantity,
                     sum(pl.in_transit_cost_minor) AS cost
              FROM logistics_parcelline pl
              JOIN logistics_parcel pa ON pa.id = pl.parcel_id
              JOIN returns_rmaline l ON l.id = pl.rma_line_id
              JOIN returns_rma r ON r.id = l.rma_id GROUP BY 1, 2, 3) p
        FULL JOIN (SELECT a.entity_id, a.item_id, a.custodian, sum(x.quantity) AS quantity,
                          sum(x.cost + x.allowance) AS cost
                   FROM ledger_position x JOIN ledger_account a ON a.id = x.account_id
                   WHERE a.state = 'in_transit_return' GROUP BY 1, 2, 3) b USING (entity_id, item_id, custodian)
        WHERE coalesce(p.quantity, 0) <> coalesce(b.quantity, 0) OR coalesce(p.cost, 0) <> coalesce(b.cost, 0)
        """,
        _LINES,
    ),
    Law(
        "logistics.losses_are_in_the_books",
        "Pieces that parcels count as lost are what the ledger says carriers lost and did not find again.",
        f"""
        SELECT format('entity %s item %s with %s: parcels lost %s, ledger %s', entity_id, item_id, custodian,
                      coalesce(p.quantity, 0), coalesce(b.quantity, 0)) AS what
        FROM (SELECT r.entity_id, l.item_id, pa.carrier AS custodian, sum(pl.lost_qty) AS quantity
              FROM logistics_parcelline pl
              JOIN logistics_parcel pa ON pa.id = pl.parcel_id
              JOIN returns_rmaline l ON l.id = pl.rma_line_id
              JOIN returns_rma r ON r.id = l.rma_id GROUP BY 1, 2, 3) p
        FULL JOIN ({_LOST}) b USING (entity_id, item_id, custodian)
        WHERE coalesce(p.quantity, 0) <> coalesce(b.quantity, 0)
        """,
        _LINES,
    ),
    Law(
        "logistics.parcels_are_as_told",
        "A parcel that we have not emptied is where its carrier's latest report says, or announced without one.",
        f"""
        SELECT format('parcel %s: %s, and its latest report says %s', p.id, p.state, coalesce(t.state, 'nothing'))
               AS what
        FROM logistics_parcel p
        LEFT JOIN (SELECT DISTINCT ON (e.parcel_id) e.parcel_id, k.state
                   FROM logistics_parcelevent e JOIN (VALUES {_REPORTS}) AS k(kind, rank, state) ON k.kind = e.kind
                   ORDER BY e.parcel_id, least(e.happened_at, e.recorded_at) DESC, k.rank DESC,
                            e.event_ref COLLATE "C" DESC) t ON t.parcel_id = p.id
        WHERE p.state <> 'emptied' AND p.state <> coalesce(t.state, 'announced')
        """,
        "SELECT count(*) FROM logistics_parcel",
    ),
    Law(
        "logistics.lines_are_of_the_rma",
        "A parcel's lines are lines of the RMA that it was announced for, in the books of its entity.",
        """
        SELECT format('parcel line %s: RMA %s entity %s in a parcel of RMA %s entity %s', pl.id, r.id, r.entity_id,
                      p.rma_id, p.entity_id) AS what
        FROM logistics_parcelline pl
        JOIN logistics_parcel p ON p.id = pl.parcel_id
        JOIN returns_rmaline l ON l.id = pl.rma_line_id
        JOIN returns_rma r ON r.id = l.rma_id
        WHERE p.rma_id IS DISTINCT FROM r.id OR p.entity_id <> r.entity_id
        """,
        _LINES,
    ),
    Law(
        "logistics.returns_stay_within_the_issue",
        "All returns of a shipment line together bring in no more pieces and value than were issued.",
        """
        SELECT format('shipment line %s: %s pieces worth %s are back of %s issued at %s', s.id, v.quantity,
                      v.cost_minor, s.quantity, s.issued_cost_minor) AS what
        FROM logistics_returnedvalue v JOIN orders_shipmentline s ON s.id = v.shipment_line_id
        WHERE v.quantity > s.quantity OR (s.cost_basis = 'issued' AND v.cost_minor > coalesce(s.issued_cost_minor, 0))
           OR (s.cost_basis IN ('nil', 'history') AND v.cost_minor <> 0)
        """,
        "SELECT count(*) FROM logistics_returnedvalue",
    ),
    Law(
        "logistics.reports_have_commands",
        "Every carrier's report is of a known kind, and a command wrote it at that instant; closed parcels are empty.",
        f"""
        SELECT format('report %s: %s, command %s', e.id, e.kind, e.command_id) AS what
        FROM logistics_parcelevent e
        LEFT JOIN kernel_commandrecord c ON c.id = e.command_id AND c.at = e.recorded_at
        WHERE c.id IS NULL OR e.kind NOT IN ({_KINDS})
        UNION ALL
        SELECT format('parcel %s: %s, and closed as empty: %s', id, state, closed_empty)
        FROM logistics_parcel WHERE (state = 'emptied') <> (closed_empty IS NOT NULL)
        """,
        "SELECT count(*) FROM logistics_parcelevent",
    ),
]
