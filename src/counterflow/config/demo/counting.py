"""Counts at the end of the simulated year: one that is closed, one that waits for its entries, one half counted.

All of it is simulated: what lies on the shelves is what the books have, give or take a piece that a dice decides.
"""

from datetime import datetime
from random import Random

from counterflow.config.demo.desk import SECOND, Desk
from counterflow.facilities.queries import nodes
from counterflow.reconciliation import queries as reconciliation
from counterflow.reconciliation import queries_counts as queries
from counterflow.reconciliation.commands.close_counts import CloseCount, close_counts
from counterflow.reconciliation.commands.compare_counts import CompareCount, compare_counts
from counterflow.reconciliation.commands.create_counts import CreateCount, create_counts
from counterflow.reconciliation.commands.post_adjustments import PostAdjustment, post_adjustments
from counterflow.reconciliation.commands.record_counts import RecordCount, record_counts

APART = (-2, -1, 1)
OFF_ONE_IN = 9


def count_shelves(desk: Desk, rng: Random, *, at: datetime) -> None:
    """Make the three counts, once. Raises `StepRefused`."""
    if queries.counts(limit=1):
        return
    for how, node in zip(("closed", "compared", "open"), nodes(active=True), strict=False):
        _one(desk, rng, node.code, how, at)


def _one(desk: Desk, rng: Random, node: str, how: str, at: datetime) -> None:
    asked = CreateCount(f"{node}-{at:%Y-%m}-shelves", node, sample_a=8, sample_b=6, sample_c=4, blind=False)
    made = desk.must(create_counts, [asked], at=at, step=None)[0].facts["count"]
    lines = queries.count_lines(count=made, left=True)
    if how == "open":
        lines = lines[: len(lines) // 2]
    entries = []
    for line in lines:
        off = rng.choice(APART) if rng.randrange(OFF_ONE_IN) == 0 else 0
        entries.append(RecordCount(made, f"shelf {line.sku}", line.sku, max(0, (line.expected or 0) + off)))
    desk.must(record_counts, entries, at=at, step=None)
    if how == "open":
        return
    done = desk.must(compare_counts, [CompareCount(made, recount=False)], at=at, step=None)[0]
    if how == "compared":
        return
    found = reconciliation.breaks(statement=done.facts["statement"])
    posted = [PostAdjustment(row.id) for row in found if row.proposal == "adjust" and row.state == "open"]
    if posted:
        desk.call(post_adjustments, posted, at=at, step=None, actor=SECOND)
    desk.must(close_counts, [CloseCount(made, leave_open=True)], at=at, step=None)
