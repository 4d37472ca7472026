"""Returns that are lived day by day, each in its own way, with the flows run after every act.

What somebody does depends on what happened before: goods that the customer keeps do not come, and what was credited
already is not cancelled. So the same lives can be lived under several policies.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from company import SOLD, Company
from counterflow import flows
from counterflow.kernel import db
from counterflow.kernel.commands import Batch
from counterflow.logistics.commands.announce_parcels import AnnounceParcel, announce_parcels
from counterflow.logistics.commands.observe_parcels import ParcelReport, observe_parcels
from counterflow.orders.models import OrderLine, ShipmentLine
from counterflow.receiving.commands.dispose_units import DisposeUnit, dispose_units
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.receiving.commands.reverse_receipts import ReverseReceipt, reverse_receipts
from counterflow.refunds.commands.approve_early import ApproveEarly, approve_early
from counterflow.returns.commands.cancel_rmas import CancelRma, cancel_rmas
from counterflow.returns.commands.decide_rmas import DecideRma, decide_rmas
from counterflow.returns.commands.open_rmas import AskedLine, OpenRma, open_rmas

SINCE, UNTIL = SOLD - timedelta(days=10), SOLD + timedelta(days=100)
CARRIER = "carrier-a"
Act = tuple[int, Callable[[], Batch | None]]
"""A day after the sale, and what somebody does then."""


@dataclass
class Life:
    """One return: what is done to it, each act on its day."""

    company: Company
    name: str
    order: str = ""
    rma: str = ""
    lpns: list[str] = field(default_factory=list)

    def _at(self, day: int) -> datetime:
        return SOLD + timedelta(days=day, hours=1)

    def ask(self, day: int, pieces: int) -> Act:
        """Ask for pieces of the order."""

        def act() -> Batch:
            company = self.company
            lines = [AskedLine(pieces, "no_longer_wanted", sku=company.sku("mug"))]
            item = OpenRma(company.channel(), f"{self.name}-{day}", lines, self.order, self._at(day))
            batch = open_rmas(company.ctx(actor="user:7"), items=[item])
            self.rma = batch.done[0].facts["rma"]
            return batch

        return day, act

    def send(self, day: int, *then: str) -> Act:
        """Hand it to the carrier, who scans it; `then` are further reports, a day apart."""

        def act() -> Batch | None:
            if not self._comes():
                return None
            tracking = f"T-{self.name}"
            announced = announce_parcels(
                self.company.ctx(), items=[AnnounceParcel(CARRIER, tracking, self.rma, node=self.company.node())]
            )
            assert announced.done, announced
            kinds = ("accepted", *then)
            reports = [ParcelReport(CARRIER, tracking, kind, self._at(day + n)) for n, kind in enumerate(kinds)]
            return observe_parcels(self.company.ctx(), items=reports)

        return day, act

    def receive(self, day: int, *pieces: int) -> Act:
        """Receive units of so many pieces each."""

        def act() -> Batch | None:
            if not self._comes():
                return None
            fresh = [self.company.lpn() for _ in pieces]
            self.lpns += fresh
            units = [
                ReceiveUnit(
                    lpn=lpn,
                    node=self.company.node(),
                    sku=self.company.sku("mug"),
                    quantity=quantity,
                    rma=self.rma,
                    happened_at=self._at(day),
                )
                for lpn, quantity in zip(fresh, pieces, strict=True)
            ]
            return receive_units(self.company.ctx(), items=units)

        return day, act

    def inspect(self, day: int, *passed: bool) -> Act:
        """Inspect the units in order; what passes is like new."""

        def act() -> Batch | None:
            found = zip(self.lpns, passed, strict=False)
            items = [
                InspectUnit(lpn, "A" if good else "D", passed=good, damage_code="none", happened_at=self._at(day))
                for lpn, good in found
            ]
            return inspect_units(self.company.ctx(), items=items) if items else None

        return day, act

    def put_away(self, day: int) -> Act:
        """Send every unit where policy says."""

        def act() -> Batch | None:
            items = [DisposeUnit(lpn, happened_at=self._at(day)) for lpn in self.lpns]
            return dispose_units(self.company.ctx(), items=items) if items else None

        return day, act

    def mistake(self, day: int) -> Act:
        """Take the receipt of the first unit back."""

        def act() -> Batch | None:
            if not self.lpns:
                return None
            return reverse_receipts(self.company.ctx(), items=[ReverseReceipt(self.lpns.pop(0), "mistake")])

        return day, act

    def cancel(self, day: int) -> Act:
        """Cancel what has not been sent; what was credited meanwhile cannot be."""
        return day, lambda: _try(cancel_rmas(self.company.ctx(), items=[CancelRma(self.rma, (), self._at(day))]))

    def approve_early(self, day: int, pieces: int) -> Act:
        """Somebody lets pieces be credited before their milestone."""
        item = lambda: ApproveEarly(self.rma, 1, pieces, "goodwill", self._at(day), "a note")  # noqa: E731
        return day, lambda: approve_early(self.company.ctx(actor="user:9"), items=[item()])

    def decide(self, day: int, *, approve: bool) -> Act:
        """A person answers."""
        item = lambda: DecideRma(self.rma, approve, "goodwill", happened_at=self._at(day))  # noqa: E731
        return day, lambda: decide_rmas(self.company.ctx(actor="user:8"), items=[item()])

    def _comes(self) -> bool:
        """Whether the goods are to come back."""
        (row,) = db.rows(
            "SELECT bool_or(l.returnless) AS kept, min(r.state) AS state FROM returns_rma r"
            " JOIN returns_rmaline l ON l.rma_id = r.id WHERE r.number = %s",
            [self.rma],
        )
        return row.state in ("authorised", "closed") and not row.kept


def _try(batch: Batch) -> None:
    """An act that may be refused."""
    del batch


def sold(company: Company, pieces: int, *, odd: int = 0, shipping: int = 0) -> str:
    """An order of mugs that was shipped; `odd` pence less were invoiced, so that its pieces are not worth the same."""
    number = company.sell([("mug", pieces, 333, 67)])
    if odd:
        (row,) = db.rows(
            "SELECT l.id, l.invoiced_minor FROM orders_shipmentline l JOIN orders_shipment s ON s.id = l.shipment_id"
            " JOIN orders_order o ON o.id = s.order_id WHERE o.number = %s",
            [number],
        )
        db.update(ShipmentLine, [{"id": row.id, "invoiced_minor": row.invoiced_minor - odd}])
    if shipping:
        (row,) = db.rows("SELECT id FROM orders_order WHERE number = %s", [number])
        line = {
            "order_id": row.id,
            "line_no": 2,
            "item_id": None,
            "sku": "POST",
            "kind": "shipping",
            "quantity": 1,
            "unit_price_minor": shipping,
            "discount_minor": 0,
            "tax_minor": None,
            "unit_cost_minor": None,
            "cost_basis": "nil",
        }
        db.insert(OrderLine, [{**line, "id": db.rows("SELECT nextval('kernel_id_seq') AS id")[0].id}])
    return number


def lives(company: Company) -> Iterator[Act]:
    """Every act of every life, in no order."""

    def life(name: str, order: str) -> Life:
        return Life(company, f"{company.tag}-{name}", order)

    one = life("plain", sold(company, 2))
    yield from [one.ask(5, 2), one.send(6), one.receive(9, 2), one.inspect(11, True), one.put_away(12)]
    one = life("in-parts", sold(company, 4, odd=2))
    yield from [one.ask(5, 4), one.send(6), one.receive(9, 1, 2), one.inspect(11, True, False), one.put_away(12)]
    one = life("lost", sold(company, 2))
    yield from [one.ask(4, 2), one.send(6, "in_transit", "lost")]
    one = life("never-sent", sold(company, 2))
    yield from [one.ask(4, 2)]
    one = life("cancelled", sold(company, 3, odd=1))
    yield from [one.ask(4, 3), one.cancel(8)]
    order = sold(company, 5, odd=3)
    first, second = life("first", order), life("second", order)
    yield from [first.ask(5, 2), first.send(9), first.receive(16, 2), first.inspect(17, True), first.put_away(18)]
    yield from [second.ask(6, 3), second.send(7), second.receive(13, 3), second.inspect(20, True), second.put_away(21)]
    order = sold(company, 3, odd=1, shipping=495)
    first, second = life("post-one", order), life("post-two", order)
    yield from [first.ask(5, 2), first.send(15), first.receive(17, 2), first.inspect(19, True)]
    yield from [second.ask(6, 1), second.send(7), second.receive(9, 1), second.inspect(11, True)]
    one = life("early", sold(company, 3, odd=1))
    yield from [one.ask(5, 3), one.approve_early(6, 2), one.send(8), one.receive(11, 3), one.inspect(14, True)]
    one = life("mistaken", sold(company, 2))
    yield from [one.ask(5, 2), one.receive(9, 2), one.mistake(10), one.receive(24, 2), one.inspect(25, True)]
    one = life("mistaken-for-good", sold(company, 2))
    yield from [one.ask(5, 2), one.receive(9, 2), one.mistake(10)]
    one = life("asked-about", sold(company, 2))
    yield from [one.ask(35, 2), one.decide(37, approve=True), one.send(38), one.receive(40, 2), one.inspect(41, True)]
    one = life("declined", sold(company, 2))
    yield from [one.ask(36, 2), one.decide(37, approve=False)]
    one = life("refused", sold(company, 2))
    yield from [one.ask(60, 2)]


def live(company: Company) -> None:
    """Live every life, day by day."""
    for _, act in sorted(lives(company), key=lambda one: one[0]):
        batch = act()
        assert batch is None or not batch.refused, batch.refused
        flows.run_pending()
