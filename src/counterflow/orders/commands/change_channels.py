"""Change channels, switch them off and on again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from counterflow.catalog.commands.record_items import BrandUnknown
from counterflow.catalog.rules import name
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Conflict
from counterflow.orders.commands.record_channels import ZoneUnknown
from counterflow.orders.models import Channel
from counterflow.registry.commands.changing import Shape, change_records


class ChannelBrandFixed(Conflict):
    """Channel {channel} has sold under the brand {brand}; policies and books stand on that, so it stays."""


@dataclass(frozen=True)
class ChangeChannel:
    """What is to change about a channel; None leaves a field as it is.

    Legal entity, currency and kind never change: orders and books stand on them. The brand may change until
    the first order.
    """

    code: str
    version: int | None = None
    name: str | None = None
    brand: str | None = None
    zone: str | None = None
    active: bool | None = None
    clear: tuple[str, ...] = ()


_SHAPE = Shape(
    what="channel",
    model=Channel,
    key=("code",),
    fields=("name", "brand", "zone", "active"),
    locked="""
        SELECT c.id, c.version, c.code, c.name, b.code AS brand, c.brand_id, c.zone, c.active,
               EXISTS (SELECT FROM orders_order o WHERE o.channel_id = c.id) AS used
        FROM orders_channel c JOIN catalog_brand b ON b.id = c.brand_id
        WHERE c.code = ANY(%s::text[]) ORDER BY c.id FOR NO KEY UPDATE OF c
    """,
)


@command(needs="catalog.edit")
def change_channels(ctx: Context, *, items: Sequence[ChangeChannel]) -> Batch:
    """Change each channel.

    Refuses `RecordMissing`, `RecordChanged`, `FieldNotClearable`, `NameMissing`, `TextTooLong`, `BrandUnknown`,
    `ChannelBrandFixed`, `ZoneUnknown`.
    """
    named = sorted({item.brand for item in items if item.brand})
    brands = {row.code: row.id for row in db.rows("SELECT code, id FROM catalog_brand WHERE code = ANY(%s)", [named])}

    def check(asked: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        after = {**before, **asked}
        known = {**brands, before["brand"]: before["brand_id"]}
        if after["brand"] not in known:
            raise BrandUnknown(code=after["brand"][:80])
        if before["used"] and after["brand"] != before["brand"]:
            raise ChannelBrandFixed(channel=before["code"], brand=before["brand"])
        return {
            **after,
            "name": name(before["code"], after["name"]),
            "zone": _zone(after["zone"]),
            "brand_id": known[after["brand"]],
        }

    columns = ("name", "brand_id", "zone", "active")
    return change_records(ctx, _SHAPE, items, check=check, columns=lambda row: {n: row[n] for n in columns})


def _zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise ZoneUnknown(zone=zone[:60]) from error
    return zone
