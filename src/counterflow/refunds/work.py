"""What money waits for, and how fast it reaches customers: figures for first pages, all bounded."""

from dataclasses import dataclass
from datetime import timedelta

from counterflow.kernel import db

COUNTED_MAX = 1_000
SAMPLE = 1_000


@dataclass(frozen=True)
class OpenPayouts:
    """Payouts in one state and currency that are not settled."""

    state: str
    currency: str
    payouts: int
    amount_minor: int


def open_payouts(*, most: int = COUNTED_MAX) -> list[OpenPayouts]:
    """Payouts under way or in doubt; at most so many are looked at. One statement."""
    rows = db.rows(
        """
        SELECT state, currency, count(*) AS payouts, sum(amount_minor)::bigint AS amount
        FROM (SELECT state, currency, amount_minor FROM refunds_payout
              WHERE state IN ('requested', 'in_doubt') ORDER BY id LIMIT %s) p
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        [most],
    )
    return [OpenPayouts(*row) for row in rows]


@dataclass(frozen=True)
class Turnaround:
    """How long the latest paid customers waited from asking to being paid: how many, and the median."""

    payouts: int
    median: timedelta | None


def turnaround(*, sample: int = SAMPLE) -> Turnaround:
    """From the wish to the money, over the latest payouts that were paid. One statement."""
    row = db.rows(
        """
        SELECT count(*) AS payouts,
               extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY p.observed_at - r.happened_at)) AS median
        FROM (SELECT * FROM refunds_payout WHERE state = 'paid' ORDER BY id DESC LIMIT %s) p
        JOIN refunds_credit c ON c.id = p.credit_id JOIN returns_rma r ON r.id = c.rma_id
        """,
        [sample],
    )[0]
    return Turnaround(row.payouts, None if row.median is None else timedelta(seconds=float(row.median)))
