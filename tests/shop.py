"""A shop in the EU whose every act goes through a command or through the API, as the door it was made with says.

Nothing is written as a row: entity, node, channels, items, sales and returns are what a program would send.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from counterflow.api.acts import ACTS
from counterflow.catalog.commands.record_brands import NewBrand
from counterflow.catalog.commands.record_items import NewItem
from counterflow.catalog.commands.record_reasons import NewReason
from counterflow.facilities.commands.record_nodes import RecordNode
from counterflow.kernel import db
from counterflow.ledger.commands.keep_entities import KeepEntity
from counterflow.ledger.commands.open_books import OpenStock
from counterflow.logistics.commands.announce_parcels import AnnounceParcel
from counterflow.logistics.commands.observe_parcels import ParcelReport
from counterflow.orders.commands.record_channels import NewChannel
from counterflow.orders.commands.record_deliveries import ReportDelivery
from counterflow.orders.commands.record_shipments import ReportShipment, ShippedLine
from counterflow.orders.documents import NewLine, NewOrder, NewTender
from counterflow.policies.queries import DecisionRow, decisions
from counterflow.receiving.commands.dispose_units import DisposeUnit
from counterflow.receiving.commands.inspect_units import InspectUnit
from counterflow.receiving.commands.receive_units import ReceiveUnit
from counterflow.refunds.queries import CreditRow, credits
from counterflow.returns.documents import AskedLine, OpenRma
from counterflow.returns.page import ReturnPage, return_page

PLACED = datetime(2024, 6, 3, 9, tzinfo=UTC)
ON_THE_WAY = timedelta(days=3)
CARRIER = "parcels"
REASONS = ("no_longer_wanted", "defective", "wrong_item", "damaged_in_transit", "not_as_described")
ITEMS = (
    # name    family         price  cost  more
    ("tee", "apparel", 4000, 900, {}),
    ("phone", "electronics", 60000, 31000, {"serial_tracked": True}),
    ("mug", "homeware", 1500, 300, {}),
    ("jug", "homeware", 1501, 300, {}),
    ("drill", "tools", 20000, 9000, {"warranty_months": 36}),
    ("rug", "homeware", 9900, 2500, {"final_sale": True}),
    ("cream", "cosmetics", 2500, 400, {}),
)
_serial = count(1)


def plain(value: Any) -> Any:
    """An item as JSON has it, without what it does not say."""
    if is_dataclass(value):
        told = {f.name: getattr(value, f.name) for f in fields(value)}
        return {name: plain(v) for name, v in told.items() if v is not None and v != ()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value.isoformat() if isinstance(value, (date, datetime)) else value


class Refused(Exception):
    """What was refused, by its code."""


@dataclass
class Sale:
    """An order that was shipped: its number, channel, what it was about, and when the customer had it."""

    number: str
    channel: str
    item: str
    delivered: datetime


class Shop:
    """`door` is command or api; `ctx` makes contexts and `caller` tokens, as the tests' fixtures do."""

    def __init__(self, door: str, ctx: Callable[..., Any], program: Any) -> None:
        self.door, self.ctx, self.program = door, ctx, program
        self.tag = f"s{next(_serial)}"
        self.numbers = count(1)
        self.prices = {name: price for name, _, price, _, _ in ITEMS}

    def do(self, path: str, item: Any, *, caller: Any = None, actor: str = "user:1") -> dict[str, Any]:
        """One act through the door; its facts. Raises `Refused` with the code of a refusal."""
        if self.door == "api":
            answer = (caller or self.program).post(path, plain(item))
            body: dict[str, Any] = answer.json()
            if answer.status_code not in (200, 201):
                raise Refused(body["code"], body)
            return body
        act = next(act for act in ACTS if act.path == path)
        batch = act.command(self.ctx(actor=actor), items=[item])  # type: ignore[arg-type]
        for refused in batch.refused:
            raise Refused(refused.code, refused)
        return batch.done[0].facts

    def name(self, word: str) -> str:
        """A code that no other shop has."""
        return f"{word}-{self.tag}"

    def open(self) -> "Shop":
        """Record the company and what it sells, with stock enough for every story."""
        self.do("/entities", KeepEntity(self.name("eu"), "EU", "EUR", date(2024, 1, 1), "Europe/Berlin"))
        self.do("/brands", NewBrand(self.name("north"), "North"))
        self.do("/nodes", RecordNode(self.name("dc"), "Warehouse", "dc", self.name("eu")))
        for kind in ("own_shop", "store", "marketplace", "b2b"):
            self._channel(kind, kind, "EUR")
        self._channel("crowns", "own_shop", "SEK")
        known = {row.code for row in db.rows("SELECT code FROM catalog_reasoncode WHERE kind = 'return'")}
        for code in REASONS:
            if code not in known:
                self.do("/reasons", NewReason("return", code, code.replace("_", " ")))
        for name, family, _, cost, more in ITEMS:
            item = NewItem(self.name(name), name, None, family, self.name("north"), "", cost, "EUR", **more)
            self.do("/items", item)
            self.do("/opening-stock", OpenStock(self.name("dc"), self.name(name), 40, 40 * cost))
        return self

    def _channel(self, code: str, kind: str, currency: str) -> None:
        channel = NewChannel(
            self.name(code), code, kind, self.name("north"), self.name("eu"), currency, "Europe/Berlin"
        )
        self.do("/channels", channel)

    def sell(
        self,
        item: str = "tee",
        *,
        channel: str = "own_shop",
        country: str = "DE",
        segment: str = "",
        placed: datetime = PLACED,
        price: int | None = None,
        currency: str = "EUR",
        shipping: int = 490,
        delivered: bool = True,
        serials: tuple[str, ...] = (),
        **line: Any,
    ) -> Sale:
        """One piece, sold with shipping, shipped a day later and delivered two days after that."""
        number = self.name(f"O{next(self.numbers)}")
        amount = self.prices[item] if price is None else price
        order = NewOrder(
            channel=self.name(channel),
            number=number,
            placed_at=placed,
            currency=currency,
            lines=(
                NewLine(1, self.name(item), 1, amount, tax_minor=amount // 6, **line),
                NewLine(2, "POST", 1, shipping, "shipping", tax_minor=shipping // 6),
            ),
            customer_ref=f"customer of {number}",
            country=country,
            tenders=(NewTender("card", amount + shipping),),
            customer_segment=segment,
        )
        self.do("/orders", order)
        left, arrived = placed + timedelta(days=1), placed + ON_THE_WAY
        pieces = (ShippedLine(1, 1, serials),)
        self.do("/shipments", ReportShipment(self.name(channel), number, "1", self.name("dc"), left, pieces))
        if delivered:
            self.do("/deliveries", ReportDelivery(self.name(channel), number, "1", arrived))
        return Sale(number, channel, item, arrived)

    def ask(
        self,
        sale: Sale,
        day: int,
        reason: str = "no_longer_wanted",
        *,
        override: str = "",
        caller: Any = None,
        **line: Any,
    ) -> ReturnPage:
        """A request so many days after delivery, and what became of it."""
        item = OpenRma(
            channel=self.name(sale.channel),
            request_ref=self.name(f"R{next(self.numbers)}"),
            lines=(AskedLine(1, reason, sku=self.name(sale.item), **line),),
            order=sale.number,
            happened_at=sale.delivered + timedelta(days=day, hours=1),
            override=override,
        )
        return return_page(number=self.do("/rmas", item, caller=caller)["rma"])

    def why(self, kind: str, page: ReturnPage) -> DecisionRow:
        """The decision of a kind about the first line; by the API's own list where that is the door."""
        line = page.lines[0]
        wanted = {"eligibility": line.eligibility_decision_id, "refund": line.refund_decision_id}[kind]
        if self.door == "api":
            listed = self.program.get("/decisions", kind=kind, limit=200).json()["items"]
            assert wanted in {row["id"] for row in listed}
        return next(row for row in decisions(subject_ids=[line.id], kind=kind) if row.id == wanted)

    def send(self, page: ReturnPage, *reports: str) -> str:
        """The goods in a parcel of the carrier, which reports what it did; the tracking number."""
        tracking = self.name(f"T{next(self.numbers)}")
        self.do("/parcels", AnnounceParcel(CARRIER, tracking, page.number, node=self.name("dc")))
        for hour, kind in enumerate(reports):
            at = page.happened_at + timedelta(days=1, hours=hour)
            self.do("/parcel-reports", ParcelReport(CARRIER, tracking, kind, at))
        return tracking

    def receive(self, page: ReturnPage, sale: Sale, serial: str = "") -> str:
        """The goods on the dock; the plate they got."""
        lpn = self.name(f"L{next(self.numbers)}")
        unit = ReceiveUnit(lpn, self.name("dc"), sku=self.name(sale.item), rma=page.number, serial=serial)
        self.do("/units", unit)
        return lpn

    def inspect(self, lpn: str, grade: str = "A", **more: Any) -> dict[str, Any]:
        """An inspection, as user 1 unless somebody else is named."""
        caller, actor = more.pop("caller", None), more.pop("actor", "user:1")
        return self.do("/inspections", InspectUnit(lpn, grade, **more), caller=caller, actor=actor)

    def dispose(self, lpn: str, round: int = 1) -> str:
        """Where policy sends the unit."""
        return str(self.do("/disposals", DisposeUnit(lpn, round))["disposition"])

    def credits(self, page: ReturnPage) -> list[CreditRow]:
        """What was credited for a return, the first first."""
        return credits(rma=page.number)[::-1]
