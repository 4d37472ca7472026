"""A small company for tests: two nodes, three channels, a few items, and orders that were sold and shipped.

Master data and history are written as rows, as an import would; whatever a test is about goes through
commands. Every code carries a suffix of its own, so companies never meet in one database.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from counterflow.catalog.models import Brand, Item, ReasonCode, Supplier
from counterflow.clocks.commands.install_default_calendar import install_default_calendar
from counterflow.facilities.models import Node
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.kernel.context import Context
from counterflow.ledger.chart import State
from counterflow.ledger.posting import Entry, Move, Place, post
from counterflow.orders.models import Channel, Customer, Order, OrderLine, Shipment, ShipmentLine, Tender
from counterflow.policies.commands.install_default_policies import install_default_policies
from counterflow.receiving.commands.install_default_plans import install_default_plans

SOLD = datetime(2026, 5, 1, 10, tzinfo=UTC)
ASKED = SOLD + timedelta(days=5)
REASONS = ("too_small", "no_longer_wanted", "defective", "not_as_described", "wrong_item", "damaged_in_transit")
CHANNELS = ("own_shop", "marketplace", "b2b")
NODES = ("dc1", "3pl")
COSTS = {"tee": 800, "phone": 30000, "mug": 250, "cheap": 100}
KNOWN_FROM = 100_000
"""Beyond what a company numbers in its first life."""
_serial = count(1)


def ids(number: int) -> list[int]:
    """Fresh ids from the common sequence."""
    return [r.id for r in db.rows("SELECT nextval('kernel_id_seq') AS id FROM generate_series(1, %s)", [number])]


@dataclass
class Company:
    """Codes and ids of what was made."""

    ctx: Callable[..., Context]
    tag: str
    entity: int
    channels: dict[str, int]
    nodes: dict[str, int]
    items: dict[str, int]
    costs: dict[str, int]
    numbers: Any = field(default_factory=lambda: count(1))

    def channel(self, kind: str = "own_shop") -> str:
        """Code of the channel of a kind: own_shop, marketplace or b2b."""
        return f"{kind}-{self.tag}"

    def sku(self, name: str = "tee") -> str:
        """SKU of an item: tee (apparel), phone (electronics, serial tracked), mug (homeware), cheap (homeware)."""
        return f"{name}-{self.tag}"

    def node(self, name: str = "dc1") -> str:
        """Code of a node: dc1 or 3pl."""
        return f"{name}-{self.tag}"

    def lpn(self) -> str:
        """A licence plate nobody used before."""
        return f"LPN-{self.tag}-{next(self.numbers)}"

    def place(self, state: str, sku: str, node: str = "dc1", **more: Any) -> Place:
        """A ledger place of this company by names."""
        return Place(self.entity, State(state), self.items[sku], node=self.nodes[node], **more)

    def sell(
        self,
        lines: Sequence[tuple[str, int, int, int]] = (("tee", 5, 2000, 400),),
        *,
        kind: str = "own_shop",
        shipped_at: datetime = SOLD,
        captured: Sequence[int] = (),
        issue: bool = True,
    ) -> str:
        """An order of (item, pieces, price each without tax, tax each), shipped and paid; its number.

        Amounts are pence. With `issue` the goods leave the ledger at the item's cost, so they come back at it.
        """
        number = f"O-{self.tag}-{next(self.numbers)}"
        order, customer, shipment, *rest = ids(3 + 3 * len(lines) + max(1, len(captured)))
        gross = sum((price + tax) * pieces for _, pieces, price, tax in lines)
        db.insert(
            Customer,
            [
                {
                    "id": customer,
                    "channel_id": self.channels[kind],
                    "external_ref": number,
                    "country": "GB",
                    "segment": "",
                }
            ],
        )
        order_row = {
            "id": order,
            "channel_id": self.channels[kind],
            "number": number,
            "customer_id": customer,
            "placed_at": shipped_at - timedelta(days=1),
            "currency": "GBP",
            "country": "GB",
            "simulated": True,
        }
        db.insert(Order, [order_row])
        order_lines, shipment_lines, moves = [], [], []
        for n, (name, pieces, price, tax) in enumerate(lines, start=1):
            line_id, shipped_id = rest.pop(), rest.pop()
            cost = self.costs[name] * pieces
            order_lines.append(
                {
                    "id": line_id,
                    "order_id": order,
                    "line_no": n,
                    "item_id": self.items[name],
                    "sku": self.sku(name),
                    "kind": "product",
                    "quantity": pieces,
                    "unit_price_minor": price,
                    "discount_minor": 0,
                    "tax_minor": tax * pieces,
                    "unit_cost_minor": self.costs[name],
                    "cost_basis": "issued",
                }
            )
            shipment_lines.append(
                {
                    "id": shipped_id,
                    "shipment_id": shipment,
                    "order_line_id": line_id,
                    "item_id": self.items[name],
                    "quantity": pieces,
                    "invoiced_minor": (price + tax) * pieces,
                    "tax_minor": tax * pieces,
                    "issued_cost_minor": cost if issue else None,
                    "cost_basis": "issued" if issue else "nil",
                }
            )
            if issue:
                moves.append((name, pieces, cost, shipped_id))
        db.insert(OrderLine, order_lines)
        db.insert(
            Shipment,
            [
                {
                    "id": shipment,
                    "order_id": order,
                    "number": "1",
                    "node_id": self.nodes["dc1"],
                    "shipped_at": shipped_at,
                    "reported_at": shipped_at,
                }
            ],
        )
        db.insert(ShipmentLine, shipment_lines)
        tenders = [
            {"id": rest.pop(), "order_id": order, "seq": n, "kind": "card", "currency": "GBP", "captured_minor": amount}
            for n, amount in enumerate(captured or [gross], start=1)
        ]
        db.insert(Tender, tenders)
        if moves:
            _stock_and_issue(self.ctx(), company=self, moves=moves, at=shipped_at)
        return number


@command(needs="ledger.open")
def _stock_and_issue(ctx: Context, *, company: Company, moves: list[tuple[str, int, int, int]], at: datetime) -> Batch:
    """Bring the goods in as opening stock and let them leave again to the customer."""
    issues = []
    for name, pieces, cost, shipment_line in moves:
        pool = company.place("available", name, bucket="pool")
        opening = Move(Place(company.entity, State.OPENING, company.items[name]), pool, pieces, cost)
        gone = Move(
            pool, Place(company.entity, State.CUSTOMER, company.items[name]), pieces, cost, subject=shipment_line
        )
        issues.append({"id": shipment_line, "issued_entry_id": ctx.new_id()})
        post(ctx, [Entry(ctx.new_id(), company.entity, "open", at, [opening])])
        post(ctx, [Entry(issues[-1]["issued_entry_id"], company.entity, "ship", at, [gone])])
    db.update(ShipmentLine, issues)
    return Batch([Done("issued")])


def known_company(ctx: Callable[..., Context], tag: str) -> Company:
    """The company that was made with this tag; what it numbers from now on is new."""

    def found(table: str, column: str) -> dict[str, int]:
        rows = db.rows(f"SELECT id, {column} AS code FROM {table} WHERE {column} LIKE %s", [f"%-{tag}"])
        return {row.code.removesuffix(f"-{tag}"): row.id for row in rows}

    items = found("catalog_item", "sku")
    return Company(
        ctx,
        tag,
        db.rows("SELECT id FROM ledger_entity WHERE code = %s", [f"UK{tag}"])[0].id,
        {kind: found("orders_channel", "code")[kind] for kind in CHANNELS},
        {name: found("facilities_node", "code")[name] for name in NODES},
        {name: items[name] for name in COSTS},
        COSTS,
        count(KNOWN_FROM),
    )


def make_company(ctx: Callable[..., Context], tag: str = "") -> Company:
    """Write the master data and install the shipped policies."""
    tag = tag or f"{next(_serial)}"
    install_default_policies(ctx())
    install_default_plans(ctx())
    install_default_calendar(ctx())
    entity = db.rows(
        "SELECT ledger_keep_entity(nextval('kernel_id_seq'), %s, 'Shop', 'GBP', 'Europe/London', %s) AS id",
        [f"UK{tag}", date(2026, 1, 1)],
    )[0].id
    brand, supplier, *rest = ids(12)
    db.insert(Brand, [{"id": brand, "code": f"brand-{tag}", "name": "Brand"}])
    db.insert(Supplier, [{"id": supplier, "code": f"supplier-{tag}", "name": "Supplier"}])
    have = {r.code for r in db.rows("SELECT code FROM catalog_reasoncode WHERE kind = 'return'")}
    wanted = [code for code in REASONS if code not in have]
    fresh = zip(ids(len(wanted)), wanted, strict=True) if wanted else ()
    db.insert(ReasonCode, [{"id": i, "kind": "return", "code": code, "label": code} for i, code in fresh])
    channels = {kind: rest.pop() for kind in CHANNELS}
    db.insert(
        Channel,
        [
            {
                "id": channel,
                "code": f"{kind}-{tag}",
                "name": kind,
                "kind": kind,
                "brand_id": brand,
                "entity_id": entity,
                "currency": "GBP",
            }
            for kind, channel in channels.items()
        ],
    )
    nodes = {name: rest.pop() for name in NODES}
    db.insert(
        Node,
        [
            {"id": node, "code": f"{name}-{tag}", "name": name, "kind": name.rstrip("1"), "entity_id": entity}
            for name, node in nodes.items()
        ],
    )
    items = {name: rest.pop() for name in COSTS}
    families = {"tee": "apparel", "phone": "electronics", "mug": "homeware", "cheap": "homeware"}
    db.insert(
        Item,
        [
            {
                "id": item,
                "sku": f"{name}-{tag}",
                "name": name,
                "family": families[name],
                "brand_id": brand,
                "supplier_id": supplier,
                "standard_cost_minor": COSTS[name],
                "currency": "GBP",
                "serial_tracked": name == "phone",
            }
            for name, item in items.items()
        ],
    )
    return Company(ctx, tag, entity, channels, nodes, items, COSTS)
