"""Goods that nobody could name: what stands there, what is known of it, and whose it may be.

Suggestions come from the books by whatever the clues name. Each says why it is one; none is taken by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from counterflow.kernel import db
from counterflow.orders.contacts import postcode_key
from counterflow.receiving.queries import UnitMissing
from counterflow.receiving.rules_receipt import CLUE_PAYLOAD, PLACEHOLDER

SUGGESTIONS_MAX: Final = 12
EACH_MAX: Final = 60


@dataclass(frozen=True)
class ParkedUnit:
    """A unit that answers for no line of a return: how it arrived, what it is taken for, how many clues there are."""

    id: int
    lpn: str
    sku: str
    item_name: str
    quantity: int
    node: str
    found: str
    state: str
    received_at: datetime
    tracking: str
    clues: int
    simulated: bool


@dataclass(frozen=True)
class Clues:
    """What is known of a parked unit: codes by kind, and words that can be erased."""

    unit: ParkedUnit
    codes: list[tuple[str, str]] = field(default_factory=list)
    name: str = ""
    postcode: str = ""
    notes: list[str] = field(default_factory=list)


_PARKED = """
SELECT u.id, u.lpn, i.sku, i.name AS item_name, u.quantity, n.code AS node, u.found, u.state, u.received_at,
       coalesce(p.tracking, '') AS tracking,
       (SELECT count(*) FROM receiving_clue c WHERE c.unit_id = u.id)::int AS clues, u.simulated
FROM receiving_unit u
JOIN catalog_item i ON i.id = u.item_id
JOIN facilities_node n ON n.id = u.node_id
LEFT JOIN logistics_parcel p ON p.id = u.parcel_id
"""
_OPEN = "u.rma_line_id IS NULL AND u.stock_state IN ('received', 'inspection', 'quarantine')"


def parked(*, node: str = "", found: str = "", before_id: int | None = None, limit: int = 50) -> list[ParkedUnit]:
    """Units that answer for no return and still stand here, the newest first. One statement."""
    conditions: list[tuple[str, list[object]]] = [(_OPEN, [])]
    if found:
        conditions.append(("u.found = %s", [found]))
    if node:
        conditions.append(("u.node_id = (SELECT id FROM facilities_node WHERE code = %s)", [node]))
    if before_id is not None:
        conditions.append(("u.id < %s", [before_id]))
    where = " AND ".join(text for text, _ in conditions)
    # The page is cut before anything is joined to it.
    page = f"WHERE u.id IN (SELECT u.id FROM receiving_unit u WHERE {where} ORDER BY u.id DESC LIMIT %s)"
    values = [value for _, given in conditions for value in given]
    return [ParkedUnit(*row) for row in db.rows(f"{_PARKED} {page} ORDER BY u.id DESC", [*values, limit])]


def clues(*, lpn: str) -> Clues:
    """All that is known of a unit that nobody named. Raises `UnitMissing`. Three statements."""
    found = db.rows(f"{_PARKED} WHERE u.lpn = %s", [lpn])
    if not found:
        raise UnitMissing(lpn=lpn[:80])
    unit = ParkedUnit(*found[0])
    codes = db.rows("SELECT kind, value FROM receiving_clue WHERE unit_id = %s ORDER BY id", [unit.id])
    told = db.rows(
        "SELECT body FROM kernel_payload WHERE subject_id = %s AND kind = %s AND erased_at IS NULL ORDER BY id",
        [unit.id, CLUE_PAYLOAD],
    )
    words = [row.body for row in told if isinstance(row.body, dict)]
    return Clues(
        unit,
        [(row.kind, row.value) for row in codes],
        next((w["name"] for w in reversed(words) if w.get("name")), ""),
        next((w["postcode"] for w in reversed(words) if w.get("postcode")), ""),
        [w["note"] for w in words if w.get("note")],
    )


@dataclass(frozen=True)
class Suggestion:
    """A line of a return that a unit may answer for: how much speaks for it, and what."""

    rma: str
    rma_line: int
    sku: str
    item_name: str
    left: int
    reason_code: str
    channel: str
    order: str
    asked_at: datetime
    score: int
    reasons: list[str]
    fits: bool


# Each clue finds a bounded number of open lines by an index; then all of them are looked at together.
_CANDIDATES: Final = f"""
WITH hit AS (
    (SELECT l.id, 'parcel' AS why FROM logistics_parcel p JOIN returns_rmaline l ON l.rma_id = p.rma_id
     WHERE p.id = %(parcel)s::bigint AND l.authorised_qty > 0 LIMIT {EACH_MAX})
    UNION ALL
    (SELECT l.id, 'tracking' FROM logistics_parcel p JOIN returns_rmaline l ON l.rma_id = p.rma_id
     WHERE p.tracking = ANY(%(tracking)s::text[]) AND l.authorised_qty > 0 LIMIT {EACH_MAX})
    UNION ALL
    (SELECT l.id, 'rma' FROM returns_rma r JOIN returns_rmaline l ON l.rma_id = r.id
     WHERE r.number = ANY(%(order)s::text[]) AND l.authorised_qty > 0 LIMIT {EACH_MAX})
    UNION ALL
    (SELECT l.id, 'order' FROM orders_channel ch CROSS JOIN unnest(%(order)s::text[]) AS w(number)
     JOIN orders_order o ON o.channel_id = ch.id AND o.number = w.number
     JOIN returns_rma r ON r.order_id = o.id JOIN returns_rmaline l ON l.rma_id = r.id
     WHERE l.authorised_qty > 0 LIMIT {EACH_MAX})
    UNION ALL
    (SELECT l.id, 'sku' FROM returns_rmaline l
     WHERE l.item_id IN (SELECT id FROM catalog_item WHERE sku = ANY(%(sku)s::text[])) AND l.authorised_qty > 0
     ORDER BY l.id DESC LIMIT {EACH_MAX})
    UNION ALL
    (SELECT l.id, CASE WHEN lower(k.name) = lower(%(name)s) THEN 'name' ELSE 'postcode' END
     FROM orders_contact k JOIN orders_order o ON o.customer_id = k.customer_id
     JOIN returns_rma r ON r.order_id = o.id JOIN returns_rmaline l ON l.rma_id = r.id
     WHERE %(postcode)s <> '' AND k.postcode_key = %(postcode)s AND l.authorised_qty > 0 LIMIT {EACH_MAX})
)
SELECT r.number AS rma, l.line_no, i.sku, i.name AS item_name, l.authorised_qty AS "left", l.reason_code,
       ch.code AS channel, coalesce(o.number, '') AS "order", r.happened_at, r.state,
       array_agg(DISTINCT hit.why) AS why,
       EXISTS (SELECT FROM logistics_parcel p WHERE p.rma_id = r.id AND p.state = 'delivered'
               AND p.node_id = (SELECT id FROM facilities_node WHERE code = %(node)s)) AS here,
       EXISTS (SELECT FROM logistics_parcel p WHERE p.rma_id = r.id AND p.state = 'emptied') AS opened
FROM hit
JOIN returns_rmaline l ON l.id = hit.id
JOIN returns_rma r ON r.id = l.rma_id AND r.state = 'authorised'
JOIN catalog_item i ON i.id = l.item_id
JOIN orders_channel ch ON ch.id = r.channel_id
LEFT JOIN orders_order o ON o.id = r.order_id
GROUP BY l.id, r.id, i.id, ch.id, o.id
"""
_WEIGHTS: Final = {
    "rma": (60, "its return number was found"),
    "tracking": (60, "its tracking number was found"),
    "parcel": (50, "it came in a parcel of this return"),
    "order": (45, "its order number was found"),
    "name": (40, "the name and the postcode on the label are this customer's"),
    "postcode": (20, "the postcode on the label is this customer's"),
    "sku": (25, "the same item is asked back"),
}


def suggestions(*, lpn: str, at: datetime) -> list[Suggestion]:
    """Lines of returns that a unit may answer for, the best first, each with its reasons. Raises `UnitMissing`.

    Five statements.
    """
    known = clues(lpn=lpn)
    codes: dict[str, list[str]] = {}
    for kind, value in known.codes:
        codes.setdefault(kind, []).append(value)
    skus = [*codes.get("sku", []), *([known.unit.sku] if known.unit.sku != PLACEHOLDER else [])]
    parcel = db.rows("SELECT parcel_id FROM receiving_unit WHERE id = %s", [known.unit.id])[0].parcel_id
    asked = {
        "parcel": parcel,
        "tracking": [*codes.get("tracking", []), *([known.unit.tracking] if known.unit.tracking else [])],
        "order": codes.get("order", []),
        "sku": skus,
        "name": known.name,
        "postcode": postcode_key(known.postcode) if known.postcode else "",
        "node": known.unit.node,
    }
    found = [_suggestion(row, known, skus, at) for row in db.rows(_CANDIDATES, asked)]
    found.sort(key=lambda each: (-each.score, -each.asked_at.timestamp(), each.rma, each.rma_line))
    return found[:SUGGESTIONS_MAX]


def _suggestion(row: Any, known: Clues, skus: Sequence[str], at: datetime) -> Suggestion:
    why = [name for name in _WEIGHTS if name in row.why and not (name == "postcode" and "name" in row.why)]
    if "rma" not in why and row.sku in skus and "sku" not in why:
        why.append("sku")
    score = sum(_WEIGHTS[name][0] for name in why)
    reasons = [_WEIGHTS[name][1] for name in why]
    days = max(0, (at - row.happened_at.astimezone(UTC)).days)
    reasons.append(f"asked back {days} day{'s' if days != 1 else ''} ago" if days else "asked back today")
    score += 15 if days <= 14 else 8 if days <= 45 else 0
    if row.here:
        score, reasons = score + 12, [*reasons, "its parcel was delivered here and is not opened"]
    if row.opened:
        score, reasons = score + 8, [*reasons, "pieces of it were missing when its parcel was opened"]
    reasons.append(f"{row.left} not received yet")
    unit = known.unit
    named = unit.sku == PLACEHOLDER or unit.sku == row.sku
    fits = named and unit.quantity <= row.left
    if not named:
        score, reasons = score - 40, [*reasons, f"but the unit is {unit.sku}, and this line is for {row.sku}"]
    elif not fits:
        score, reasons = score - 10, [*reasons, f"but the unit has {unit.quantity} pieces"]
    return Suggestion(
        row.rma,
        row.line_no,
        row.sku,
        row.item_name,
        row.left,
        row.reason_code,
        row.channel,
        row.order,
        row.happened_at,
        max(0, score),
        reasons,
        fits,
    )


@dataclass(frozen=True)
class LooseParcel:
    """A parcel that a carrier reported and nobody announced."""

    id: int
    carrier: str
    tracking: str
    state: str
    announced_at: datetime
    units: int


def loose_parcels(*, before_id: int | None = None, limit: int = 50) -> list[LooseParcel]:
    """Parcels of no return that are not done with, the newest first. One statement."""
    found = db.rows(
        "SELECT p.id, p.carrier, p.tracking, p.state, p.announced_at,"
        " (SELECT count(*) FROM receiving_unit u WHERE u.parcel_id = p.id)::int AS units FROM logistics_parcel p"
        " WHERE p.rma_id IS NULL AND p.state NOT IN ('emptied', 'returned_to_sender')"
        " AND (%s::bigint IS NULL OR p.id < %s) ORDER BY p.id DESC LIMIT %s",
        [before_id, before_id, limit],
    )
    return [LooseParcel(*row) for row in found]
