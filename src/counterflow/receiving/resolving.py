"""What scans name in our books: one statement for any number of them, and nothing guessed.

A scan may have several readings, and a reading may name several things; all that the books hold is answered, in
the order of the readings' proof. A number of no known scheme is looked up as it stands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from counterflow.kernel import db
from counterflow.scans.readings import Kind, Reading, Scan


@dataclass(frozen=True)
class Match:
    """A thing of ours that a scan names. `code` is what people call it, `scheme` by which reading it was found."""

    kind: str
    id: int
    code: str
    name: str
    state: str
    carrier: str
    rma: str
    node: str
    gtin: str
    serial_tracked: bool
    scheme: str


@dataclass(frozen=True)
class Resolved:
    """A scan with what it names, the best proved first; `readings` are those that found something, by match."""

    scan: Scan
    matches: tuple[Match, ...] = ()
    readings: tuple[Reading, ...] = ()

    def of(self, kind: str) -> list[Match]:
        """The matches of a kind."""
        return [match for match in self.matches if match.kind == kind]

    def reading_of(self, match: Match) -> Reading:
        """The reading that found a match."""
        return self.readings[self.matches.index(match)]


@dataclass
class _Words:
    """What to look up, by kind; a word keeps the place of its reading."""

    parcel: dict[str, None] = field(default_factory=dict)
    rma: dict[str, None] = field(default_factory=dict)
    unit: dict[str, None] = field(default_factory=dict)
    sku: dict[str, None] = field(default_factory=dict)
    gtin: dict[str, None] = field(default_factory=dict)


_MATCHES = """
SELECT 'parcel' AS kind, p.tracking AS word, p.id, p.tracking AS code, '' AS name, p.state, p.carrier,
       coalesce(r.number, '') AS rma, coalesce(n.code, '') AS node, '' AS gtin, false AS serial_tracked
FROM logistics_parcel p
LEFT JOIN returns_rma r ON r.id = p.rma_id
LEFT JOIN facilities_node n ON n.id = p.node_id
WHERE p.tracking = ANY(%s::text[])
UNION ALL
SELECT 'return', r.number, r.id, r.number, '', r.state, '', r.number, '', '', false
FROM returns_rma r WHERE r.number = ANY(%s::text[])
UNION ALL
SELECT 'unit', u.lpn, u.id, u.lpn, i.sku, u.state, '', coalesce(r.number, ''), n.code, '', i.serial_tracked
FROM receiving_unit u
JOIN catalog_item i ON i.id = u.item_id
JOIN facilities_node n ON n.id = u.node_id
LEFT JOIN returns_rmaline l ON l.id = u.rma_line_id
LEFT JOIN returns_rma r ON r.id = l.rma_id
WHERE u.lpn = ANY(%s::text[])
UNION ALL
SELECT 'item', i.sku, i.id, i.sku, i.name, '', '', '', '', coalesce(i.gtin, ''), i.serial_tracked
FROM catalog_item i WHERE i.sku = ANY(%s::text[])
UNION ALL
SELECT 'item', i.gtin, i.id, i.sku, i.name, '', '', '', '', i.gtin, i.serial_tracked
FROM catalog_item i WHERE i.gtin = ANY(%s::text[])
UNION ALL
SELECT 'item', g.gtin, i.id, i.sku, i.name, '', '', '', '', g.gtin, i.serial_tracked
FROM catalog_item i CROSS JOIN LATERAL unnest(i.more_gtins) AS g(gtin)
WHERE i.more_gtins && %s::varchar[] AND g.gtin = ANY(%s::text[])
ORDER BY 1, 3
"""


def resolve(*, scans: Sequence[Scan]) -> list[Resolved]:
    """What each scan names, in the order of the scans. One statement."""
    words = _Words()
    for scan in scans:
        for reading in scan.readings:
            _add(words, reading)
    if not scans:
        return []
    found: dict[tuple[str, str], list[db.Row]] = {}
    columns = [list(part) for part in (words.parcel, words.rma, words.unit, words.sku, *[words.gtin] * 3)]
    for row in db.rows(_MATCHES, columns):
        found.setdefault((row.kind, row.word), []).append(row)
    return [_resolved(scan, found) for scan in scans]


def _add(words: _Words, reading: Reading) -> None:
    for kind, word in _named(reading):
        target = {
            "parcel": words.parcel,
            "return": words.rma,
            "unit": words.unit,
            "item": words.gtin if word.isdigit() and len(word) == 14 else words.sku,
        }[kind]
        target[word] = None
        if kind == "item":
            words.sku[word] = None


def _named(reading: Reading) -> Iterable[tuple[str, str]]:
    """The names by which a reading may be known here, with the kind of thing each would be."""
    facts = reading.facts
    if reading.kind == Kind.PARCEL:
        for word in dict.fromkeys((reading.value, facts.tracking, facts.sscc, f"00{facts.sscc}" if facts.sscc else "")):
            yield "parcel", word
    elif reading.kind == Kind.RETURN:
        yield "return", facts.rma
    elif reading.kind == Kind.UNIT:
        yield "unit", facts.lpn
    elif reading.kind == Kind.ITEM:
        yield "item", facts.gtin or reading.value
        if facts.part:
            yield "item", facts.part
    elif reading.kind == Kind.TEXT:
        for word in dict.fromkeys((reading.value, reading.value.upper(), reading.value.swapcase())):
            yield from ((kind, word) for kind in ("parcel", "return", "unit", "item"))


def _resolved(scan: Scan, found: dict[tuple[str, str], list[db.Row]]) -> Resolved:
    matches: dict[tuple[str, int], tuple[Match, Reading]] = {}
    for reading in scan.readings:
        for named in _named(reading):
            for row in found.get(named, ()):
                columns = {name: value for name, value in row._asdict().items() if name != "word"}
                matches.setdefault((row.kind, row.id), (Match(**columns, scheme=reading.scheme), reading))
    pairs = list(matches.values())
    return Resolved(scan, tuple(match for match, _ in pairs), tuple(reading for _, reading in pairs))
