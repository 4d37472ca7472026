"""Pure rules of orders."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from counterflow.kernel.errors import Invalid
from counterflow.kernel.money import places
from counterflow.orders.documents import NewLine, NewOrder
from counterflow.orders.states import CostBasis, LineKind

_SEGMENT = re.compile(r"^[a-z0-9_]{1,64}$")
_SERIAL = re.compile(r"^[\x21-\x7e]([\x20-\x7e]{0,78}[\x21-\x7e])?$")


class SerialsMalformed(Invalid):
    """Line {order_line} names serial numbers twice, more of them than pieces, or some that cannot be printed."""


class OrderIncomplete(Invalid):
    """Order {number} needs a number, a time with a zone, and at least one line."""


class LineInvalid(Invalid):
    """Line {line_no} of order {number}: {detail}."""


class ShipmentInvalid(Invalid):
    """Shipment {shipment} of order {number}: {detail}."""


class ContactWithoutCustomer(Invalid):
    """Order {number} says how its customer is reached and not who that is; send a customer_ref with it."""


class SegmentInvalid(Invalid):
    """Order {number}: a segment is a code of small letters, digits and _, of a customer whom a customer_ref names."""


class TenderInvalid(Invalid):
    """A tender of order {number} has no kind or an amount below zero."""


def check_order(order: NewOrder) -> None:
    """Whether an order makes sense in itself.

    Raises `OrderIncomplete`, `UnknownCurrency`, `LineInvalid`, `ShipmentInvalid`, `TenderInvalid`,
    `ContactWithoutCustomer`, `SegmentInvalid`.
    """
    if not order.number.strip() or not order.lines or order.placed_at.tzinfo is None:
        raise OrderIncomplete(number=order.number)
    places(order.currency)
    seen: set[int] = set()
    for line in order.lines:
        detail = "the line number stands twice" if line.line_no in seen else _line_fault(line)
        if detail:
            raise LineInvalid(number=order.number, line_no=line.line_no, detail=detail)
        seen.add(line.line_no)
    if order.contact is not None and not order.customer_ref:
        raise ContactWithoutCustomer(number=order.number)
    if order.customer_segment and not (order.customer_ref and _SEGMENT.match(order.customer_segment)):
        raise SegmentInvalid(number=order.number)
    if any(not tender.kind or tender.captured_minor < 0 for tender in order.tenders):
        raise TenderInvalid(number=order.number)
    _check_shipments(order)


def _line_fault(line: NewLine) -> str:
    """What is wrong with a line, or nothing."""
    product = line.kind == LineKind.PRODUCT
    faults = {
        "its number must be 1 or more": line.line_no < 1,
        "it has no SKU": not line.sku.strip(),
        f"{line.kind} is not one of {', '.join(LineKind)}": line.kind not in set(LineKind),
        "its quantity must be 1 or more": line.quantity < 1,
        "only a service may have a price below zero": line.unit_price_minor < 0 and line.kind != LineKind.SERVICE,
        "its discount is below zero": line.discount_minor < 0,
        "its discount is more than its price": product and line.invoiced_minor < 0,
        "its tax is below zero or more than its price": product
        and not 0 <= (line.tax_minor or 0) <= max(line.invoiced_minor, 0),
        "its cost is below zero": (line.unit_cost_minor or 0) < 0,
        f"{line.cost_basis} is no basis of a cost": line.cost_basis not in {"", *CostBasis},
    }
    return next((fault for fault, holds in faults.items() if holds), "")


def _check_shipments(order: NewOrder) -> None:
    left = {line.line_no: line.quantity for line in order.lines if line.kind == LineKind.PRODUCT}
    numbers: set[str] = set()
    for shipment in order.shipments:
        detail = "its number stands twice" if shipment.number in numbers else ""
        detail = detail or ("its time has no zone" if shipment.shipped_at.tzinfo is None else "")
        arrived = shipment.delivered_at
        if not detail and arrived is not None and (arrived.tzinfo is None or arrived < shipment.shipped_at):
            detail = "it arrived before it left, or at a time without a zone"
        numbers.add(shipment.number)
        for line_no, quantity in shipment.lines:
            if detail or line_no not in left or not 1 <= quantity <= left[line_no]:
                detail = detail or f"{quantity} of line {line_no} are more than are left to ship of a product"
                break
            left[line_no] -= quantity
        if detail:
            raise ShipmentInvalid(number=order.number, shipment=shipment.number, detail=detail)


Instant = datetime | int
"""A moment, or the microseconds since 1970 that it is."""


@dataclass(frozen=True, slots=True)
class Sold:
    """Units of one item that left to one customer; `place` orders what happened at the same moment."""

    id: int
    at: Instant
    quantity: int
    place: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class CameBack:
    """Units of the item that the customer returned."""

    id: int
    at: Instant
    quantity: int
    place: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Units of a return that came from one sale."""

    returned: int
    sold: int
    quantity: int


def match_lifo(sales: Iterable[Sold], returns: Iterable[CameBack]) -> list[Match]:
    """Take each return, in the order of time, from the latest sale before it that has units left.

    A sale at the very moment of a return counts as before it. Units that find no sale stay unmatched:
    they are a blind return, also when a sale comes later.
    """
    events: list[tuple[Instant, int, tuple[str | int, ...], Sold | CameBack]] = [
        *((sale.at, 0, sale.place, sale) for sale in sales),
        *((back.at, 1, back.place, back) for back in returns),
    ]
    open_sales: list[list[int]] = []
    matches: list[Match] = []
    for _, _, _, event in sorted(events, key=lambda e: e[:3]):
        if isinstance(event, Sold):
            open_sales.append([event.id, event.quantity])
            continue
        wanted = event.quantity
        while wanted and open_sales:
            sale, left = open_sales[-1]
            taken = min(wanted, left)
            matches.append(Match(event.id, sale, taken))
            wanted -= taken
            open_sales[-1][1] -= taken
            if not open_sales[-1][1]:
                open_sales.pop()
    return matches


def require_serials(order_line: int, serials: Sequence[str], pieces: int) -> tuple[str, ...]:
    """The serial numbers of pieces that left together, in order. Raises `SerialsMalformed`."""
    if len(serials) > pieces or len(set(serials)) < len(serials) or not all(map(_SERIAL.match, serials)):
        raise SerialsMalformed(order_line=order_line)
    return tuple(sorted(serials))
