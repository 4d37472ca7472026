"""One return, whole: its lines with the four facts each, what happened in order, the journal, what may be done.

The four facts move on their own (custody, quality, stock state, money) and no label of them is stored. This is
a reading of everything the house knows of a return, so it reads tables of rooms above, by SQL only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from counterflow.kernel import db
from counterflow.ledger.journal import EntryRow, entries
from counterflow.returns.entitlement import (
    accepted,
    cancellable,
    due,
    exposed,
    milestone_of,
    open_pieces,
    reached,
)
from counterflow.returns.rules import RmaNotFound
from counterflow.returns.states import RMA, Rma

EVENTS_MAX = 1_000


@dataclass(frozen=True)
class PageUnit:
    """A unit that answers for a line. `stock_state` is empty once a pool absorbed it."""

    id: int
    lpn: str
    quantity: int
    found: str
    state: str
    stock_state: str
    grade: str
    disposition: str
    node: str
    cost_minor: int
    received_at: datetime


@dataclass(frozen=True)
class PageLine:
    """A line: its terms, and the four facts as pieces by word. Amounts are minor units of the RMA's currency."""

    id: int
    line_no: int
    sku: str
    item: str
    quantity: int
    reason_code: str
    resolution: str
    milestone: str
    method: str
    restocking_fee_bp: int
    shipping_refundable: bool
    returnless: bool
    eligibility_decision_id: int
    refund_decision_id: int
    custody: Mapping[str, int]
    quality: Mapping[str, int]
    stock: Mapping[str, int]
    money: Mapping[str, int]
    units: tuple[PageUnit, ...]


@dataclass(frozen=True)
class Moment:
    """Something that happened: an event of a room, or a milestone that pieces of a line reached."""

    happened_at: datetime
    recorded_at: datetime
    what: str
    kind: str
    subject_id: int
    quantity: int | None
    facts: Mapping[str, Any]
    actor: str


@dataclass(frozen=True)
class ReturnPage:
    """A return as a page shows it. `actions` are those that would do something now.

    `simulated` marks the return itself, `books_simulated` says what of its entity's books is.
    """

    id: int
    number: str
    state: str
    channel: str
    channel_kind: str
    entity: str
    order: str
    request_ref: str
    currency: str
    simulated: bool
    books_simulated: str
    opened_by: str
    decided_by: str
    decision_reason: str
    happened_at: datetime
    recorded_at: datetime
    lines: tuple[PageLine, ...]
    timeline: tuple[Moment, ...]
    journal: tuple[EntryRow, ...]
    actions: tuple[str, ...]


_HEAD = """
SELECT r.id, r.number, r.state, c.code AS channel, c.kind AS channel_kind, e.code AS entity,
       coalesce(o.number, '') AS "order", r.request_ref, r.currency, r.simulated, e.simulated AS books_simulated,
       r.opened_by, r.decided_by, r.decision_reason, r.happened_at, r.recorded_at
FROM returns_rma r JOIN orders_channel c ON c.id = r.channel_id JOIN ledger_entity e ON e.id = r.entity_id
LEFT JOIN orders_order o ON o.id = r.order_id WHERE r.number = %s
"""
_LINES = """
SELECT l.*, i.sku, i.name AS item, coalesce(s.invoiced_minor, 0) AS invoiced_minor,
       coalesce(p.in_transit, 0)::int AS in_transit, coalesce(p.lost, 0)::int AS parcel_lost,
       coalesce(x.credited, 0)::bigint AS credited_minor, coalesce(x.fee, 0)::bigint AS fee_minor
FROM returns_rmaline l JOIN catalog_item i ON i.id = l.item_id
LEFT JOIN orders_shipmentline s ON s.id = l.shipment_line_id
LEFT JOIN LATERAL (SELECT sum(in_transit_qty) AS in_transit, sum(lost_qty) AS lost
                   FROM logistics_parcelline WHERE rma_line_id = l.id) p ON true
LEFT JOIN LATERAL (SELECT sum(net_minor + tax_minor) AS credited, sum(fee_minor) AS fee
                   FROM refunds_creditline WHERE rma_line_id = l.id) x ON true
WHERE l.rma_id = %s ORDER BY l.line_no
"""
_UNITS = """
SELECT u.rma_line_id, u.id, u.lpn, u.quantity, u.found, u.state, u.stock_state, u.grade, u.disposition,
       n.code AS node, u.cost_minor, u.received_at
FROM receiving_unit u JOIN facilities_node n ON n.id = u.node_id
WHERE u.rma_line_id = ANY(%s::bigint[]) ORDER BY u.id
"""
# Everything an entry or an event about this return may name.
_SUBJECTS = """
SELECT s.id, ARRAY(SELECT l.entry_id FROM ledger_line l WHERE l.subject_id = s.id AND l.subject_id <> 0) AS entries
FROM (
    SELECT %(rma)s::bigint AS id UNION ALL
    SELECT l.id FROM returns_rmaline l WHERE l.rma_id = %(rma)s
    UNION ALL SELECT a.unit_id FROM returns_allocation a JOIN returns_rmaline l ON l.id = a.rma_line_id
    WHERE l.rma_id = %(rma)s
    UNION ALL SELECT u.id FROM receiving_unit u JOIN returns_rmaline l ON l.id = u.rma_line_id WHERE l.rma_id = %(rma)s
    UNION ALL SELECT p.id FROM logistics_parcel p WHERE p.rma_id = %(rma)s
    UNION ALL SELECT x.id FROM logistics_parcelline x JOIN logistics_parcel p ON p.id = x.parcel_id
    WHERE p.rma_id = %(rma)s
    UNION ALL SELECT c.id FROM refunds_credit c WHERE c.rma_id = %(rma)s
    UNION ALL SELECT y.id FROM refunds_payout y JOIN refunds_credit c ON c.id = y.credit_id WHERE c.rma_id = %(rma)s
    UNION ALL SELECT f.id FROM returns_rma r JOIN orders_tender t ON t.order_id = r.order_id
    JOIN refunds_moneyfact f ON f.tender_id = t.id WHERE r.id = %(rma)s
) s
"""
_TIMELINE = """
SELECT t.*, coalesce(k.actor, '') AS actor FROM (
    SELECT e.happened_at, e.recorded_at, 'event' AS what, e.kind, e.subject_id, NULL::int AS quantity,
           e.facts::text AS facts, e.command_id, e.id
    FROM kernel_eventrecord e WHERE e.subject_id = ANY(%(subjects)s::bigint[])
    UNION ALL
    SELECT m.happened_at, m.recorded_at, 'milestone', m.kind, m.rma_line_id, m.quantity, '{}', m.command_id, m.id
    FROM returns_milestone m JOIN returns_rmaline l ON l.id = m.rma_line_id WHERE l.rma_id = %(rma)s
) t LEFT JOIN kernel_commandrecord k ON k.id = t.command_id
ORDER BY t.happened_at, t.recorded_at, t.id LIMIT %(limit)s
"""


def return_page(*, number: str) -> ReturnPage:
    """A return with all that is known of it. Seven statements, whatever happened. Raises `RmaNotFound`."""
    heads = db.rows(_HEAD, [number])
    if not heads:
        raise RmaNotFound(rma=number[:80])
    head = heads[0]
    lines = db.rows(_LINES, [head.id])
    units: dict[int, list[PageUnit]] = {}
    for row in db.rows(_UNITS, [[line.id for line in lines]]):
        units.setdefault(row.rma_line_id, []).append(PageUnit(*row[1:]))
    about = db.rows(_SUBJECTS, {"rma": head.id})
    subjects = [row.id for row in about]
    moments = db.rows(_TIMELINE, {"subjects": subjects, "rma": head.id, "limit": EVENTS_MAX})
    rest: tuple[Any, ...] = (
        tuple(_line(line, head.state, units.get(line.id, [])) for line in lines),
        tuple(Moment(*(*m[:6], orjson.loads(m.facts), m.actor)) for m in moments),
        tuple(entries(ids=sorted({entry for row in about for entry in row.entries}))),
        _actions(head.state, lines),
    )
    return ReturnPage(*(*head, *rest))


def _line(line: Any, state: str, units: Sequence[PageUnit]) -> PageLine:
    stock: dict[str, int] = {}
    for unit in units:
        place = unit.stock_state or unit.disposition or unit.state
        stock[place] = stock.get(place, 0) + unit.quantity
    return PageLine(
        line.id,
        line.line_no,
        line.sku,
        line.item,
        line.quantity,
        line.reason_code,
        line.resolution,
        milestone_of(line),
        line.method,
        line.restocking_fee_bp,
        line.shipping_refundable,
        line.returnless,
        line.eligibility_decision_id,
        line.refund_decision_id,
        _custody(line),
        _some(
            passed=line.passed_qty,
            failed=line.failed_qty,
            not_inspected=max(0, line.allocated_qty - line.passed_qty - line.failed_qty),
        ),
        stock,
        _some(
            reached=reached(line, state),
            approved=line.approved_qty,
            due=due(line, state) if line.invoiced_minor > 0 else 0,
            credited=line.credited_qty,
            exposed=exposed(line, state),
            credited_minor=line.credited_minor,
            fee_minor=line.fee_minor,
        ),
        tuple(units),
    )


def _custody(line: Any) -> dict[str, int]:
    """Pieces by who has them: the customer for good, the customer still, a carrier, nobody, or we."""
    out = int(line.in_transit + line.parcel_lost)
    return _some(
        kept_by_customer=line.authorised_qty if line.returnless else 0,
        with_customer=0 if line.returnless else max(0, line.authorised_qty - out),
        with_carrier=line.in_transit,
        lost=line.parcel_lost,
        received=line.allocated_qty,
        not_expected=line.cancelled_qty,
    )


def _some(**pieces: int) -> dict[str, int]:
    return {word: int(quantity) for word, quantity in pieces.items() if quantity}


def _actions(state: str, lines: Sequence[Any]) -> tuple[str, ...]:
    """The moves of the state table and the acts on money, as far as there is something to do."""
    owed = any(due(line, state) for line in lines if line.invoiced_minor > 0)
    is_open = any(sum(open_pieces(line, state)) for line in lines)
    useful = {
        "approve": True,
        "decline": True,
        "cancel": any(cancellable(line) for line in lines),
        "close": not is_open,
        "reopen": is_open,
    }
    found = [action for action in RMA.actions(state) if useful[action]]
    if owed:
        found.append("release_credit")
    if state == Rma.AUTHORISED and any(
        accepted(line, state) > max(line.approved_qty, reached(line, state)) for line in lines
    ):
        found.append("approve_early")
    return tuple(found)
