"""What a dock expects: the lines of a parcel or a return, what of them has come, and what to take care of."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db


@dataclass(frozen=True)
class ExpectedLine:
    """A line of a return as the dock sees it. `expected` pieces were to come (in this parcel, where one is at
    hand), `received` have, `left` are still expected. `here` says whether the line is announced in this parcel.
    """

    line_no: int
    item_id: int
    sku: str
    name: str
    family: str
    gtin: str
    serial_tracked: bool
    reason: str
    resolution: str
    expected: int
    received: int
    left: int
    here: bool
    lot_tracked: bool
    hazmat: bool


@dataclass(frozen=True)
class ReceivedUnit:
    """A unit that was received from a parcel or for a return."""

    lpn: str
    sku: str
    name: str
    quantity: int
    found: str
    state: str
    damage_code: str
    received_at: datetime


@dataclass(frozen=True)
class Job:
    """A parcel, a return, or a parcel of a return at the dock; empty strings where one of them is not known."""

    parcel_id: int | None
    carrier: str
    tracking: str
    parcel_state: str
    parcel_node: str
    rma: str
    rma_state: str
    channel: str
    order: str
    simulated: bool
    lines: list[ExpectedLine] = field(default_factory=list)
    units: list[ReceivedUnit] = field(default_factory=list)
    holds: dict[int, str] = field(default_factory=dict)

    @property
    def here(self) -> list[ExpectedLine]:
        """The lines that this parcel was to hold; all of the return where no parcel is at hand."""
        return [line for line in self.lines if line.here]

    @property
    def expected(self) -> int:
        """Pieces that were to come."""
        return sum(line.expected for line in self.here)

    @property
    def received(self) -> int:
        """Pieces of them that have come."""
        return sum(line.received for line in self.here)

    @property
    def left(self) -> int:
        """Pieces still missing."""
        return sum(line.left for line in self.here)


_JOB = """
SELECT p.id AS parcel_id, coalesce(p.carrier, '') AS carrier, coalesce(p.tracking, '') AS tracking,
       coalesce(p.state, '') AS parcel_state, coalesce(n.code, '') AS parcel_node, coalesce(r.number, '') AS rma,
       coalesce(r.state, '') AS rma_state, coalesce(ch.code, '') AS channel, coalesce(o.number, '') AS "order",
       coalesce(r.simulated, false) AS simulated, r.id AS rma_id
FROM {source}
LEFT JOIN orders_channel ch ON ch.id = r.channel_id
LEFT JOIN orders_order o ON o.id = r.order_id
LEFT JOIN facilities_node n ON n.id = p.node_id
"""
_OF_PARCEL = _JOB.format(source="logistics_parcel p LEFT JOIN returns_rma r ON r.id = p.rma_id")
# A return with one parcel still to be opened is received from that parcel.
_OF_RMA = _JOB.format(
    source="returns_rma r LEFT JOIN LATERAL (SELECT max(q.id) AS id FROM logistics_parcel q WHERE q.rma_id = r.id"
    " AND q.state <> 'emptied' HAVING count(*) = 1) one ON true LEFT JOIN logistics_parcel p ON p.id = one.id"
)
_LINES = """
SELECT l.line_no, l.item_id, i.sku, i.name, i.family, coalesce(i.gtin, '') AS gtin, i.serial_tracked,
       coalesce(c.label, l.reason_code) AS reason, l.resolution,
       CASE WHEN %(parcel)s::bigint IS NULL THEN l.authorised_qty + l.allocated_qty
            ELSE coalesce(pl.announced_qty, 0) END AS expected,
       CASE WHEN %(parcel)s::bigint IS NULL THEN l.allocated_qty ELSE coalesce(pl.received_qty, 0) END AS received,
       CASE WHEN %(parcel)s::bigint IS NULL THEN l.authorised_qty
            ELSE greatest(0, least(coalesce(pl.announced_qty - pl.received_qty, 0), l.authorised_qty)) END AS "left",
       %(parcel)s::bigint IS NULL OR pl.id IS NOT NULL AS here, i.lot_tracked, i.hazmat
FROM returns_rmaline l
JOIN catalog_item i ON i.id = l.item_id
LEFT JOIN catalog_reasoncode c ON c.kind = 'return' AND c.code = l.reason_code
LEFT JOIN logistics_parcelline pl ON pl.rma_line_id = l.id AND pl.parcel_id = %(parcel)s::bigint
WHERE l.rma_id = %(rma)s::bigint ORDER BY l.line_no
"""
_UNITS = """
SELECT u.lpn, i.sku, i.name, u.quantity, u.found, u.state, u.damage_code, u.received_at
FROM (SELECT id FROM receiving_unit WHERE parcel_id = %(parcel)s::bigint
      UNION
      SELECT u.id FROM receiving_unit u JOIN returns_rmaline l ON l.id = u.rma_line_id
      WHERE l.rma_id = %(rma)s::bigint AND %(parcel)s::bigint IS NULL) mine
JOIN receiving_unit u ON u.id = mine.id
JOIN catalog_item i ON i.id = u.item_id
ORDER BY u.id DESC LIMIT 50
"""
# Open holds are few, whatever the stock; so they lead.
_HOLDS = """
SELECT a.item_id, min(h.reason) AS reason FROM ledger_hold h
JOIN ledger_account a ON a.id = h.account_id AND a.item_id = ANY(%s::bigint[])
WHERE h.released_at IS NULL GROUP BY 1
"""


def job(*, parcel_id: int | None = None, rma: str = "", whole: bool = True) -> Job | None:
    """What is expected in a parcel or, without one, of a return; nothing where neither exists.

    Four statements; two without the units and holds (`whole`).
    """
    if parcel_id is not None:
        return _job(db.rows(f"{_OF_PARCEL} WHERE p.id = %s", [parcel_id]), whole)
    return _job(db.rows(f"{_OF_RMA} WHERE r.number = %s", [rma]), whole) if rma else None


def _job(found: list[Any], whole: bool) -> Job | None:
    if not found:
        return None
    columns = found[0]._asdict()
    rma_id = columns.pop("rma_id")
    of = {"parcel": columns["parcel_id"], "rma": rma_id}
    lines = [ExpectedLine(*row) for row in db.rows(_LINES, of)] if rma_id else []
    if not whole:
        return Job(**columns, lines=lines)
    units = [ReceivedUnit(*row) for row in db.rows(_UNITS, of)]
    holds = {row.item_id: row.reason for row in db.rows(_HOLDS, [[line.item_id for line in lines]])} if lines else {}
    return Job(**columns, lines=lines, units=units, holds=holds)


WAITING_MAX = 1_000


@dataclass(frozen=True)
class Shift:
    """How a dock does today: units and pieces received, parcels that a carrier says are there and nobody opened.

    So many parcels are counted and no more; `many` says that there are as many or more.
    """

    units: int
    pieces: int
    waiting: int

    @property
    def many(self) -> bool:
        """Whether more wait than were counted."""
        return self.waiting >= WAITING_MAX


_SHIFT = f"""
SELECT (SELECT count(*) FROM receiving_unit u WHERE u.node_id = n.id AND u.received_at >= %(since)s
        AND u.state <> 'reversed')::int AS units,
       (SELECT coalesce(sum(u.quantity), 0) FROM receiving_unit u WHERE u.node_id = n.id
        AND u.received_at >= %(since)s AND u.state <> 'reversed')::int AS pieces,
       (SELECT count(*) FROM (SELECT FROM logistics_parcel p WHERE p.node_id = n.id AND p.state = 'delivered'
                              LIMIT {WAITING_MAX}) w)::int AS waiting
FROM facilities_node n WHERE n.code = %(node)s
"""


def shift(*, node: str, since: datetime) -> Shift:
    """The figures of a node since an instant. One statement."""
    found = db.rows(_SHIFT, {"node": node, "since": since})
    return Shift(*found[0]) if found else Shift(0, 0, 0)


@dataclass(frozen=True)
class Waiting:
    """A parcel that a carrier delivered and nobody has opened."""

    id: int
    carrier: str
    tracking: str
    rma: str
    pieces: int


_WAITING = """
SELECT p.id, p.carrier, p.tracking, coalesce(r.number, '') AS rma,
       coalesce((SELECT sum(pl.announced_qty) FROM logistics_parcelline pl WHERE pl.parcel_id = p.id), 0)::int AS pieces
FROM logistics_parcel p LEFT JOIN returns_rma r ON r.id = p.rma_id
WHERE p.state = 'delivered' AND p.node_id = (SELECT id FROM facilities_node WHERE code = %s)
ORDER BY p.id LIMIT %s
"""


def waiting(*, node: str, limit: int = 8) -> list[Waiting]:
    """Parcels at a node's dock, the oldest first. One statement."""
    return [Waiting(*row) for row in db.rows(_WAITING, [node, limit])]
