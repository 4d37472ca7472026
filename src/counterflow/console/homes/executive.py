"""The operations executive: how many, how fast, how well, how much, over 30 and 90 days."""

from datetime import UTC, timedelta

from django.urls import reverse

from counterflow.console import cells
from counterflow.console.homes.parts import Home, Tile, address, bounded, days, span, spark
from counterflow.console.page import Staff
from counterflow.kernel import clock
from counterflow.ledger import work as ledger
from counterflow.ledger.chart import GL
from counterflow.receiving import work as receiving
from counterflow.refunds import work as refunds
from counterflow.returns import work as returns

LONG, SHORT = 90, 30
RECENT = timedelta(days=2)


def home(who: Staff) -> Home:
    """Seven statements; medians are of the latest thousand. The days end with the last one that has a return."""
    now = clock.now()
    end = min(returns.last_asked() or now, now)
    last, start = end.astimezone(UTC).date(), end - timedelta(days=LONG)
    until = "30 days" if now - end < RECENT else f"30 days to {last.day} {last:%b %Y}"
    values = days(returns.asked_by_day(since=start), last=last, count=LONG)
    month, before = sum(values[-SHORT:]), sum(values[-2 * SHORT : -SHORT])
    speed, paid = receiving.throughput(), refunds.turnaround()
    benches = receiving.benches()
    open_units = sum(row.units for row in benches)
    share = f"{speed.restocked / speed.units:.0%}" if speed.units else "\u2013"
    tiles = [
        Tile(
            f"Returns, {until}",
            f"{month:,}",
            _against(month, before),
            address("returns"),
            spark=spark(values, "Returns a day"),
        ),
        Tile("Cycle time", span(speed.median), f"From receipt to disposal, median of the latest {speed.units:,}"),
        Tile(
            "Refund turnaround", span(paid.median), f"From the wish to the money, median of the latest {paid.payouts:,}"
        ),
        Tile("Restored to sellable", share, f"Of the latest {speed.units:,} units decided", tone="good"),
        Tile(
            "Backlog",
            bounded(open_units, receiving.BENCH_MAX),
            "Units that wait for a decision",
            reverse("bench"),
            "wait",
        ),
        Tile(
            "Returns under way",
            bounded(returns.counted(state="authorised"), returns.COUNTED_MAX),
            "Authorised, not closed",
            address("returns", state="authorised"),
        ),
    ]
    for code, found in ledger.gl_by_day(account=GL.SALES_RETURNS.value, since=start.date()).items():
        line = days(found, last=last, count=LONG)
        total = sum(line[-SHORT:])

        def shown(minor: int, code: str = code) -> str:
            return cells.money_text(minor, code)

        tiles.append(
            Tile(
                f"Credited in {code}, {until}",
                shown(total),
                _against(total, sum(line[-2 * SHORT : -SHORT])),
                reverse("trial_balance"),
                spark=spark(line, "Credited a day", shown),
            )
        )
    return Home(tiles=tiles)


def _against(now: int, before: int) -> str:
    """How a figure compares with that of the thirty days before."""
    if not before:
        return "Nothing in the 30 days before"
    change = now / before - 1
    if abs(change) < 0.005:
        return "As in the 30 days before"
    return f"{abs(change):.0%} {'more' if change > 0 else 'less'} than in the 30 days before"
