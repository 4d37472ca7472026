"""Goods instead of money: what they come to, and which credits meet them. Pure decisions over running state.

Amounts are minor units. A credit meets goods like a payment; what is left is owed to us by the customer.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from counterflow.kernel.errors import Invalid, NotFound, Refusal
from counterflow.ledger.chart import GL
from counterflow.ledger.posting import Money
from counterflow.refunds.money import CreditMoney
from counterflow.refunds.rules import convert


class NotForGoods(Refusal):
    """Line {line_no} of {rma} is settled by {resolution}, not by goods."""


class NothingToReplace(Refusal):
    """Goods for line {line_no} of {rma} wait for its credit ({milestone}), or were ordered for all of it."""


class NotSoManyToReplace(Refusal):
    """Goods for {wanted} pieces of line {line_no} of {rma} were asked, and {left} pieces may have some now."""


class AheadNotAllowed(Refusal):
    """Goods before the credit are against the policy; only those who may override policies order them."""


class NoSale(Refusal):
    """{rma} has no sale behind it, so nothing can be credited against goods."""


class ReplacementNotFound(NotFound):
    """There is no replacement order {number} in channel {channel}."""


class ReplacementLeft(Refusal):
    """Pieces of {number} have left; what the customer does not keep comes back as a return of that order."""


class ReplacementPaid(Refusal):
    """The customer has paid {received} (minor units of {currency}) of {number}; pay that back before it is
    cancelled."""


class NothingToOffset(Refusal):
    """No goods of the return of credit {credit} are owed, or nothing of the credit is left."""


class ChargeInvalid(Invalid):
    """A report of a charge needs the partner's own id, its source, and whole minor units above 0 of {currency}."""


@dataclass
class Goods:
    """A replacement as it runs through a batch: what it comes to, and how much of that is met."""

    id: int
    currency: str
    total: int
    functional_total: int
    rate: Decimal
    settled: int = 0
    received: int = 0
    functional_met: int = 0

    @property
    def owed(self) -> int:
        """What the customer owes for it still."""
        return max(0, self.total - self.settled - self.received)


@dataclass
class Met:
    """Credits that meet one replacement: (credit, minor units, the same in the books' currency)."""

    parts: list[tuple[CreditMoney, int, int]] = field(default_factory=list)

    @property
    def amount(self) -> int:
        """Minor units of the sale's currency."""
        return sum(amount for _, amount, _ in self.parts)

    @property
    def functional(self) -> int:
        """What it takes off the books' payable."""
        return sum(functional for _, _, functional in self.parts)


def meet(goods: Goods, credits: Iterable[CreditMoney]) -> Met:
    """Let credits meet goods, the oldest first, each by what is left of it; moves the running state."""
    met = Met()
    for credit in credits:
        part = min(goods.owed, credit.total - credit.committed)
        if part <= 0 or credit.currency != goods.currency:
            continue
        functional = credit.pay(part)
        credit.committed += part
        goods.settled += part
        met.parts.append((credit, part, functional))
    return met


def worth(*, take: int, replaced: int, credited: int, net: int, tax: int, given: tuple[int, int]) -> tuple[int, int]:
    """Net and tax of `take` pieces of the same item, after `replaced` pieces were given at `given`.

    `net` and `tax` are those of `credited` pieces, so that goods for all that was credited come to all of it.
    """
    of = max(credited, replaced + take, 1)
    return (
        max(0, net * (replaced + take) // of - given[0]),
        max(0, tax * (replaced + take) // of - given[1]),
    )


def legs(
    *,
    entity: int,
    functional: str,
    goods: Goods,
    net: int,
    tax: int,
    met: Met,
    sale: GL,
    sign: int = 1,
) -> list[Money]:
    """The legs of goods that go out (`sign` 1) or were cancelled (-1): the sale and its tax against what meets them.

    The sale takes the rounding of another currency; the customer's account what no credit met.
    """
    tax_booked = convert(tax, goods.currency, functional, goods.rate)
    net_booked = goods.functional_total - tax_booked
    rest = goods.functional_total - met.functional
    agreed: list[tuple[Any, int, int]] = [
        (sale, -net_booked, -net),
        (GL.TAX_PAYABLE, -tax_booked, -tax),
        (GL.REFUNDS_PAYABLE, met.functional, met.amount),
        (GL.RECEIVABLE_CUSTOMER, rest, goods.total - met.amount),
    ]
    return [
        Money(entity, gl, sign * booked, goods.id, goods.currency, sign * amount, goods.rate)
        for gl, booked, amount in agreed
    ]
