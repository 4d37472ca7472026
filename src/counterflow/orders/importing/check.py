"""Chunks of text into typed columns and refusals: the two layouts meet here and leave alike.

Every check marks the rows it refuses; a row is refused for the first reason that holds, and every other
row goes on. Nothing here knows the database.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from counterflow.kernel.money import UnknownCurrency, places
from counterflow.orders.importing import classes, countries, values
from counterflow.orders.importing.chunks import Chunk
from counterflow.orders.importing.layouts import OURS, RETAIL
from counterflow.orders.importing.problems import Refusal, clip
from counterflow.orders.states import LineClass, LineKind

REFERENCE_MAX = 64
TEXT_MAX = 1_000
QUANTITY_MAX = 1_000_000
PRICE_MAX_MINOR = 1_000_000_000
EARLIEST = datetime.fromisoformat("1990-01-01T00:00:00+00:00")
NO_TEXT = pa.scalar(None, pa.string())


@dataclass(frozen=True)
class Terms:
    """What a file does not say itself: currency and zone of its channel, and the instant of the import."""

    currency: str
    zone: str
    at: datetime


@dataclass(frozen=True)
class Checked:
    """The good rows as a table of typed columns, and why the others are not among them."""

    table: Any
    refused: list[Refusal]


Check = Callable[[Chunk, Terms], Checked]


class Verdict:
    """Gathers, for the rows of one chunk, the first reason to refuse each."""

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk
        self.code = pa.nulls(len(chunk), pa.string())
        self.facts: dict[str, tuple[str, str]] = {}

    def refuse(self, mask: Any, code: str, message: str, field: str = "number") -> None:
        """Refuse the rows of a mask; `message` may show the text of a field as {value}."""
        if not pc.any(mask).as_py():
            return
        self.facts[code] = (message, field)
        self.code = pc.coalesce(self.code, pc.if_else(pc.fill_null(mask, False), code, NO_TEXT))

    def settle(self, columns: dict[str, Any]) -> Checked:
        """Split the chunk into good rows and refusals."""
        table = pa.table(columns)
        good = pc.is_null(self.code)
        if self.facts:
            table = table.filter(good)
        refused = [self._refusal(i) for i in pc.indices_nonzero(pc.invert(good)).to_pylist()] if self.facts else []
        return Checked(table, [*self.chunk.refused, *refused])

    def _refusal(self, row: int) -> Refusal:
        code = self.code[row].as_py()
        message, field = self.facts[code]
        value = self.chunk.columns[field][row].as_py() if field in self.chunk.columns else ""
        said = message.format(value=clip(value or ""))
        return Refusal(self.chunk.lines[row].as_py(), code, said, clip(self.chunk.raw(row)))


def check_retail(chunk: Chunk, terms: Terms) -> Checked:
    """Rows of an online-retail book; stock codes are folded to capitals, as its tills mixed both."""
    raw, verdict = chunk.columns, Verdict(chunk)
    number = values.reference(raw["number"])
    sku = pc.utf8_upper(values.reference(raw["sku"]))
    customer = values.reference(raw["customer"])
    described = values.text(raw["description"])
    described = pc.if_else(pc.equal(described, "nan"), NO_TEXT, described)  # what one mirror made of an empty cell
    quantity, happened = values.whole(raw["quantity"]), values.instant(raw["happened_at"], terms.zone)
    exact = values.decimal(raw["price"])
    price = values.minor(exact, places(terms.currency))
    _references(verdict, {"number": number, "sku": sku})
    _texts(verdict, {"number": number, "sku": sku, "customer": customer}, {"description": described})
    _quantities(verdict, quantity)
    _prices(verdict, exact, price)
    _instants(verdict, "happened_at", happened, terms.at)
    kind = classes.kinds(pc.coalesce(sku, ""))
    found, wrong = classes.classify(number=number, kind=kind, quantity=quantity, price=price, customer=customer)
    verdict.refuse(wrong["cancellation_positive"], "cancellation_positive", "quantity {value}", "quantity")
    verdict.refuse(wrong["quantity_negative"], "quantity_negative", "quantity {value}", "quantity")
    verdict.refuse(wrong["price_negative"], "price_negative", "price {value}", "price")
    return verdict.settle(
        {
            "line": chunk.lines,
            "class": found,
            "number": number,
            "sku": sku,
            "description": described,
            "kind": kind,
            "quantity": quantity,
            "happened_at": happened,
            "price_minor": price,
            "customer": customer,
            "country": _coded(values.text(raw["country"])),
        }
    )


def check_ours(chunk: Chunk, terms: Terms) -> Checked:
    """Rows of the documented layout; columns that are absent are empty, amounts absent are unknown."""
    verdict = Verdict(chunk)
    empty = pa.nulls(len(chunk), pa.string())
    raw = {name: chunk.columns.get(name, empty) for name in OURS.columns}
    word = {name: values.text(raw[name]) for name in ("number", "sku", "customer", "country", "currency", "shipment")}
    described, tender, reference = (values.text(raw[name]) for name in ("description", "tender", "tender_reference"))
    kind = pc.fill_null(values.text(raw["kind"]), str(LineKind.PRODUCT))
    quantity, line_no = values.whole(raw["quantity"]), values.whole(raw["line_no"])
    happened = values.instant(raw["happened_at"], terms.zone)
    _references(verdict, {"number": word["number"], "sku": word["sku"]})
    _texts(verdict, {**word, "tender": tender, "tender_reference": reference}, {"description": described})
    wrong_line = pc.or_(pc.is_null(line_no), pc.fill_null(pc.less(line_no, 1), False))
    too_far = pc.fill_null(pc.greater(line_no, QUANTITY_MAX), False)
    verdict.refuse(pc.or_(wrong_line, too_far), "line_no_malformed", "line number {value}", "line_no")
    known = pc.is_in(kind, pa.array([str(k) for k in LineKind]))
    verdict.refuse(pc.invert(known), "kind_unknown", "kind {value}", "kind")
    _quantities(verdict, quantity)
    verdict.refuse(pc.less(quantity, 0), "quantity_negative", "quantity {value}", "quantity")
    digits, unknown = _places(word["currency"])
    verdict.refuse(unknown, "currency_unknown", "currency {value}", "currency")
    exact = values.decimal(raw["price"])
    price = _minor(exact, digits)
    _prices(verdict, exact, price)
    verdict.refuse(pc.less(price, 0), "price_negative", "price {value}", "price")
    amounts = {name: _amount(verdict, name, raw[name], digits) for name in ("discount", "tax", "cost")}
    gross = pc.subtract(pc.multiply(price, quantity), pc.fill_null(amounts["discount"], 0))
    verdict.refuse(pc.less(gross, 0), "amount_malformed", "the discount {value} is more than the price", "discount")
    verdict.refuse(
        pc.greater(amounts["tax"], gross), "amount_malformed", "the tax {value} is more than the price", "tax"
    )
    _instants(verdict, "happened_at", happened, terms.at)
    shipped = values.instant(raw["shipped_at"], terms.zone)
    given = pc.is_valid(values.text(raw["shipped_at"]))
    verdict.refuse(pc.and_(given, pc.is_null(shipped)), "date_malformed", "shipped at {value}", "shipped_at")
    product = pc.equal(kind, str(LineKind.PRODUCT))
    found = pc.if_else(pc.equal(price, 0), int(LineClass.FREE), int(LineClass.SALE))
    return verdict.settle(
        {
            "line": chunk.lines,
            "class": pc.cast(pc.if_else(product, found, int(LineClass.SERVICE)), pa.int8()),
            "number": word["number"],
            "sku": word["sku"],
            "description": described,
            "kind": kind,
            "quantity": quantity,
            "happened_at": happened,
            "price_minor": price,
            "customer": word["customer"],
            "country": word["country"],
            "currency": word["currency"],
            "line_no": line_no,
            "discount_minor": pc.fill_null(amounts["discount"], 0),
            "tax_minor": amounts["tax"],
            "cost_minor": amounts["cost"],
            "shipped_at": shipped,
            "shipment": pc.if_else(given, pc.fill_null(word["shipment"], "1"), NO_TEXT),
            "tender": tender,
            "tender_reference": reference,
        }
    )


CHECKS: dict[str, Check] = {RETAIL.name: check_retail, OURS.name: check_ours}


def _references(verdict: Verdict, columns: dict[str, Any]) -> None:
    for name, column in columns.items():
        verdict.refuse(pc.is_null(column), f"{name}_missing", f"there is no {name}", name)


def _texts(verdict: Verdict, references: dict[str, Any], texts: dict[str, Any]) -> None:
    for most, columns in ((REFERENCE_MAX, references), (TEXT_MAX, texts)):
        for name, column in columns.items():
            long = values.longer_than(column, most)
            verdict.refuse(long, "cell_too_long", f"a cell has more than {most:,} characters: {{value}}", name)
            verdict.refuse(
                pc.fill_null(pc.match_substring(column, "\0"), False), "control_character", "a NUL character", name
            )


def _quantities(verdict: Verdict, quantity: Any) -> None:
    verdict.refuse(pc.is_null(quantity), "quantity_malformed", "quantity {value}", "quantity")
    verdict.refuse(pc.equal(quantity, 0), "quantity_zero", "quantity {value}", "quantity")
    large = pc.or_(pc.greater(quantity, QUANTITY_MAX), pc.less(quantity, -QUANTITY_MAX))
    verdict.refuse(large, "quantity_absurd", "quantity {value}", "quantity")


def _prices(verdict: Verdict, exact: Any, price: Any) -> None:
    verdict.refuse(pc.is_null(exact), "price_malformed", "price {value}", "price")
    verdict.refuse(pc.is_null(price), "price_too_precise", "price {value}", "price")
    large = pc.or_(pc.greater(price, PRICE_MAX_MINOR), pc.less(price, -PRICE_MAX_MINOR))
    verdict.refuse(large, "price_absurd", "price {value}", "price")


def _instants(verdict: Verdict, name: str, instant: Any, at: datetime) -> None:
    verdict.refuse(pc.is_null(instant), "date_malformed", "time {value}", name)
    late = pc.greater(instant, pa.scalar(at + timedelta(days=1), instant.type))
    early = pc.less(instant, pa.scalar(EARLIEST, instant.type))
    verdict.refuse(pc.or_(late, early), "date_absurd", "time {value}", name)


def _amount(verdict: Verdict, name: str, column: Any, digits: Sequence[tuple[int, Any]]) -> Any:
    """An optional amount of 0 or more, in minor units."""
    given = pc.is_valid(values.text(column))
    if not pc.any(given).as_py():
        return pa.nulls(len(column), pa.int64())
    amount = _minor(values.decimal(values.text(column)), digits)
    wrong = pc.or_(pc.is_null(amount), pc.fill_null(pc.less(amount, 0), False))
    large = pc.fill_null(pc.greater(amount, PRICE_MAX_MINOR * QUANTITY_MAX), False)
    verdict.refuse(pc.and_(given, pc.or_(wrong, large)), "amount_malformed", f"{name} {{value}}", name)
    return amount


def _places(currency: Any) -> tuple[list[tuple[int, Any]], Any]:
    """Masks of the rows of each number of decimals, and the mask of rows whose currency is unknown."""
    by_places: dict[int, list[str]] = {}
    for code in pc.unique(currency).to_pylist():
        try:
            by_places.setdefault(places(code or ""), []).append(code)
        except UnknownCurrency:
            continue
    masks = [(digits, pc.is_in(currency, pa.array(codes))) for digits, codes in by_places.items()]
    known = pa.array([code for codes in by_places.values() for code in codes], pa.string())
    return masks, pc.invert(pc.is_in(currency, known))


def _minor(exact: Any, digits: Sequence[tuple[int, Any]]) -> Any:
    found = pa.nulls(len(exact), pa.int64())
    for count, mask in digits:
        found = pc.if_else(mask, values.minor(exact, count), found)
    return found


def _coded(country: Any) -> Any:
    names, codes = pa.array(list(countries.CODES)), pa.array(list(countries.CODES.values()))
    return pc.coalesce(pc.take(codes, pc.index_in(country, names)), country)
