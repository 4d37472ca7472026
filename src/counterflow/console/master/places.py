"""Nodes, who reports for them, and channels as master data."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import available_timezones

from counterflow.console.listing import Filter
from counterflow.console.master.fields import Field
from counterflow.console.master.items import brand_choices
from counterflow.console.master.kinds import ACTIVE, Key, Kind, flag
from counterflow.facilities import queries as facilities
from counterflow.facilities.commands.change_nodes import ChangeNode, change_nodes
from counterflow.facilities.commands.record_nodes import RecordNode, record_nodes
from counterflow.facilities.commands.set_authority import SetAuthority, set_authority
from counterflow.ledger import queries as ledger
from counterflow.orders import commands as orders
from counterflow.orders import queries as order_queries

NODE_KINDS = (
    ("dc", "Distribution centre"),
    ("3pl", "Third-party warehouse"),
    ("store", "Store"),
    ("marketplace", "Marketplace warehouse"),
)
SCOPES = (("full", "All stock"), ("returns_only", "Returns only, beside another system"))
CHANNEL_KINDS = (("own_shop", "Own shop"), ("marketplace", "Marketplace"), ("b2b", "Business customers"))
MESSAGES = (
    ("receipt", "Receipts"),
    ("inspection", "Inspections"),
    ("disposal", "Disposals"),
    ("shipment", "Shipments"),
    ("adjustment", "Adjustments"),
)
HOLDERS = (("ours", "Our own scans"), ("partner", "The partner's reports"))


def zones() -> Sequence[tuple[str, str]]:
    """Time zones to choose from."""
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones())]


def entities() -> Sequence[tuple[str, str]]:
    """Legal entities to choose from."""
    return [(row.code, row.name) for row in ledger.entities()]


def _find_nodes(*, search: str, chosen: Mapping[str, str], **more: Any) -> list[facilities.NodeRow]:
    return facilities.nodes(search=search, kind=chosen.get("kind", ""), active=flag(chosen), **more)


def _read_nodes(keys: Sequence[Key]) -> dict[Key, facilities.NodeRow]:
    return {(code,): row for code, row in facilities.nodes_by_code(codes=[key[0] for key in keys]).items()}


def _find_authorities(*, search: str, chosen: Mapping[str, str], **more: Any) -> list[facilities.AuthorityRow]:
    return facilities.stated_authorities(search=search, holder=chosen.get("holder", ""), **more)


def _read_authorities(keys: Sequence[Key]) -> dict[Key, facilities.AuthorityRow]:
    found = facilities.authorities(codes=sorted({key[0] for key in keys}))
    return {(row.node, row.message_kind): row for row in found if row.stated}


def _find_channels(*, search: str, chosen: Mapping[str, str], **more: Any) -> list[order_queries.ChannelRow]:
    return order_queries.channels_found(search=search, kind=chosen.get("kind", ""), active=flag(chosen), **more)


def _read_channels(keys: Sequence[Key]) -> dict[Key, order_queries.ChannelRow]:
    wanted = {key[0] for key in keys}
    return {(row.code,): row for row in order_queries.channels() if row.code in wanted}


NODES = Kind(
    name="nodes",
    told="node",
    one="node",
    many="Nodes",
    about="The places that handle goods: distribution centres, 3PLs, stores, marketplace warehouses.",
    icon="building-warehouse",
    view="facilities.view",
    edit="facilities.edit",
    key=("code",),
    find=_find_nodes,
    read=_read_nodes,
    filters=lambda: (Filter("kind", "Kind", NODE_KINDS), ACTIVE),
    search_label="Code, name or GLN",
    record=record_nodes,
    new=RecordNode,
    change=change_nodes,
    changed=ChangeNode,
    rejected={"entity_unknown": "entity", "gln_malformed": "gln", "node_code_invalid": "code"},
    fields=(
        Field(
            "code",
            "Code",
            "code",
            "It never changes.",
            required=True,
            fixed=True,
            listed=True,
            most=60,
            also=("node", "warehouse", "site"),
            example="dc1",
        ),
        Field("name", "Name", required=True, listed=True, sort="name"),
        Field(
            "kind",
            "Kind",
            "choice",
            "Its stock stands on that, so it stays.",
            required=True,
            fixed=True,
            choices=lambda: NODE_KINDS,
            listed=True,
            sort="kind",
            also=("type",),
            example="dc",
        ),
        Field(
            "entity",
            "Legal entity",
            "ref",
            "Whose books hold its stock. It never changes.",
            required=True,
            fixed=True,
            choices=entities,
            listed=True,
            also=("legal entity", "company"),
            example="UK",
        ),
        Field(
            "scope",
            "Stock that we keep",
            "choice",
            "It never changes.",
            fixed=True,
            choices=lambda: SCOPES,
            default="full",
            example="full",
        ),
        Field(
            "zone",
            "Time zone",
            "zone",
            choices=zones,
            default="UTC",
            listed=True,
            also=("time zone",),
            affects="Times of this node are shown in the new zone; instants stay what they are.",
            example="Europe/London",
        ),
        Field(
            "pool",
            "Channel pool",
            help="Which channels may sell its stock; own is the company's shops.",
            default="own",
            also=("pool",),
            example="own",
            affects="What is available to sell moves from one pool to the other at once.",
        ),
        Field("address", "Address", "long", most=2_000, group="Where it is"),
        Field(
            "gln",
            "GLN",
            "code",
            "Global location number: 13 digits (GS1 General Specifications).",
            most=20,
            group="Where it is",
            example="4012345000009",
        ),
        Field(
            "capacity_units",
            "Pieces that fit",
            "whole",
            "Returns it can hold at a time.",
            also=("capacity",),
            group="Where it is",
            example="20000",
        ),
        Field(
            "active",
            "In use",
            "yes_no",
            default="yes",
            listed=True,
            badge="use",
            group="State",
            affects="A node that is switched off is offered at no station; goods that are there stay in the books.",
        ),
    ),
)
AUTHORITIES = Kind(
    name="authorities",
    told="authority",
    one="authority",
    many="Who reports",
    about="Whose messages are facts at a node: our own scans, or the partner's reports. Where nothing is said, a "
    "partner reports for its own premises and we for ours.",
    icon="switch-horizontal",
    view="facilities.view",
    edit="facilities.edit",
    key=("node", "message_kind"),
    find=_find_authorities,
    read=_read_authorities,
    place=lambda row: str(row.key),
    filters=lambda: (Filter("holder", "Who", HOLDERS),),
    search_label="Node",
    record=set_authority,
    new=SetAuthority,
    called=lambda row: "",
    rejected={"node_unknown": "node"},
    fields=(
        Field("node", "Node", "code", required=True, fixed=True, listed=True, most=60, example="3pl-north"),
        Field(
            "message_kind",
            "Message",
            "choice",
            required=True,
            fixed=True,
            choices=lambda: MESSAGES,
            listed=True,
            also=("message", "kind"),
            example="receipt",
        ),
        Field(
            "holder",
            "Who reports",
            "choice",
            required=True,
            choices=lambda: HOLDERS,
            listed=True,
            example="partner",
            affects="From now on only messages of the one named here are facts; the other's are compared with them.",
        ),
    ),
)
CHANNELS = Kind(
    name="channels",
    told="channel",
    one="channel",
    many="Channels",
    about="Where orders come from: own shops, marketplaces, business customers.",
    icon="shopping-cart",
    view="orders.view",
    edit="catalog.edit",
    key=("code",),
    find=_find_channels,
    read=_read_channels,
    filters=lambda: (Filter("kind", "Kind", CHANNEL_KINDS), ACTIVE),
    record=orders.record_channels,
    new=orders.NewChannel,
    change=orders.change_channels,
    changed=orders.ChangeChannel,
    rejected={
        "brand_unknown": "brand",
        "entity_unknown": "entity",
        "unknown_currency": "currency",
        "channel_brand_fixed": "brand",
    },
    fields=(
        Field(
            "code",
            "Code",
            "code",
            "It never changes.",
            required=True,
            fixed=True,
            listed=True,
            most=80,
            also=("channel", "shop"),
            example="own_shop",
        ),
        Field("name", "Name", required=True, listed=True, sort="name"),
        Field(
            "kind",
            "Kind",
            "choice",
            "Policies go by it. It never changes.",
            required=True,
            fixed=True,
            choices=lambda: CHANNEL_KINDS,
            listed=True,
            sort="kind",
            also=("type",),
            example="own_shop",
        ),
        Field(
            "brand",
            "Brand",
            "ref",
            "May change until the first order.",
            required=True,
            choices=brand_choices,
            listed=True,
        ),
        Field(
            "entity",
            "Legal entity",
            "ref",
            "Orders and books stand on it, so it stays.",
            required=True,
            fixed=True,
            choices=entities,
            listed=True,
            example="UK",
        ),
        Field(
            "currency",
            "Currency",
            "currency",
            "It never changes.",
            required=True,
            fixed=True,
            most=3,
            listed=True,
            example="GBP",
        ),
        Field(
            "zone",
            "Time zone",
            "zone",
            "That of times its files write without one.",
            choices=zones,
            default="UTC",
            also=("time zone",),
            example="Europe/London",
        ),
        Field("active", "In use", "yes_no", default="yes", listed=True, badge="use"),
    ),
)
