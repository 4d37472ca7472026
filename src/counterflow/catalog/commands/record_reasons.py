"""Record reason codes."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.catalog.commands.recording import record_rows
from counterflow.catalog.models import ReasonCode
from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context


@dataclass(frozen=True)
class NewReason:
    """A reason code of a kind ("return", "override"), and what people read.

    `needs_note` asks whoever gives it to say more.
    """

    kind: str
    code: str
    label: str
    active: bool = True
    needs_note: bool = False


@command(needs="catalog.edit")
def record_reasons(ctx: Context, *, items: Sequence[NewReason]) -> Batch:
    """Record each reason code; kind and code are its identity. Refuses `IdentityReused`."""
    return record_rows(
        ctx,
        ReasonCode,
        items,
        what="reason",
        key=["kind", "code"],
        row_of=lambda item: {
            "kind": item.kind,
            "code": item.code,
            "label": item.label,
            "active": item.active,
            "needs_note": item.needs_note,
        },
    )
