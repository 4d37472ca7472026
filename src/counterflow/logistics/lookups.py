"""What moving goods on their way back has to know, under lock, as running state.

Locks go names, shipment lines, RMA lines, parcels. Whatever changes a parcel's lines holds the RMA
line (and the shipment line) they answer for; whatever changes what a parcel is holds its name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.logistics.rules import Content, Issue, Line, Report, report
from counterflow.logistics.states import Parcel

Key = tuple[str, str]

# Names share a few numbered locks, so that a large batch does not fill the server's lock table. Taken in
# order, so that two commands that want the same names do not wait for each other.
_HOLD = """
SELECT pg_advisory_xact_lock(7002, k) FROM (
    SELECT DISTINCT (hashtext(n) & 255) AS k FROM unnest(%s::text[]) n ORDER BY 1
) names
"""
_RMAS = """
    SELECT r.id FROM returns_rma r WHERE r.number = ANY(%s::text[])
    UNION
    SELECT p.rma_id FROM unnest(%s::text[], %s::text[]) AS w(carrier, tracking)
    JOIN logistics_parcel p ON p.tracking = w.tracking AND (w.carrier = '' OR p.carrier = w.carrier)
    WHERE p.rma_id IS NOT NULL
    UNION
    SELECT l.rma_id FROM returns_rmaline l WHERE l.id = ANY(%s::bigint[])
"""
_SHIPMENT_LINES = f"""
SELECT sl.id FROM orders_shipmentline sl
WHERE sl.id IN (SELECT rl.shipment_line_id FROM returns_rmaline rl WHERE rl.rma_id IN ({_RMAS}))
ORDER BY sl.id FOR NO KEY UPDATE OF sl
"""
_RMA_LINES = f"""
SELECT rl.id, rl.rma_id, r.number AS rma, r.state, r.entity_id, r.currency, r.simulated, rl.line_no, rl.item_id, i.sku,
       i.serial_tracked,
       rl.resolution, rl.milestone, rl.returnless, rl.quantity, rl.authorised_qty, rl.scanned_qty, rl.allocated_qty,
       rl.passed_qty, rl.failed_qty, rl.lost_qty, rl.cancelled_qty, rl.approved_qty, rl.credited_qty,
       sl.id AS shipment_line_id, sl.quantity AS shipped, sl.invoiced_minor, sl.issued_cost_minor, sl.cost_basis,
       CASE WHEN i.currency = e.currency THEN i.standard_cost_minor END AS standard_cost_minor,
       v.quantity AS back_qty, v.cost_minor AS back_minor
FROM returns_rmaline rl
JOIN returns_rma r ON r.id = rl.rma_id
JOIN catalog_item i ON i.id = rl.item_id
LEFT JOIN ledger_entity e ON e.id = r.entity_id
LEFT JOIN orders_shipmentline sl ON sl.id = rl.shipment_line_id
LEFT JOIN logistics_returnedvalue v ON v.shipment_line_id = rl.shipment_line_id
WHERE rl.rma_id IN ({_RMAS})
ORDER BY rl.id FOR NO KEY UPDATE OF rl
"""
_CONTENTS = """
SELECT pl.id, pl.parcel_id, p.carrier, p.tracking, pl.rma_line_id, pl.announced_qty, pl.in_transit_qty,
       pl.in_transit_cost_minor, pl.lost_qty, pl.lost_cost_minor, pl.received_qty
FROM logistics_parcelline pl JOIN logistics_parcel p ON p.id = pl.parcel_id
WHERE pl.rma_line_id = ANY(%s) ORDER BY pl.id
"""
_PARCELS = """
SELECT p.id, p.carrier, p.tracking, p.rma_id, p.entity_id, p.state, p.content_hash, p.closed_empty, r.number AS rma
FROM unnest(%s::text[], %s::text[]) AS w(carrier, tracking)
JOIN logistics_parcel p ON p.tracking = w.tracking AND p.carrier = w.carrier
LEFT JOIN returns_rma r ON r.id = p.rma_id
ORDER BY p.id FOR NO KEY UPDATE OF p
"""
_EVENTS = """
SELECT e.parcel_id, e.event_ref, e.kind, e.happened_at, e.recorded_at FROM logistics_parcelevent e
WHERE e.parcel_id = ANY(%s)
"""

_COPIED = (
    "resolution",
    "milestone",
    "returnless",
    "quantity",
    "authorised_qty",
    "scanned_qty",
    "allocated_qty",
    "passed_qty",
    "failed_qty",
    "lost_qty",
    "cancelled_qty",
    "approved_qty",
    "credited_qty",
)


@dataclass
class Tracked:
    """A parcel under lock, with its goods and what carriers have told of it."""

    id: int
    carrier: str
    tracking: str
    rma_id: int | None
    rma: str
    entity: int
    state: Parcel
    content_hash: bytes
    closed_empty: bool | None = None
    contents: list[Content] = field(default_factory=list)
    told: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    latest: Report | None = None

    def tell(self, ref: str, kind: str, happened_at: datetime, recorded_at: datetime) -> bool:
        """Keep a report; whether it is the latest now."""
        self.told[ref] = (kind, happened_at)
        fresh = report(kind, happened_at, recorded_at, ref)
        if self.latest is not None and fresh < self.latest:
            return False
        self.latest = fresh
        return True


def hold_names(ctx: Context, names: Iterable[str]) -> None:
    """Hold names until the end of the transaction, before any row: of parcels or units to be made or changed."""
    db.lock(ctx, Rank.KEY, _HOLD, [sorted(set(names))])


def parcel_name(key: Key) -> str:
    """The name under which a parcel is held."""
    return f"parcel {key[0]} {key[1]}"


def lock_lines(
    ctx: Context, *, rmas: Iterable[str] = (), parcels: Sequence[Key] = (), lines: Iterable[int] = ()
) -> dict[int, Line]:
    """Lock all lines of the RMAs that numbers, parcels or lines name, and read them with their parcels' goods.

    Keyed by id, ascending. A parcel's carrier may be empty, meaning any. Three statements.
    """
    wanted = [sorted(set(rmas)), [k[0] for k in parcels], [k[1] for k in parcels], sorted(set(lines))]
    db.lock(ctx, Rank.SHIPMENT_LINE, _SHIPMENT_LINES, wanted)
    issues: dict[int, Issue] = {}
    found: dict[int, Line] = {}
    for row in db.lock(ctx, Rank.RMA_LINE, _RMA_LINES, wanted):
        found[row.id] = _line(row, issues)
    for row in db.rows(_CONTENTS, [list(found)]):
        line = found[row.rma_line_id]
        counters = (row.in_transit_qty, row.in_transit_cost_minor, row.lost_qty, row.lost_cost_minor, row.received_qty)
        line.contents.append(
            Content(row.id, row.parcel_id, row.carrier, row.tracking, line, row.announced_qty, *counters)
        )
    return found


def _line(row: Any, issues: dict[int, Issue]) -> Line:
    if row.shipment_line_id is not None and row.shipment_line_id not in issues:
        issues[row.shipment_line_id] = _issue(row)
    return Line(
        id=row.id,
        rma_id=row.rma_id,
        rma=row.rma,
        rma_state=row.state,
        line_no=row.line_no,
        entity=row.entity_id,
        currency=row.currency,
        item=row.item_id,
        sku=row.sku,
        serial_tracked=row.serial_tracked,
        simulated=row.simulated,
        issue=issues.get(row.shipment_line_id),
        **{name: getattr(row, name) for name in _COPIED},
    )


def _issue(row: Any) -> Issue:
    """What the ledger issued, an estimate where the sale was costed by one, or nothing."""
    total, basis = row.issued_cost_minor, row.cost_basis
    if basis == "estimated" and total is None and row.standard_cost_minor is not None:
        total = row.standard_cost_minor * row.shipped
    if basis not in ("issued", "estimated") or total is None:
        total, basis = 0, "nil"
    return Issue(
        row.shipment_line_id, basis, total, row.shipped, row.invoiced_minor, row.back_qty or 0, row.back_minor or 0
    )


def lock_parcels(ctx: Context, keys: Sequence[Key], lines: dict[int, Line]) -> dict[Key, Tracked]:
    """Lock parcels by carrier and tracking number and read what carriers told; two statements.

    The caller holds their names; `lines` are the locked lines their goods answer for.
    """
    found: dict[Key, Tracked] = {}
    for row in db.lock(ctx, Rank.PARCEL, _PARCELS, [[k[0] for k in keys], [k[1] for k in keys]]):
        found[row.carrier, row.tracking] = Tracked(
            row.id,
            row.carrier,
            row.tracking,
            row.rma_id,
            row.rma or "",
            row.entity_id,
            Parcel(row.state),
            bytes(row.content_hash),
            row.closed_empty,
        )
    by_id = {parcel.id: parcel for parcel in found.values()}
    for row in db.rows(_EVENTS, [list(by_id)]):
        by_id[row.parcel_id].tell(row.event_ref, row.kind, row.happened_at, row.recorded_at)
    for line in lines.values():
        for content in line.contents:
            if content.parcel_id in by_id:
                by_id[content.parcel_id].contents.append(content)
    return found
