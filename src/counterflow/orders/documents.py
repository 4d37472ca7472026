"""Orders as channels and programs hand them in: frozen plain values, amounts in minor units."""

from dataclasses import dataclass
from datetime import date, datetime

from counterflow.orders.contacts import NewContact
from counterflow.orders.states import LineKind


@dataclass(frozen=True)
class NewLine:
    """A line; the price is of one piece with tax, discount and tax are of the whole line.

    Tax and cost are None where they are not known. A final sale comes back only where law or a fault says so.
    `return_until` is the last day on which it may come back, where the customer was promised one.
    """

    line_no: int
    sku: str
    quantity: int
    unit_price_minor: int
    kind: str = LineKind.PRODUCT
    discount_minor: int = 0
    tax_minor: int | None = None
    unit_cost_minor: int | None = None
    cost_basis: str = ""
    final_sale: bool = False
    return_until: date | None = None

    @property
    def invoiced_minor(self) -> int:
        """What the customer was charged for the line."""
        return self.quantity * self.unit_price_minor - self.discount_minor


@dataclass(frozen=True)
class NewTender:
    """A means of payment; `reference` is the provider's, never a card number."""

    kind: str
    captured_minor: int
    reference: str = ""
    simulated: bool = False


@dataclass(frozen=True)
class NewShipment:
    """Goods that left together: pairs of a line's number and units. For history; it posts nothing.

    `delivered_at` is when the customer had them, where that is known.
    """

    number: str
    shipped_at: datetime
    lines: tuple[tuple[int, int], ...]
    node_id: int | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True)
class NewOrder:
    """A whole order under its channel's number.

    `contact` is how its customer is reached, who then needs a `customer_ref`; it is no part of the order, so
    the same order with another contact is a replay that changes nothing. Nor is `customer_segment`, a code such as
    vip or business, which stays the customer's until an order tells another.
    """

    channel: str
    number: str
    placed_at: datetime
    currency: str
    lines: tuple[NewLine, ...]
    customer_ref: str = ""
    country: str = ""
    tenders: tuple[NewTender, ...] = ()
    shipments: tuple[NewShipment, ...] = ()
    simulated: bool = False
    contact: NewContact | None = None
    customer_segment: str = ""
