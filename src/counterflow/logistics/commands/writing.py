"""How goods that change hands are written: journal entries, milestones, and the counters that changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.kernel.events import Event, emit
from counterflow.ledger.chart import State
from counterflow.ledger.posting import Entry, Move, Place, post
from counterflow.logistics.models import ParcelLine
from counterflow.logistics.rules import MOVED, Content, Line, Step
from counterflow.orders.models import ShipmentLine
from counterflow.returns.models import Milestone, RmaLine
from counterflow.returns.states import Reached
from counterflow.workqueue.cases import CaseDraft, open_cases, settle_cases

_PATHS = {
    #                kind            from                to                milestone             sign
    "carrier_scan": (State.CUSTOMER, State.IN_TRANSIT, Reached.CARRIER_SCAN, 1),
    "lose": (State.IN_TRANSIT, State.LOST, Reached.LOST, 1),
    "find": (State.LOST, State.IN_TRANSIT, Reached.LOST, -1),
    "not_in_parcel": (State.IN_TRANSIT, State.CUSTOMER, Reached.CARRIER_SCAN, -1),
}
# The lock of the shipment line is held, so the new sums are written as they are.
_RETURNED = """
INSERT INTO logistics_returnedvalue AS t (shipment_line_id, quantity, cost_minor)
SELECT * FROM unnest(%s::bigint[], %s::int[], %s::bigint[]) AS v(shipment_line_id, quantity, cost_minor) ORDER BY 1
ON CONFLICT (shipment_line_id) DO UPDATE SET quantity = EXCLUDED.quantity, cost_minor = EXCLUDED.cost_minor
"""


@dataclass
class Pending:
    """What one command will write beside counters, gathered while its items are decided."""

    entries: list[Entry] = field(default_factory=list)
    milestones: list[dict[str, Any]] = field(default_factory=list)
    cases: list[CaseDraft] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def write(self, ctx: Context, *, outcome: str) -> None:
        """Write the milestones and queue the rest; `outcome` is how settled cases end."""
        db.insert(Milestone, self.milestones)
        settle_cases(ctx, self.settled, outcome=outcome)
        open_cases(ctx, self.cases)
        post(ctx, self.entries)
        emit(ctx, self.events)


def milestone(
    ctx: Context, line: Line, kind: Reached, quantity: int, happened_at: datetime, subject: int
) -> dict[str, Any]:
    """The row that says that pieces reached something, or (negative) no longer count as having reached it."""
    return {
        "id": ctx.new_id(),
        "rma_line_id": line.id,
        "kind": str(kind),
        "quantity": quantity,
        "happened_at": happened_at,
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
        "subject_id": subject,
    }


def place_of(content: Content, state: State) -> Place:
    """The ledger place of a parcel line's pieces: with the customer, in a carrier's hands, or lost by it."""
    held = state in (State.IN_TRANSIT, State.LOST)
    return Place(content.line.entity, state, content.line.item, custodian=content.carrier if held else "")


def move_steps(ctx: Context, pending: Pending, steps: Sequence[Step], happened_at: datetime, subject: int) -> None:
    """Queue what steps mean for the books and the milestones: one entry a kind, in the order of the steps."""
    for kind in dict.fromkeys(step.kind for step in steps):
        source, target, reached, sign = _PATHS[kind]
        moves = []
        for step in (s for s in steps if s.kind == kind):
            places = place_of(step.content, source), place_of(step.content, target)
            moves.append(Move(*places, step.quantity, step.cost, subject=subject))
            pending.milestones.append(
                milestone(ctx, step.content.line, reached, sign * step.quantity, happened_at, subject)
            )
        pending.entries.append(Entry(ctx.new_id(), moves[0].source.entity, kind, happened_at, moves))


def write_counters(lines: Iterable[Line]) -> None:
    """Write what changed of shipment lines, RMA lines, parcel lines and the value that is back; a statement each."""
    changed = list(lines)
    shipped: dict[int, dict[str, int]] = {}
    rma_lines, moved, fresh = [], [], []
    issues = {line.issue.shipment_line: line.issue for line in changed if line.issue}
    for line in changed:
        moved_by = {name: now - was for name, now, was in zip(MOVED, line.now, line.was, strict=True)}
        if any(moved_by.values()):
            rma_lines.append({"id": line.id, **moved_by})
        if line.issue and (moved_by["authorised_qty"] or moved_by["allocated_qty"]):
            row = shipped.setdefault(line.issue.shipment_line, {"authorised_qty": 0, "allocated_qty": 0})
            row["authorised_qty"] += moved_by["authorised_qty"]
            row["allocated_qty"] += moved_by["allocated_qty"]
        fresh += [_fresh(content) for content in line.contents if content.fresh]
        moved += [_moved(content) for content in line.contents if not content.fresh and content.now != content.was]
    db.add(ShipmentLine, [{"id": i, **counters} for i, counters in sorted(shipped.items())])
    db.add(RmaLine, sorted(rma_lines, key=lambda row: row["id"]))
    db.insert(ParcelLine, sorted(fresh, key=lambda row: row["id"]))
    db.add(ParcelLine, sorted(moved, key=lambda row: row["id"]))
    back = [issue for _, issue in sorted(issues.items()) if (issue.back_qty, issue.back_minor) != issue.was]
    if back:
        columns = [i.shipment_line for i in back], [i.back_qty for i in back], [i.back_minor for i in back]
        db.execute(_RETURNED, columns)


_COUNTERS = ("in_transit_qty", "in_transit_cost_minor", "lost_qty", "lost_cost_minor", "received_qty")


def _fresh(content: Content) -> dict[str, int]:
    return {
        "id": content.id,
        "parcel_id": content.parcel_id,
        "rma_line_id": content.line.id,
        "announced_qty": content.announced,
        **dict(zip(_COUNTERS, content.now, strict=True)),
    }


def _moved(content: Content) -> dict[str, int]:
    deltas = (now - was for now, was in zip(content.now, content.was, strict=True))
    return {"id": content.id, **dict(zip(_COUNTERS, deltas, strict=True))}
