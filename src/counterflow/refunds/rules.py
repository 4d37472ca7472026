"""What a return is worth to the customer, and through which tender it leaves: pure integers."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from counterflow.kernel.errors import Invalid, NotFound, Refusal
from counterflow.kernel.money import places, share


class NothingDue(Refusal):
    """Nothing of {rma} is due: {waits_for}."""


class NotEnoughDue(Refusal):
    """{wanted} pieces of line {line_no} of {rma} were asked and {due} are due; the others wait for {milestone}."""


class NothingInvoiced(Refusal):
    """Nothing was invoiced for these pieces of {rma}, so there is nothing to credit; compensation is another act."""


class MixedMethods(Refusal):
    """Lines of {rma} are met in several ways ({methods}); release one credit for each."""


class GoodwillApart(Refusal):
    """Goodwill for {rma} is granted by itself; a credit is for what was invoiced."""


class RateMissing(Invalid):
    """{rma} was sold in {currency} and the books are kept in {functional}; send the rate between them."""


class RateInvalid(Invalid):
    """A rate is a positive number, not {rate}; it is 1 where both currencies are {currency}."""


class CreditLineNotFound(NotFound):
    """{rma} has no line {line_no}."""


class OverCredit(Refusal):
    """{wanted} were asked of the credit and {left} of {total} (minor units of {currency}) are left to pay."""


class OverTender(Refusal):
    """{wanted} were asked and {left} of {captured} captured (minor units of {currency}) are left to pay back."""


class ChargebackOpen(Refusal):
    """The bank has taken {amount} (minor units of {currency}) back through tender {tender}; nothing is paid there
    until that is settled."""


class GoodsFirst(Refusal):
    """The customer still owes {owed} (minor units of {currency}) for goods that went out instead; the credit meets
    that before anything is paid out."""


class TenderNotFound(NotFound):
    """The order of credit {credit} has no tender {tender} in {currency}."""


class CreditNotFound(NotFound):
    """There is no credit {credit}."""


@dataclass(frozen=True)
class Amounts:
    """Minor units of the sale's currency; the fee is taken off."""

    net: int = 0
    tax: int = 0
    fee: int = 0

    def plus(self, other: "Amounts") -> "Amounts":
        """Both together."""
        return Amounts(self.net + other.net, self.tax + other.tax, self.fee + other.fee)


def amounts(*, invoiced: int, tax: int, shipped: int, credited: int, take: int, fee_bp: int) -> Amounts:
    """What `take` pieces are worth, after `credited` of `shipped` were credited before.

    `invoiced` includes `tax`. Cumulative floors, so whatever the cuts the parts sum to the invoice. The
    fee is a part of net in basis points, rounded down, in the customer's favour.
    """
    net = share(invoiced - tax, done=credited, take=take, of=shipped)
    return Amounts(net, share(tax, done=credited, take=take, of=shipped), net * fee_bp // 10_000)


def convert(amount: int, source: str, target: str, rate: Decimal) -> int:
    """Minor units of `source` in minor units of `target`, at target per source; halves to even."""
    scaled = Decimal(amount).scaleb(places(target) - places(source)) * rate
    return int(scaled.to_integral_value(ROUND_HALF_EVEN))


def rate_between(told: Decimal | None, currency: str, functional: str, what: str) -> Decimal:
    """The rate to book at: 1 within one currency, else as told. Raises `RateMissing`, `RateInvalid`."""
    if told is None and currency != functional:
        raise RateMissing(rma=what, currency=currency, functional=functional)
    rate = Decimal(1) if told is None else Decimal(told)
    if not rate.is_finite() or rate <= 0 or (currency == functional and rate != 1):
        raise RateInvalid(rate=str(rate)[:40], currency=functional)
    return rate


@dataclass
class TenderState:
    """A tender under lock, as it runs through a batch. `away` left by reports that no payout stands behind."""

    id: int
    order_id: int
    seq: int
    currency: str
    captured: int
    committed: int
    away: int
    charged_back: int

    @property
    def left(self) -> int:
        """What may still be paid back through it."""
        return max(0, self.captured - self.committed - self.away)


def spread(amount: int, tenders: Sequence[TenderState]) -> list[tuple[TenderState, int]]:
    """Cut an amount over tenders in the order given, each up to what is left of it."""
    parts: list[tuple[TenderState, int]] = []
    for tender in tenders:
        part = min(amount, tender.left)
        if part > 0:
            parts.append((tender, part))
            amount -= part
    return parts
