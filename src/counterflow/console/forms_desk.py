"""What agents type at the service desk: a wish for each line of an order, and how it is to be settled."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django import forms

from counterflow.console.forms import Form
from counterflow.desk.orders import DeskLine, OrderFile
from counterflow.kernel.errors import DomainError
from counterflow.kernel.money import to_minor
from counterflow.returns.documents import AskedLine, Instead
from counterflow.returns.states import Resolution

NOTE_MAX = 4_000
RESOLUTIONS = (
    ("refund", "Refund"),
    ("store_credit", "Store credit"),
    ("replacement", "Replacement, the same item"),
    ("exchange", "Exchange for another item"),
    ("repair", "Repair"),
)


SEALS = {"broken": True, "whole": False}
"""What a customer says about a seal for hygiene or of content."""


@dataclass(frozen=True)
class Choice:
    """What was typed for a line; `problem` says what of it cannot be read."""

    line: DeskLine
    quantity: int = 0
    reason: str = ""
    sku: str = ""
    price: str = ""
    tax: str = ""
    problem: str = ""
    opened: bool | None = None

    @property
    def seal(self) -> str:
        """Whether its seal is broken, as the form's choice has it; empty where nobody said."""
        return next((word for word, opened in SEALS.items() if opened is self.opened), "")


@dataclass(frozen=True)
class Wishes:
    """All that was typed: a choice for each line that may come back, and how it is to be settled."""

    choices: tuple[Choice, ...]
    resolution: str
    note: str
    override: str
    override_note: str

    @property
    def chosen(self) -> tuple[Choice, ...]:
        """The lines of which pieces were chosen."""
        return tuple(choice for choice in self.choices if choice.quantity > 0)

    @property
    def problems(self) -> tuple[str, ...]:
        """What of the chosen lines cannot be read."""
        return tuple(choice.problem for choice in self.chosen if choice.problem)


def read_wishes(data: Mapping[str, str], order: OrderFile, reasons: Mapping[str, str], *, sent: bool = False) -> Wishes:
    """Read a form of the desk; `reasons` are words by code, and either is understood.

    A form that was `sent` is read whole, whatever is left by now: sent twice, it has to say the same twice.
    """
    codes = {words.casefold(): code for code, words in reasons.items()}
    given = data.get("resolution", "")
    resolution = given if given in list(Resolution) else str(Resolution.REFUND)
    override = data.get("override", "").strip()
    return Wishes(
        tuple(_choice(data, line, codes, order, resolution) for line in (order.lines if sent else order.returnable)),
        resolution,
        data.get("note", "").strip()[:NOTE_MAX],
        override if re.fullmatch(r"[A-Za-z0-9_.:-]{1,64}", override) else "",
        data.get("override_note", "").strip()[:NOTE_MAX],
    )


def _choice(
    data: Mapping[str, str], line: DeskLine, codes: Mapping[str, str], order: OrderFile, resolution: str
) -> Choice:
    n = line.line_no
    typed = data.get(f"q-{n}", "").strip()
    only = len(order.returnable) == 1 and line.left_qty == 1 and f"q-{n}" not in data
    quantity = 1 if only else int(typed) if typed.isascii() and typed.isdigit() else 0
    words = data.get(f"r-{n}", "").strip()[:200]
    sku, price, tax = (data.get(f"{part}-{n}", "").strip()[:80] for part in ("x", "p", "t"))
    problem = ""
    if typed and not typed.isdigit():
        quantity, problem = 1, f"{line.name or line.sku}: a number of pieces is a whole number."
    elif quantity and not words and not only:
        problem = f"{line.name or line.sku}: say why it comes back."
    elif quantity and resolution == Resolution.EXCHANGE:
        problem = _exchange_problem(line, sku, price, tax, order.currency)
    opened = SEALS.get(data.get(f"o-{n}", ""))
    return Choice(line, quantity, codes.get(words.casefold(), words), sku, price, tax, problem, opened)


def _exchange_problem(line: DeskLine, sku: str, price: str, tax: str, currency: str) -> str:
    name = line.name or line.sku
    if not sku or not price:
        return f"{name}: say which item goes out instead, and at what price."
    if minor_of(price, currency) is None or (tax and minor_of(tax, currency) is None):
        return f"{name}: a price is an amount in {currency}, such as 19.99."
    return ""


def minor_of(text: str, currency: str) -> int | None:
    """An amount that somebody typed, in minor units; None where it is none."""
    try:
        amount = Decimal(text.replace(",", ".").strip())
        return to_minor(amount, currency) if amount.is_finite() and 0 <= amount < 10**9 else None
    except (InvalidOperation, DomainError):
        return None


def asked_lines(choices: Sequence[Choice], wishes: Wishes, currency: str) -> list[AskedLine]:
    """The wishes as the commands take them. A tax that nobody typed is at the rate of the line that comes back."""
    return [
        AskedLine(
            max(1, choice.quantity),
            choice.reason,
            order_line=choice.line.line_no,
            resolution=wishes.resolution if _ready(choice, wishes) else str(Resolution.REFUND),
            instead=_instead(choice, currency) if _ready(choice, wishes) else None,
            opened=choice.opened,
        )
        for choice in choices
    ]


def _ready(choice: Choice, wishes: Wishes) -> bool:
    """Whether an exchange is told well enough to be asked about."""
    return wishes.resolution != Resolution.EXCHANGE or (bool(choice.sku and choice.price) and not choice.problem)


def _instead(choice: Choice, currency: str) -> Instead | None:
    price = minor_of(choice.price, currency) if choice.sku and choice.price else None
    if price is None:
        return None
    line = choice.line
    tax = minor_of(choice.tax, currency) if choice.tax else None
    if tax is None:
        tax = price * line.invoiced_tax_minor // line.invoiced_minor if line.invoiced_minor > 0 else 0
    return Instead(choice.sku, price, min(tax, price))


class Parcel(Form):
    """The parcel that a customer sends."""

    carrier = forms.CharField(label="Carrier", max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    tracking = forms.CharField(
        label="Tracking number", max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class Contact(Form):
    """How a customer is reached."""

    name = forms.CharField(label="Name", required=False, max_length=200)
    email = forms.EmailField(label="Email", required=False, max_length=200)
    phone = forms.CharField(label="Telephone", required=False, max_length=200)
    line1 = forms.CharField(label="Street", required=False, max_length=200)
    line2 = forms.CharField(label="More of the address", required=False, max_length=200)
    postcode = forms.CharField(label="Postcode", required=False, max_length=200)
    city = forms.CharField(label="City", required=False, max_length=200)
