"""The payment providers of the demo: they refund what was asked some days later, and now and then do not."""

from datetime import datetime, timedelta

from counterflow.config.demo.desk import Desk
from counterflow.config.demo.dice import dice
from counterflow.refunds import queries
from counterflow.refunds.commands.observe_money import MoneyReport, observe_money
from counterflow.refunds.states import MoneyKind

PAGE = 1_000
FAILED_PERCENT, DOUBTED_PERCENT = 1.2, 1.0


def settle_payouts(desk: Desk, at: datetime) -> None:
    """Report on every payout whose time has come by `at`. What a provider says follows from the payout alone."""
    after: int | None = None
    reports: list[MoneyReport] = []
    while page := queries.payouts(state="requested", after_id=after, limit=PAGE):
        reports += [report for payout in page if (report := _report(payout, at)) is not None]
        after = page[-1].id
    if reports:
        desk.must(observe_money, reports, at=at, step=None)


def _report(payout: queries.PayoutRow, at: datetime) -> MoneyReport | None:
    rng = dice(payout.reference)
    seen = payout.requested_at + timedelta(hours=rng.randint(2, 80))
    if seen > at:
        return None
    fate = rng.random() * 100
    kind = MoneyKind.PAID
    if fate < FAILED_PERCENT + DOUBTED_PERCENT:
        kind = MoneyKind.FAILED if fate < FAILED_PERCENT else MoneyKind.IN_DOUBT
    return MoneyReport(
        source="demo-provider",
        partner_ref=f"{payout.reference}:{kind}",
        kind=str(kind),
        amount_minor=payout.amount_minor,
        currency=payout.currency,
        happened_at=seen,
        payout_ref=payout.reference,
    )
