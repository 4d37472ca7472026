"""What the acts on units have to know: RMA lines and units under lock, with the facts of their master data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg.errors
from django.db import OperationalError

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.ledger.chart import State
from counterflow.ledger.posting import Place
from counterflow.receiving.planning import SALE, SALE_COLUMNS
from counterflow.receiving.rules import UnitNotFound


@dataclass
class UnitNow:
    """A unit under lock, as earlier items of the batch have left it. Value in minor units of `currency`.

    `invoiced_minor` is what the customer was charged for it, in `sold_currency`; unknown where no sale is.
    """

    id: int
    lpn: str
    item_id: int
    quantity: int
    node_id: int
    entity_id: int
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
    parcel_id: int | None
    rma_line_id: int | None
    shipment_line_id: int | None
    receive_entry_id: int
    received_at: Any
    simulated: bool
    node: str
    scope: str
    currency: str
    sku: str
    family: str
    brand: str | None
    supplier_id: int | None
    tote_id: int | None
    work_id: int | None
    serial_tracked: bool
    reason_code: str | None
    invoiced_minor: int | None
    sold_currency: str | None
    fraud_score: int | None
    rma: str | None
    channel: str | None

    @property
    def place(self) -> Place:
        """The stock account that holds it."""
        state = State(self.stock_state)
        return Place(self.entity_id, state, self.item_id, self.node_id, self.owner, lot=self.lot)


# The rows are locked in a part of their own: a row that changed while we waited is then read as it is
# now, and no join can lose it.
_UNITS = f"""
WITH u AS MATERIALIZED (
    SELECT * FROM receiving_unit WHERE lpn = ANY(%s::text[]) ORDER BY id FOR NO KEY UPDATE
)
SELECT u.id, u.lpn, u.item_id, u.quantity, u.node_id, u.entity_id, u.owner, u.lot, u.serial, u.found, u.state,
       u.stock_state, u.cost_minor, u.allowance_minor, u.basis, u.round, u.grade, u.damage_code, u.disposition,
       u.parcel_id, u.rma_line_id, u.shipment_line_id, u.receive_entry_id, u.received_at, u.simulated,
       n.code AS node, n.scope, e.currency, i.sku, i.family, b.code AS brand, i.supplier_id, u.tote_id, u.work_id,
       i.serial_tracked, {SALE_COLUMNS}
FROM u
LEFT JOIN facilities_node n ON n.id = u.node_id
LEFT JOIN ledger_entity e ON e.id = u.entity_id
LEFT JOIN catalog_item i ON i.id = u.item_id
LEFT JOIN catalog_brand b ON b.id = i.brand_id
{SALE}
ORDER BY u.id
"""
_LINES = """
SELECT l.id FROM returns_rmaline l
WHERE l.id IN (SELECT u.rma_line_id FROM receiving_unit u WHERE u.lpn = ANY(%s::text[]))
ORDER BY l.id FOR NO KEY UPDATE OF l
"""


def lock_units(ctx: Context, lpns: Iterable[str]) -> dict[str, UnitNow]:
    """Lock the units that exist among these licence plates; one statement."""
    return {row.lpn: UnitNow(*row) for row in db.lock(ctx, Rank.UNIT, _UNITS, [sorted(set(lpns))])}


def lock_lines_and_units(ctx: Context, lpns: Iterable[str]) -> dict[str, UnitNow]:
    """Lock the units and, before them, the RMA lines they answer for; two statements.

    A unit that was matched to another line between the two sends the whole command back to its start.
    """
    wanted = sorted(set(lpns))
    lines = {row.id for row in db.lock(ctx, Rank.RMA_LINE, _LINES, [wanted])}
    units = lock_units(ctx, wanted)
    if any(unit.rma_line_id is not None and unit.rma_line_id not in lines for unit in units.values()):
        again = psycopg.errors.SerializationFailure("a unit was matched to another line meanwhile")
        raise OperationalError(str(again)) from again
    return units


def unit_of(units: Mapping[str, UnitNow], lpn: str) -> UnitNow:
    """The unit of a licence plate. Raises `UnitNotFound`."""
    if lpn not in units:
        raise UnitNotFound(lpn=lpn[:80])
    return units[lpn]
