"""What may come back of what was shipped: pure decisions over plain data."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from counterflow.kernel.errors import Invalid, NotFound, Refusal
from counterflow.returns.documents import AskedLine
from counterflow.returns.states import GOODS, Resolution


class OrderNotFound(NotFound):
    """There is no order {order} in channel {channel}; check the number, or open the return without an order."""


class ChannelNotFound(NotFound):
    """There is no channel {channel}."""


class ItemNotFound(NotFound):
    """There is no item with the SKU {sku}."""


class NotShipped(Refusal):
    """Order {order} has no shipped line {what}; only shipped goods can come back."""


class NotEnoughLeft(Refusal):
    """{wanted} pieces of {sku} were asked back and {left} of {shipped} shipped are left to return."""


class QuantityInvalid(Invalid):
    """A return line takes a whole number of pieces from 1 to {most}, not {quantity}."""


class NoLines(Invalid):
    """A return request needs at least one line."""


class RmaNotFound(NotFound):
    """There is no RMA {rma}."""


class OwnRequest(Refusal):
    """{rma} was opened by the same person; somebody else has to decide it."""


class ReasonMissing(Invalid):
    """This needs the code of a reason: letters, digits and _ . : - up to 64 of them; free text goes into a note."""


class ReferenceMissing(Invalid):
    """A request needs a reference of the asker's own, 1 to {most} characters long."""


class ResolutionUnknown(Invalid):
    """{resolution} is no resolution; known are {known}."""


class InsteadInvalid(Invalid):
    """An exchange names the item that goes out instead, its price with tax and the tax in it; {fault}."""


QUANTITY_MAX = 1_000_000
REFERENCE_MAX = 200
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@dataclass
class Shipped:
    """A shipment line under lock, with the counters that earlier items of the batch have already moved."""

    id: int
    order_id: int
    line_no: int
    sku: str
    item_id: int
    quantity: int
    left: int
    invoiced_minor: int
    row: Any = field(repr=False, default=None)


@dataclass(frozen=True)
class Part:
    """Pieces taken from one shipment line."""

    shipped: Shipped
    quantity: int


def require_quantity(quantity: object) -> int:
    """A whole number of pieces within bounds. Raises `QuantityInvalid`."""
    if isinstance(quantity, bool) or not isinstance(quantity, int) or not 1 <= quantity <= QUANTITY_MAX:
        raise QuantityInvalid(quantity=str(quantity)[:40], most=QUANTITY_MAX)
    return quantity


def require_reason(reason: str) -> str:
    """The code of a reason. It is kept for ever, so nothing personal may hide in it. Raises `ReasonMissing`."""
    if not isinstance(reason, str) or _CODE.fullmatch(reason) is None:
        raise ReasonMissing()
    return reason


def require_reference(reference: str) -> str:
    """A business identity that somebody chose. Raises `ReferenceMissing`."""
    if not isinstance(reference, str) or not 0 < len(reference.strip()) <= REFERENCE_MAX:
        raise ReferenceMissing(most=REFERENCE_MAX)
    return reference


def require_resolution(resolution: str) -> str:
    """What the customer asks for. Raises `ResolutionUnknown`."""
    if resolution not in list(Resolution):
        raise ResolutionUnknown(resolution=str(resolution)[:40], known=", ".join(Resolution))
    return resolution


def require_instead(asked: AskedLine) -> None:
    """That an exchange, and nothing else, says what it is for. Raises `InsteadInvalid`."""
    instead = asked.instead
    if (asked.resolution == Resolution.EXCHANGE) != (instead is not None):
        raise InsteadInvalid(fault=f"a line that asks for {asked.resolution} {'does' if instead else 'does not'}")
    if instead is None:
        return
    price, tax = instead.unit_price_minor, instead.unit_tax_minor
    if any(isinstance(m, bool) or not isinstance(m, int) for m in (price, tax)) or not 0 <= tax <= price < 2**40:
        raise InsteadInvalid(fault="a price is 0 or more whole minor units, and the tax is a part of it")


def method_of(resolution: str, policy: str) -> str:
    """How a credit is met: as the customer asked, and else as policy says."""
    if resolution == Resolution.STORE_CREDIT:
        return "store_credit"
    return "replacement" if resolution in GOODS else policy


def pick(order: str, sku: str, line_no: int, quantity: int, shipped: Iterable[Shipped]) -> list[Part]:
    """Spread pieces over the shipment lines of a SKU (or of one order line), oldest first.

    Raises `NotShipped` where nothing of it was shipped, `NotEnoughLeft` where less is left than asked.
    Nothing is taken yet: `take` does that once the whole request stands.
    """
    fitting = [s for s in shipped if (not sku or s.sku == sku) and (not line_no or s.line_no == line_no)]
    what = sku or f"number {line_no}"
    if not fitting:
        raise NotShipped(order=order, what=what)
    parts, missing = [], quantity
    for candidate in sorted(fitting, key=lambda s: s.id):
        part = min(candidate.left, missing)
        if part > 0:
            parts.append(Part(candidate, part))
            missing -= part
    if missing:
        left, total = sum(s.left for s in fitting), sum(s.quantity for s in fitting)
        raise NotEnoughLeft(wanted=quantity, sku=what, left=left, shipped=total)
    return parts


def take(parts: Sequence[Part]) -> None:
    """Count the pieces as authorised in the running state."""
    for part in parts:
        part.shipped.left -= part.quantity


def give_back(parts: Sequence[Part]) -> None:
    """Undo `take` for a request that did not stand after all."""
    for part in parts:
        part.shipped.left += part.quantity


def arrived_at(shipped_at: datetime | None, delivered_at: datetime | None) -> datetime | None:
    """When windows begin: at delivery (Directive 2011/83/EU, article 9), or when the goods left where none is known."""
    return delivered_at or shipped_at


def age_days(shipped_at: datetime | None, delivered_at: datetime | None, asked_at: datetime) -> int | None:
    """Whole days since delivery, else since the goods left; unknown where no shipment is known."""
    began = arrived_at(shipped_at, delivered_at)
    return None if began is None else (asked_at - began).days


def days_left(until: date | None, asked_at: datetime, zone: str) -> int | None:
    """Days left of a window that ends with the day `until` in a zone, 0 on that day; unknown where there is none."""
    return None if until is None else (until - asked_at.astimezone(ZoneInfo(zone)).date()).days


def month_and_day(at: datetime, zone: str) -> int:
    """Month and day in a zone as one number, 1224 for Christmas Eve."""
    day = at.astimezone(ZoneInfo(zone))
    return day.month * 100 + day.day


def outcome_of(answers: Sequence[str]) -> str:
    """One answer for a whole request: no beats ask, ask beats yes."""
    for answer in ("no", "ask"):
        if answer in answers:
            return answer
    return "yes"
