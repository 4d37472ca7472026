"""A year of orders, made by a seeded rule: what was sold, when it left, how it was paid."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from counterflow.config.demo.assortment import Product
from counterflow.config.demo.calendar import Year
from counterflow.config.demo.network import OUTLETS, TAX_PERCENT, Outlet
from counterflow.config.demo.people import contact_of
from counterflow.ledger.commands.open_books import OpenStock
from counterflow.orders.commands.record_shipments import ReportShipment, ShippedLine
from counterflow.orders.documents import NewLine, NewOrder, NewTender
from counterflow.orders.states import LineKind

ORDERS = {"full": 15_000, "small": 300}
SHIPPING_MINOR, SHIPPING_FREE_FROM = 499, 6_000
_SEASON = (85, 64, 70, 74, 78, 72, 60, 62, 70, 78, 130, 150)
"""Orders by month from January on, as weights."""


@dataclass(frozen=True)
class SoldLine:
    """A product line of a sale."""

    line_no: int
    product: Product
    quantity: int
    invoiced_minor: int


@dataclass(frozen=True)
class Sale:
    """An order with how it left; `node` is where its goods would come back to, also when their maker sent them."""

    outlet: Outlet
    order: NewOrder
    lines: tuple[SoldLine, ...]
    node: str
    shipped_at: datetime
    shipment: ReportShipment

    @property
    def number(self) -> str:
        return self.order.number

    @property
    def dropped(self) -> bool:
        """Whether the maker of the goods sent them, so that they never were ours."""
        return not self.shipment.node


def sales(rng: Random, products: list[Product], *, size: str, year: Year) -> list[Sale]:
    """All orders of the year, in the order of time."""
    count = ORDERS[size]
    ours = [product for product in products if not product.dropped]
    dropped = [product for product in products if product.dropped]
    weights = [product.family.popularity for product in ours]
    moments = sorted(_moment(rng, year) for _ in range(count))
    outlets = rng.choices(OUTLETS, [outlet.share for outlet in OUTLETS], k=count)
    made: list[Sale] = []
    for n, (placed, outlet) in enumerate(zip(moments, outlets, strict=True), start=1):
        if outlet.kind == "own_shop" and rng.random() < 0.02:
            picked = [rng.choice(dropped)]
        else:
            picked = _basket(rng, ours, weights, outlet)
        made.append(_sale(rng, n, placed, outlet, picked, count))
    return made


def _moment(rng: Random, year: Year) -> datetime:
    """An instant of the year, more likely where the season is high."""
    first = year.begin.month - 1
    month = rng.choices(range(12), _SEASON[first:] + _SEASON[:first])[0]
    days = (year.end - year.begin).days
    day = month * days // 12 + rng.randrange(days // 12)
    hours, minutes, seconds = rng.randrange(6, 23), rng.randrange(60), rng.randrange(60)
    return year.begin + timedelta(days=day, hours=hours, minutes=minutes, seconds=seconds)


def _basket(rng: Random, products: list[Product], weights: list[int], outlet: Outlet) -> list[Product]:
    lines = rng.choices((1, 2, 3, 4), (55, 27, 12, 6))[0] + (2 if outlet.kind == "b2b" else 0)
    return list({product.sku: product for product in rng.choices(products, weights, k=lines)}.values())


def _sale(rng: Random, n: int, placed: datetime, outlet: Outlet, picked: list[Product], count: int) -> Sale:
    number = f"{outlet.prefix}{n:06d}"
    country = rng.choices([c for c, _ in outlet.countries], [w for _, w in outlet.countries])[0]
    node = rng.choices([c for c, _ in outlet.nodes], [w for _, w in outlet.nodes])[0]
    lines: list[NewLine] = []
    sold: list[SoldLine] = []
    for line_no, product in enumerate(picked, start=1):
        line = _line(rng, line_no, product, outlet, TAX_PERCENT[country])
        lines.append(line)
        sold.append(SoldLine(line_no, product, line.quantity, line.invoiced_minor))
    goods = sum(line.invoiced_minor for line in lines)
    if outlet.kind == "own_shop" and goods < SHIPPING_FREE_FROM:
        tax = _tax(SHIPPING_MINOR, TAX_PERCENT[country])
        lines.append(NewLine(len(lines) + 1, "SHIPPING", 1, SHIPPING_MINOR, LineKind.SHIPPING, tax_minor=tax))
    paid = sum(line.invoiced_minor for line in lines)
    shipped = placed + timedelta(hours=rng.randint(6, 60))
    dropped = picked[0].dropped
    customer = f"{outlet.prefix}C{rng.randrange(count * 2 // 3):05d}"
    order = NewOrder(
        channel=outlet.code,
        number=number,
        placed_at=placed,
        currency=outlet.currency,
        lines=tuple(lines),
        customer_ref=customer,
        country=country,
        tenders=_tenders(rng, outlet, number, paid),
        simulated=True,
        contact=contact_of(customer, country),
    )
    shipment = ReportShipment(
        channel=outlet.code,
        order=number,
        number=f"{number}-1",
        node="" if dropped else node,
        shipped_at=shipped,
        lines=tuple(ShippedLine(s.line_no, s.quantity, serials_of(number, s)) for s in sold),
    )
    return Sale(outlet, order, tuple(sold), node, shipped, shipment)


def serials_of(order: str, line: SoldLine) -> tuple[str, ...]:
    """Serial numbers of the pieces of a line, of families that have some; such lines are of one piece."""
    return (f"SN{order.replace('-', '')}{line.line_no:02d}",) if line.product.family.serial else ()


def _line(rng: Random, line_no: int, product: Product, outlet: Outlet, tax_percent: int) -> NewLine:
    quantity = 1 if product.family.serial or product.dropped else rng.choices((1, 2, 3), (80, 14, 6))[0]
    if outlet.kind == "b2b" and not product.family.serial:
        quantity = rng.choice((6, 10, 12, 20))
    price = product.price * outlet.markup // 100
    discount = price * quantity // 10 if rng.random() < 0.12 else 0
    tax = _tax(price * quantity - discount, tax_percent)
    return NewLine(line_no, product.sku, quantity, price, discount_minor=discount, tax_minor=tax)


def _tax(gross: int, percent: int) -> int:
    """The tax that a price with tax contains."""
    return gross * percent // (100 + percent)


def _tenders(rng: Random, outlet: Outlet, number: str, paid: int) -> tuple[NewTender, ...]:
    """Most orders are paid in one way; some of the own shops' by a voucher and the rest."""
    if outlet.kind == "own_shop" and paid > 4_000 and rng.random() < 0.04:
        voucher = (NewTender("voucher", 2_000, f"voucher-{number}", simulated=True),)
        return (*voucher, NewTender(outlet.tender, paid - 2_000, f"pay-{number}", simulated=True))
    return (NewTender(outlet.tender, paid, f"pay-{number}", simulated=True),)


def opening_stock(rng: Random, made: list[Sale]) -> list[OpenStock]:
    """What lay at each node at go-live: enough for the year, and some more."""
    wanted: dict[tuple[str, str], int] = defaultdict(int)
    products: dict[str, Product] = {}
    markups: dict[str, int] = {}
    for sale in made:
        for line in sale.lines:
            if not sale.dropped:
                wanted[sale.node, line.product.sku] += line.quantity
                products[line.product.sku] = line.product
                markups[sale.node] = 100 if sale.outlet.currency == "GBP" else 116
    stock = []
    for (node, sku), sold in sorted(wanted.items()):
        quantity = sold + max(3, sold * rng.randint(5, 40) // 100)
        stock.append(OpenStock(node, sku, quantity, quantity * products[sku].cost * markups[node] // 100))
    return stock
