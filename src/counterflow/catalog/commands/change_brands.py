"""Rename brands, switch them off and on again."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.catalog.models import Brand
from counterflow.catalog.rules import name
from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context
from counterflow.registry.commands.changing import Shape, change_records


@dataclass(frozen=True)
class ChangeBrand:
    """What is to change about a brand; None leaves a field as it is."""

    code: str
    version: int | None = None
    name: str | None = None
    active: bool | None = None
    clear: tuple[str, ...] = ()


_SHAPE = Shape(
    what="brand",
    model=Brand,
    key=("code",),
    fields=("name", "active"),
    locked="SELECT id, version, code, name, active FROM catalog_brand WHERE code = ANY(%s::text[]) "
    "ORDER BY id FOR NO KEY UPDATE",
)


@command(needs="catalog.edit")
def change_brands(ctx: Context, *, items: Sequence[ChangeBrand]) -> Batch:
    """Change each brand.

    Refuses `RecordMissing`, `RecordChanged`, `FieldNotClearable`, `NameMissing`, `TextTooLong`.
    """
    return change_records(
        ctx,
        _SHAPE,
        items,
        check=lambda asked, before: {**asked, "name": name(before["code"], {**before, **asked}["name"])},
        columns=lambda row: {"name": row["name"], "active": row["active"]},
    )
