"""The past, read a chunk of orders at a time: a fixed number of statements, whatever the chunk holds.

A chunk is all orders with ids in a span, so that every order is replayed whole; requests outside of the period are
read too, because they took pieces and were credited, but they are not counted. Blind requests have no order; each is
a story of its own, read by spans of request ids.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from counterflow.backtests.stories import Line, Paid, Reached, Request, Said, Sent, Story, Terms, pieces_at
from counterflow.kernel import db

_REQUESTS = """
SELECT r.id AS rma_id, r.number, r.order_id, r.state, r.currency, r.decided_by,
       (extract(epoch FROM r.happened_at) * 1000000)::bigint AS asked_at,
       r.happened_at >= %s AND r.happened_at < %s AND r.recorded_at <= %s
           AND (%s::text = '' OR ch.code = %s) AS counted,
       l.id, l.line_no, l.shipment_line_id, l.quantity, l.reason_code, l.resolution, l.milestone, l.method,
       l.restocking_fee_bp, l.shipping_refundable, l.returnless, l.authorised_qty, l.allocated_qty,
       s.quantity AS shipped, s.invoiced_minor, coalesce(s.tax_minor, 0) AS tax_minor,
       e.version_id AS e_version, e.row_id AS e_row, e.facts::text AS e_facts, e.outcome::text AS e_outcome,
       e.override::text AS e_override,
       f.version_id AS f_version, f.row_id AS f_row, f.facts::text AS f_facts, f.outcome::text AS f_outcome
FROM returns_rma r
JOIN orders_channel ch ON ch.id = r.channel_id
JOIN returns_rmaline l ON l.rma_id = r.id
JOIN policies_decision e ON e.id = l.eligibility_decision_id
JOIN policies_decision f ON f.id = l.refund_decision_id
LEFT JOIN orders_shipmentline s ON s.id = l.shipment_line_id
WHERE {span} ORDER BY r.order_id, r.recorded_at, r.id, l.id
"""
_OF_ORDERS = """r.recorded_at <= %s AND r.order_id > %s AND r.order_id <= %s AND r.order_id IN (
    SELECT p.order_id FROM returns_rma p WHERE p.order_id > %s AND p.order_id <= %s
      AND p.happened_at >= %s AND p.happened_at < %s)"""
_BLIND = "r.order_id IS NULL AND r.id > %s AND r.id <= %s AND r.happened_at >= %s AND r.happened_at < %s"
_STEPS = """
SELECT m.rma_line_id, m.id, m.kind, m.quantity, (extract(epoch FROM m.happened_at) * 1000000)::bigint AS at
FROM returns_milestone m
WHERE m.rma_line_id = ANY(%s::bigint[]) ORDER BY m.id
"""
_CREDITS = """
SELECT x.rma_line_id, x.quantity, x.net_minor + x.tax_minor AS goods, x.fee_minor AS fee, c.id,
       (extract(epoch FROM c.happened_at) * 1000000)::bigint AS at,
       CASE WHEN x.id = min(x.id) OVER (PARTITION BY c.id)
            THEN c.shipping_minor + c.shipping_tax_minor ELSE 0 END AS shipping
FROM refunds_creditline x JOIN refunds_credit c ON c.id = x.credit_id
WHERE x.rma_line_id = ANY(%s::bigint[]) ORDER BY c.happened_at, c.id, x.id
"""
_UNITS = """
SELECT u.rma_line_id, u.id, u.quantity, n.scope, d.disposition, p.version_id, p.row_id, p.facts::text AS facts,
       p.outcome::text AS outcome, p.override::text AS override
FROM receiving_unit u
JOIN facilities_node n ON n.id = u.node_id
JOIN LATERAL (
    SELECT x.disposition, x.decision_id FROM receiving_disposal x WHERE x.unit_id = u.id
      AND NOT EXISTS (SELECT FROM receiving_disposalreversal v WHERE v.disposal_id = x.id)
    ORDER BY x.id DESC LIMIT 1
) d ON true
JOIN policies_decision p ON p.id = d.decision_id
WHERE u.rma_line_id = ANY(%s::bigint[]) AND u.state <> 'reversed' ORDER BY u.id
"""
_SHIPPING = """
SELECT o.order_id, coalesce(sum(o.quantity) FILTER (WHERE o.kind = 'product'), 0)::bigint AS ordered,
       coalesce(sum(o.unit_price_minor * o.quantity - o.discount_minor) FILTER (WHERE o.kind = 'shipping'), 0)::bigint
           AS shipping
FROM orders_orderline o WHERE o.order_id = ANY(%s::bigint[]) GROUP BY o.order_id
"""
_ORDER_SPANS = """
SELECT order_id AS last FROM (
    SELECT order_id, row_number() OVER (ORDER BY order_id) AS n, count(*) OVER () AS total FROM (
        SELECT DISTINCT r.order_id FROM returns_rma r JOIN orders_channel ch ON ch.id = r.channel_id
        WHERE r.order_id IS NOT NULL AND r.happened_at >= %s AND r.happened_at < %s AND r.recorded_at <= %s
          AND (%s::text = '' OR ch.code = %s)) o
) numbered WHERE n %% %s = 0 OR n = total ORDER BY order_id
"""
_BLIND_SPANS = """
SELECT id AS last FROM (
    SELECT r.id, row_number() OVER (ORDER BY r.id) AS n, count(*) OVER () AS total
    FROM returns_rma r JOIN orders_channel ch ON ch.id = r.channel_id
    WHERE r.order_id IS NULL AND r.happened_at >= %s AND r.happened_at < %s AND r.recorded_at <= %s
      AND (%s::text = '' OR ch.code = %s)
) numbered WHERE n %% %s = 0 OR n = total ORDER BY id
"""


@dataclass(frozen=True)
class Period:
    """Which requests are asked about: asked for from an instant until before another, known by then, of a channel."""

    since: datetime
    until: datetime
    known_at: datetime
    channel: str = ""


@dataclass(frozen=True)
class Span:
    """A chunk: ids above one and up to another, of orders, or of blind requests."""

    after: int
    last: int
    blind: bool


def spans(period: Period, *, size: int) -> list[Span]:
    """The chunks of a period, about `size` orders each; two statements."""
    asked = [period.since, period.until, period.known_at, period.channel, period.channel, size]
    found: list[Span] = []
    for sql, blind in ((_ORDER_SPANS, False), (_BLIND_SPANS, True)):
        after = 0
        for row in db.rows(sql, asked):
            found.append(Span(after, row.last, blind))
            after = row.last
    return found


def stories(period: Period, span: Span) -> list[Story]:
    """The orders of a chunk, each with its requests in the order they were decided; five statements."""
    lines: dict[int, Line] = {}
    requests: dict[int, Request] = {}
    found: list[Story] = []
    for row in _requests(period, span):
        request = requests.get(row.rma_id)
        if request is None:
            request = requests[row.rma_id] = Request(
                row.rma_id,
                row.number,
                row.state,
                row.currency,
                row.asked_at,
                bool(row.decided_by),
                row.counted,
            )
            if not found or row.order_id is None or found[-1].order_id != row.order_id:
                found.append(Story(row.order_id, 0, 0))
            found[-1].requests.append(request)
        lines[row.id] = line = _line(row)
        request.lines.append(line)
    _follow(list(lines), lines, requests)
    shipping = {row.order_id: row for row in db.rows(_SHIPPING, [[s.order_id for s in found if s.order_id]])}
    for story in found:
        if row := shipping.get(story.order_id):
            story.ordered, story.shipping = row.ordered, max(0, row.shipping)
    return found


def _requests(period: Period, span: Span) -> Iterator[Any]:
    counted = [period.since, period.until, period.known_at, period.channel, period.channel]
    within = [period.since, period.until]
    if span.blind:
        yield from db.rows(_REQUESTS.format(span=_BLIND), [*counted, span.after, span.last, *within])
    else:
        ids = [span.after, span.last]
        yield from db.rows(_REQUESTS.format(span=_OF_ORDERS), [*counted, period.known_at, *ids, *ids, *within])


def _line(row: Any) -> Line:
    override = None if row.e_override is None else orjson.loads(row.e_override)
    eligibility = Said(row.e_version, row.e_row, _outcome(row.e_outcome), orjson.loads(row.e_facts), override)
    return Line(
        id=row.id,
        line_no=row.line_no,
        shipment_line_id=row.shipment_line_id,
        quantity=row.quantity,
        reason=row.reason_code,
        resolution=row.resolution,
        shipped=row.shipped or 0,
        invoiced=row.invoiced_minor or 0,
        tax=row.tax_minor,
        held=row.authorised_qty,
        allocated=row.allocated_qty,
        eligibility=eligibility,
        refund=Said(row.f_version, row.f_row, _outcome(row.f_outcome), orjson.loads(row.f_facts)),
        terms=Terms(row.milestone, row.method, row.restocking_fee_bp, row.shipping_refundable, row.returnless),
    )


@lru_cache(maxsize=10_000)
def _outcome(text: str) -> Any:
    """An answer of a row; equal texts share one object, which nobody changes."""
    return orjson.loads(text)


def _follow(ids: Sequence[int], lines: dict[int, Line], requests: dict[int, Request]) -> None:
    """What became of the lines: milestones, credits, and where their units went."""
    steps: dict[int, list[Reached]] = {}
    for row in db.rows(_STEPS, [list(ids)]):
        steps.setdefault(row.rma_line_id, []).append(Reached(row.id, row.kind, row.quantity, row.at))
    for line_id, reached in steps.items():
        lines[line_id].reached = reached
    for row in db.rows(_CREDITS, [list(ids)]):
        paid = Paid(row.quantity, row.goods, row.fee, row.shipping, row.at, (row.at, row.id))
        lines[row.rma_line_id].paid.append(paid)
    for request in requests.values():
        for line in request.lines:
            if line.paid:
                _date(request, line)
    for row in db.rows(_UNITS, [list(ids)]):
        override = None if row.override is None else orjson.loads(row.override)
        said = Said(row.version_id, row.row_id, _outcome(row.outcome), orjson.loads(row.facts), override)
        lines[row.rma_line_id].sent.append(Sent(row.id, row.quantity, row.disposition, said, row.scope))


def _date(request: Request, line: Line) -> None:
    """Date what was credited by when its last piece reached the milestone; by the credit where none is on record."""
    given = [step.at for step in line.reached if step.kind == "authorised"]
    falls = pieces_at(line, line.terms.waits_for, permitted_at=given[0] if given else request.asked_at)
    covered, n, upto = 0, 0, 0
    for part in line.paid:
        upto += part.pieces
        while n < len(falls) and covered < upto:
            covered += falls[n][0]
            n += 1
        if n and covered >= upto:
            part.due = falls[n - 1][1]
