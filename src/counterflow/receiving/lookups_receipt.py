"""What the dock has to know: plates used before, nodes, items, parcels, and the lines that expect goods."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.logistics.lookups import Key, lock_lines
from counterflow.logistics.rules import Content, Line
from counterflow.receiving.rules_receipt import PLACEHOLDER, Product

_PLATES = """
SELECT u.lpn, u.id, u.content_hash, u.found, u.quantity, l.line_no, r.number AS rma
FROM receiving_unit u
LEFT JOIN returns_rmaline l ON l.id = u.rma_line_id
LEFT JOIN returns_rma r ON r.id = l.rma_id
WHERE u.lpn = ANY(%s)
"""
_WORDS = """
SELECT 'node' AS what, n.code AS word, n.id, n.entity_id, '' AS sku, false AS serial_tracked
FROM facilities_node n WHERE n.code = ANY(%s::text[])
UNION ALL
SELECT 'sku', i.sku, i.id, 0, i.sku, i.serial_tracked FROM catalog_item i WHERE i.sku = ANY(%s::text[])
UNION ALL
SELECT 'gtin', i.gtin, i.id, 0, i.sku, i.serial_tracked FROM catalog_item i WHERE i.gtin = ANY(%s::text[])
UNION ALL
SELECT 'gtin', g.gtin, i.id, 0, i.sku, i.serial_tracked
FROM catalog_item i CROSS JOIN LATERAL unnest(i.more_gtins) AS g(gtin)
WHERE i.more_gtins && %s::varchar[] AND g.gtin = ANY(%s::text[]) AND g.gtin IS DISTINCT FROM i.gtin
ORDER BY 1, 2, 3
"""
_PARCELS = """
SELECT p.id, p.carrier, p.tracking, p.rma_id FROM logistics_parcel p WHERE p.tracking = ANY(%s) ORDER BY p.id
"""


@dataclass(frozen=True)
class Node:
    """A place that receives, and whose books it belongs to."""

    id: int
    entity: int


@dataclass(frozen=True)
class SeenParcel:
    """A parcel as the dock knows it."""

    id: int
    rma_id: int | None


@dataclass(frozen=True)
class Plate:
    """A licence plate that is in use, and what was answered."""

    content_hash: bytes
    facts: dict[str, Any]


@dataclass
class Dock:
    """The answers of the look-ups, indexed for deciding one scan after the other."""

    lines: dict[int, Line]
    plates: dict[str, Plate] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)
    items: dict[tuple[str, str], list[Product]] = field(default_factory=dict)
    parcels: dict[str, dict[str, SeenParcel]] = field(default_factory=dict)
    by_number: dict[str, list[Line]] = field(default_factory=dict)
    by_rma: dict[int, list[Line]] = field(default_factory=dict)
    by_parcel: dict[int, list[Content]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for line in self.lines.values():
            self.by_number.setdefault(line.rma, []).append(line)
            self.by_rma.setdefault(line.rma_id, []).append(line)
            for content in line.contents:
                self.by_parcel.setdefault(content.parcel_id, []).append(content)

    def products(self, sku: str, gtin: str) -> list[Product]:
        """The items that a SKU, or else a GTIN, may mean."""
        return self.items.get(("sku", sku), []) if sku else self.items.get(("gtin", gtin), [])

    def parcel(self, carrier: str, tracking: str) -> SeenParcel | None:
        """The parcel of a tracking number; without a carrier only where one carrier alone uses it."""
        found = self.parcels.get(tracking, {})
        if carrier:
            return found.get(carrier)
        return next(iter(found.values())) if len(found) == 1 else None


def look_up(ctx: Context, items: Sequence[Any]) -> Dock:
    """Lock and read what scans name; six statements, whatever their number.

    Items have lpn, node, sku, gtin, carrier, tracking and rma. Plates are read under the locks, so that a
    plate that another dock has just used is seen.
    """
    keys: list[Key] = sorted({(i.carrier, i.tracking) for i in items if i.tracking})
    dock = Dock(lock_lines(ctx, rmas=[i.rma for i in items if i.rma], parcels=keys))
    for row in db.rows(_PLATES, [[i.lpn for i in items]]):
        facts = unit_facts(row.id, row.found, row.quantity, row.rma or "", row.line_no or 0)
        dock.plates[row.lpn] = Plate(bytes(row.content_hash), facts)
    skus = {i.sku for i in items if i.sku} | {PLACEHOLDER}
    gtins = _words(i.gtin for i in items if i.gtin)
    wanted = [_words(i.node for i in items), sorted(skus), gtins, gtins, gtins]
    for row in db.rows(_WORDS, wanted):
        if row.what == "node":
            dock.nodes[row.word] = Node(row.id, row.entity_id)
        else:
            dock.items.setdefault((row.what, row.word), []).append(Product(row.id, row.sku, row.serial_tracked))
    for row in db.rows(_PARCELS, [_words(tracking for _, tracking in keys)]):
        dock.parcels.setdefault(row.tracking, {})[row.carrier] = SeenParcel(row.id, row.rma_id)
    return dock


def unit_name(lpn: str) -> str:
    """The name under which a unit is held by what changes its line."""
    return f"unit {lpn}"


def unit_facts(unit_id: int, found: str, quantity: int, rma: str, line_no: int) -> dict[str, Any]:
    """What a caller is told of a unit."""
    return {"unit_id": unit_id, "found": str(found), "quantity": quantity, "rma": rma, "rma_line": line_no}


def _words(words: Iterable[str]) -> list[str]:
    return sorted(set(words))
