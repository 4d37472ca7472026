"""Customers about whom signals add up: what they bought, what came back, and accounts that share an address."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from company import SOLD, Company
from counterflow.kernel import db
from counterflow.orders.commands import (
    NewContact,
    NewLine,
    NewOrder,
    NewShipment,
    RecordContact,
    record_contacts,
    record_orders,
)
from counterflow.orders.commands.record_deliveries import ReportDelivery, record_deliveries
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma
from counterflow.returns.commands.record_claims import RecordClaim, record_claims

HOME = NewContact("Sample", "", "020 7946 0111", "7 Sample Street", postcode="E1 6AN", city="London")
LATE = SOLD + timedelta(days=20)
"""In every window of the shop, and beyond the 14 days in which the law lets a consumer withdraw."""


def live(company: Company, orders: Sequence[str]) -> None:
    """Give the customers of some orders one telephone and address; the first says that nothing of it ever came."""
    told = [RecordContact(company.channel(), f"customer of {order}", HOME) for order in orders]
    assert len(record_contacts(company.ctx(), items=told).done) == len(orders)
    delivered = ReportDelivery(company.channel(), orders[0], "S1", SOLD + timedelta(days=1))
    assert record_deliveries(company.ctx(), items=[delivered]).done
    claim = RecordClaim(company.channel(), orders[0], SOLD + timedelta(days=2))
    assert record_claims(company.ctx(), items=[claim]).done


def buy(
    company: Company, customer: str, pieces: int = 1, *, price: int = 2400, at: datetime = SOLD, kind: str = "own_shop"
) -> str:
    """An order of tees at a price with tax, shipped the day it was placed; its number."""
    number = f"R-{company.tag}-{next(company.numbers)}"
    order = NewOrder(
        channel=company.channel(kind),
        number=number,
        placed_at=at,
        currency="GBP",
        lines=(NewLine(1, company.sku(), pieces, price, tax_minor=0),),
        customer_ref=customer,
        country="GB",
        shipments=(NewShipment("1", at, ((1, pieces),)),),
    )
    batch = record_orders(company.ctx(), items=[order])
    assert not batch.refused, batch.refused
    return number


def ask(company: Company, order: str, pieces: int = 1, *, at: datetime = LATE, ref: str = "", **more: str) -> OpenRma:
    """A request for tees of an order."""
    line = AskedLine(pieces, more.get("reason", "too_small"), sku=company.sku())
    channel = company.channel(more.get("kind", "own_shop"))
    return OpenRma(channel, ref or f"{company.tag}|{next(company.numbers)}", (line,), order, at)


def share(company: Company, *customers: str, contact: NewContact = HOME) -> None:
    """Let customers share a way to be reached."""
    told = [RecordContact(company.channel(), customer, contact) for customer in customers]
    assert len(record_contacts(company.ctx(), items=told).done) == len(customers)


def customer_of(order: str) -> int:
    """The customer of an order."""
    return int(db.rows("SELECT customer_id FROM orders_order WHERE number = %s", [order])[0].customer_id)
