"""Observe money: what payment providers and marketplaces report is recorded, whatever it says."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Invalid
from counterflow.kernel.events import Event, emit
from counterflow.kernel.money import places
from counterflow.ledger.chart import GL
from counterflow.ledger.posting import Entry, Money, post
from counterflow.orders.models import Tender
from counterflow.refunds import events, money
from counterflow.refunds.lookups_money import Known, Reported, look_up
from counterflow.refunds.models import Credit, MoneyFact, Payout
from counterflow.refunds.money import Booking, CreditMoney, PayoutMoney, TenderMoney
from counterflow.refunds.states import MoneyKind
from counterflow.refunds.states import Payout as State
from counterflow.workqueue.cases import CaseDraft, open_cases, settle_cases


@dataclass(frozen=True)
class MoneyReport:
    """One report. `partner_ref` is the partner's id of it, unique for ever within `source` and `kind`.

    It names a payout by our reference (`<request_ref>/<part>`), or a tender by channel, order and number.
    """

    source: str
    partner_ref: str
    kind: str
    amount_minor: int
    currency: str
    happened_at: datetime
    payout_ref: str = ""
    channel: str = ""
    order: str = ""
    tender: int = 1


class MoneyKindUnknown(Invalid):
    """{kind} is no report about money; known are {known}."""


class ReportAmountInvalid(Invalid):
    """A report carries a whole number of minor units above 0, not {amount}."""


class ReportReferenceMissing(Invalid):
    """A report needs the partner's own id and the name of its source."""


@dataclass
class _Plan:
    facts: list[dict[str, Any]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    payouts: dict[int, dict[str, Any]] = field(default_factory=dict)
    tenders: dict[int, list[int]] = field(default_factory=dict)
    credits: dict[int, list[int]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    cases: list[CaseDraft] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="refunds.observe")
def observe_money(ctx: Context, *, items: Sequence[MoneyReport]) -> Batch:
    """Record each report, book it, and open a case where it is not what we asked for.

    Refuses only what cannot be read (`MoneyKindUnknown`, `ReportAmountInvalid`, `ReportReferenceMissing`,
    `UnknownCurrency`) and another report under a known reference (`IdentityReused`, with a case).
    """
    known = look_up(ctx, items)
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            _check(item)
            results.append(_repeated(item, known, plan) or _observe(ctx, item, known, plan))
        except DomainError as error:
            results.append(Refused.of(item.partner_ref, error))
    db.update(
        Payout, [row for _, row in sorted(plan.payouts.items()) if row["id"] not in {t["id"] for t in plan.taken}]
    )
    db.insert(Payout, _latest(plan))
    db.insert(MoneyFact, sorted(plan.facts, key=lambda row: (row["source"], row["partner_ref"], row["kind"])))
    tenders = sorted(plan.tenders.items())
    db.add(Tender, [{"id": i, "committed_minor": c, "refunded_minor": r} for i, (c, r) in tenders])
    credits = sorted(plan.credits.items())
    db.add(Credit, [{"id": i, "committed_minor": c, "paid_minor": p} for i, (c, p) in credits])
    post(ctx, plan.entries)
    open_cases(ctx, plan.cases)
    settle_cases(ctx, plan.settled, outcome="paid")
    emit(ctx, plan.events)
    return Batch(results)


def _check(item: MoneyReport) -> None:
    if item.kind not in list(MoneyKind):
        raise MoneyKindUnknown(kind=item.kind[:40], known=", ".join(MoneyKind))
    amount = item.amount_minor
    if isinstance(amount, bool) or not isinstance(amount, int) or not 0 < amount < 2**62:
        raise ReportAmountInvalid(amount=str(amount)[:40])
    if not item.source or not item.partner_ref:
        raise ReportReferenceMissing()
    places(item.currency)


def _repeated(item: MoneyReport, known: Known, plan: _Plan) -> Done | None:
    """What was recorded of the same report before. Another content under its id is refused, and a case."""
    fact = known.facts.get((item.source, item.partner_ref, item.kind))
    if fact is None:
        return None
    digest = content_hash(item)
    if fact.hash != digest:
        plan.cases.append(
            CaseDraft(
                kind="refund_in_doubt",
                subject_kind="money_fact",
                subject_id=fact.id,
                dedupe_key=f"money:{fact.id}:{digest.hex()[:16]}",
                money_at_risk_minor=item.amount_minor,
                currency=item.currency,
                facts={"source": item.source, "kind": item.kind, "reported_before": fact.amount},
            )
        )
        raise IdentityReused(what="money report", identity=item.partner_ref)
    return Done(item.partner_ref, {"fact_id": fact.id, "entry_id": fact.entry_id}, replayed=True)


def _observe(ctx: Context, item: MoneyReport, known: Known, plan: _Plan) -> Done:
    payout = known.payouts.get(item.payout_ref) if item.payout_ref else None
    tender = _tender(item, payout, known)
    fact_id, entry_id = ctx.new_id(), ctx.new_id()
    if tender is None or tender.currency != item.currency:
        booking, entity = _stray(item, tender, payout, known)
        touched = [payout] if payout else []
    else:
        booking, touched = _book(item, tender, payout, known)
        entity = tender.entity_id
        _count(plan, tender, booking)
    at = ctx.when(item.happened_at)
    entry = _entry(entry_id, entity, fact_id, item, at, booking) if booking.rate_known and entity else None
    plan.entries += [entry] if entry else []
    for changed in touched:
        if changed.chargeback and item.kind != MoneyKind.CHARGEBACK_REVERSED:
            continue  # it was taken by the chargeback on record, whatever else names it
        _change(ctx, plan, item, changed, entry_id if entry else None)
    for credit, amount in booking.taken:
        _take(ctx, plan, item, tender, credit, amount, entry_id, known)
    _keep(ctx, plan, item, known, fact_id, entry.id if entry else 0, tender, payout, booking)
    if booking.case:
        plan.cases.append(_case(item, fact_id, entity, payout, booking, known.orders.get(tender.id if tender else 0)))
    plan.events.append(_event(item, fact_id, at, payout, booking))
    facts = {"fact_id": fact_id, "entry_id": entry.id if entry else 0, "case": booking.case}
    return Done(item.partner_ref, facts)


def _tender(item: MoneyReport, payout: PayoutMoney | None, known: Known) -> TenderMoney | None:
    if payout is not None:
        return known.tenders[payout.tender_id]
    named = known.named.get((item.channel, item.order, item.tender))
    return None if named is None else known.tenders[named]


def _book(
    item: MoneyReport, tender: TenderMoney, payout: PayoutMoney | None, known: Known
) -> tuple[Booking, list[PayoutMoney]]:
    """Decide what the report means, and which payouts it changes."""
    credit = known.credits[payout.credit_id] if payout else None
    touched, amount = ([payout] if payout else []), item.amount_minor
    credits = known.credits_of(tender.order_id)
    if item.kind == MoneyKind.PAID:
        return money.refund_paid(tender, payout, credit, amount), touched
    if item.kind == MoneyKind.FAILED:
        return money.refund_failed(tender, payout, credit, amount), touched
    if item.kind == MoneyKind.IN_DOUBT:
        return money.refund_in_doubt(payout, amount), touched
    if item.kind == MoneyKind.CHARGEBACK:
        return money.chargeback(tender, credits, amount), []
    before = known.facts.get((item.source, item.partner_ref, MoneyKind.CHARGEBACK))
    if before is None or before.amount != amount or before.tender_id != tender.id:
        return money.reversal_unknown(tender, credits, amount), []
    mark = f"chargeback:{item.source}:{item.partner_ref}"
    taken = [p for p in known.payouts.values() if p.chargeback and p.partner_ref == mark and p.tender_id == tender.id]
    was = Booking(
        to_payable=before.to_payable,
        to_receivable=before.to_receivable,
        to_chargebacks=before.to_chargebacks,
        rate_known=before.entry_id != 0,
    )
    return money.chargeback_reversed(tender, was, [(p, known.credits[p.credit_id]) for p in taken], amount), taken


def _stray(
    item: MoneyReport, tender: TenderMoney | None, payout: PayoutMoney | None, known: Known
) -> tuple[Booking, int | None]:
    """A report of an order or payout nobody knows, or in a currency nobody paid in: booked if it can be."""
    channel = known.channels.get(item.channel)
    entity = tender.entity_id if tender else (channel.entity_id if channel else None)
    functional = tender.functional if tender else (channel.functional if channel else "")
    booking = Booking(case="overpaid", at_risk=item.amount_minor, rate_known=functional == item.currency)
    if item.kind == MoneyKind.PAID and booking.rate_known:
        booking.to_receivable = item.amount_minor
    elif item.kind == MoneyKind.CHARGEBACK and booking.rate_known:
        booking.case, booking.to_chargebacks = "chargeback", item.amount_minor
    elif item.kind == MoneyKind.CHARGEBACK_REVERSED and booking.rate_known:
        booking.case, booking.to_chargebacks = "chargeback", -item.amount_minor
    elif item.kind not in (MoneyKind.PAID, MoneyKind.CHARGEBACK, MoneyKind.CHARGEBACK_REVERSED):
        booking.case = "refund_in_doubt"
    if payout is not None and payout.state == State.REQUESTED:
        payout.state = State.IN_DOUBT
    return booking, entity


def _count(plan: _Plan, tender: TenderMoney, booking: Booking) -> None:
    if booking.committed or booking.refunded:
        row = plan.tenders.setdefault(tender.id, [0, 0])
        row[0] += booking.committed
        row[1] += booking.refunded
    for credit_id, (committed, paid) in booking.credits.items():
        counted = plan.credits.setdefault(credit_id, [0, 0])
        counted[0] += committed
        counted[1] += paid


def _change(ctx: Context, plan: _Plan, item: MoneyReport, payout: PayoutMoney, entry_id: int | None) -> None:
    """Write a payout as it stands now."""
    known = plan.payouts.get(payout.id, {})
    if item.kind == MoneyKind.PAID and not payout.chargeback:
        payout.partner_ref = payout.partner_ref or item.partner_ref
    plan.payouts[payout.id] = {
        "id": payout.id,
        "state": str(payout.state),
        "paid_minor": payout.paid,
        "partner_ref": payout.partner_ref,
        "observed_at": ctx.when(item.happened_at),
        "entry_id": entry_id or known.get("entry_id"),
    }
    if payout.state == State.PAID and item.kind == MoneyKind.PAID:
        plan.settled += [f"payout:{payout.id}:refund_in_doubt", f"payout:{payout.id}:refund_failed"]


def _take(
    ctx: Context,
    plan: _Plan,
    item: MoneyReport,
    tender: TenderMoney | None,
    credit: CreditMoney,
    amount: int,
    entry_id: int,
    known: Known,
) -> None:
    """Record that a chargeback met a credit."""
    mark = f"chargeback:{item.source}:{item.partner_ref}"
    part = 1 + sum(p.partner_ref == mark for p in known.payouts.values())
    tender_id = tender.id if tender else 0
    row = {
        "id": ctx.new_id(),
        "request_ref": mark,
        "part": part,
        "reference": f"{mark}/{part}",
        "content_hash": content_hash(item),
        "credit_id": credit.id,
        "tender_id": tender_id,
        "amount_minor": amount,
        "paid_minor": amount,
        "currency": item.currency,
        "state": str(State.PAID),
        "chargeback": True,
        "partner_ref": mark,
        "requested_at": ctx.when(item.happened_at),
        "observed_at": ctx.when(item.happened_at),
        "command_id": ctx.command_id,
        "entry_id": entry_id,
    }
    plan.taken.append(row)
    known.payouts[str(row["reference"])] = PayoutMoney(
        int(str(row["id"])),
        str(row["reference"]),
        credit.id,
        tender_id,
        amount,
        amount,
        State.PAID,
        item.currency,
        True,
        mark,
    )


def _latest(plan: _Plan) -> list[dict[str, Any]]:
    """New rows as later reports of the same batch left them."""
    return [row | plan.payouts.get(row["id"], {}) for row in plan.taken]


def _keep(
    ctx: Context,
    plan: _Plan,
    item: MoneyReport,
    known: Known,
    fact_id: int,
    entry_id: int,
    tender: TenderMoney | None,
    payout: PayoutMoney | None,
    booking: Booking,
) -> None:
    digest = content_hash(item)
    plan.facts.append(
        {
            "id": fact_id,
            "source": item.source,
            "partner_ref": item.partner_ref,
            "content_hash": digest,
            "kind": item.kind,
            "tender_id": tender.id if tender else None,
            "payout_id": payout.id if payout else None,
            "amount_minor": item.amount_minor,
            "currency": item.currency,
            "paid_minor": booking.paid,
            "to_payable_minor": booking.to_payable,
            "to_receivable_minor": booking.to_receivable,
            "to_chargebacks_minor": booking.to_chargebacks,
            "happened_at": ctx.when(item.happened_at),
            "recorded_at": ctx.at,
            "command_id": ctx.command_id,
            "entry_id": entry_id,
        }
    )
    known.facts[item.source, item.partner_ref, item.kind] = Reported(
        fact_id,
        digest,
        item.amount_minor,
        item.currency,
        tender.id if tender else None,
        entry_id,
        booking.paid,
        booking.to_payable,
        booking.to_receivable,
        booking.to_chargebacks,
    )


def _entry(entry_id: int, entity: int, fact_id: int, item: MoneyReport, at: datetime, booking: Booking) -> Entry | None:
    """What we owed, are owed, or lost, against the payment provider's account."""
    legs = {
        GL.REFUNDS_PAYABLE: booking.to_payable,
        GL.RECEIVABLE_CUSTOMER: booking.to_receivable,
        GL.CHARGEBACKS: booking.to_chargebacks,
        GL.PAYMENT_CLEARING: -booking.moved,
    }
    if not any(legs.values()):
        return None
    lines = [Money(entity, gl, amount, fact_id) for gl, amount in legs.items()]
    return Entry(entry_id, entity, item.kind, at, money=lines)


def _case(
    item: MoneyReport, fact_id: int, entity: int | None, payout: PayoutMoney | None, booking: Booking, order: str | None
) -> CaseDraft:
    subject = ("payout", payout.id) if payout else ("money_fact", fact_id)
    return CaseDraft(
        kind=booking.case,
        subject_kind=subject[0],
        subject_id=subject[1],
        dedupe_key=f"{subject[0]}:{subject[1]}:{booking.case}",
        entity_id=entity,
        money_at_risk_minor=booking.at_risk,
        currency=item.currency,
        facts={
            "order": order or item.order,
            "payout_ref": payout.reference if payout else item.payout_ref,
            "partner_ref": item.partner_ref,
            "source": item.source,
            "kind": item.kind,
            "reported_minor": item.amount_minor,
            "booked": booking.rate_known,
            "fact_id": fact_id,
        },
    )


def _event(item: MoneyReport, fact_id: int, at: datetime, payout: PayoutMoney | None, booking: Booking) -> Event:
    facts = {"kind": item.kind, "amount_minor": item.amount_minor, "currency": item.currency, "fact_id": fact_id}
    if item.kind == MoneyKind.CHARGEBACK:
        return Event(events.CHARGEBACK_OBSERVED, fact_id, at, facts)
    if item.kind == MoneyKind.CHARGEBACK_REVERSED:
        return Event(events.CHARGEBACK_REVERSED, fact_id, at, facts)
    if item.kind == MoneyKind.PAID and payout is not None and payout.state == State.PAID and booking.paid:
        return Event(events.PAYOUT_PAID, payout.id, at, facts)
    if item.kind == MoneyKind.FAILED and payout is not None and payout.state == State.FAILED:
        return Event(events.PAYOUT_FAILED, payout.id, at, facts)
    return Event(events.MONEY_UNEXPLAINED, fact_id, at, facts)
