"""Stock at a node, and statements about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from company import Company, make_company
from counterflow.kernel.commands import Batch, Done, command
from counterflow.ledger.chart import State
from counterflow.ledger.posting import Entry, Move, Place, post
from counterflow.reconciliation import queries
from counterflow.reconciliation.commands.compare_statements import StockStatement, compare_statements

NIGHT = datetime(2026, 6, 10, 22, tzinfo=UTC)
BEFORE = NIGHT - timedelta(days=5)
MORNING = NIGHT + timedelta(hours=9)
OUTSIDE = {"opening", "customer", "unexplained"}


@command(needs="ledger.open")
def _put(ctx, *, company, steps):
    """Post steps (kind, source, target, item, pieces, cost, when, node, bucket)."""
    for kind, source, target, item, pieces, cost, when, node, bucket in steps:
        places = []
        for state in (source, target):
            if state in OUTSIDE:
                places.append(Place(company.entity, State(state), company.items[item]))
            elif state == "in_transit_return":
                places.append(Place(company.entity, State(state), company.items[item], custodian="DPD"))
            else:
                places.append(company.place(state, item, node, bucket="pool" if state == "available" else bucket))
        post(ctx, [Entry(ctx.new_id(), company.entity, kind, when, [Move(*places, pieces, cost)])])
    return Batch([Done("x")])


@dataclass
class Shelves:
    """A company with stock, and short words for what a test is about."""

    company: Company
    ctx: Callable[..., Any]

    def put(self, kind, source, target, item, pieces, cost, when=BEFORE, *, recorded=None, node="dc1", bucket="pool"):
        step = (kind, source, target, item, pieces, cost, when, node, bucket)
        _put(self.ctx(at=recorded or when), company=self.company, steps=[step])

    def sku(self, item):
        return self.company.sku(item)

    def statement(self, *rows, as_of=NIGHT, node="dc1", more=(), **options):
        """A statement of (item, state, pieces); `more` are rows as they stand."""
        lines = [(n, self.sku(i), s, str(q)) for n, (i, s, q) in enumerate(rows, start=2)]
        lines += [(len(lines) + n, *row) for n, row in enumerate(more, start=2)]
        digest = sha256(repr((lines, options)).encode()).hexdigest()
        options = {"sha256": digest, "source": "3pl", **options}
        return StockStatement(node=self.company.node(node), as_of=as_of, rows=tuple(lines), **options)

    def compare(self, *statements, actor="user:1", key=None):
        return compare_statements(self.ctx(actor=actor, key=key, at=MORNING), items=list(statements)).results

    def breaks(self, *statements):
        """Compare one statement; its breaks."""
        result = self.compare(*statements)[0]
        assert isinstance(result, Done), result
        return queries.breaks(statement=result.facts["statement"])


FULL = (("tee", "available", 10), ("mug", "available", 4), ("tee", "quarantine", 3), ("phone", "received", 2))


def make_shelves(ctx) -> Shelves:
    """dc1: 10 tees at 800 and 4 mugs at 250 available, 3 tees in quarantine, 2 phones on the dock by licence plate."""
    made = Shelves(make_company(ctx), ctx)
    made.put("open", "opening", "available", "tee", 10, 8000)
    made.put("open", "opening", "available", "mug", 4, 1000)
    made.put("open", "opening", "quarantine", "tee", 3, 2400)
    made.put("open", "opening", "received", "phone", 2, 60000, bucket="unit")
    return made
