"""Statements as programs send them: rows with names, numbered here as a file's lines are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from counterflow.kernel.commands import Batch, content_hash
from counterflow.kernel.context import Context
from counterflow.reconciliation.commands.compare_statements import StockStatement
from counterflow.reconciliation.commands.compare_statements import compare_statements as compare


@dataclass(frozen=True)
class StatementRow:
    """What a partner says lies there of one SKU in one state, in the partner's own word for it."""

    sku: str
    state: str
    quantity: int


@dataclass(frozen=True)
class Statement:
    """An on-hand statement of one node as of an instant. `total` is the sum of pieces where the partner gave one."""

    node: str
    as_of: datetime
    rows: Sequence[StatementRow]
    source: str = ""
    entity: str = ""
    total: int | None = None


def compare_statements(ctx: Context, *, items: Sequence[Statement]) -> Batch:
    """Compare each statement with the ledger as of its own time; the same statement again is a replay."""
    return compare(
        ctx,
        items=[
            StockStatement(
                node=item.node,
                as_of=item.as_of,
                sha256=content_hash(item).hex(),
                rows=tuple((n, row.sku, row.state, row.quantity) for n, row in enumerate(item.rows, start=1)),
                source=item.source,
                entity=item.entity,
                total=item.total,
            )
            for item in items
        ],
    )
