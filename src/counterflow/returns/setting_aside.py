"""What the refund policy said of RMA lines: for acts that pay or send ahead of it, and so set it aside."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db

_SAID = """
SELECT l.id AS line_id, d.id, d.kind, d.version_id, d.row_id, d.outcome, d.facts ->> 'brand' AS brand,
       d.facts ->> 'family' AS family, ch.code AS channel, r.number AS rma, r.currency,
       coalesce(s.invoiced_minor, 0) AS invoiced_minor, coalesce(s.quantity, 1) AS shipped,
       NULL::boolean AS needs_note, NULL::text AS code
FROM returns_rma r
JOIN returns_rmaline l ON l.rma_id = r.id
JOIN policies_decision d ON d.id = l.refund_decision_id
JOIN orders_channel ch ON ch.id = r.channel_id
LEFT JOIN orders_shipmentline s ON s.id = l.shipment_line_id
WHERE r.number = ANY(%s::text[])
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, needs_note, code
FROM catalog_reasoncode WHERE kind = 'override' AND active
"""


@dataclass(frozen=True)
class Said:
    """The refund decision of a line, and what the line is worth."""

    decision: Mapping[str, Any]
    rma: str
    brand: str
    family: str
    channel: str
    currency: str
    invoiced_minor: int
    shipped: int

    @property
    def scope(self) -> dict[str, str]:
        """Brand and family, as facts of the approval table."""
        return {"brand": self.brand, "family": self.family}

    def worth(self, pieces: int) -> int:
        """What so many pieces were invoiced at, in minor units of `currency`."""
        return self.invoiced_minor * pieces // self.shipped


@dataclass(frozen=True)
class Aside:
    """By RMA line what was said, and the company's reasons for differing with whether each wants a note."""

    said: Mapping[int, Said]
    reasons: Mapping[str, bool]


def look_up_said(numbers: Iterable[str]) -> Aside:
    """What the refund policy said of the lines of these RMAs. One statement."""
    said, reasons = {}, {}
    for row in db.rows(_SAID, [sorted(set(numbers))]):
        if row.code is not None:
            reasons[row.code] = row.needs_note
            continue
        decision = {name: getattr(row, name) for name in ("id", "kind", "version_id", "row_id", "outcome")}
        said[row.line_id] = Said(
            decision,
            row.rma,
            row.brand or "",
            row.family or "",
            row.channel,
            row.currency,
            row.invoiced_minor,
            row.shipped,
        )
    return Aside(said, reasons)
