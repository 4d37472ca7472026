"""The truth about what clocks run for, read anew from the rooms: the stages of each subject, and what policy is told.

A fact only says that something may have changed. All ids come from one number line, so a batch may mix returns,
parcels, units, payouts and cases, and each question takes the ids that are its own. Eight statements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from counterflow.clocks import history
from counterflow.clocks.history import LineMoves, Move, Span
from counterflow.clocks.stages import Subject
from counterflow.kernel import db
from counterflow.policies.facts import SEVERITIES, zone_of
from counterflow.receiving import events as receiving
from counterflow.returns import events as returns


@dataclass(frozen=True)
class Known:
    """A subject as the rooms know it now.

    `told` is what the SLA table may be told beside the stage. Money is what is at stake, in minor units of `currency`.
    `names` say in codes what it is. `owner_role` and `due_at` are a case's own, where it has them.
    """

    id: int
    kind: Subject
    spans: Sequence[Span]
    told: Mapping[str, Any]
    entity_id: int | None
    entity: str = ""
    rma_id: int | None = None
    node_id: int | None = None
    node: str = ""
    channel_id: int | None = None
    money_minor: int | None = None
    currency: str = ""
    names: Mapping[str, Any] = field(default_factory=dict)
    owner_role: str = ""
    due_at: datetime | None = None


_SALE: Final = """r.id AS rma_id, r.number AS rma, r.channel_id, ch.kind AS channel_kind, b.code AS brand,
       coalesce(cu.segment, '') AS segment, coalesce(o.country, '') AS country, r.currency AS sale_currency"""
_SOLD: Final = """LEFT JOIN orders_channel ch ON ch.id = r.channel_id LEFT JOIN catalog_brand b ON b.id = ch.brand_id
LEFT JOIN orders_order o ON o.id = r.order_id LEFT JOIN orders_customer cu ON cu.id = r.customer_id
"""
_RMAS: Final = f"""
SELECT r.id, r.state, r.happened_at, r.entity_id, e.code AS entity, {_SALE}
FROM returns_rma r JOIN ledger_entity e ON e.id = r.entity_id {_SOLD}
WHERE r.id = ANY(%s::bigint[]) ORDER BY r.id
"""
_LINES: Final = """
SELECT l.*, i.family, coalesce(s.invoiced_minor, 0) AS invoiced_minor,
       coalesce(s.invoiced_minor * l.quantity / s.quantity, 0) AS value
FROM returns_rmaline l JOIN catalog_item i ON i.id = l.item_id
LEFT JOIN orders_shipmentline s ON s.id = l.shipment_line_id
WHERE l.rma_id = ANY(%s::bigint[]) ORDER BY l.id
"""
_MOVES: Final = f"""
SELECT m.rma_line_id AS whose, m.happened_at, m.id, m.kind, m.quantity
FROM returns_rmaline l JOIN returns_milestone m ON m.rma_line_id = l.id WHERE l.rma_id = ANY(%(ids)s::bigint[])
UNION ALL
SELECT x.rma_line_id, c.happened_at, x.id, '{history.CREDITED}', x.quantity
FROM refunds_credit c JOIN refunds_creditline x ON x.credit_id = c.id WHERE c.rma_id = ANY(%(ids)s::bigint[])
UNION ALL
SELECT parcel_id, happened_at, id, kind, 0 FROM logistics_parcelevent WHERE parcel_id = ANY(%(ids)s::bigint[])
UNION ALL
SELECT unit_id, happened_at, id, 'inspect', 0 FROM receiving_inspection WHERE unit_id = ANY(%(ids)s::bigint[])
UNION ALL
SELECT d.unit_id, d.happened_at, d.id, CASE WHEN d.disposition = 'quarantine' THEN 'set_apart' ELSE 'dispose' END, 0
FROM receiving_disposal d WHERE d.unit_id = ANY(%(ids)s::bigint[])
  AND NOT EXISTS (SELECT FROM receiving_disposalreversal v WHERE v.disposal_id = d.id)
UNION ALL
SELECT d.unit_id, x.happened_at, x.id, 'release', 0
FROM receiving_disposal d JOIN receiving_release x ON x.disposal_id = d.id WHERE d.unit_id = ANY(%(ids)s::bigint[])
"""
_EVENTS: Final = """
SELECT subject_id, kind, happened_at, facts ->> 'state' AS state FROM kernel_eventrecord
WHERE subject_id = ANY(%s::bigint[]) AND kind = ANY(%s::text[]) ORDER BY id
"""
_TOLD: Final = (
    returns.RMA_OPENED,
    returns.RMA_APPROVED,
    returns.RMA_DECLINED,
    returns.RMA_CANCELLED,
    receiving.PARCEL_CLOSED,
)
_PARCELS: Final = f"""
SELECT p.id, p.state, p.tracking, p.entity_id, e.code AS entity, p.node_id, n.code AS node, {_SALE},
       (SELECT min(u.received_at) FROM receiving_unit u WHERE u.parcel_id = p.id AND u.state <> 'reversed') AS arrived,
       (SELECT sum(s.invoiced_minor * x.announced_qty / s.quantity) FROM logistics_parcelline x
        JOIN returns_rmaline l ON l.id = x.rma_line_id JOIN orders_shipmentline s ON s.id = l.shipment_line_id
        WHERE x.parcel_id = p.id)::bigint AS value
FROM logistics_parcel p JOIN returns_rma r ON r.id = p.rma_id JOIN ledger_entity e ON e.id = p.entity_id
LEFT JOIN facilities_node n ON n.id = p.node_id {_SOLD}
WHERE p.id = ANY(%s::bigint[]) ORDER BY p.id
"""
_UNITS: Final = f"""
SELECT u.id, u.state, u.lpn, u.received_at, u.entity_id, e.code AS entity, e.currency AS books, u.node_id,
       n.code AS node, i.family, u.cost_minor + u.allowance_minor AS cost,
       s.invoiced_minor * u.quantity / s.quantity AS value, {_SALE}
FROM receiving_unit u JOIN facilities_node n ON n.id = u.node_id JOIN ledger_entity e ON e.id = u.entity_id
LEFT JOIN catalog_item i ON i.id = u.item_id
LEFT JOIN returns_rmaline l ON l.id = u.rma_line_id LEFT JOIN returns_rma r ON r.id = l.rma_id
LEFT JOIN orders_shipmentline s ON s.id = u.shipment_line_id {_SOLD}
WHERE u.id = ANY(%s::bigint[]) ORDER BY u.id
"""
_PAYOUTS: Final = f"""
SELECT p.id, p.state, p.reference, p.requested_at, p.observed_at, p.amount_minor - p.paid_minor AS value, p.currency,
       c.entity_id, e.code AS entity, {_SALE}
FROM refunds_payout p JOIN refunds_credit c ON c.id = p.credit_id JOIN ledger_entity e ON e.id = c.entity_id
LEFT JOIN returns_rma r ON r.id = c.rma_id {_SOLD}
WHERE p.id = ANY(%s::bigint[]) AND NOT p.chargeback ORDER BY p.id
"""
_CASES: Final = f"""
SELECT c.id, c.kind, c.severity, c.owner_role, c.opened_at, c.closed_at, c.due_at, c.entity_id, e.code AS entity,
       c.money_at_risk_minor AS value, c.currency, {_SALE}
FROM workqueue_case c LEFT JOIN ledger_entity e ON e.id = c.entity_id
LEFT JOIN returns_rma r ON c.subject_kind = 'rma' AND r.id = c.subject_id {_SOLD}
WHERE c.id = ANY(%s::bigint[]) ORDER BY c.id
"""


def look_up(ids: Sequence[int]) -> dict[int, Known]:
    """What these subjects are now; what is none of them, or cannot be in any stage, is left out."""
    moves: dict[int, list[Move]] = {}
    rmas, lines = db.rows(_RMAS, [list(ids)]), db.rows(_LINES, [list(ids)])
    for row in db.rows(_MOVES, {"ids": list(ids)}):
        moves.setdefault(row.whose, []).append(Move(row.happened_at, row.id, row.kind, row.quantity))
    told: dict[int, list[Any]] = {}
    for row in db.rows(_EVENTS, [list(ids), list(_TOLD)]):
        told.setdefault(row.subject_id, []).append(row)
    of_rma: dict[int, list[Any]] = {}
    for line in lines:
        of_rma.setdefault(line.rma_id, []).append(line)
    found = [_rma(row, of_rma.get(row.id, []), moves, told.get(row.id, [])) for row in rmas]
    found += [_parcel(row, moves.get(row.id, []), told.get(row.id, [])) for row in db.rows(_PARCELS, [list(ids)])]
    found += [_unit(row, moves.get(row.id, [])) for row in db.rows(_UNITS, [list(ids)])]
    found += [_payout(row) for row in db.rows(_PAYOUTS, [list(ids)])]
    found += [_case(row) for row in db.rows(_CASES, [list(ids)])]
    return {known.id: known for known in found}


def _sale(row: Any, **more: Any) -> dict[str, Any]:
    """What policy is told of the sale behind a subject; nothing where there is none."""
    country = row.country or ""
    sold = row.rma_id is not None
    return {
        "brand": row.brand or None,
        "channel_kind": row.channel_kind,
        "customer_segment": row.segment or None,
        "zone": zone_of(country if len(country) == 2 and country.isupper() else None) if sold else None,
        **more,
    }


def _rma(row: Any, lines: Sequence[Any], moves: Mapping[int, Sequence[Move]], told: Sequence[Any]) -> Known:
    opened = next((event.state for event in told if event.kind == returns.RMA_OPENED), "")
    # Some of what was asked for may have been cancelled while the rest waited on.
    answers = [event.happened_at for event in told if event.kind in (returns.RMA_APPROVED, returns.RMA_DECLINED)]
    cancels = [event.happened_at for event in told if event.kind == returns.RMA_CANCELLED]
    decided = next(iter([*answers, *cancels[-1:]]), None)
    with_moves = [LineMoves(line, moves.get(line.id, ())) for line in lines]
    value = sum(int(line.value) for line in lines)
    spans = [
        *history.asked_spans(row.state, opened or "", row.happened_at, decided),
        *history.label_spans(row.state, with_moves),
        *history.credit_spans(row.state, with_moves),
    ]
    family = lines[0].family if lines else None
    return Known(
        row.id,
        Subject.RMA,
        spans,
        _sale(row, family=family or None, value_minor=value, currency=row.sale_currency),
        row.entity_id,
        row.entity,
        row.id,
        channel_id=row.channel_id,
        money_minor=value,
        currency=row.sale_currency,
        names={"rma": row.rma},
    )


def _parcel(row: Any, reports: Sequence[Move], told: Sequence[Any]) -> Known:
    closed = [event.happened_at for event in told if event.kind == receiving.PARCEL_CLOSED]
    arrivals = [at for at in (row.arrived, closed[-1] if closed and row.state == "emptied" else None) if at]
    return Known(
        row.id,
        Subject.PARCEL,
        history.parcel_spans(row.state, reports, min(arrivals, default=None)),
        _sale(row, node=row.node, value_minor=row.value, currency=row.sale_currency),
        row.entity_id,
        row.entity,
        row.rma_id,
        row.node_id,
        row.node or "",
        row.channel_id,
        row.value,
        row.sale_currency,
        names={"rma": row.rma, "tracking": row.tracking},
    )


def _unit(row: Any, moves: Sequence[Move]) -> Known:
    sold = row.value is not None and row.sale_currency is not None
    value, currency = (row.value, row.sale_currency) if sold else (max(0, row.cost), row.books)
    return Known(
        row.id,
        Subject.UNIT,
        history.unit_spans(row.state, row.received_at, moves),
        _sale(row, family=row.family or None, node=row.node, value_minor=value, currency=currency),
        row.entity_id,
        row.entity,
        row.rma_id,
        row.node_id,
        row.node,
        row.channel_id,
        value,
        currency,
        names={"lpn": row.lpn, **({"rma": row.rma} if row.rma else {})},
    )


def _payout(row: Any) -> Known:
    return Known(
        row.id,
        Subject.PAYOUT,
        history.payout_spans(row.state, row.requested_at, row.observed_at),
        _sale(row, value_minor=max(0, row.value), currency=row.currency),
        row.entity_id,
        row.entity,
        row.rma_id,
        channel_id=row.channel_id,
        money_minor=max(0, row.value),
        currency=row.currency,
        names={"payout": row.reference, **({"rma": row.rma} if row.rma else {})},
    )


def _case(row: Any) -> Known:
    severity = SEVERITIES[::-1][row.severity - 1] if 1 <= row.severity <= len(SEVERITIES) else None
    return Known(
        row.id,
        Subject.CASE,
        history.case_spans(row.opened_at, row.closed_at),
        _sale(row, case_kind=row.kind, severity=severity, value_minor=row.value, currency=row.currency),
        row.entity_id,
        row.entity or "",
        row.rma_id,
        channel_id=row.channel_id,
        money_minor=row.value,
        currency=row.currency or "",
        owner_role=row.owner_role,
        due_at=row.due_at,
    )
