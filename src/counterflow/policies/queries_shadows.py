"""Questions to shadows: which decide silently, how often they agree, and what they would have done otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.errors import NotFound


class ShadowUnknown(NotFound):
    """There is no shadow with the id {shadow_id}."""


@dataclass(frozen=True)
class ShadowRow:
    """A shadow and what it came to: decisions on which it agreed, differed, or failed. `in_force`: it is asked now."""

    id: int
    version_id: int
    kind: str
    version: int
    name: str
    in_force: bool
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    agreed: int
    differed: int
    failed: int

    @property
    def asked(self) -> int:
        """Decisions it was asked about."""
        return self.agreed + self.differed + self.failed

    @property
    def state(self) -> str:
        """asked, ended, or set_aside: the version left review and agreement meanwhile."""
        return "ended" if self.ended_at else "asked" if self.in_force else "set_aside"

    @property
    def agreement(self) -> float | None:
        """Share of the decisions on which it agreed, in percent; nothing before it was asked."""
        return 100 * self.agreed / self.asked if self.asked else None


@dataclass(frozen=True)
class RowPair:
    """From which row in force to which of the shadow, how often, and the value of the goods, by currency."""

    row_id: str
    shadow_row_id: str
    count: int
    currency: str | None
    value_minor: int


@dataclass(frozen=True)
class DifferenceRow:
    """A decision that the shadow would have taken otherwise."""

    id: int
    decision_id: int
    subject_id: int
    rma: str | None
    lpn: str | None
    decided_at: datetime
    row_id: str
    outcome: Mapping[str, Any]
    shadow_row_id: str
    shadow_outcome: Mapping[str, Any]
    currency: str | None
    value_minor: int | None


_SHADOWS = """
SELECT s.id, s.version_id, v.kind, v.version, v.name,
       s.ended_at IS NULL AND v.digest = s.digest AND v.state IN ('in_review', 'approved') AS in_force,
       s.started_at, s.started_by, s.ended_at, coalesce(c.agreed, 0)::bigint AS agreed,
       coalesce(c.differed, 0)::bigint AS differed, coalesce(c.failed, 0)::bigint AS failed
FROM policies_shadow s JOIN policies_policyversion v ON v.id = s.version_id
LEFT JOIN LATERAL (
    SELECT sum(agreed) AS agreed, sum(differed) AS differed, sum(failed) AS failed
    FROM policies_shadowcount n WHERE n.shadow_id = s.id
) c ON true
"""
_VALUE = "coalesce((d.facts ->> 'value_minor')::bigint, (d.facts ->> 'unit_cost_minor')::bigint)"
_PAIRS = f"""
SELECT d.row_id, x.row_id AS shadow_row_id, count(*) AS count, d.facts ->> 'currency' AS currency,
       coalesce(sum({_VALUE}), 0)::bigint AS value_minor
FROM policies_shadowdifference x JOIN policies_decision d ON d.id = x.decision_id
WHERE x.shadow_id = %s GROUP BY 1, 2, 4 ORDER BY 3 DESC, 1, 2, 4 LIMIT %s
"""
_DIFFERENCES = f"""
SELECT x.id, d.id AS decision_id, d.subject_id, r.number AS rma, u.lpn, d.decided_at, d.row_id, d.outcome,
       x.row_id AS shadow_row_id, x.outcome AS shadow_outcome, d.facts ->> 'currency' AS currency,
       {_VALUE} AS value_minor
FROM policies_shadowdifference x JOIN policies_decision d ON d.id = x.decision_id
LEFT JOIN returns_rmaline l ON l.id = d.subject_id
LEFT JOIN returns_rma r ON r.id = l.rma_id
LEFT JOIN receiving_unit u ON u.id = d.subject_id
WHERE x.shadow_id = %s AND (%s::text IS NULL OR d.row_id = %s) AND (%s::text IS NULL OR x.row_id = %s)
  AND (%s::bigint IS NULL OR x.id < %s)
ORDER BY x.id DESC LIMIT %s
"""


def shadows(*, version_id: int | None = None, before_id: int | None = None, limit: int = 50) -> list[ShadowRow]:
    """Shadows, the newest first; `before_id` continues a list."""
    found = db.rows(
        _SHADOWS + "WHERE (%s::bigint IS NULL OR s.version_id = %s) AND (%s::bigint IS NULL OR s.id < %s)"
        " ORDER BY s.id DESC LIMIT %s",
        [version_id, version_id, before_id, before_id, limit],
    )
    return [ShadowRow(*row) for row in found]


def shadow(shadow_id: int) -> ShadowRow:
    """One shadow. Raises `ShadowUnknown`."""
    found = db.rows(_SHADOWS + "WHERE s.id = %s", [shadow_id])
    if not found:
        raise ShadowUnknown(shadow_id=shadow_id)
    return ShadowRow(*found[0])


def row_pairs(*, shadow_id: int, limit: int = 50) -> list[RowPair]:
    """Which rows differ from which, the most frequent first."""
    return [RowPair(*row) for row in db.rows(_PAIRS, [shadow_id, limit])]


def differences(
    *,
    shadow_id: int,
    row: str | None = None,
    shadow_row: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[DifferenceRow]:
    """Decisions that the shadow would have taken otherwise, the newest first; `before_id` continues a list."""
    asked = [shadow_id, row, row, shadow_row, shadow_row, before_id, before_id, limit]
    return [DifferenceRow(*found) for found in db.rows(_DIFFERENCES, asked)]
