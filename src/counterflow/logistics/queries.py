"""Questions to logistics: where a parcel is, what it holds, what carriers told of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.errors import NotFound
from counterflow.kernel.found import Found, unique


class ParcelNotFound(NotFound):
    """There is no parcel {tracking} of {carrier}."""


@dataclass(frozen=True)
class ParcelLineRow:
    """What a parcel holds of an RMA line: pieces, and where they are."""

    line_no: int
    sku: str
    announced: int
    in_transit: int
    lost: int
    received: int


@dataclass(frozen=True)
class ReportRow:
    """One report of the carrier; `changed` says whether anything moved by it."""

    kind: str
    event_ref: str
    happened_at: datetime
    recorded_at: datetime
    changed: bool


@dataclass(frozen=True)
class ParcelView:
    """A parcel with its contents and its story, oldest report first. `rma` is empty where nobody announced it."""

    id: int
    carrier: str
    tracking: str
    rma: str
    node: str
    state: str
    announced_at: datetime
    lines: list[ParcelLineRow] = field(default_factory=list)
    reports: list[ReportRow] = field(default_factory=list)


_PARCELS = """
SELECT p.id, p.carrier, p.tracking, coalesce(r.number, '') AS rma, coalesce(n.code, '') AS node, p.state, p.announced_at
FROM logistics_parcel p
LEFT JOIN returns_rma r ON r.id = p.rma_id
LEFT JOIN facilities_node n ON n.id = p.node_id
"""
_LINES = """
SELECT pl.parcel_id, rl.line_no, i.sku, pl.announced_qty, pl.in_transit_qty, pl.lost_qty, pl.received_qty
FROM logistics_parcelline pl
JOIN returns_rmaline rl ON rl.id = pl.rma_line_id
JOIN catalog_item i ON i.id = rl.item_id
WHERE pl.parcel_id = ANY(%s) ORDER BY pl.parcel_id, rl.line_no, pl.id
"""
_REPORTS = """
SELECT e.parcel_id, e.kind, e.event_ref, e.happened_at, e.recorded_at, e.changed
FROM logistics_parcelevent e WHERE e.parcel_id = ANY(%s) ORDER BY e.parcel_id, e.happened_at, e.id
"""


def parcel(*, carrier: str, tracking: str) -> ParcelView:
    """One parcel by its name. Raises `ParcelNotFound`."""
    found = _views("WHERE p.tracking = %s AND p.carrier = %s", [tracking, carrier])
    if not found:
        raise ParcelNotFound(carrier=carrier[:80], tracking=tracking[:80])
    return found[0]


def parcels_of_rma(*, rma: str) -> list[ParcelView]:
    """The parcels announced for an RMA, oldest first."""
    return _views("WHERE r.number = %s ORDER BY p.id", [rma])


def recent_parcels(*, state: str = "", before_id: int | None = None, limit: int = 50) -> list[ParcelView]:
    """Parcels, newest first, a page at a time."""
    where = "WHERE (%s::text = '' OR p.state = %s) AND (%s::bigint IS NULL OR p.id < %s) ORDER BY p.id DESC LIMIT %s"
    return _views(where, [state, state, before_id, before_id, limit])


def _views(where: str, params: Sequence[Any]) -> list[ParcelView]:
    found = {row.id: ParcelView(*row) for row in db.rows(_PARCELS + where, params)}
    for row in db.rows(_LINES, [list(found)]):
        found[row.parcel_id].lines.append(ParcelLineRow(*row[1:]))
    for row in db.rows(_REPORTS, [list(found)]):
        found[row.parcel_id].reports.append(ReportRow(*row[1:]))
    return list(found.values())


_NAMED = """
SELECT p.carrier, p.tracking, p.state, coalesce(r.number, '') AS rma FROM logistics_parcel p
LEFT JOIN returns_rma r ON r.id = p.rma_id
WHERE p.tracking = ANY(%(trackings)s::text[]) ORDER BY p.id LIMIT %(limit)s
"""


def named(words: str, *, limit: int = 5) -> list[Found]:
    """Parcels by tracking number, written with or without its gaps. One statement."""
    close = words.replace(" ", "").upper()
    rows = db.rows(_NAMED, {"trackings": [words, close], "limit": limit})
    return unique(
        [
            Found(
                "parcel", row.tracking, row.tracking, ", ".join(filter(None, (row.carrier, row.state, row.rma))), True
            )
            for row in rows
        ]
    )


def rmas_of_parcels(parcel_ids: Sequence[int]) -> list[int]:
    """The RMAs whose goods parcels carry."""
    sql = """
        SELECT DISTINCT l.rma_id FROM logistics_parcelline p JOIN returns_rmaline l ON l.id = p.rma_line_id
        WHERE p.parcel_id = ANY(%s::bigint[]) ORDER BY 1
    """
    return [row.rma_id for row in db.rows(sql, [list(parcel_ids)])]
