"""What goods on their way back are worth and where they are: pure decisions over plain data.

Rows under lock are read into the running state below; decisions change it, and a command writes the
differences at the end. So an item of a batch sees what the items before it have done.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from counterflow.kernel.errors import Invalid, InvariantBroken
from counterflow.kernel.money import share
from counterflow.logistics.states import REPORTS, Hands
from counterflow.returns.entitlement import exposed
from counterflow.returns.states import Rma

TEXT_MAX = 120
MOVED = ("authorised_qty", "scanned_qty", "allocated_qty", "passed_qty", "failed_qty", "lost_qty")
_CONTROL = {*range(32), 127}


class TextInvalid(Invalid):
    """{name} takes {least} to {most} characters on one line, and this one has {length}."""


class TimeInvalid(Invalid):
    """{name} must be an instant with its offset from UTC."""


class ReportKindUnknown(Invalid):
    """{kind} is not a carrier's report; it is one of {known}."""


def require_text(name: str, text: object, *, least: int = 1, most: int = TEXT_MAX) -> str:
    """A code or number as somebody else writes it: bounded, printable. Raises `TextInvalid`."""
    fits = isinstance(text, str) and least <= len(text) <= most and text == text.strip()
    if not fits or any(ord(c) in _CONTROL for c in str(text)):
        raise TextInvalid(name=name, least=least, most=most, length=len(str(text)))
    return str(text)


def require_instant(name: str, at: object) -> datetime:
    """An aware instant, in UTC. Raises `TimeInvalid`."""
    if not isinstance(at, datetime) or at.tzinfo is None:
        raise TimeInvalid(name=name)
    return at.astimezone(UTC)


def require_report(kind: str) -> str:
    """A kind of report that carriers may make. Raises `ReportKindUnknown`."""
    if kind not in REPORTS:
        raise ReportKindUnknown(kind=str(kind)[:40], known=", ".join(REPORTS))
    return kind


@dataclass
class Issue:
    """What left for the customer on one shipment line, and what of it has come back so far.

    `total_minor` is the value of all `pieces` as the ledger issued them (or an estimate, or 0: `basis`).
    `back_qty` and `back_minor` are what left the customer again, wherever it is now.
    """

    shipment_line: int
    basis: str
    total_minor: int
    pieces: int
    invoiced_minor: int
    back_qty: int = 0
    back_minor: int = 0
    was: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        self.was = (self.back_qty, self.back_minor)

    def take(self, quantity: int) -> int:
        """The value that pieces bring back from the customer.

        Cumulative floors against what is back already: whatever the cuts and however often goods go to
        and fro, returns never bring in more than was issued, and all pieces together exactly that.
        """
        self.back_qty += quantity
        due = share(self.total_minor, done=0, take=min(self.back_qty, self.pieces), of=self.pieces)
        cost = max(0, due - self.back_minor)
        self.back_minor += cost
        return cost

    def give_back(self, quantity: int, cost: int) -> None:
        """Pieces are with the customer again, and so is the value they brought."""
        self.back_qty -= quantity
        self.back_minor -= cost
        if self.back_qty < 0 or self.back_minor < 0:
            raise InvariantBroken(f"more of shipment line {self.shipment_line} went back than came")


@dataclass
class Content:
    """What a parcel says it holds of an RMA line, and where the pieces are."""

    id: int
    parcel_id: int
    carrier: str
    tracking: str
    line: "Line"
    announced: int
    transit: int = 0
    transit_cost: int = 0
    lost: int = 0
    lost_cost: int = 0
    received: int = 0
    fresh: bool = False
    was: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self.was = self.now

    @property
    def now(self) -> tuple[int, ...]:
        """The counters, in the order of the table's columns."""
        return self.transit, self.transit_cost, self.lost, self.lost_cost, self.received

    def take_transit(self, quantity: int) -> int:
        """Pieces leave the carrier; the value that goes along, the last piece taking the remainder."""
        cost = share(self.transit_cost, done=0, take=quantity, of=self.transit)
        self.transit, self.transit_cost = self.transit - quantity, self.transit_cost - cost
        return cost

    def take_lost(self, quantity: int) -> int:
        """Lost pieces turn up; the value that goes along."""
        cost = share(self.lost_cost, done=0, take=quantity, of=self.lost)
        self.lost, self.lost_cost = self.lost - quantity, self.lost_cost - cost
        return cost


@dataclass
class Line:
    """An RMA line under lock, with the counters of `returns.models.RmaLine`."""

    id: int
    rma_id: int
    rma: str
    rma_state: str
    line_no: int
    entity: int
    currency: str
    item: int
    sku: str
    serial_tracked: bool
    simulated: bool
    resolution: str
    milestone: str
    returnless: bool
    quantity: int
    authorised_qty: int
    scanned_qty: int
    allocated_qty: int
    passed_qty: int
    failed_qty: int
    lost_qty: int
    cancelled_qty: int
    approved_qty: int
    credited_qty: int
    issue: Issue | None
    contents: list[Content] = field(default_factory=list, repr=False)
    was: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self.was = self.now

    @property
    def now(self) -> tuple[int, ...]:
        """The counters that moving goods changes, in the order of `MOVED`."""
        return tuple(getattr(self, name) for name in MOVED)

    @property
    def permitted(self) -> bool:
        """Whether authorised pieces may come now; of a closed RMA, lost pieces may still turn up."""
        return self.rma_state in (Rma.AUTHORISED, Rma.CLOSED)

    @property
    def left(self) -> int:
        """Pieces that are still expected, wherever they are."""
        return self.authorised_qty if self.permitted else 0

    @property
    def with_customer(self) -> int:
        """Expected pieces that no carrier has taken over yet."""
        return max(0, self.left - sum(c.transit + c.lost for c in self.contents))

    @property
    def basis(self) -> str:
        """What the value of pieces of this line rests on."""
        return self.issue.basis if self.issue else "nil"

    def take(self, quantity: int) -> int:
        """Pieces leave the customer; the value they bring."""
        return self.issue.take(quantity) if self.issue else 0

    def give_back(self, quantity: int, cost: int) -> None:
        """Pieces are with the customer again."""
        if self.issue:
            self.issue.give_back(quantity, cost)

    def invoiced(self, quantity: int) -> int:
        """What the customer was charged for pieces of this line, rounded up, in the order's currency."""
        if not self.issue:
            return 0
        return -(-self.issue.invoiced_minor * min(quantity, self.issue.pieces) // self.issue.pieces)


@dataclass(frozen=True)
class Step:
    """Pieces of a parcel line change hands; `kind` is the ledger's movement."""

    kind: str
    content: Content
    quantity: int
    cost: int


def carry(contents: Iterable[Content], hands: Hands) -> list[Step]:
    """Bring the goods of a parcel into somebody's hands; what is there already stays.

    The carrier takes over what is announced, not received, and still expected from the customer.
    """
    steps: list[Step] = []
    for content in contents:
        if hands is not Hands.CUSTOMER:
            _find(content, steps, meant=hands is Hands.CARRIER)
            _scan(content, steps)
            if hands is Hands.NOBODY:
                _lose(content, steps)
        else:
            _find(content, steps, meant=True)
            _release(content, steps)
    return steps


def _scan(content: Content, steps: list[Step]) -> None:
    outstanding = content.announced - content.transit - content.lost - content.received
    quantity = min(outstanding, content.line.with_customer)
    if quantity <= 0:
        return
    cost = content.line.take(quantity)
    content.transit, content.transit_cost = content.transit + quantity, content.transit_cost + cost
    content.line.scanned_qty += quantity
    steps.append(Step("carrier_scan", content, quantity, cost))


def _lose(content: Content, steps: list[Step]) -> None:
    quantity = content.transit
    if quantity:
        cost = content.take_transit(quantity)
        content.lost, content.lost_cost = content.lost + quantity, content.lost_cost + cost
        content.line.lost_qty += quantity
        steps.append(Step("lose", content, quantity, cost))


def _find(content: Content, steps: list[Step], *, meant: bool) -> None:
    quantity = content.lost
    if quantity and meant:
        cost = content.take_lost(quantity)
        content.transit, content.transit_cost = content.transit + quantity, content.transit_cost + cost
        content.line.lost_qty -= quantity
        steps.append(Step("find", content, quantity, cost))


def _release(content: Content, steps: list[Step]) -> None:
    quantity = content.transit
    if quantity:
        cost = content.take_transit(quantity)
        content.line.give_back(quantity, cost)
        content.line.scanned_qty -= quantity
        steps.append(Step("not_in_parcel", content, quantity, cost))


@dataclass(frozen=True, order=True)
class Report:
    """One report in the order in which reports count: by its own time (never later than we learnt of it)."""

    at: datetime
    rank: int
    ref: str


def report(kind: str, happened_at: datetime, recorded_at: datetime, ref: str) -> Report:
    """A report as it counts."""
    return Report(min(happened_at, recorded_at), list(REPORTS).index(kind), ref)


def at_risk(lines: Iterable[Line]) -> int:
    """What was charged for pieces that were credited and no longer count as back, in the order's currency."""
    return sum(line.invoiced(exposed(line, line.rma_state)) for line in lines)
