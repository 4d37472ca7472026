"""Counts of the shelves of `statements.py`, in short words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

from counterflow.config.cli_verify import laws, verify
from counterflow.kernel.commands import Done
from counterflow.reconciliation import queries
from counterflow.reconciliation.commands.compare_counts import CompareCount, compare_counts
from counterflow.reconciliation.commands.create_counts import CreateCount, create_counts
from counterflow.reconciliation.commands.post_adjustments import PostAdjustment, post_adjustments
from counterflow.reconciliation.commands.record_counts import RecordCount, record_counts
from statements import MORNING, NIGHT, Shelves

_numbers = count(1)
DAY = timedelta(days=1)


@dataclass
class Counting:
    """A count and who does what in it."""

    shelves: Shelves
    id: int

    @classmethod
    def of(cls, shelves, **options):
        """Create a count; of available goods at dc1, unless told otherwise."""
        options = {"node": shelves.company.node(), "reference": f"count {next(_numbers)}", **options}
        result = create_counts(shelves.ctx(at=NIGHT), items=[CreateCount(**options)]).results[0]
        assert isinstance(result, Done), result
        return cls(shelves, result.facts["count"])

    def entry(self, code, quantity=None, *, at=NIGHT, who="user:7", state="", ref="", voids="", now=MORNING):
        """Record one entry; `code` is an item's short name or a plate."""
        known = code in self.shelves.company.items
        item = RecordCount(
            self.id,
            ref or f"entry {next(_numbers)}",
            self.shelves.sku(code) if known else code,
            quantity,
            state,
            None if voids else at,
            voids,
        )
        return record_counts(self.shelves.ctx(at=now, actor=who), items=[item]).results[0]

    def counted(self, **pieces):
        """Record pieces of items; all must be taken."""
        for item, quantity in pieces.items():
            result = self.entry(item, quantity)
            assert isinstance(result, Done), result
        return self

    def compare(self, round=1, *, now=MORNING, **options):
        options = {"leave_uncounted": True, **options}
        item = CompareCount(self.id, round, **options)
        return compare_counts(self.shelves.ctx(at=now, actor="user:8"), items=[item]).results[0]

    def breaks(self, **options):
        """Compare without a recount; the breaks."""
        result = self.compare(**{"recount": False, **options})
        assert isinstance(result, Done), result
        return queries.breaks(statement=result.facts["statement"])

    def post(self, breaks, *, actor="user:9", now=None):
        if not breaks:
            return []
        ctx = self.shelves.ctx(at=now or MORNING, actor=actor)
        return post_adjustments(ctx, items=[PostAdjustment(row.id) for row in breaks]).results


def holds():
    """No law of the ledger or of reconciliation is broken."""
    rooms = ("ledger.", "reconciliation.")
    return not [v for v in verify([law for law in laws() if law.name.startswith(rooms)]) if v.breaches]


def later(hours: float) -> datetime:
    """An instant after the night of the count."""
    return NIGHT + timedelta(hours=hours)
