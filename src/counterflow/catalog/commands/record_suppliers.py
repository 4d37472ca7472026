"""Record suppliers."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.catalog.commands.recording import record_rows
from counterflow.catalog.models import Supplier
from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context


@dataclass(frozen=True)
class NewSupplier:
    """A supplier by its code."""

    code: str
    name: str


@command(needs="catalog.edit")
def record_suppliers(ctx: Context, *, items: Sequence[NewSupplier]) -> Batch:
    """Record each supplier; the code is its identity. Refuses `IdentityReused`."""
    return record_rows(
        ctx, Supplier, items, what="supplier", key=["code"], row_of=lambda item: {"code": item.code, "name": item.name}
    )
