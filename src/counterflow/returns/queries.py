"""Questions about returns: the list, and which RMAs something is about. One return's whole page is `page.py`.

The list is found by what people have in hand, which may be a parcel's tracking number or a licence plate;
those tables belong to rooms above and are read here by SQL only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from counterflow.kernel import db
from counterflow.kernel.found import Found, between, unique
from counterflow.returns.entitlement import open_pieces
from counterflow.returns.states import RMA, Rma

LIMIT_MAX = 500


@dataclass(frozen=True)
class ReturnRow:
    """A return in a list. `_qty` are pieces over all lines; amounts are minor units of `currency`."""

    id: int
    number: str
    state: str
    channel: str
    order: str
    request_ref: str
    currency: str
    simulated: bool
    happened_at: datetime
    recorded_at: datetime
    lines: int
    asked_qty: int
    expected_qty: int
    received_qty: int
    passed_qty: int
    credited_qty: int
    credited_minor: int
    paid_minor: int

    @property
    def actions(self) -> list[str]:
        """What the state table allows now; whether there is anything to do is on the return's page."""
        return RMA.actions(self.state)


_FOUND = """
r.id IN (
    SELECT id FROM returns_rma WHERE number = upper(%(search)s)
    UNION SELECT x.id FROM orders_channel c JOIN returns_rma x ON x.channel_id = c.id AND x.request_ref = %(search)s
    UNION SELECT x.id FROM orders_channel c JOIN orders_order o ON o.channel_id = c.id AND o.number = %(search)s
          JOIN returns_rma x ON x.order_id = o.id
    UNION SELECT p.rma_id FROM logistics_parcel p WHERE p.tracking = %(search)s AND p.rma_id IS NOT NULL
    UNION SELECT l.rma_id FROM receiving_unit u JOIN returns_rmaline l ON l.id = u.rma_line_id
          WHERE u.lpn = %(search)s
)
"""
_LIST = """
WITH page AS (SELECT r.* FROM returns_rma r WHERE {where} ORDER BY r.id DESC LIMIT %(limit)s)
SELECT p.id, p.number, p.state, c.code AS channel, coalesce(o.number, '') AS "order", p.request_ref, p.currency,
       p.simulated, p.happened_at, p.recorded_at, l.lines, l.asked, l.expected, l.received, l.passed, l.credited,
       coalesce(m.total, 0)::bigint, coalesce(m.paid, 0)::bigint
FROM page p
JOIN orders_channel c ON c.id = p.channel_id
LEFT JOIN orders_order o ON o.id = p.order_id
CROSS JOIN LATERAL (
    SELECT count(*) AS lines, sum(quantity) AS asked,
           sum(CASE WHEN returnless THEN 0 ELSE authorised_qty END) AS expected,
           sum(allocated_qty) AS received, sum(passed_qty) AS passed, sum(credited_qty) AS credited
    FROM returns_rmaline WHERE rma_id = p.id
) l
LEFT JOIN LATERAL (
    SELECT sum(total_minor) AS total, sum(paid_minor) AS paid FROM refunds_credit WHERE rma_id = p.id
) m ON true
ORDER BY p.id DESC
"""


def returns(
    *, search: str = "", state: str = "", channel: str = "", before_id: int | None = None, limit: int = 50
) -> list[ReturnRow]:
    """Returns, newest first. `search` is an RMA, order or tracking number, a request reference, or an LPN.

    Go on with the last row's `id` as `before_id`. One statement.
    """
    where = ["true"]
    if search:
        where.append(_FOUND)
    if state:
        where.append("r.state = %(state)s")
    if channel:
        where.append("r.channel_id = (SELECT id FROM orders_channel WHERE code = %(channel)s)")
    if before_id is not None:
        where.append("r.id < %(before)s")
    params = {
        "search": search.strip(),
        "state": state,
        "channel": channel,
        "before": before_id,
        "limit": max(1, min(limit, LIMIT_MAX)),
    }
    return [ReturnRow(*row) for row in db.rows(_LIST.format(where=" AND ".join(where)), params)]


def rmas_of_units(unit_ids: Sequence[int]) -> list[int]:
    """The RMAs that units answer for or did answer for."""
    sql = """
        SELECT DISTINCT l.rma_id FROM returns_allocation a JOIN returns_rmaline l ON l.id = a.rma_line_id
        WHERE a.unit_id = ANY(%s::bigint[]) ORDER BY 1
    """
    return [row.rma_id for row in db.rows(sql, [list(unit_ids)])]


def finished_rmas(*, rma_ids: Sequence[int]) -> list[str]:
    """Numbers of the authorised RMAs among these of which nothing is open. Read without lock: a hint."""
    found = _open_pieces(rma_ids, Rma.AUTHORISED)
    return [number for number, pieces in found.items() if pieces == 0]


def resumed_rmas(*, rma_ids: Sequence[int]) -> list[str]:
    """Numbers of the closed RMAs among these of which something is open again. Read without lock: a hint."""
    found = _open_pieces(rma_ids, Rma.CLOSED)
    return [number for number, pieces in found.items() if pieces > 0]


def _open_pieces(rma_ids: Sequence[int], state: Rma) -> dict[str, int]:
    """How many pieces are open of those of these RMAs that are in a state, by number. One statement."""
    sql = """
        SELECT l.*, r.number, r.state AS rma_state, coalesce(s.invoiced_minor, 0) AS invoiced_minor
        FROM returns_rma r JOIN returns_rmaline l ON l.rma_id = r.id
        LEFT JOIN orders_shipmentline s ON s.id = l.shipment_line_id
        WHERE r.id = ANY(%s::bigint[]) AND r.state = %s ORDER BY r.id
    """
    pieces: dict[str, int] = {}
    for line in db.rows(sql, [list(rma_ids), state.value]):
        pieces[line.number] = pieces.get(line.number, 0) + sum(open_pieces(line, line.rma_state))
    return pieces


_NAMED = """
SELECT r.number, r.state, c.code AS channel, coalesce(o.number, '') AS "order", f.exact FROM (
    SELECT id, true AS exact FROM returns_rma WHERE number = ANY(%(numbers)s::text[])
    UNION ALL SELECT x.id, true FROM orders_channel c
              JOIN returns_rma x ON x.channel_id = c.id AND x.request_ref = %(words)s
    UNION ALL (SELECT x.id, false FROM orders_channel c
               JOIN orders_order o ON o.channel_id = c.id AND o.number = %(words)s
               JOIN returns_rma x ON x.order_id = o.id LIMIT %(limit)s)
    UNION ALL (SELECT id, false FROM returns_rma WHERE number ~>=~ %(first)s AND number ~<=~ %(last)s
               ORDER BY number USING ~<~ LIMIT %(limit)s)
) f JOIN returns_rma r ON r.id = f.id JOIN orders_channel c ON c.id = r.channel_id
LEFT JOIN orders_order o ON o.id = r.order_id ORDER BY f.exact DESC, r.id
"""


def named(words: str, *, limit: int = 5) -> list[Found]:
    """Returns by number, by how it begins, digits or request reference, and those of an order. One statement."""
    number = words.upper()
    first, last = between(number)
    numbers = [number, f"RMA-{number}"] if number.isdigit() else [number]
    params = {"words": words, "numbers": numbers, "first": first, "last": last, "limit": limit}
    found = [
        Found("rma", row.number, row.number, ", ".join(filter(None, (row.state, row.channel, row.order))), row.exact)
        for row in db.rows(_NAMED, params)
    ]
    return unique(found)[:limit]
