"""Questions to receiving: one unit with all that is known of it, the bench of a node, the units of a return."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.errors import NotFound
from counterflow.kernel.found import Found, between, unique
from counterflow.receiving.states import UNIT


class UnitMissing(NotFound):
    """There is no unit with the licence plate {lpn}."""


@dataclass(frozen=True)
class UnitRow:
    """A unit with the codes of its surroundings; value in minor units of `currency`.

    `stock_state` is where the ledger holds it, empty once it joined a pool. `actions` may be done now.
    """

    id: int
    lpn: str
    sku: str
    item_name: str
    family: str
    quantity: int
    node: str
    node_scope: str
    entity: str
    currency: str
    owner: str
    lot: str
    serial: str
    found: str
    state: str
    stock_state: str
    cost_minor: int
    allowance_minor: int
    basis: str
    round: int
    grade: str
    damage_code: str
    disposition: str
    rma: str | None
    rma_id: int | None
    rma_line_no: int | None
    rma_line_id: int | None
    shipment_line_id: int | None
    parcel_id: int | None
    parent_id: int | None
    receive_entry_id: int
    received_at: datetime
    simulated: bool
    actions: list[str]


@dataclass(frozen=True)
class InspectionRow:
    """One inspection round of a unit; `plan` is the version asked ("" for none), such as electronics/1.

    `suggested_grade` is what the plan said, and `grade_reason` why the inspector gave another. One that
    `waits` passed, and counts once another than `inspected_by` has looked too.
    """

    round: int
    passed: bool
    grade: str
    damage_code: str
    serial: str
    answers: dict[str, Any]
    happened_at: datetime
    recorded_at: datetime
    entry_id: int
    plan: str
    plan_row: str
    suggested_grade: str
    grade_reason: str
    inspected_by: str
    waits: bool


@dataclass(frozen=True)
class DisposalRow:
    """One disposal of a unit; `asked` is what policy said where staff differed.

    What was taken back, and what was set apart and released again, says when and why.
    """

    round: int
    disposition: str
    asked: str
    override_reason: str
    decision_id: int
    happened_at: datetime
    recorded_at: datetime
    entry_id: int
    attempt: int
    taken_back_at: datetime | None
    taken_back_reason: str
    released_at: datetime | None
    release_reason: str


@dataclass(frozen=True)
class UnitFile:
    """A unit with its inspections and disposals, oldest first."""

    unit: UnitRow
    inspections: list[InspectionRow]
    disposals: list[DisposalRow]


_UNITS = """
SELECT u.id, u.lpn, i.sku, i.name AS item_name, i.family, u.quantity, n.code AS node, n.scope AS node_scope,
       e.code AS entity, e.currency, u.owner, u.lot, u.serial, u.found, u.state, u.stock_state, u.cost_minor,
       u.allowance_minor, u.basis, u.round, u.grade, u.damage_code, u.disposition, r.number AS rma, r.id AS rma_id,
       l.line_no AS rma_line_no, u.rma_line_id, u.shipment_line_id, u.parcel_id, u.parent_id, u.receive_entry_id,
       u.received_at, u.simulated
FROM receiving_unit u
JOIN catalog_item i ON i.id = u.item_id
JOIN facilities_node n ON n.id = u.node_id
JOIN ledger_entity e ON e.id = u.entity_id
LEFT JOIN returns_rmaline l ON l.id = u.rma_line_id
LEFT JOIN returns_rma r ON r.id = l.rma_id
"""


_INSPECTIONS = """
SELECT i.round, i.passed, i.grade, i.damage_code, i.serial, i.answers, i.happened_at, i.recorded_at, i.entry_id,
       coalesce(p.code || '/' || p.version, '') AS plan, i.plan_row, i.suggested_grade, i.grade_reason,
       i.inspected_by, i.waits
FROM receiving_inspection i LEFT JOIN receiving_plan p ON p.id = i.plan_id
WHERE i.unit_id = %s ORDER BY i.round
"""


def unit(*, lpn: str) -> UnitFile:
    """All about one unit. Raises `UnitMissing`. Three statements."""
    found = _units("WHERE u.lpn = %s", [lpn])
    if not found:
        raise UnitMissing(lpn=lpn[:80])
    inspections = db.rows(_INSPECTIONS, [found[0].id])
    disposals = db.rows(
        "SELECT d.round, d.disposition, d.asked, d.override_reason, d.decision_id, d.happened_at, d.recorded_at,"
        " d.entry_id, d.attempt, v.recorded_at AS taken_back_at, coalesce(v.reason, '') AS taken_back_reason,"
        " r.happened_at AS released_at, coalesce(r.reason, '') AS release_reason FROM receiving_disposal d"
        " LEFT JOIN receiving_disposalreversal v ON v.disposal_id = d.id"
        " LEFT JOIN receiving_release r ON r.disposal_id = d.id WHERE d.unit_id = %s ORDER BY d.round, d.attempt",
        [found[0].id],
    )
    return UnitFile(found[0], [InspectionRow(*row) for row in inspections], [DisposalRow(*row) for row in disposals])


def units_by_lpn(*, lpns: Sequence[str]) -> dict[str, UnitRow]:
    """The units that exist among these plates. One statement."""
    return {row.lpn: row for row in _units("WHERE u.lpn = ANY(%s) ORDER BY u.id", [list(lpns)])}


def bench(*, node: str, state: str = "", after_id: int = 0, limit: int = 50) -> list[UnitRow]:
    """Units at a node still to be decided, oldest first; `state` narrows, `after_id` continues. One statement."""
    open_states = "('received', 'inspected', 'set_apart', 'released')"
    return _units(
        f"WHERE n.code = %s AND u.state IN {open_states} AND (%s = '' OR u.state = %s) AND u.id > %s"
        " ORDER BY u.id LIMIT %s",
        [node, state, state, after_id, limit],
    )


def inspected(*, node: str = "", limit: int = 8) -> list[UnitRow]:
    """Inspected units that wait to be put away, the oldest first; of one node where it is named. One statement."""
    open_states = "('received', 'inspected', 'set_apart', 'released')"
    return _units(
        f"WHERE u.state = 'inspected' AND u.state IN {open_states} AND (%s = '' OR n.code = %s) ORDER BY u.id LIMIT %s",
        [node, node, limit],
    )


def shelf(*, node: str, stock_state: str, supplier: str = "", after_id: int = 0, limit: int = 50) -> list[UnitRow]:
    """Units that wait in a stock state and no work has taken, the oldest first; `after_id` continues. One statement."""
    waiting = "('refurbishable', 'to_supplier', 'secondary_channel', 'quarantine')"
    return _units(
        f"WHERE n.code = %s AND u.stock_state = %s AND u.stock_state IN {waiting} AND u.work_id IS NULL AND u.id > %s"
        " AND (%s = '' OR i.supplier_id = (SELECT id FROM catalog_supplier WHERE code = %s)) ORDER BY u.id LIMIT %s",
        [node, stock_state, after_id, supplier, supplier, limit],
    )


def units_of_rma(*, rma: str) -> list[UnitRow]:
    """Units received against a return, by line. One statement."""
    return _units("WHERE r.number = %s ORDER BY l.line_no, u.id", [rma])


def _units(where: str, params: Sequence[Any]) -> list[UnitRow]:
    return [UnitRow(**row._asdict(), actions=actions(row)) for row in db.rows(_UNITS + where, params)]


def actions(row: Any) -> list[str]:
    """What may be done with a unit now: as its life allows, and as the place that holds it does."""
    possible = UNIT.actions(row.state)
    if row.state == "disposed" and row.stock_state != "return_to_customer":
        possible = [action for action in possible if action != "send_back"]
    if row.quantity == 1:
        possible = [action for action in possible if action != "split"]
    return possible


_VALUE = """
SELECT b.code, v.state, sum(v.value)::bigint AS value
FROM (SELECT entity_id, stock_state AS state, sum(cost_minor + allowance_minor) AS value
      FROM receiving_unit WHERE stock_state <> '' AND owner = 'us' GROUP BY 1, 2
      UNION ALL
      SELECT p.entity_id, 'in_transit_return', sum(pl.in_transit_cost_minor)
      FROM logistics_parcelline pl JOIN logistics_parcel p ON p.id = pl.parcel_id
      WHERE pl.in_transit_qty > 0 GROUP BY 1) v
JOIN ledger_entity b ON b.id = v.entity_id GROUP BY 1, 2
"""


def units_value() -> dict[tuple[str, str], int]:
    """What units on our premises and parcels on their way carry, by (entity code, stock state), in minor units."""
    return {(row.code, row.state): row.value for row in db.rows(_VALUE)}


_NAMED = """
SELECT u.lpn, i.name, n.code AS node, u.serial, f.exact FROM (
    SELECT id, true AS exact FROM receiving_unit WHERE lpn = ANY(%(plates)s::text[])
    UNION ALL (SELECT id, false FROM receiving_unit WHERE serial = ANY(%(serials)s::text[]) AND serial <> ''
               ORDER BY id DESC LIMIT %(limit)s)
    UNION ALL (SELECT id, false FROM receiving_unit WHERE lpn ~>=~ %(first)s AND lpn ~<=~ %(last)s
               ORDER BY lpn USING ~<~ LIMIT %(limit)s)
) f JOIN receiving_unit u ON u.id = f.id JOIN facilities_node n ON n.id = u.node_id
LEFT JOIN catalog_item i ON i.id = u.item_id ORDER BY f.exact DESC, u.id
"""


def named(words: str, *, serial: str = "", limit: int = 5) -> list[Found]:
    """Units by licence plate, by how it begins, or by serial number. One statement."""
    first, last = between(words.upper())
    names = [words, words.upper()]
    serials = sorted({words, words.upper(), serial or words, serial.upper() or words})
    params = {"plates": names, "serials": serials, "first": first, "last": last, "limit": limit}
    return unique(
        [
            Found("unit", row.lpn, row.lpn, ", ".join(filter(None, (row.name, row.serial, row.node))), row.exact)
            for row in db.rows(_NAMED, params)
        ]
    )[:limit]
