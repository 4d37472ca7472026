"""Reword reason codes, switch them off and on again."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.catalog.models import ReasonCode
from counterflow.catalog.rules import name
from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context
from counterflow.registry.commands.changing import Shape, change_records


@dataclass(frozen=True)
class ChangeReason:
    """What is to change about a reason code; None leaves a field as it is."""

    kind: str
    code: str
    version: int | None = None
    label: str | None = None
    active: bool | None = None
    needs_note: bool | None = None
    clear: tuple[str, ...] = ()


_SHAPE = Shape(
    what="reason",
    model=ReasonCode,
    key=("kind", "code"),
    fields=("label", "active", "needs_note"),
    locked="SELECT id, version, kind, code, label, active, needs_note FROM catalog_reasoncode "
    "WHERE (kind, code) IN (SELECT * FROM unnest(%s::text[], %s::text[])) ORDER BY id FOR NO KEY UPDATE",
)


@command(needs="catalog.edit")
def change_reasons(ctx: Context, *, items: Sequence[ChangeReason]) -> Batch:
    """Change each reason code; what was recorded under it stays.

    Refuses `RecordMissing`, `RecordChanged`, `FieldNotClearable`, `NameMissing`, `TextTooLong`.
    """
    return change_records(
        ctx,
        _SHAPE,
        items,
        check=lambda asked, before: {**asked, "label": name(before["code"], {**before, **asked}["label"])},
        columns=lambda row: {"label": row["label"], "active": row["active"], "needs_note": row["needs_note"]},
    )
