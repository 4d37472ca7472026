"""Record the channels that orders come from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from counterflow.catalog.commands.record_items import BrandUnknown
from counterflow.catalog.commands.recording import record_rows
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Invalid, NotFound
from counterflow.kernel.money import places
from counterflow.orders.models import Channel
from counterflow.orders.states import ChannelKind


class EntityUnknown(NotFound):
    """There is no legal entity {code}."""


class ChannelKindUnknown(Invalid):
    """{kind} is no kind of channel; the kinds are {kinds}."""


class ZoneUnknown(Invalid):
    """{zone} is not an IANA time zone, such as Europe/London."""


@dataclass(frozen=True)
class NewChannel:
    """A channel; brand and legal entity by their codes. `zone` is that of times its files write without one."""

    code: str
    name: str
    kind: str
    brand: str
    entity: str
    currency: str
    zone: str = "UTC"
    active: bool = True


@command(needs="catalog.edit")
def record_channels(ctx: Context, *, items: Sequence[NewChannel]) -> Batch:
    """Record each channel; the code is its identity.

    Refuses `BrandUnknown`, `EntityUnknown`, `ChannelKindUnknown`, `UnknownCurrency`, `ZoneUnknown`, `IdentityReused`.
    """
    found = db.rows(
        "SELECT 'brand' AS kind, code, id FROM catalog_brand WHERE code = ANY(%s) "
        "UNION ALL SELECT 'entity', code, id FROM ledger_entity WHERE code = ANY(%s) ORDER BY kind, code",
        [[item.brand for item in items], [item.entity for item in items]],
    )
    ids = {(row.kind, row.code): row.id for row in found}
    return record_rows(ctx, Channel, items, what="channel", key=["code"], row_of=lambda item: _row(item, ids))


def _row(item: NewChannel, ids: dict[tuple[str, str], int]) -> dict[str, Any]:
    if ("brand", item.brand) not in ids:
        raise BrandUnknown(code=item.brand)
    if ("entity", item.entity) not in ids:
        raise EntityUnknown(code=item.entity)
    if item.kind not in set(ChannelKind):
        raise ChannelKindUnknown(kind=item.kind, kinds=", ".join(ChannelKind))
    try:
        ZoneInfo(item.zone)
    except (KeyError, ValueError, OSError) as error:
        raise ZoneUnknown(zone=item.zone[:60]) from error
    places(item.currency)
    return {
        "code": item.code,
        "name": item.name,
        "kind": item.kind,
        "brand_id": ids["brand", item.brand],
        "entity_id": ids["entity", item.entity],
        "currency": item.currency,
        "zone": item.zone,
        "active": item.active,
    }
