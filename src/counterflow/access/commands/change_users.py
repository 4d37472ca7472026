"""Change what users are called, their time zone and the node they work at."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.access.commands.locking import check_node, known_nodes
from counterflow.access.models import User
from counterflow.access.rules import check_time_zone, clean_name
from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context
from counterflow.registry.commands.changing import Shape, change_records


@dataclass(frozen=True)
class ChangeUser:
    """What is to change about a user; None leaves a field as it is. The address is the identity and stays."""

    email: str
    version: int | None = None
    name: str | None = field(default=None, repr=False)
    time_zone: str | None = None
    home_node: str | None = None
    clear: tuple[str, ...] = ()


_SHAPE = Shape(
    what="user",
    model=User,
    key=("email",),
    fields=("name", "time_zone", "home_node"),
    locked="SELECT id, version, email, name, time_zone, home_node FROM access_user "
    "WHERE email = ANY(%s::text[]) ORDER BY id FOR NO KEY UPDATE",
    clearable={"home_node": ""},
    private=frozenset({"name"}),
    called=lambda user: f"user:{user['id']}",
)


@command(needs="access.manage")
def change_users(ctx: Context, *, items: Sequence[ChangeUser]) -> Batch:
    """Change each user.

    Refuses `RecordMissing`, `RecordChanged`, `FieldNotClearable`, `NameMissing`, `TimeZoneUnknown`, `NodeUnknown`.
    """
    nodes = known_nodes([item.home_node or "" for item in items])

    def check(asked: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        after = {**before, **asked}
        return {
            **after,
            "name": clean_name(after["name"]),
            "time_zone": check_time_zone(after["time_zone"]),
            "home_node": check_node(after["home_node"], nodes | {before["home_node"]}),
        }

    columns = ("name", "time_zone", "home_node")
    return change_records(ctx, _SHAPE, items, check=check, columns=lambda row: {n: row[n] for n in columns})
