"""What accounts hold now, or held at an instant, by what happened, by what was known, and what was learnt later.

Now is the positions. Earlier is the positions less what came since: day sums and the lines of two days by the axis
of happening, the lines recorded since by the axis of knowing. So the cost grows with the time looked back, and never
with the history before it. What was learnt later is what had happened by then and was recorded after.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from counterflow.ledger.queries import AsOf


class Axis(StrEnum):
    """Which past is meant."""

    NOW = "now"
    HAPPENED = "happened"
    KNOWN = "known"
    LATER = "later"


@dataclass(frozen=True)
class When:
    """Now, or an instant with the axis it is meant on."""

    axis: Axis = Axis.NOW
    at: datetime | None = None

    def params(self) -> dict[str, Any]:
        """Parameters of `HELD`."""
        times = AsOf(happened=self.at).params()
        return {
            "axis": str(self.axis),
            "at": self.at,
            "day": times["day"],
            "since": times["since"],
        }


NOW = When()

# One row an account of `asked(id, ...)` that holds something: pieces, cost and allowance.
HELD = {
    Axis.NOW: """
        SELECT p.account_id, p.quantity, p.cost, p.allowance
        FROM ledger_position p JOIN asked a ON a.id = p.account_id WHERE p.quantity > 0 OR p.cost <> 0
    """,
    Axis.HAPPENED: """
        SELECT x.account_id, sum(x.quantity)::bigint AS quantity, sum(x.cost)::bigint AS cost,
               sum(x.allowance)::bigint AS allowance
        FROM (
            SELECT p.account_id, p.quantity, p.cost, p.allowance
            FROM ledger_position p JOIN asked a ON a.id = p.account_id
            UNION ALL
            SELECT d.account_id, CASE d.component WHEN 'qty' THEN -d.amount ELSE 0 END,
                   CASE d.component WHEN 'cost' THEN -d.amount ELSE 0 END,
                   CASE d.component WHEN 'allowance' THEN -d.amount ELSE 0 END
            FROM (SELECT account_id, component, accounting_date, happened_date, amount FROM ledger_balance_day
                  UNION ALL
                  SELECT account_id, component, accounting_date, happened_date, amount FROM ledger_balance_delta) d
            JOIN asked a ON a.id = d.account_id
            WHERE d.accounting_date >= %(day)s::date AND d.happened_date >= %(day)s::date
            UNION ALL
            SELECT l.account_id, CASE l.component WHEN 'qty' THEN l.amount ELSE 0 END,
                   CASE l.component WHEN 'cost' THEN l.amount ELSE 0 END,
                   CASE l.component WHEN 'allowance' THEN l.amount ELSE 0 END
            FROM ledger_entry e
            JOIN ledger_entity b ON b.id = e.entity_id
            JOIN ledger_line l ON l.entry_id = e.id AND l.recorded_at = e.recorded_at
            JOIN asked a ON a.id = l.account_id
            WHERE e.happened_at > %(since)s::timestamptz AND e.happened_at <= %(at)s::timestamptz
              AND (e.happened_at AT TIME ZONE b.zone)::date >= %(day)s::date
        ) x GROUP BY 1
    """,
    Axis.KNOWN: """
        SELECT x.account_id, sum(x.quantity)::bigint AS quantity, sum(x.cost)::bigint AS cost,
               sum(x.allowance)::bigint AS allowance
        FROM (
            SELECT p.account_id, p.quantity, p.cost, p.allowance
            FROM ledger_position p JOIN asked a ON a.id = p.account_id
            UNION ALL
            SELECT l.account_id, CASE l.component WHEN 'qty' THEN -l.amount ELSE 0 END,
                   CASE l.component WHEN 'cost' THEN -l.amount ELSE 0 END,
                   CASE l.component WHEN 'allowance' THEN -l.amount ELSE 0 END
            FROM asked a JOIN ledger_line l ON l.account_id = a.id AND l.recorded_at > %(at)s::timestamptz
        ) x GROUP BY 1
    """,
    Axis.LATER: """
        SELECT l.account_id, coalesce(sum(l.amount) FILTER (WHERE l.component = 'qty'), 0)::bigint AS quantity,
               coalesce(sum(l.amount) FILTER (WHERE l.component = 'cost'), 0)::bigint AS cost,
               coalesce(sum(l.amount) FILTER (WHERE l.component = 'allowance'), 0)::bigint AS allowance
        FROM asked a
        JOIN ledger_line l ON l.account_id = a.id AND l.recorded_at > %(at)s::timestamptz
        JOIN ledger_entry e ON e.id = l.entry_id AND e.recorded_at = l.recorded_at
        WHERE e.happened_at <= %(at)s::timestamptz
        GROUP BY 1
    """,
}

# Pieces held and reserved on an account at the instant asked for.
OVERLAID = """
    SELECT o.account_id, coalesce(sum(o.held), 0)::bigint AS held, coalesce(sum(o.reserved), 0)::bigint AS reserved
    FROM (SELECT account_id, quantity AS held, 0 AS reserved, placed_at, released_at FROM ledger_hold
          UNION ALL
          SELECT account_id, 0, quantity, placed_at, released_at FROM ledger_reservation) o
    WHERE CASE WHEN %(at)s::timestamptz IS NULL THEN o.released_at IS NULL
               ELSE o.placed_at <= %(at)s::timestamptz
                    AND (o.released_at IS NULL OR o.released_at > %(at)s::timestamptz) END
    GROUP BY 1
"""
