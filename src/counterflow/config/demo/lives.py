"""What can happen to a return: each life from its beginning to its end, in the order it happens.

`LIVES` has a row for each: how often it happens in a full year, and which sales it fits. `usual` is what
most returns are like.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from counterflow.config.demo import trip as steps
from counterflow.config.demo.assortment import DROP_SHIPPED
from counterflow.config.demo.company import UNMAPPED_WORD
from counterflow.config.demo.desk import SECOND
from counterflow.config.demo.sales import Sale
from counterflow.config.demo.trip import Life, Trip
from counterflow.kernel.commands import Done
from counterflow.orders.commands.record_shipments import record_shipments
from counterflow.receiving.commands.close_parcels import CloseParcel, close_parcels
from counterflow.receiving.commands.match_units import MatchUnit, match_units
from counterflow.receiving.commands.receive_units import ReceiveUnit, receive_units
from counterflow.receiving.commands.reverse_receipts import ReverseReceipt, reverse_receipts
from counterflow.receiving.commands.send_back_units import SendBackUnit, send_back_units
from counterflow.refunds.commands.approve_early import ApproveEarly, approve_early
from counterflow.refunds.commands.observe_money import MoneyReport, observe_money
from counterflow.returns.commands.cancel_rmas import CancelRma, cancel_rmas

ANOTHER_SKU = "DS-FURNITURE-000"
"""An item that nobody sends back by mistake for itself: its maker ships it, so no order of ours holds it."""


def usual(trip: Trip) -> Life:
    """Asked, sent, received, inspected, put away, refunded; now and then never sent at all."""
    yield from steps.ask(trip)
    if trip.state != "authorised":
        return
    if trip.returnless or trip.rng.random() < 0.05:
        return
    yield from steps.travel(trip)
    yield from bench(trip)


def bench(trip: Trip) -> Life:
    """From the dock to the shelf."""
    yield from steps.receive(trip)
    if trip.parcel and trip.lpns and not trip.kept:
        yield [trip.act(close_parcels, CloseParcel(trip.sale.outlet.carrier, trip.parcel, happened_at=trip.at))]
    yield from steps.examine(trip)
    yield from steps.dispose(trip)


def over(trip: Trip) -> Life:
    """One piece more arrives than was authorised."""
    yield from _authorised_and_sent(trip)
    yield from steps.receive(trip)
    yield [trip.act(receive_units, _extra(trip, trip.wishes[0].line.product.sku, "X"))]
    yield from steps.examine(trip)
    yield from steps.dispose(trip)


def short(trip: Trip) -> Life:
    """Fewer pieces arrive than the parcel was said to hold; the parcel is closed and the rest is asked about."""
    yield from _authorised_and_sent(trip)
    yield from steps.receive(trip, pieces={1: trip.wishes[0].quantity - 1})
    trip.wait(1, 5)
    close = CloseParcel(trip.sale.outlet.carrier, trip.parcel, happened_at=trip.at)
    yield [trip.act(close_parcels, close)]
    yield from steps.examine(trip)
    yield from steps.dispose(trip)


def wrong_item(trip: Trip) -> Life:
    """Something else is in the parcel; it is kept apart until somebody knows whose it is."""
    yield from _authorised_and_sent(trip)
    trip.wait(2, 20)
    unit = _extra(trip, ANOTHER_SKU, "W")
    (received,) = yield [trip.act(receive_units, unit)]
    if isinstance(received, Done):
        trip.lpns = {unit.lpn: 1}
    yield from steps.examine(trip, grade="B", damage="none")
    yield from steps.dispose(trip)


def blind(trip: Trip) -> Life:
    """Goods arrive that nobody announced; some are found to belong to an order."""
    trip.wait(24, 90)
    wish = trip.wishes[0]
    unit = replace(_extra(trip, wish.line.product.sku, "B"), quantity=wish.quantity)
    (received,) = yield [trip.act(receive_units, unit)]
    if not isinstance(received, Done) or trip.rng.random() < 0.4:
        return
    trip.lpns = {unit.lpn: unit.quantity}
    trip.wait(12, 60)
    yield from _matched(trip)


def _matched(trip: Trip) -> Life:
    """An RMA is opened for goods that are here, and they are matched to it."""
    yield from steps.ask(trip, override="goodwill")
    if trip.state != "authorised":
        return
    (lpn,) = trip.lpns
    (matched,) = yield [trip.act(match_units, MatchUnit(lpn, trip.rma, 1), refusable=True)]
    if not isinstance(matched, Done):
        return
    yield from steps.examine(trip)
    yield from steps.dispose(trip)


def unidentified(trip: Trip) -> Life:
    """A piece without a label; nobody knows what it is."""
    trip.wait(24, 90)
    yield [trip.act(receive_units, _extra(trip, "", "U"))]


def not_ours(trip: Trip) -> Life:
    """A piece comes back that its maker had sent: it is neither ours nor in our books, and goes to the maker."""
    yield from _authorised_and_sent(trip)
    yield from steps.receive(trip, owner=f"supplier:{DROP_SHIPPED}")
    yield from steps.examine(trip, grade="B", damage="none")
    yield from steps.dispose(trip)


def lost_and_found(trip: Trip) -> Life:
    """Refunded at the first scan, lost by the carrier, and found again after the refund was paid."""
    yield from steps.ask(trip)
    if trip.state != "authorised":
        return
    yield from steps.announce(trip)
    yield from steps.reported(trip, "accepted", 8, 60)
    yield from steps.reported(trip, "lost", 150, 260)
    yield from steps.reported(trip, "found", 100, 300)
    yield from steps.reported(trip, "delivered", 20, 60)
    yield from bench(trip)


def lost_and_approved(trip: Trip) -> Life:
    """The carrier lost it before anything was owed; the second person lets it be refunded all the same."""
    yield from steps.ask(trip)
    if trip.state != "authorised":
        return
    yield from steps.announce(trip)
    yield from steps.reported(trip, "accepted", 8, 60)
    yield from steps.reported(trip, "lost", 150, 260)
    trip.wait(20, 60)
    approvals = [ApproveEarly(trip.rma, n, wish.quantity, "goodwill") for n, wish in enumerate(trip.wishes, start=1)]
    yield [trip.act(approve_early, approval, actor=SECOND) for approval in approvals]


def rejected(trip: Trip) -> Life:
    """Damaged by the customer: it does not pass, no credit falls due, and it is sent back."""
    yield from _authorised_and_sent(trip)
    yield from steps.receive(trip)
    yield from steps.examine(trip, grade="D", damage="customer_damage", passed=False)
    yield from steps.dispose(trip, disposition="return_to_customer", reason="second_look")
    trip.wait(12, 60)
    yield [trip.act(send_back_units, SendBackUnit(lpn, trip.at)) for lpn in trip.lpns]


def cancelled(trip: Trip) -> Life:
    """The customer keeps it after all."""
    yield from steps.ask(trip)
    if trip.state not in ("authorised", "requested"):
        return
    trip.wait(20, 140)
    yield [trip.act(cancel_rmas, CancelRma(trip.rma, happened_at=trip.at), refusable=True)]


def mistaken(trip: Trip) -> Life:
    """Received by mistake, credited and paid; then the mistake is seen and the receipt reversed."""
    yield from _authorised_and_sent(trip)
    yield from steps.receive(trip)
    trip.wait(120, 200)
    yield [trip.act(reverse_receipts, ReverseReceipt(lpn, "scanned_by_mistake", trip.ref)) for lpn in trip.lpns]


def charged_back(trip: Trip) -> Life:
    """Refunded, and then the customer's bank takes the money back as well; some banks give it back again."""
    yield from usual(trip)
    trip.wait(200, 500)
    yield [trip.act(observe_money, _chargeback(trip, "chargeback"))]
    if trip.rng.random() < 0.4:
        trip.wait(300, 500)
        yield [trip.act(observe_money, _chargeback(trip, "chargeback_reversed"))]


def _chargeback(trip: Trip, kind: str) -> MoneyReport:
    return MoneyReport(
        source=f"{trip.sale.outlet.tender}-provider",
        partner_ref=f"dispute-{trip.ref}",
        kind=kind,
        amount_minor=max(1, trip.wishes[0].line.invoiced_minor),
        currency=trip.sale.outlet.currency,
        happened_at=trip.at,
        channel=trip.sale.outlet.code,
        order=trip.sale.number,
        tender=len(trip.sale.order.tenders),
    )


def overpaid(trip: Trip) -> Life:
    """The payment provider refunds twice: the second refund is one that nobody asked for."""
    yield from usual(trip)
    trip.wait(100, 200)
    again = replace(_chargeback(trip, "refund_paid"), partner_ref=f"twice-{trip.ref}")
    yield [trip.act(observe_money, again)]


def shipped_late(trip: Trip) -> Life:
    """The return arrives before anybody has told us that the goods were ever shipped."""
    trip.wait(24, 60)
    wish = trip.wishes[0]
    unit = replace(_extra(trip, wish.line.product.sku, "L"), quantity=wish.quantity)
    yield [trip.act(receive_units, unit)]
    trip.wait(60, 120)
    yield [trip.act(record_shipments, trip.sale.shipment)]
    trip.lpns = {unit.lpn: unit.quantity}
    yield from _matched(trip)


def closed_period(trip: Trip) -> Life:
    """The carrier tells in the middle of a month what happened in the one before, whose books are closed."""
    yield from steps.ask(trip)
    if trip.state != "authorised":
        return
    yield from steps.announce(trip)
    last = trip.at.replace(day=28, hour=10)
    trip.at = max(last, trip.at) + timedelta(hours=1)
    yield from steps.reported(trip, "accepted", 1, 20, told_after=16 * 24)
    yield from steps.reported(trip, "delivered", 20, 60)
    yield from bench(trip)


def unmapped(trip: Trip) -> Life:
    """The marketplace sends a word that nobody has mapped; a person decides."""
    yield from steps.ask(trip, word=UNMAPPED_WORD)
    if trip.state != "authorised" or trip.returnless:
        return
    yield from steps.travel(trip)
    yield from bench(trip)


def store_credit(trip: Trip) -> Life:
    """The customer prefers store credit."""
    yield from steps.ask(trip, resolution="store_credit")
    if trip.state != "authorised" or trip.returnless:
        return
    yield from steps.travel(trip)
    yield from bench(trip)


def _authorised_and_sent(trip: Trip) -> Life:
    """Asked and on its way, whatever policy says: staff lets it through where policy would not."""
    yield from steps.ask(trip, override="goodwill")
    yield from steps.travel(trip)


def _extra(trip: Trip, sku: str, mark: str) -> ReceiveUnit:
    """One more plate; it names the RMA and the parcel only where there are some."""
    return ReceiveUnit(
        lpn=f"LPN-{trip.ref}-{mark}",
        node=trip.sale.node,
        sku=sku,
        carrier=trip.sale.outlet.carrier if trip.parcel else "",
        tracking=trip.parcel,
        rma=trip.rma,
        happened_at=trip.at,
        simulated=True,
    )


@dataclass(frozen=True)
class Kind:
    """A life, how many sales of a full year lead it, and which sales it fits.

    `cheap` lives fit only what is worth so little that a customer may keep it, the others only what is not.
    """

    life: Callable[[Trip], Life]
    count: int
    fits: Callable[[Sale], bool]
    reasons: tuple[str, ...] = ()
    pieces_least: int = 1
    cheap: bool = False


def _shop(sale: Sale) -> bool:
    return sale.outlet.kind == "own_shop" and not sale.dropped


def _plain(sale: Sale) -> bool:
    """An own shop's order whose credit waits for the receipt: no serial numbers, nothing dear."""
    return _shop(sale) and not any(line.product.family.serial or line.invoiced_minor > 40_000 for line in sale.lines)


def _market(sale: Sale) -> bool:
    return sale.outlet.kind == "marketplace"


def _market_one(sale: Sale) -> bool:
    return sale.outlet.code == "market-one"


def _serial(sale: Sale) -> bool:
    return _shop(sale) and sale.lines[0].product.family.serial


def _several(sale: Sale) -> bool:
    return _plain(sale) and sale.lines[0].quantity >= 2


def _dropped(sale: Sale) -> bool:
    return sale.dropped


_LIKED = ("no_longer_wanted",)
LIVES = (
    Kind(over, 40, _plain, _LIKED),
    Kind(short, 45, _several, _LIKED, pieces_least=2),
    Kind(wrong_item, 35, _plain, _LIKED),
    Kind(blind, 60, _plain, _LIKED),
    Kind(unidentified, 25, _shop),
    Kind(not_ours, 20, _dropped, _LIKED),
    Kind(lost_and_found, 25, _market, ("not_as_described",)),
    Kind(lost_and_approved, 15, _plain, _LIKED),
    Kind(rejected, 30, _serial, _LIKED),
    Kind(cancelled, 70, _shop, _LIKED),
    Kind(mistaken, 15, _plain, ("damaged_in_transit",)),
    Kind(charged_back, 20, _plain, _LIKED),
    Kind(overpaid, 6, _plain, _LIKED),
    Kind(shipped_late, 12, _plain, _LIKED),
    Kind(closed_period, 20, _market, ("not_as_described",)),
    Kind(unmapped, 30, _market_one),
    Kind(store_credit, 80, _shop),
    Kind(usual, 60, _shop, ("defective",), cheap=True),
)
"""The rarer lives, the pickiest about their sales before those that take any."""
