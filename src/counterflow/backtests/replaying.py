"""The draft at work on an order's requests: what it would have said, let through, credited and sent where.

Two things are replayed and not read, because they follow from earlier decisions: how many pieces of a sale were left
when somebody asked, and how a credit is cut when pieces of the same sale were credited before. Everything else a
policy was told is as it was recorded.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from counterflow.backtests.states import Overrides
from counterflow.backtests.stories import (
    CREDITED,
    PERMITTED,
    Heard,
    Line,
    Paid,
    Request,
    Said,
    Story,
    Terms,
    pieces_at,
    together,
)
from counterflow.refunds.rules import Amounts, amounts

NOTHING_LEFT = "nothing_left"
"""What a request is refused for, before any policy, where earlier requests took the pieces."""


Ask = Callable[[Said, Mapping[str, Any]], Heard]
"""What is said to facts in place of a decision on record."""


@dataclass(slots=True)
class LineSide:
    """One line on one side of the comparison.

    `paid` is certain; `possible` (minor units) would be added at most if everybody who asks were let through and
    everything came back. `waiting` are pieces that were accepted and never reached their milestone.
    """

    fate: str
    answer: str
    heard: Heard
    terms: Terms
    refund: Heard
    paid: Sequence[Paid] = ()
    possible: int = 0
    waiting: int = 0
    goods_come: bool = True

    @property
    def refunded(self) -> int:
        """What the customer gets for certain."""
        return sum(part.total for part in self.paid)


@dataclass(slots=True)
class Side:
    """One side of the comparison for an order: by line id."""

    lines: dict[int, LineSide] = field(default_factory=dict)
    answers: dict[int, str] = field(default_factory=dict)


def recorded(story: Story) -> Side:
    """What happened."""
    side = Side()
    for request in story.requests:
        side.answers[request.id] = request.answer
        fate = request.fate
        for line in request.lines:
            known = LineSide(fate, request.answer, line.eligibility, line.terms, line.refund)
            known.paid = line.paid
            if request.state in PERMITTED:
                known.waiting = max(0, line.held + line.allocated - sum(part.pieces for part in line.paid))
            if line.resolution not in CREDITED or not line.invoiced:
                known.waiting = 0
            known.goods_come = fate == "accepted" and not line.terms.returnless
            side.lines[line.id] = known
    return side


def drafted(story: Story, before: Side, ask: Ask, *, kind: str, overrides: Overrides) -> Side:
    """What would have happened if the draft had been in force from the start."""
    side = Side()
    parted: dict[int, list[_Parted]] = {}
    for request in story.requests:
        _decide(request, before, side, parted, ask if kind == "eligibility" else None, overrides)
        if kind == "refund":
            for line in request.lines:
                mine = side.lines[line.id]
                mine.refund = ask(line.refund, line.refund.facts)
                mine.terms = terms_of(line, mine.refund.outcome)
    differs = False
    for line_id, mine in side.lines.items():
        was = before.lines[line_id]
        mine.goods_come = mine.fate == "accepted" and not mine.terms.returnless
        differs = differs or (mine.fate, mine.terms) != (was.fate, was.terms)
    if differs:
        _credit(story, before, side)
        return side
    for line_id, mine in side.lines.items():
        was = before.lines[line_id]
        mine.paid, mine.waiting, mine.possible = was.paid, was.waiting, was.possible
    return side


def terms_of(line: Line, outcome: Mapping[str, Any]) -> Terms:
    """The terms that a refund policy's answer gives a line; what the customer asked for goes before its method."""
    method = str(outcome["method"])
    if line.resolution == "store_credit":
        method = "store_credit"
    elif line.resolution in ("replacement", "exchange"):
        method = "replacement"
    return Terms(
        str(outcome["milestone"]),
        method,
        int(outcome["restocking_fee_bp"]),
        bool(outcome["shipping_refundable"]),
        bool(outcome["returnless"]),
    )


@dataclass(slots=True)
class _Parted:
    """A line of a shipment line on which past and draft part ways: what it holds under each."""

    request: Request
    line: Line
    refused: bool

    def more(self, seen_by: Request) -> int:
        """How many pieces more it holds under the draft than it held when a later request was decided."""
        declined = self.request.state == "declined"
        was = 0
        if self.request.decided or not declined:
            gone = (s.pieces for s in self.line.reached if s.kind == "cancelled" and s.id < seen_by.id)
            was = self.line.quantity - sum(gone)
        if self.refused:
            return -was
        return self.line.quantity - was if declined else 0


def _decide(
    request: Request,
    before: Side,
    side: Side,
    parted: dict[int, list[_Parted]],
    ask: Ask | None,
    overrides: Overrides,
) -> None:
    """Answer one request and settle its fate; `parted` are earlier lines that ended otherwise, by shipment line."""
    told: dict[int, Heard] = {}
    short = False
    for line in request.lines:
        told[line.id] = line.eligibility
        if ask is None:
            continue
        more = sum(one.more(request) for one in parted.get(line.shipment_line_id or 0, ()))
        facts: Mapping[str, Any] = line.eligibility.facts
        left = facts.get("quantity_left")
        if more and left is not None:
            facts = {**facts, "quantity_left": max(0, left - more)}
            short = short or left - more < line.quantity
        told[line.id] = ask(line.eligibility, facts)
    answer = together([str(one.outcome["answer"]) for one in told.values()], request.unmapped)
    answer = NOTHING_LEFT if short else answer
    fate = _fate(request, answer, overrides)
    side.answers[request.id] = answer
    for line in request.lines:
        was = before.lines[line.id]
        side.lines[line.id] = LineSide(fate, answer, told[line.id], line.terms, was.refund)
        if line.shipment_line_id is not None and fate != was.fate:
            parted.setdefault(line.shipment_line_id, []).append(_Parted(request, line, fate == "refused"))


def _fate(request: Request, answer: str, overrides: Overrides) -> str:
    """What becomes of a request with an answer; what a person answered to the same question is kept."""
    if answer == NOTHING_LEFT:
        return "refused"
    if answer == "yes" or overrides is Overrides.ALL or (overrides is Overrides.KEPT and request.overridden):
        return "accepted"
    if answer == "no":
        return "refused"
    return request.fate if request.answer == "ask" and not request.overridden else "waiting"


@dataclass(slots=True)
class _Falls:
    """Pieces of a line whose credit falls due at an instant."""

    place: tuple[int, int]
    due: int
    request: Request
    line: Line
    side: LineSide
    pieces: int
    certain: bool


def _credit(story: Story, before: Side, side: Side) -> None:
    """Credit the order's lines anew, in the order of time, under the draft's fates and terms."""
    falls: list[_Falls] = []
    for request in story.requests:
        for line in request.lines:
            if line.resolution in CREDITED and line.invoiced and line.shipment_line_id is not None:
                falls += _falls(request, line, before.lines[line.id], side.lines[line.id])
    if any(side.lines[n].terms.waits_for != was.terms.waits_for for n, was in before.lines.items()):
        # Nothing is credited when it was, so the order of credits on record says nothing.
        falls = [replace(one, place=(one.due, one.line.id)) for one in falls]
    falls.sort(key=lambda one: (one.place, one.line.id))
    _pay(story, [one for one in falls if one.certain])
    _bound(falls)


def _falls(request: Request, line: Line, was: LineSide, mine: LineSide) -> list[_Falls]:
    """When and how many pieces of a line fall due under the draft."""
    if mine.fate == "refused":
        return []
    known = request.state in PERMITTED and request.fate == "accepted"
    certain = mine.fate == "accepted"
    free = mine.terms.waits_for == "authorised"
    permitted_at = _permitted_at(request, line, mine)
    if known and was.terms.waits_for == mine.terms.waits_for:
        found = [
            _Falls(p.place, permitted_at if free else p.due, request, line, mine, p.pieces, certain) for p in was.paid
        ]
    elif known:
        steps = pieces_at(line, mine.terms.waits_for, permitted_at=permitted_at)
        found = [_Falls((at, line.id), at, request, line, mine, pieces, certain) for pieces, at in steps]
    else:
        # It was never let through, so nothing is known of its goods; at most all of them come back.
        place = (request.asked_at, line.id)
        found = [_Falls(place, request.asked_at, request, line, mine, line.quantity, certain and free)]
    if certain and known:
        mine.waiting = max(0, line.held + line.allocated - sum(one.pieces for one in found))
    elif certain and not free:
        mine.waiting = line.quantity
    return found


def _permitted_at(request: Request, line: Line, mine: LineSide) -> int:
    """When a request was permitted: at once where policy says yes, else when a person did."""
    given = [step.at for step in line.reached if step.kind == "authorised"]
    return request.asked_at if mine.answer == "yes" or not given else given[0]


def _pay(story: Story, falls: Sequence[_Falls]) -> None:
    """Cut credits as `refunds` does: cumulative floors by shipment line, shipping with what completes the order."""
    credited: dict[int, int] = {}
    returned, shipping = 0, story.shipping
    paid: dict[int, list[Paid]] = {}
    for one in falls:
        worth = _worth(one, credited)
        extra = 0
        if one.side.terms.shipping:
            returned += one.pieces
            if returned >= story.ordered and shipping > 0:
                extra, shipping = shipping, 0
        part = Paid(one.pieces, worth.net + worth.tax, worth.fee, extra, one.due, one.place)
        paid.setdefault(one.line.id, []).append(part)
        one.side.paid = paid[one.line.id]


def _bound(falls: Sequence[_Falls]) -> None:
    """What would be credited at most beyond what is certain."""
    credited: dict[int, int] = {}
    for one in falls:
        worth = _worth(one, credited)
        if not one.certain:
            one.side.possible += worth.net + worth.tax - worth.fee


def _worth(one: _Falls, credited: dict[int, int]) -> Amounts:
    line = one.line
    before = credited.get(line.shipment_line_id or 0, 0)
    take = max(0, min(one.pieces, line.shipped - before))
    credited[line.shipment_line_id or 0] = before + take
    return amounts(
        invoiced=line.invoiced,
        tax=line.tax,
        shipped=line.shipped,
        credited=before,
        take=take,
        fee_bp=one.side.terms.fee_bp,
    )
