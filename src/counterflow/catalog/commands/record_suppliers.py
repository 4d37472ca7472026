"""Record suppliers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.catalog.commands.recording import record_rows
from counterflow.catalog.models import Supplier
from counterflow.catalog.rules import WINDOW_MAX_DAYS, name, text, whole
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.kernel.context import Context
from counterflow.kernel.models import Payload

CONTACT_MAX = 500


@dataclass(frozen=True)
class NewSupplier:
    """A supplier by its code. `contact` says whom to ask there; it is about people and is kept erasable."""

    code: str
    name: str
    terms: str = ""
    rtv_address: str = ""
    return_window_days: int | None = None
    defect_allowance_bp: int | None = None
    active: bool = True
    contact: str = field(default="", repr=False)


@command(needs="catalog.edit")
def record_suppliers(ctx: Context, *, items: Sequence[NewSupplier]) -> Batch:
    """Record each supplier; the code is its identity, its contact is not part of it.

    Refuses `NameMissing`, `TextTooLong`, `NumberOutOfRange`, `IdentityReused`.
    """
    batch = record_rows(ctx, Supplier, items, what="supplier", key=["code"], row_of=_row)
    db.insert(
        Payload,
        [
            contact_row(ctx, result.facts["id"], text(item.code, "contact", item.contact, most=CONTACT_MAX))
            for item, result in zip(items, batch, strict=True)
            if item.contact and isinstance(result, Done) and not result.replayed
        ],
    )
    return batch


def _row(item: NewSupplier) -> dict[str, Any]:
    row = checked(vars(item))
    return {"code": item.code, **{name: row[name] for name in PLAIN}}


PLAIN = ("name", "terms", "rtv_address", "return_window_days", "defect_allowance_bp", "active")
"""Columns that hold what the supplier says, as it says it."""


def checked(supplier: dict[str, Any]) -> dict[str, Any]:
    """A supplier's values in their stored form; raises what one is refused for."""
    code, window, allowance = supplier["code"], supplier["return_window_days"], supplier["defect_allowance_bp"]
    return {
        **supplier,
        "name": name(code, supplier["name"]),
        "terms": text(code, "terms", supplier["terms"]),
        "rtv_address": text(code, "address for returns", supplier["rtv_address"]),
        "return_window_days": whole(code, "days of the return window", window, least=0, most=WINDOW_MAX_DAYS),
        "defect_allowance_bp": whole(code, "defect allowance", allowance, least=0, most=10_000),
        "contact": text(code, "contact", supplier["contact"], most=CONTACT_MAX),
    }


def contact_row(ctx: Context, supplier_id: int, contact: str) -> dict[str, Any]:
    """Whom to ask at a supplier, where people can be erased."""
    return {
        "id": ctx.new_id(),
        "kind": "supplier_contact",
        "subject_id": supplier_id,
        "source": "supplier",
        "reference": str(supplier_id),
        "body": {"contact": contact},
        "kept_at": ctx.at,
    }
