"""What a scanned plate is: expected, too much, the wrong thing, or unannounced. Pure decisions.

The dock loses nothing. Only what a second look at the same goods mends is refused: a quantity that has
to go under two plates, a mistyped node or line. Everything else is received as what it is, with a case.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from counterflow.kernel.errors import Invalid, InvariantBroken, NotFound, Refusal
from counterflow.ledger.chart import State
from counterflow.logistics.rules import Content, Line
from counterflow.receiving.states import Found

OURS, NOBODY_KNOWS = "us", "unknown"
PLACEHOLDER = "UNIDENTIFIED"
CLUE_PAYLOAD = "unit_clue"
"""The kind of erasable content that holds names and words about a unit that nobody knows."""
_OWNER = re.compile(r"us|consignor|customer|unknown|supplier:[^\s:]{1,60}")


class NodeNotFound(NotFound):
    """There is no node {node}."""


class RmaLineNotFound(NotFound):
    """{rma} has no line {line_no}."""


class OwnerUnknown(Invalid):
    """{owner} is no owner of goods; it is us, consignor, customer, unknown or supplier:CODE."""


class SerialTakesOne(Invalid):
    """{sku} is tracked by serial number, so every piece has a plate of its own; this one has {quantity}."""


class OverReceipt(Refusal):
    """{quantity} pieces of {sku} were scanned under one plate and {left} are expected on {rma}; put {left} under
    this plate and the others under another."""


class OwnerContradicted(Refusal):
    """{sku} of {rma} left our own stock at a value, so it cannot come back as goods of {owner}."""


@dataclass(frozen=True)
class Product:
    """An item as the dock knows it."""

    id: int
    sku: str
    serial_tracked: bool


@dataclass(frozen=True)
class Verdict:
    """What a plate turned out to be. `line` is set where it answers for an RMA line."""

    found: Found
    product: Product | None
    owner: str
    line: Line | None = None
    case: str = ""


@dataclass(frozen=True)
class Part:
    """Pieces of a unit and where they come from: a state of the ledger, by a parcel line or straight."""

    source: State
    content: Content | None
    quantity: int
    cost: int


def require_owner(owner: str) -> str:
    """Whose goods they are. Raises `OwnerUnknown`."""
    if not isinstance(owner, str) or not _OWNER.fullmatch(owner):
        raise OwnerUnknown(owner=str(owner)[:80])
    return owner


def judge(
    *, quantity: int, owner: str, products: Sequence[Product], lines: Sequence[Line], line_no: int, parcel: int | None
) -> Verdict:
    """What `quantity` pieces of one of `products` are to an RMA's `lines` (none: no RMA is known).

    Raises `RmaLineNotFound`, `SerialTakesOne`, `OverReceipt`, `OwnerContradicted`.
    """
    on_rma = {line.item for line in lines}
    likely = [product for product in products if product.id in on_rma] or list(products)
    if len(likely) != 1:
        return Verdict(Found.UNIDENTIFIED, None, NOBODY_KNOWS, case="unidentified_parcel")
    product = likely[0]
    if product.serial_tracked and quantity != 1:
        raise SerialTakesOne(sku=product.sku, quantity=quantity)
    if not lines:
        return Verdict(Found.BLIND, product, owner, case="blind_return")
    if line_no and all(line.line_no != line_no for line in lines):
        raise RmaLineNotFound(rma=lines[0].rma, line_no=line_no)
    fitting = [line for line in lines if line.item == product.id and line_no in (0, line.line_no)]
    if not fitting:
        return Verdict(Found.WRONG_ITEM, product, NOBODY_KNOWS, case="wrong_item")
    line = _line_for(quantity, fitting, parcel)
    if line is None:
        return Verdict(Found.EXCESS, product, owner, case="over")
    if owner != OURS and line.issue is not None and line.issue.total_minor:
        raise OwnerContradicted(sku=product.sku, rma=line.rma, owner=owner)
    return Verdict(Found.EXPECTED, product, owner, line, case="" if owner == OURS else "not_ours")


def _line_for(quantity: int, fitting: Sequence[Line], parcel: int | None) -> Line | None:
    """The line that takes all pieces, the one announced in this parcel first; None where nothing is expected."""
    open_lines = [line for line in fitting if line.left > 0]
    if not open_lines:
        return None
    able = [line for line in open_lines if line.left >= quantity]
    if not able:
        most = max(line.left for line in open_lines)
        raise OverReceipt(quantity=quantity, sku=fitting[0].sku, left=most, rma=fitting[0].rma)
    return min(able, key=lambda line: (all(c.parcel_id != parcel for c in line.contents), line.line_no))


def draw(line: Line, quantity: int, parcel: int | None) -> list[Part]:
    """Take pieces of a line from where the books have them, as received; the running state moves along.

    Those of the parcel at hand first, then those with the customer and with other carriers (the other way
    round where the parcel is not known), what was lost last. A line's `left` covers all of these.
    """
    here = [content for content in line.contents if content.parcel_id == parcel]
    there = [content for content in line.contents if content.parcel_id != parcel]
    customer = line.with_customer
    parts: list[Part] = []
    for source, contents in _sources(here, there):
        for content in contents:
            missing = quantity - sum(part.quantity for part in parts)
            held = customer if source is State.CUSTOMER else _held(content, source)
            if take := min(missing, held):
                parts.append(_take(line, source, content, take))
    line.authorised_qty -= quantity
    line.allocated_qty += quantity
    line.lost_qty -= sum(part.quantity for part in parts if part.source is State.LOST)
    if sum(part.quantity for part in parts) != quantity:
        raise InvariantBroken(f"RMA line {line.id} expects {quantity} pieces and the books have them nowhere")
    return parts


def _sources(here: list[Content], there: list[Content]) -> list[tuple[State, Sequence[Content | None]]]:
    announced: list[Content | None] = [here[0] if here else None]
    customer: tuple[State, Sequence[Content | None]] = (State.CUSTOMER, announced)
    others: tuple[State, Sequence[Content | None]] = (State.IN_TRANSIT, there)
    middle = [customer, others] if here else [others, customer]
    return [(State.IN_TRANSIT, here), (State.LOST, here), *middle, (State.LOST, there)]


def _held(content: Content | None, source: State) -> int:
    if content is None:
        return 0
    return content.transit if source is State.IN_TRANSIT else content.lost


def _take(line: Line, source: State, content: Content | None, quantity: int) -> Part:
    if source is State.CUSTOMER or content is None:
        cost = line.take(quantity)
    else:
        cost = content.take_transit(quantity) if source is State.IN_TRANSIT else content.take_lost(quantity)
    if content is not None:
        content.received += quantity
    return Part(source, content, quantity, cost)


def undo(line: Line, parts: Iterable[Part]) -> None:
    """Put pieces back to where they came from, as if they had not been received."""
    for part in parts:
        line.authorised_qty += part.quantity
        line.allocated_qty -= part.quantity
        if part.content is not None:
            part.content.received -= part.quantity
        if part.source is State.CUSTOMER or part.content is None:
            line.give_back(part.quantity, part.cost)
        elif part.source is State.IN_TRANSIT:
            part.content.transit += part.quantity
            part.content.transit_cost += part.cost
        else:
            part.content.lost += part.quantity
            part.content.lost_cost += part.cost
            line.lost_qty += part.quantity
