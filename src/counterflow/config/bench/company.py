"""The company that is measured: 200 items, orders of 4 lines of 5 pieces each, shipped and paid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from counterflow.catalog.commands.record_brands import NewBrand, record_brands
from counterflow.catalog.commands.record_items import NewItem, record_items
from counterflow.catalog.commands.record_reasons import NewReason, record_reasons
from counterflow.facilities.commands.record_nodes import RecordNode, record_nodes
from counterflow.kernel.clock import now
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.kernel.errors import InvariantBroken
from counterflow.ledger.commands.keep_entities import KeepEntity, keep_entities
from counterflow.ledger.commands.open_books import OpenStock, open_books
from counterflow.orders.commands.record_channels import NewChannel, record_channels
from counterflow.orders.commands.record_orders import record_orders
from counterflow.orders.commands.record_shipments import ReportShipment, ShippedLine, record_shipments
from counterflow.orders.documents import NewLine, NewOrder, NewTender
from counterflow.policies.commands.install_default_policies import install_default_policies
from counterflow.receiving.commands.install_default_plans import install_default_plans

ITEMS = 200
LINES = 4
PIECES = 5
CHANNEL, NODE, REASON = "shop", "dc", "defective"
GO_LIVE = date(2026, 1, 1)
SHIPPED = datetime(2026, 6, 1, 12, tzinfo=UTC)
ASKED = SHIPPED + timedelta(days=4)
STOCK = 1_000_000
CHUNK = 500


@dataclass(frozen=True)
class Piece:
    """One piece that may come back: its order, line and SKU, and a number of its own."""

    order: str
    line_no: int
    sku: str
    number: int


def context() -> Context:
    """A caller who may do everything, now."""
    return Context.make("system:bench", ["*"], now(), source="bench")


def settled(batch: Batch) -> Batch:
    """The batch; raises when anything was refused, because then the figure would mean nothing."""
    if batch.refused:
        raise InvariantBroken(f"the benchmark was refused: {batch.refused[0]}")
    return batch


def make_company() -> None:
    """Master data, policies and opening stock."""
    ctx = context
    settled(install_default_policies(ctx()))
    settled(install_default_plans(ctx()))
    settled(keep_entities(ctx(), items=[KeepEntity("BENCH", "Bench", "GBP", GO_LIVE, "Europe/London")]))
    settled(record_brands(ctx(), items=[NewBrand("bench", "Bench")]))
    settled(record_channels(ctx(), items=[NewChannel(CHANNEL, "Shop", "own_shop", "bench", "BENCH", "GBP")]))
    settled(record_nodes(ctx(), items=[RecordNode(NODE, "DC", "dc", "BENCH")]))
    settled(record_reasons(ctx(), items=[NewReason("return", REASON, "Defective")]))
    items = [
        NewItem(sku(n), f"Item {n}", family="homeware", brand="bench", standard_cost_minor=700 + n, currency="GBP")
        for n in range(ITEMS)
    ]
    settled(record_items(ctx(), items=items))
    stock = [OpenStock(NODE, sku(n), STOCK, STOCK * (700 + n)) for n in range(ITEMS)]
    settled(open_books(ctx(), items=stock))


def sku(n: int) -> str:
    """The SKU of an item."""
    return f"BENCH-{n % ITEMS:03d}"


def sell(first: int, orders: int) -> Iterator[Piece]:
    """Record and ship orders numbered from `first`; every piece sold."""
    numbers = iter(range(first, first + orders))
    while chunk := list(islice(numbers, CHUNK)):
        settled(record_orders(context(), items=[_order(n) for n in chunk]))
        settled(record_shipments(context(), items=[_shipment(n) for n in chunk]))
        for n in chunk:
            for line in range(LINES):
                for piece in range(PIECES):
                    yield Piece(f"B{n}", line + 1, sku(n * LINES + line), (n * LINES + line) * PIECES + piece)


def _order(n: int) -> NewOrder:
    lines = tuple(
        NewLine(line + 1, sku(n * LINES + line), PIECES, 2400, tax_minor=2000, unit_cost_minor=None)
        for line in range(LINES)
    )
    paid = LINES * PIECES * 2400
    tenders = (NewTender("card", paid, f"ch_{n}", simulated=True),)
    return NewOrder(CHANNEL, f"B{n}", SHIPPED - timedelta(days=1), "GBP", lines, f"c{n}", "GB", tenders, simulated=True)


def _shipment(n: int) -> ReportShipment:
    lines: Sequence[ShippedLine] = [ShippedLine(line + 1, PIECES) for line in range(LINES)]
    return ReportShipment(CHANNEL, f"B{n}", "1", NODE, SHIPPED, tuple(lines))
