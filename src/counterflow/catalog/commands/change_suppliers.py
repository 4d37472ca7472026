"""Change suppliers, switch them off and on again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.catalog.commands.record_suppliers import PLAIN, checked, contact_row
from counterflow.catalog.models import Supplier
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context
from counterflow.kernel.models import Payload
from counterflow.registry.commands.changing import Shape, change_records


@dataclass(frozen=True)
class ChangeSupplier:
    """What is to change about a supplier; None leaves a field as it is, `clear` names those that become empty."""

    code: str
    version: int | None = None
    name: str | None = None
    terms: str | None = None
    rtv_address: str | None = None
    return_window_days: int | None = None
    defect_allowance_bp: int | None = None
    active: bool | None = None
    contact: str | None = field(default=None, repr=False)
    clear: tuple[str, ...] = ()


_SHAPE = Shape(
    what="supplier",
    model=Supplier,
    key=("code",),
    fields=(*PLAIN, "contact"),
    locked="""
        SELECT s.id, s.version, s.code, s.name, s.terms, s.rtv_address, s.return_window_days, s.defect_allowance_bp,
               s.active, coalesce(p.body ->> 'contact', '') AS contact, p.id AS payload_id
        FROM catalog_supplier s
        LEFT JOIN kernel_payload p ON p.source = 'supplier' AND p.reference = s.id::text AND p.reference <> ''
        WHERE s.code = ANY(%s::text[]) ORDER BY s.id FOR NO KEY UPDATE OF s
    """,
    clearable={
        "terms": "",
        "rtv_address": "",
        "return_window_days": None,
        "defect_allowance_bp": None,
        "contact": "",
    },
    private=frozenset({"contact"}),
)


@command(needs="catalog.edit")
def change_suppliers(ctx: Context, *, items: Sequence[ChangeSupplier]) -> Batch:
    """Change each supplier.

    Refuses `RecordMissing`, `RecordChanged`, `FieldNotClearable` and what `record_suppliers` refuses.
    """
    contacts: dict[int, dict[str, Any]] = {}

    def remember(after: dict[str, Any]) -> None:
        contacts[after["id"]] = after

    batch = change_records(
        ctx,
        _SHAPE,
        items,
        check=lambda asked, before: checked({**before, **asked}),
        columns=lambda row: {name: row[name] for name in PLAIN},
        extra=remember,
    )
    kept = [
        {"id": row["payload_id"], "body": {"contact": row["contact"]}, "kept_at": ctx.at, "erased_at": None}
        for row in contacts.values()
        if row["payload_id"] is not None
    ]
    fresh = [
        contact_row(ctx, row["id"], row["contact"])
        for row in contacts.values()
        if row["payload_id"] is None and row["contact"]
    ]
    db.update(Payload, kept)
    db.insert(Payload, fresh)
    return batch
