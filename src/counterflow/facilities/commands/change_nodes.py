"""Change nodes, switch them off and on again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.facilities import events, rules
from counterflow.facilities.commands.record_nodes import details
from counterflow.facilities.models import Node
from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context
from counterflow.kernel.events import Event, emit
from counterflow.registry.commands.changing import Shape, change_records


@dataclass(frozen=True)
class ChangeNode:
    """What is to change about a node; None leaves a field as it is, `clear` names those that become empty.

    Legal entity, kind and scope never change: the stock of the node stands on them.
    """

    code: str
    version: int | None = None
    name: str | None = None
    zone: str | None = None
    pool: str | None = None
    active: bool | None = None
    address: str | None = None
    capacity_units: int | None = None
    gln: str | None = None
    clear: tuple[str, ...] = ()


_FIELDS = ("name", "zone", "pool", "active", "address", "capacity_units", "gln")
_SHAPE = Shape(
    what="node",
    model=Node,
    key=("code",),
    fields=_FIELDS,
    locked="SELECT id, version, code, name, zone, pool, active, address, capacity_units, gln FROM facilities_node "
    "WHERE code = ANY(%s::text[]) ORDER BY id FOR NO KEY UPDATE",
    clearable={"address": "", "capacity_units": None, "gln": ""},
)


@command(needs="facilities.edit")
def change_nodes(ctx: Context, *, items: Sequence[ChangeNode]) -> Batch:
    """Change each node.

    Refuses `RecordMissing`, `RecordChanged`, `FieldNotClearable`, `NodeTextInvalid`, `NodeZoneUnknown`,
    `GlnMalformed`, `CapacityOutOfRange`.
    """

    def tell(after: dict[str, Any]) -> None:
        facts = {"code": after["code"], "active": after["active"]}
        emit(ctx, [Event(events.NODE_RECORDED, after["id"], facts=facts)])

    return change_records(
        ctx, _SHAPE, items, check=_checked, columns=lambda row: {name: row[name] for name in _FIELDS}, extra=tell
    )


def _checked(asked: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    after, code = {**before, **asked}, before["code"]
    return {
        **after,
        "name": rules.require_text(code, "name", after["name"], least=1),
        "zone": rules.require_zone(after["zone"]),
        "pool": rules.require_text(code, "channel pool", after["pool"], least=1),
        **details(code, after["address"], after["capacity_units"], after["gln"]),
    }
