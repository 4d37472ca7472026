"""Record brands."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.catalog.commands.recording import record_rows
from counterflow.catalog.models import Brand
from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context


@dataclass(frozen=True)
class NewBrand:
    """A brand by its code."""

    code: str
    name: str
    active: bool = True


@command(needs="catalog.edit")
def record_brands(ctx: Context, *, items: Sequence[NewBrand]) -> Batch:
    """Record each brand; the code is its identity. Refuses `IdentityReused`."""
    return record_rows(
        ctx,
        Brand,
        items,
        what="brand",
        key=["code"],
        row_of=lambda item: {"code": item.code, "name": item.name, "active": item.active},
    )
