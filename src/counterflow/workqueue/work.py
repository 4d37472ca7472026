"""Open cases by the money that is at risk: a list of first pages."""

from dataclasses import dataclass
from datetime import datetime

from counterflow.kernel import db
from counterflow.workqueue.kinds import KINDS

LOOKED_AT = 10_000


@dataclass(frozen=True)
class Risk:
    """An open case and what is at risk in it, in minor units of `currency`."""

    id: int
    kind: str
    severity: int
    amount_minor: int
    currency: str
    opened_at: datetime

    @property
    def meaning(self) -> str:
        """What this kind of case means, in words."""
        return KINDS[self.kind].meaning if self.kind in KINDS else self.kind


_RISKS = """
SELECT id, kind, severity, money_at_risk_minor, currency, opened_at FROM workqueue_case
WHERE state = 'open' AND money_at_risk_minor > 0 ORDER BY coalesce(money_at_risk_minor, -1) DESC, id LIMIT %s
"""
_KINDS = """
SELECT kind, count(*) AS n FROM (SELECT kind FROM workqueue_case WHERE state = 'open' LIMIT %s) c
WHERE kind = ANY(%s::text[]) GROUP BY kind
"""


def risks(*, limit: int = 8) -> list[Risk]:
    """The open cases with most money at risk. One statement."""
    return [Risk(*row) for row in db.rows(_RISKS, [limit])]


def open_of_kinds(*kinds: str) -> dict[str, int]:
    """How many cases of these kinds are open. One statement."""
    found = {row.kind: int(row.n) for row in db.rows(_KINDS, [LOOKED_AT, list(kinds)])}
    return {kind: found.get(kind, 0) for kind in kinds}
