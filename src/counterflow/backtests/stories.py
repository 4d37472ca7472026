"""The past as a back-test sees it: an order's return requests in the order they came, with what became of them.

Instants are whole microseconds since 1970 in UTC: a million returns have many of them, and they are only compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

PERMITTED = frozenset({"authorised", "closed", "cancelled"})
CREDITED = frozenset({"refund", "store_credit", "replacement", "exchange"})
"""What customers ask for that is met by a credit; a repair is not."""
_COUNTED = {"carrier_scan": "carrier_scan", "received": "received", "inspected": "inspection_passed"}


@dataclass(slots=True)
class Heard:
    """What was, or would have been, said: the version and row that fired, and the answer."""

    version_id: int
    row_id: str
    outcome: Mapping[str, Any]


@dataclass(slots=True)
class Said(Heard):
    """A decision on record, with the facts it saw; `override` is what was done instead.

    `anew` is what the draft says to the same facts, once it was asked.
    """

    facts: dict[str, Any]
    override: Mapping[str, Any] | None = None
    anew: Heard | None = None


@dataclass(slots=True)
class Reached:
    """Pieces of a line that reached something, or (negative) no longer did."""

    id: int
    kind: str
    pieces: int
    at: int


@dataclass(slots=True)
class Paid:
    """The part of a credit on record that a line answers for, in minor units; `shipping` with its tax, on one of them.

    `due` is when the pieces reached what released them.
    """

    pieces: int
    goods: int
    fee: int
    shipping: int
    due: int
    place: tuple[int, int]

    @property
    def total(self) -> int:
        """What the customer gets."""
        return self.goods + self.shipping - self.fee


@dataclass(slots=True)
class Sent:
    """A unit of a line and where it was sent: the last disposal of it that stands."""

    unit_id: int
    pieces: int
    disposition: str
    said: Said
    scope: str


@dataclass(slots=True)
class Terms:
    """What releases a credit, how it is met, and what is taken off."""

    milestone: str
    method: str
    fee_bp: int
    shipping: bool
    returnless: bool

    @property
    def waits_for(self) -> str:
        """What has to be reached; goods that need not come back wait for nothing."""
        return "authorised" if self.returnless else self.milestone


@dataclass(slots=True)
class Line:
    """A line of a request as recorded. Counters are those of `returns.models.RmaLine`."""

    id: int
    line_no: int
    shipment_line_id: int | None
    quantity: int
    reason: str
    resolution: str
    shipped: int
    invoiced: int
    tax: int
    held: int
    allocated: int
    eligibility: Said
    refund: Said
    terms: Terms
    reached: Sequence[Reached] = ()
    paid: list[Paid] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    counted: bool = True


@dataclass(slots=True)
class Request:
    """A return request as recorded. `counted`: it lies in the period and channel that are asked about."""

    id: int
    number: str
    state: str
    currency: str
    asked_at: int
    decided: bool
    counted: bool
    lines: list[Line] = field(default_factory=list)

    @property
    def overridden(self) -> bool:
        """Whether staff let it through against policy."""
        return any(line.eligibility.override is not None for line in self.lines)

    @property
    def answer(self) -> str:
        """What policy said to the whole request: no beats ask, ask beats yes; an unmapped reason asks a person."""
        return together([str(line.eligibility.outcome["answer"]) for line in self.lines], self.unmapped)

    @property
    def unmapped(self) -> bool:
        """Whether nobody knows what a reason means, so that a person had to look."""
        return any(not line.reason for line in self.lines)

    @property
    def fate(self) -> str:
        """What became of it: accepted, refused, or waiting for a person."""
        if self.state == "declined":
            return "refused"
        if self.state == "requested" or (self.state == "cancelled" and not self.authorised):
            return "waiting"
        return "accepted"

    @property
    def authorised(self) -> bool:
        """Whether it was permitted at some time."""
        return any(step.kind == "authorised" for line in self.lines for step in line.reached)


@dataclass(slots=True)
class Story:
    """An order's requests in the order they were decided. Amounts are minor units of the order's currency."""

    order_id: int | None
    ordered: int
    shipping: int
    requests: list[Request] = field(default_factory=list)


def together(answers: Sequence[str], unmapped: bool) -> str:
    """One answer for a whole request: no beats ask, ask beats yes."""
    if "no" in answers:
        return "no"
    return "ask" if unmapped or "ask" in answers else "yes"


def pieces_at(line: Line, waits_for: str, *, permitted_at: int) -> list[tuple[int, int]]:
    """How many pieces of an accepted line reached a milestone, and when they first did; in the order of time.

    A credit goes out when its pieces get there, so pieces count that were taken back or cancelled afterwards. A piece
    that is here has passed the carrier's scan too. An early approval by a person counts from when it was given.
    """
    if waits_for == "authorised":
        permitted = _permitted(line)
        return [(min(permitted, line.quantity), permitted_at)] if permitted else []
    found = _got_to(line.reached, _COUNTED[waits_for])
    if waits_for == "carrier_scan":
        found = _at_least(found, _got_to(line.reached, "received"))
    if approved := _got_to(line.reached, "approved"):
        found = _at_least(found, _first(approved, _permitted(line)))
    return _first(found, line.quantity)


def _permitted(line: Line) -> int:
    """How many pieces were permitted, whatever was cancelled afterwards."""
    return sum(pieces for pieces, _ in _got_to(line.reached, "authorised"))


def _got_to(steps: Sequence[Reached], kind: str) -> list[tuple[int, int]]:
    """Pieces by when they first reached something: a piece that was taken back and came again counts once."""
    found: list[tuple[int, int]] = []
    level = most = 0
    for step in steps:
        if step.kind != kind:
            continue
        level += step.pieces
        if level > most:
            found.append((level - most, step.at))
            most = level
    return sorted(found, key=lambda one: one[1])


def _first(found: Sequence[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """The first pieces, at most so many."""
    kept = []
    for pieces, at in found:
        take = min(pieces, most)
        if take > 0:
            kept.append((take, at))
            most -= take
    return kept


def _at_least(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The n-th piece counts from whichever list has it, from the first of both where both have."""
    if not one or not other:
        return one or other
    times = [[at for pieces, at in found for _ in range(pieces)] for found in (one, other)]
    short, long = sorted(times, key=len)
    merged = [min(a, b) for a, b in zip(short, long, strict=False)] + long[len(short) :]
    return [(len(list(same)), at) for at, same in groupby(sorted(merged))]
