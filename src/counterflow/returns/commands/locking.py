"""RMAs under lock, by number: the shipment lines they hold, then their lines, then the headers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.returns.rules import RmaNotFound
from counterflow.returns.states import Reached

# A header changes only while one of its lines is locked, so it is read after them.
_SHIPPED = """
SELECT s.id FROM orders_shipmentline s WHERE s.id IN (
    SELECT l.shipment_line_id FROM returns_rmaline l JOIN returns_rma r ON r.id = l.rma_id
    WHERE r.number = ANY(%s::text[])
) ORDER BY s.id FOR NO KEY UPDATE
"""
_LINES = """
SELECT l.*, i.sku, coalesce(s.invoiced_minor, 0) AS invoiced_minor, coalesce(s.quantity, 0) AS shipped_qty
FROM returns_rma r JOIN returns_rmaline l ON l.rma_id = r.id JOIN catalog_item i ON i.id = l.item_id
LEFT JOIN orders_shipmentline s ON s.id = l.shipment_line_id
WHERE r.number = ANY(%s::text[]) ORDER BY l.id FOR NO KEY UPDATE OF l
"""
_HEADERS = """
SELECT r.*, coalesce('user:' || t.user_id, r.opened_by) AS opener, k.score AS fraud_score FROM returns_rma r
LEFT JOIN access_apitoken t ON r.opened_by = 'token:' || t.id
LEFT JOIN returns_risk k ON k.rma_id = r.id
WHERE r.number = ANY(%s::text[]) ORDER BY r.id
"""


@dataclass
class LineState:
    """The counters of an RMA line as they run through a batch; see `returns.models.RmaLine`."""

    id: int
    line_no: int
    sku: str
    shipment_line_id: int | None
    quantity: int
    resolution: str
    milestone: str
    returnless: bool
    invoiced_minor: int
    shipped_qty: int
    authorised_qty: int
    scanned_qty: int
    allocated_qty: int
    passed_qty: int
    failed_qty: int
    lost_qty: int
    cancelled_qty: int
    approved_qty: int
    credited_qty: int


@dataclass
class RmaState:
    """An RMA as it runs through a batch. `opener` is the person who opened it, whatever token they used.

    `fraud_score` is the latest score of its signals, None where nobody knows the customer.
    """

    id: int
    number: str
    entity_id: int
    currency: str
    state: str
    opener: str
    fraud_score: int | None
    decided_by: str
    decision_reason: str
    lines: list[LineState]


def lock_rmas(ctx: Context, numbers: Sequence[str]) -> dict[str, RmaState]:
    """Lock RMAs with all their lines and what these hold of shipments; three statements."""
    wanted = sorted(set(numbers))
    db.lock(ctx, Rank.SHIPMENT_LINE, _SHIPPED, [wanted])
    lines = db.lock(ctx, Rank.RMA_LINE, _LINES, [wanted])
    found: dict[int, RmaState] = {}
    for r in db.rows(_HEADERS, [wanted]):
        named = {n: getattr(r, n) for n in RmaState.__dataclass_fields__ if n != "lines"}
        found[r.id] = RmaState(**named, lines=[])
    for row in lines:
        found[row.rma_id].lines.append(LineState(**{n: getattr(row, n) for n in LineState.__dataclass_fields__}))
    return {rma.number: rma for rma in found.values()}


def require(rmas: dict[str, RmaState], number: str) -> RmaState:
    """The RMA of a number. Raises `RmaNotFound`."""
    rma = rmas.get(number)
    if rma is None:
        raise RmaNotFound(rma=number[:80])
    return rma


def milestone(ctx: Context, line: LineState, kind: Reached, quantity: int, at: Any, subject_id: int) -> dict[str, Any]:
    """The row that pieces of a line reached something, or with a negative quantity no longer did."""
    return {
        "id": ctx.new_id(),
        "rma_line_id": line.id,
        "kind": str(kind),
        "quantity": quantity,
        "happened_at": at,
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
        "subject_id": subject_id,
    }
