"""One return on its way: what is asked back, and the steps that most returns have in common.

Credits and payouts follow from what happens by the company's own flows, so no life mentions them.

A life is a generator. It yields the acts that come next, each with the instant it falls due, and is
sent their results. `yield from` strings steps together, so a story reads in the order it happens.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from counterflow.config.demo.company import WORDS
from counterflow.config.demo.desk import SECOND, STAFF, Command, Result
from counterflow.config.demo.looks import answers
from counterflow.config.demo.sales import Sale, SoldLine, serials_of
from counterflow.kernel.commands import Done
from counterflow.logistics.commands.announce_parcels import AnnounceParcel, announce_parcels
from counterflow.logistics.commands.observe_parcels import ParcelReport, observe_parcels
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.returns.commands.decide_rmas import DecideRma, decide_rmas
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas

FAULTS = ("defective", "not_as_described", "wrong_item", "damaged_in_transit", "missing_parts")
_REASONS = {
    "apparel": (
        ("too_small", 40),
        ("too_big", 22),
        ("no_longer_wanted", 20),
        ("not_as_described", 10),
        ("defective", 8),
    ),
    "footwear": (("too_small", 45), ("too_big", 25), ("no_longer_wanted", 18), ("defective", 12)),
    "electronics": (("defective", 40), ("no_longer_wanted", 30), ("found_cheaper", 15), ("not_as_described", 15)),
}
_OTHER_REASONS = (
    ("no_longer_wanted", 40), ("damaged_in_transit", 20), ("defective", 15), ("not_as_described", 10),
    ("missing_parts", 5), ("wrong_item", 5), ("arrived_late", 5),
)  # fmt: skip


@dataclass(frozen=True)
class Act:
    """One item for a command, and the instant on which it falls due. `refusable` acts may be refused."""

    command: Command
    item: Any
    due: datetime
    actor: str = STAFF
    refusable: bool = False


Life = Generator[list[Act], list[Result], None]


@dataclass
class Wish:
    """Pieces of a sold line that shall come back."""

    line: SoldLine
    quantity: int


@dataclass
class Trip:
    """A return in the making. `at` is its own clock; `ref` is what all its documents are named after."""

    rng: Random
    ref: str
    sale: Sale
    wishes: list[Wish]
    reason: str
    at: datetime
    rma: str = ""
    state: str = ""
    kept: set[int] = field(default_factory=set)
    lpns: dict[str, int] = field(default_factory=dict)
    rounds: dict[str, int] = field(default_factory=dict)
    parcel: str = ""

    def wait(self, least: float, most: float) -> datetime:
        """Let some hours pass."""
        self.at += timedelta(minutes=self.rng.randint(int(least * 60), int(most * 60)))
        return self.at

    @property
    def returnless(self) -> bool:
        """Whether the customer keeps everything."""
        return len(self.kept) == len(self.wishes)

    @property
    def word(self) -> str:
        """The reason as the channel says it."""
        said = {code: word for word, code in WORDS.get(self.sale.outlet.code, {}).items()}
        return said.get(self.reason, self.reason)

    def act(self, command: Command, item: Any, *, refusable: bool = False, actor: str = STAFF) -> Act:
        """An act that falls due now."""
        return Act(command, item, self.at, actor, refusable)


def pick_reason(rng: Random, family: str) -> str:
    """Why something of a family comes back."""
    rows = _REASONS.get(family, _OTHER_REASONS)
    return rng.choices([reason for reason, _ in rows], [weight for _, weight in rows])[0]


def ask(trip: Trip, *, word: str = "", resolution: str = "refund", override: str = "") -> Life:
    """Open the RMA; a person decides where policy asks one. Leaves `state` authorised or declined."""
    lines = [
        AskedLine(wish.quantity, word or trip.word, order_line=wish.line.line_no, resolution=resolution)
        for wish in trip.wishes
    ]
    item = OpenRma(trip.sale.outlet.code, trip.ref, lines, trip.sale.number, trip.at, override)
    (opened,) = yield [trip.act(open_rmas, item, refusable=True)]
    if not isinstance(opened, Done):
        trip.state = "refused"
        return
    _learn(trip, opened.facts)
    if trip.state == "requested":
        trip.wait(4, 50)
        approve = trip.rng.random() < 0.75
        decision = DecideRma(trip.rma, approve, "goodwill" if approve else "second_look", happened_at=trip.at)
        (decided,) = yield [trip.act(decide_rmas, decision, actor=SECOND)]
        trip.state = str(decided.facts["state"])


def _learn(trip: Trip, facts: dict[str, Any]) -> None:
    trip.rma, trip.state = facts["rma"], facts["state"]
    # What the customer may keep is not sent; the numbers of the lines stay as they are.
    trip.kept = {line["line_no"] for line in facts["lines"] if line["returnless"]}


def announce(trip: Trip, lines: Sequence[tuple[int, int]] = ()) -> Life:
    """The customer gets a label."""
    trip.wait(1, 20)
    trip.parcel = f"{trip.sale.outlet.carrier[-1].upper()}{trip.ref.replace('-', '')}"
    item = AnnounceParcel(trip.sale.outlet.carrier, trip.parcel, trip.rma, tuple(lines), node=trip.sale.node)
    yield [trip.act(announce_parcels, item)]


def reported(trip: Trip, kind: str, least: float, most: float, *, told_after: float = 0) -> Life:
    """The carrier reports something that happened some hours later; we may learn of it later still."""
    happened = trip.wait(least, most)
    trip.at += timedelta(hours=told_after)
    item = ParcelReport(trip.sale.outlet.carrier, trip.parcel, kind, happened)
    yield [trip.act(observe_parcels, item)]


def travel(trip: Trip) -> Life:
    """From the customer's hands to our door."""
    yield from announce(trip)
    yield from reported(trip, "accepted", 8, 90)
    yield from reported(trip, "delivered", 20, 90)


def receive(trip: Trip, *, pieces: dict[int, int] | None = None, owner: str = "us") -> Life:
    """Every line under a plate of its own, pieces with serial numbers each under one."""
    trip.wait(2, 30)
    units = []
    for number, wish in enumerate(trip.wishes, start=1):
        quantity = wish.quantity if pieces is None else pieces.get(number, 0)
        if number in trip.kept:
            continue
        serial = wish.line.product.family.serial
        for piece in range(quantity if serial else min(1, quantity)):
            units.append(_unit(trip, number, piece, wish, 1 if serial else quantity, owner))
    if not units:
        return
    results = yield [trip.act(receive_units, unit) for unit in units]
    trip.lpns.update({unit.lpn: unit.quantity for unit, r in zip(units, results, strict=True) if isinstance(r, Done)})


def _unit(trip: Trip, number: int, piece: int, wish: Wish, quantity: int, owner: str) -> ReceiveUnit:
    serial = "".join(serials_of(trip.sale.order.number, wish.line))
    return ReceiveUnit(
        lpn=f"LPN-{trip.ref}-{number}{'' if not piece else f'-{piece}'}",
        node=trip.sale.node,
        sku=wish.line.product.sku,
        quantity=quantity,
        carrier=trip.sale.outlet.carrier if trip.parcel else "",
        tracking=trip.parcel,
        rma=trip.rma,
        serial=serial,
        owner=owner,
        happened_at=trip.at,
        simulated=True,
    )


def examine(trip: Trip, *, grade: str = "", damage: str = "", passed: bool | None = None) -> Life:
    """Inspect every plate; each gets a grade of its own unless one is given."""
    if not trip.lpns:
        return
    trip.wait(3, 60)
    items = []
    for lpn in trip.lpns:
        found = (grade, damage) if grade else quality(trip.rng, trip.reason)
        items.append(_look(trip, lpn, *found, passed))
    results = yield [trip.act(inspect_units, item) for item in items]
    again = [
        replace(item, round=2)
        for item, result in zip(items, results, strict=True)
        if isinstance(result, Done) and result.facts.get("waits_for_second_look")
    ]
    if again:
        trip.rounds |= {item.lpn: item.round for item in again}
        yield [trip.act(inspect_units, item, actor=SECOND) for item in again]


def _look(trip: Trip, lpn: str, grade: str, damage: str, passed: bool | None) -> InspectUnit:
    """An inspection with what the plan of the family asks, and the serial number that stands on the piece."""
    line = _line_of(trip, lpn)
    if line is None:
        return InspectUnit(lpn, grade, passed=passed, damage_code=damage, happened_at=trip.at)
    said = answers(line.product.family.code, grade, damage)
    serial = "".join(serials_of(trip.sale.order.number, line))
    return InspectUnit(lpn, grade, 1, passed, damage, serial, said, trip.at)


def _line_of(trip: Trip, lpn: str) -> SoldLine | None:
    """The line of the sale that a plate is of, by its mark; none for what was never sold in it."""
    mark = lpn.removeprefix(f"LPN-{trip.ref}-").split("-")[0]
    if mark.isdigit():
        return trip.wishes[int(mark) - 1].line
    return trip.wishes[0].line if mark in ("B", "L") else None


def quality(rng: Random, reason: str) -> tuple[str, str]:
    """Grade and damage of a piece that came back for a reason."""
    if reason in ("defective", "missing_parts"):
        return rng.choices(
            (("C", "manufacturing_defect"), ("D", "manufacturing_defect"), ("B", "none"), ("D", "leaking")),
            (50, 30, 15, 5),
        )[0]
    if reason == "damaged_in_transit":
        return rng.choices((("C", "damaged_in_transit"), ("D", "damaged_in_transit"), ("B", "none")), (45, 40, 15))[0]
    return rng.choices(
        (
            ("A", "none"),
            ("B", "none"),
            ("B", "worn"),
            ("C", "worn"),
            ("D", "customer_damage"),
            ("A", "worn"),
            ("C", "counterfeit"),
        ),
        (680, 130, 80, 60, 25, 10, 5),
    )[0]


def dispose(trip: Trip, *, disposition: str = "", reason: str = "") -> Life:
    """Send every plate where policy says, or where somebody says for a reason."""
    if not trip.lpns:
        return
    trip.wait(1, 40)
    rounds = {lpn: trip.rounds.get(lpn, 1) for lpn in trip.lpns}
    yield [trip.act(dispose_units, DisposeUnit(lpn, n, disposition, reason, trip.at)) for lpn, n in rounds.items()]
