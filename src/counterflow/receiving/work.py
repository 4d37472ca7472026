"""What stands on the benches, and how fast and how well it leaves them: figures for first pages, all bounded."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from counterflow.kernel import db

BENCH_MAX = 10_000
SAMPLE = 1_000
OWN_MAX = 500


@dataclass(frozen=True)
class BenchSum:
    """Units of one node that wait in one state, with their value in minor units of `currency`."""

    node: str
    state: str
    currency: str
    units: int
    value_minor: int
    oldest_at: datetime


_BENCHES = """
SELECT n.code AS node, u.state, b.currency, count(*) AS units, sum(u.cost_minor + u.allowance_minor)::bigint AS value,
       min(u.received_at) AS oldest
FROM (SELECT node_id, entity_id, state, cost_minor, allowance_minor, received_at FROM receiving_unit
      WHERE state IN ('received', 'inspected', 'set_apart') LIMIT %s) u
JOIN facilities_node n ON n.id = u.node_id JOIN ledger_entity b ON b.id = u.entity_id
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def benches(*, most: int = BENCH_MAX) -> list[BenchSum]:
    """What waits, by node and state; at most so many units are looked at. One statement."""
    return [BenchSum(*row) for row in db.rows(_BENCHES, [most])]


@dataclass(frozen=True)
class Worth:
    """A unit that waits, by what it is worth."""

    lpn: str
    item: str
    node: str
    state: str
    currency: str
    value_minor: int
    received_at: datetime


_DEAREST = """
SELECT u.lpn, coalesce(i.name, '') AS item, n.code AS node, u.state, b.currency, u.value, u.received_at
FROM (SELECT *, cost_minor + allowance_minor AS value FROM receiving_unit
      WHERE state IN ('received', 'inspected', 'set_apart') LIMIT %s) u
JOIN facilities_node n ON n.id = u.node_id JOIN ledger_entity b ON b.id = u.entity_id
LEFT JOIN catalog_item i ON i.id = u.item_id ORDER BY u.value DESC, u.id LIMIT %s
"""


def dearest(*, limit: int = 8) -> list[Worth]:
    """The units that wait and are worth most. One statement."""
    return [Worth(*row) for row in db.rows(_DEAREST, [BENCH_MAX, limit])]


@dataclass(frozen=True)
class OwnUnit:
    """A unit that somebody received."""

    lpn: str
    item: str
    quantity: int
    state: str
    received_at: datetime


_OWN = """
SELECT u.lpn, coalesce(i.name, '') AS item, u.quantity, u.state, u.received_at
FROM (SELECT unit_id, command_id FROM receiving_origin ORDER BY id DESC LIMIT %s) o
JOIN kernel_commandrecord c ON c.id = o.command_id AND c.actor = %s
JOIN receiving_unit u ON u.id = o.unit_id LEFT JOIN catalog_item i ON i.id = u.item_id
ORDER BY u.id DESC LIMIT %s
"""


def received_by(*, actor: str, limit: int = 8) -> list[OwnUnit]:
    """The latest units that this user received, among the last ones that came in. One statement."""
    return [OwnUnit(*row) for row in db.rows(_OWN, [OWN_MAX, actor, limit])]


@dataclass(frozen=True)
class Throughput:
    """How the latest units left the bench: how many were looked at, the median time, the share made sellable."""

    units: int
    median: timedelta | None
    restocked: int


_THROUGHPUT = """
SELECT count(*) AS units, count(*) FILTER (WHERE d.disposition = 'restock') AS restocked,
       extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY d.happened_at - u.received_at)) AS median
FROM (SELECT * FROM receiving_disposal ORDER BY id DESC LIMIT %s) d JOIN receiving_unit u ON u.id = d.unit_id
"""


def throughput(*, sample: int = SAMPLE) -> Throughput:
    """From receipt to disposal, over the latest disposals. One statement."""
    row = db.rows(_THROUGHPUT, [sample])[0]
    return Throughput(row.units, None if row.median is None else timedelta(seconds=float(row.median)), row.restocked)
