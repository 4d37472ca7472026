"""Questions of the inspect station: all that an inspector has to know of a unit, and what its plan says so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.receiving.lookups_inspection import sold_serials
from counterflow.receiving.planbook import book
from counterflow.receiving.planning import asked_of
from counterflow.receiving.queries import UnitFile, unit, units_by_lpn
from counterflow.receiving.rules_plan_documents import read_plan
from counterflow.receiving.rules_plans import Found, Given, Judgement, Plan, Sold, judge


@dataclass(frozen=True)
class Sheet:
    """A unit to be inspected with its plan, if there is one.

    `reason` is ours in words and `words` are the customer's own; `serials` were sold with its shipment line; the
    price is of one piece, with tax, in minor units of `sold_currency`; `photos` were kept in this round.
    `second_look` says that policy wants another person to inspect it as well, `why_second` why.
    """

    file: UnitFile
    plan: Plan | None
    item_id: int
    reason: str
    words: str
    channel: str
    order: str
    price_minor: int | None
    sold_currency: str
    serials: tuple[str, ...]
    photos: int
    second_look: bool
    why_second: str


@dataclass(frozen=True)
class PlanRow:
    """A version of a plan, with the families that get it where it is active."""

    id: int
    code: str
    version: int
    name: str
    active: bool
    families: tuple[str, ...]
    created_at: datetime
    created_by: str


_SHEET = """
SELECT u.item_id, coalesce(c.label, replace(l.reason_code, '_', ' '), '') AS reason, coalesce(w.said, '') AS words,
       coalesce(ch.name, '') AS channel, coalesce(o.number, '') AS "order", o.currency AS sold_currency,
       s.invoiced_minor / nullif(s.quantity, 0) AS price_minor,
       ARRAY(SELECT z.serial FROM orders_soldserial z WHERE z.shipment_line_id = u.shipment_line_id
             ORDER BY z.serial LIMIT 5) AS serials,
       (SELECT count(*) FROM evidence_photo p
        WHERE p.subject_id = u.id AND p.subject_kind = 'unit' AND p.erased_at IS NULL
          AND p.recorded_at > coalesce((SELECT max(i.recorded_at) FROM receiving_inspection i WHERE i.unit_id = u.id),
                                       '-infinity'))::int AS photos
FROM receiving_unit u
LEFT JOIN returns_rmaline l ON l.id = u.rma_line_id
LEFT JOIN catalog_reasoncode c ON c.kind = 'return' AND c.code = l.reason_code
LEFT JOIN orders_shipmentline s ON s.id = u.shipment_line_id
LEFT JOIN orders_shipment h ON h.id = s.shipment_id
LEFT JOIN orders_order o ON o.id = h.order_id
LEFT JOIN orders_channel ch ON ch.id = o.channel_id
LEFT JOIN LATERAL (SELECT string_agg(v.value, '; ' ORDER BY p.id) AS said
                   FROM kernel_payload p, jsonb_each_text(p.body) v
                   WHERE p.subject_id IN (l.id, l.rma_id) AND p.erased_at IS NULL
                     AND p.kind IN ('return_reason', 'customer_note')) w ON true
WHERE u.id = %s
"""


def sheet(*, lpn: str, at: datetime) -> Sheet:
    """All that an inspection starts from. Raises `UnitMissing`. Seven statements."""
    file = unit(lpn=lpn)
    asked = asked_of(unit_id=file.unit.id, at=at)
    row = db.rows(_SHEET, [file.unit.id])[0]
    return Sheet(
        file,
        asked.plan_in(book(), file.unit.family),
        row.item_id,
        row.reason,
        row.words,
        row.channel,
        row.order,
        row.price_minor,
        row.sold_currency or "",
        tuple(row.serials),
        row.photos,
        asked.second_look,
        asked.why if asked.second_look else "",
    )


def judged(
    *, lpn: str, answers: Given, serial: str, photos: int, at: datetime, plan: Plan | None = None
) -> tuple[Plan, Judgement, Sold] | None:
    """What the plan of a unit says to what was found so far; None where it has no plan. Five statements at most.

    Where the `plan` is known already it is not asked for again.
    """
    found = units_by_lpn(lpns=[lpn]).get(lpn)
    if found is not None and plan is None:
        plan = asked_of(unit_id=found.id, at=at).plan_in(book(), found.family)
    if found is None or plan is None:
        return None
    none = Sold.UNRECORDED if found.shipment_line_id else Sold.NO_SALE
    sold = sold_serials([(found.id, serial)]).get((found.id, serial), none) if serial else none
    return plan, judge(plan, Found(answers, serial, sold, photos)), sold


def plan_for(*, family: str) -> Plan | None:
    """The plan in force for a family, else that of all others. One statement."""
    return book().plan_for(family)


_PLANS = """
SELECT p.id, p.code, p.version, p.document ->> 'name' AS name, p.active,
       CASE WHEN p.active THEN ARRAY(SELECT f.family FROM receiving_familyplan f WHERE f.plan = p.code ORDER BY 1)
            ELSE '{}' END AS families,
       p.created_at, p.created_by
FROM receiving_plan p
"""


def plans(*, code: str = "") -> list[PlanRow]:
    """The plans in force, or every version of one, the newest first. One statement."""
    where = "WHERE p.code = %s OR (%s = '' AND p.active) ORDER BY p.code, p.version DESC LIMIT 200"
    return [_plan_row(row) for row in db.rows(_PLANS + where, [code, code])]


def plan_version(*, code: str, version: int = 0) -> tuple[Plan, dict[str, Any]] | None:
    """One version of a plan (the active one for 0) and its document. One statement."""
    found = db.rows(
        "SELECT id, version, document FROM receiving_plan WHERE code = %s AND (version = %s OR (%s = 0 AND active))",
        [code, version, version],
    )
    if not found:
        return None
    row = found[0]
    return read_plan(row.document, version=row.version, version_id=row.id), row.document


def _plan_row(row: Any) -> PlanRow:
    return PlanRow(**{**row._asdict(), "families": tuple(row.families)})


_WAITING = """
SELECT u.lpn, coalesce(nullif(t.name, ''), t.sku) AS item, u.quantity, i.inspected_by AS by, i.happened_at AS at
FROM (SELECT * FROM receiving_inspection WHERE waits ORDER BY id DESC LIMIT 2000) i
JOIN receiving_unit u ON u.id = i.unit_id AND u.round = i.round AND u.state = 'inspected'
JOIN facilities_node n ON n.id = u.node_id
JOIN catalog_item t ON t.id = u.item_id
WHERE n.code = %s AND i.inspected_by <> %s ORDER BY i.id LIMIT %s
"""


@dataclass(frozen=True)
class Waiting:
    """A unit that passed and waits for another person to look at it; `by` is who looked first."""

    lpn: str
    item: str
    quantity: int
    by: str
    at: datetime


def second_looks(*, node: str, person: str = "", limit: int = 50) -> list[Waiting]:
    """Units at a node that another than `person` inspected and that wait for one more look, the oldest first.

    Of the latest 2,000 such inspections, so that the question costs the same however long the history. One statement.
    """
    return [Waiting(*row) for row in db.rows(_WAITING, [node, person, limit])]


@dataclass(frozen=True)
class Differs:
    """How often inspectors gave another grade than a plan suggested, and for which reason."""

    plan: str
    row: str
    suggested: str
    grade: str
    reason: str
    count: int


def differing(*, since: datetime, limit: int = 50) -> Sequence[Differs]:
    """Where inspectors differ from plans, the most frequent first. One statement."""
    found = db.rows(
        "SELECT p.code || '/' || p.version AS plan, i.plan_row AS row, i.suggested_grade AS suggested, i.grade,"
        " i.grade_reason AS reason, count(*)::int AS count"
        " FROM receiving_inspection i JOIN receiving_plan p ON p.id = i.plan_id"
        " WHERE i.grade_reason <> '' AND i.recorded_at >= %s"
        " GROUP BY 1, 2, 3, 4, 5 ORDER BY count DESC, 1, 2, 4, 5 LIMIT %s",
        [since, limit],
    )
    return [Differs(*row) for row in found]
