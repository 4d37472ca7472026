"""How a report about money is booked: pure decisions on tenders, credits and payouts as they stand.

Amounts are minor units of the tender's currency. Each decision moves the running state it is given and
says what the journal has to show.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from counterflow.kernel.money import share
from counterflow.refunds.rules import convert
from counterflow.refunds.states import PAYOUT
from counterflow.refunds.states import Payout as State


@dataclass
class TenderMoney:
    """A tender: what came in, what is promised back, what partners reported of it."""

    id: int
    order_id: int
    entity_id: int
    functional: str
    seq: int
    currency: str
    captured: int
    committed: int
    refunded: int
    charged_back: int = 0


@dataclass
class CreditMoney:
    """A credit: what is owed in the sale's currency and in that of the books, promised and paid."""

    id: int
    order_id: int
    currency: str
    total: int
    functional_total: int
    rate: Decimal
    committed: int
    paid: int

    def pay(self, amount: int) -> int:
        """Count a payment; what it takes off the books' payable. The last part takes the remainder."""
        functional = share(self.functional_total, done=self.paid, take=amount, of=self.total)
        self.paid += amount
        return functional

    def unpay(self, amount: int) -> int:
        """Undo the latest part of what was paid."""
        self.paid -= amount
        return share(self.functional_total, done=self.paid, take=amount, of=self.total)


@dataclass
class PayoutMoney:
    """A payout as it stands."""

    id: int
    reference: str
    credit_id: int
    tender_id: int
    amount: int
    paid: int
    state: str
    currency: str
    chargeback: bool
    partner_ref: str


@dataclass
class Booking:
    """What a report means. `paid` met a payout; the others are where money went, in the books' currency.

    `tender`, `credits` are changes of what is committed and paid; `taken` are credits that a chargeback
    met, with amounts; `case` is the kind of case to open, if any, with the amount at risk.
    """

    paid: int = 0
    to_payable: int = 0
    to_receivable: int = 0
    to_chargebacks: int = 0
    committed: int = 0
    refunded: int = 0
    credits: dict[int, tuple[int, int]] = field(default_factory=dict)
    taken: list[tuple[CreditMoney, int]] = field(default_factory=list)
    case: str = ""
    at_risk: int = 0
    rate_known: bool = True

    def credit(self, credit_id: int, committed: int, paid: int) -> None:
        """Add to what changes of a credit."""
        before = self.credits.get(credit_id, (0, 0))
        self.credits[credit_id] = before[0] + committed, before[1] + paid

    @property
    def moved(self) -> int:
        """What left by the payment provider's account, in the books' currency."""
        return self.to_payable + self.to_receivable + self.to_chargebacks


def refund_paid(tender: TenderMoney, payout: PayoutMoney | None, credit: CreditMoney | None, amount: int) -> Booking:
    """A refund left. What no open payout stands behind is owed back to us by the customer."""
    booking = Booking(refunded=amount)
    tender.refunded += amount
    if payout is not None and credit is not None and PAYOUT.can("paid", payout.state):
        booking.paid = min(amount, payout.amount - payout.paid)
        booking.to_payable = credit.pay(booking.paid)
        booking.credit(credit.id, 0, booking.paid)
        payout.paid += booking.paid
        if payout.paid == payout.amount:
            payout.state = PAYOUT.move("paid", payout.state)
        else:
            payout.state = State.IN_DOUBT
            booking.case, booking.at_risk = "refund_in_doubt", payout.amount - payout.paid
    excess = amount - booking.paid
    if excess:
        _receivable(booking, tender, excess, credit)
        booking.case, booking.at_risk = "overpaid", excess
    return booking


def refund_failed(tender: TenderMoney, payout: PayoutMoney | None, credit: CreditMoney | None, amount: int) -> Booking:
    """A refund did not leave: what was promised for it is free again. Of a paid one it is a contradiction."""
    if payout is None or credit is None:
        return Booking(case="refund_failed", at_risk=amount)
    if payout.state == State.PAID:
        return Booking(case="refund_in_doubt", at_risk=payout.amount)
    if payout.state == State.FAILED:
        return Booking()
    open_minor = payout.amount - payout.paid
    payout.state = PAYOUT.move("failed", payout.state)
    tender.committed -= open_minor
    credit.committed -= open_minor
    booking = Booking(committed=-open_minor, case="refund_failed", at_risk=open_minor)
    booking.credit(credit.id, -open_minor, 0)
    return booking


def refund_in_doubt(payout: PayoutMoney | None, amount: int) -> Booking:
    """Nobody knows whether a refund left: it stays promised until somebody does."""
    if payout is not None and payout.state in (State.PAID, State.FAILED):
        return Booking()
    if payout is not None and PAYOUT.can("doubt", payout.state):
        payout.state = PAYOUT.move("doubt", payout.state)
    return Booking(case="refund_in_doubt", at_risk=amount)


def chargeback(tender: TenderMoney, credits: Sequence[CreditMoney], amount: int) -> Booking:
    """A bank took money back. It meets what we owe and have not promised; beyond what was captured it is
    owed back to us; the rest is a loss until it is decided otherwise."""
    booking = Booking(case="chargeback", at_risk=amount)
    excess = min(amount, max(0, tender.refunded + tender.charged_back + amount - tender.captured))
    rest = amount - excess
    tender.charged_back += amount
    for credit in credits:
        part = min(credit.total - credit.committed, rest, tender.captured - tender.committed)
        if credit.currency != tender.currency or part <= 0:
            continue
        booking.to_payable += credit.pay(part)
        booking.credit(credit.id, part, part)
        booking.taken.append((credit, part))
        booking.paid += part
        booking.committed += part
        credit.committed += part
        tender.committed += part
        rest -= part
    rate = _rate(tender, credits[0] if credits else None)
    if rate is None:
        booking.rate_known = not rest and not excess
        return booking
    booking.to_chargebacks = convert(rest, tender.currency, tender.functional, rate)
    booking.to_receivable = convert(excess, tender.currency, tender.functional, rate)
    return booking


def chargeback_reversed(
    tender: TenderMoney, was: Booking, taken: Sequence[tuple[PayoutMoney, CreditMoney]], amount: int
) -> Booking:
    """The bank gave the money of a chargeback back: everything it was booked to turns round."""
    tender.charged_back -= amount
    booking = Booking(to_receivable=-was.to_receivable, to_chargebacks=-was.to_chargebacks, rate_known=was.rate_known)
    for payout, credit in taken:
        part = payout.paid
        payout.state = PAYOUT.move("reverse", payout.state)
        payout.paid = 0
        booking.to_payable -= credit.unpay(part)
        booking.credit(credit.id, -part, -part)
        booking.paid += part
        booking.committed -= part
        credit.committed -= part
        tender.committed -= part
    # Parts of a payable are rounded one after the other; what they differ by now stays with the loss.
    booking.to_chargebacks -= was.to_payable + booking.to_payable
    return booking


def reversal_unknown(tender: TenderMoney, credits: Sequence[CreditMoney], amount: int) -> Booking:
    """Money came back for a chargeback nobody reported, or for another amount of it."""
    booking = Booking(case="chargeback", at_risk=amount)
    tender.charged_back -= amount
    rate = _rate(tender, credits[0] if credits else None)
    if rate is None:
        booking.rate_known = False
    else:
        booking.to_chargebacks = -convert(amount, tender.currency, tender.functional, rate)
    return booking


def _receivable(booking: Booking, tender: TenderMoney, amount: int, credit: CreditMoney | None) -> None:
    rate = _rate(tender, credit)
    if rate is None:
        booking.rate_known = False
    else:
        booking.to_receivable += convert(amount, tender.currency, tender.functional, rate)


def _rate(tender: TenderMoney, credit: CreditMoney | None) -> Decimal | None:
    """The rate of the credit where there is one; none is guessed."""
    if tender.currency == tender.functional:
        return Decimal(1)
    return credit.rate if credit is not None and credit.currency == tender.currency else None
