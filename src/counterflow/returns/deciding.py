"""What the policies are told about a request, and what they answer; shared by opening and by asking beforehand.

Nothing is written here. Opening decides under lock; a preview decides by what it reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from counterflow.kernel.errors import DomainError
from counterflow.policies.queries import Answer, PolicyMissing, Score, decide
from counterflow.returns import rules
from counterflow.returns.documents import AskedLine, OpenRma
from counterflow.returns.history import Asked, Happened, day_of
from counterflow.returns.lookups import Known
from counterflow.returns.rules import Part, Shipped
from counterflow.returns.scoring import Request, facts_of, scores_for


@dataclass(frozen=True)
class DraftLine:
    """A line to be: pieces of one shipment line (or of an item, blind), and what the policies are told."""

    asked: AskedLine
    item_id: int
    quantity: int
    shipped: Shipped | None
    reason: str
    eligibility: Mapping[str, Any]
    refund: Mapping[str, Any]


Answers = list[tuple[Answer, Answer]]


@dataclass(frozen=True)
class Draft:
    """A request as it stands before anything is decided: its lines, and the facts of its score, if it has one."""

    lines: list[DraftLine]
    signals: Mapping[str, Any] | None


@dataclass(frozen=True)
class Decided:
    """A request with its score and, for each line, what eligibility and refund policies say, knowing the score."""

    draft: Draft
    lines: list[DraftLine]
    score: Score | None
    answers: Answers


def guess(
    items: Sequence[OpenRma], known: Known, *, at: datetime, epoch: int | None, as_one: bool = False
) -> dict[int, Decided]:
    """Decide all items at once, as if every one of them stood; whoever opens uses what turns out to be true.

    `as_one` says that the items are lines of one request to be, which has one score.
    """
    drafts: dict[int, Draft] = {}
    taken: list[Part] = []
    for n, item in enumerate(items):
        try:
            drafts[n] = draft_of(item, known, at=at)
        except DomainError:
            continue
        parts = parts_of(drafts[n].lines)
        rules.take(parts)
        taken += parts
        if not as_one and (item.channel, item.request_ref) not in known.earlier:
            known.history.add(*happened(item, drafts[n].lines, at=at))
    rules.give_back(taken)
    known.history.forget()
    if as_one:
        drafts = _as_one(items, drafts, known, at)
    return dict(zip(drafts, decided(list(drafts.values()), at=at, epoch=epoch), strict=True))


def _as_one(items: Sequence[OpenRma], drafts: dict[int, Draft], known: Known, at: datetime) -> dict[int, Draft]:
    """Drafts whose signals are those of all their lines together."""
    whole = [line for draft in drafts.values() for line in draft.lines]
    told = {n: _signals(items[n], whole, known, at=at) for n, draft in drafts.items() if draft.signals is not None}
    return {n: replace(draft, signals=told.get(n)) for n, draft in drafts.items()}


def draft_of(item: OpenRma, known: Known, *, at: datetime) -> Draft:
    """Check a request against what was shipped, and gather what its score is about; raises what it is refused for."""
    lines = lines_of(item, known, at=at)
    return Draft(lines, _signals(item, lines, known, at=at))


def _signals(item: OpenRma, lines: Sequence[DraftLine], known: Known, *, at: datetime) -> dict[str, Any] | None:
    """The facts of a request's score; nothing where nobody knows the customer."""
    asked = asked_of(item, lines, at=at)
    if asked is None:
        return None
    placed = next(line.shipped.row.placed_at for line in lines if line.shipped is not None)
    return facts_of(Request(asked, [line.eligibility for line in lines], placed), known.history)


def decided(drafts: Sequence[Draft], *, at: datetime, epoch: int | None) -> list[Decided]:
    """Score each request, and ask the policies about its lines."""
    told = [draft.signals for draft in drafts if draft.signals is not None]
    scores = iter(scores_for(told, at=at, epoch=epoch))
    scored = [None if draft.signals is None else next(scores) for draft in drafts]
    knowing = [_knowing(draft.lines, score) for draft, score in zip(drafts, scored, strict=True)]
    answers = iter(answers_for([line for lines in knowing for line in lines], at=at, epoch=epoch))
    return [
        Decided(draft, lines, score, [next(answers) for _ in lines])
        for draft, lines, score in zip(drafts, knowing, scored, strict=True)
    ]


def _knowing(lines: Sequence[DraftLine], score: Score | None) -> list[DraftLine]:
    """Lines whose facts have the score among them."""
    if score is None:
        return list(lines)
    known = {"fraud_score": score.points}
    return [replace(line, eligibility={**line.eligibility, **known}, refund={**line.refund, **known}) for line in lines]


def asked_of(item: OpenRma, lines: Sequence[DraftLine], *, at: datetime) -> Asked | None:
    """Whose year a score is about; None where nobody knows the customer."""
    shipped = lines[0].shipped
    if shipped is None or shipped.row.customer_id is None:
        return None
    return Asked(shipped.row.customer_id, day_of(when(item, at)), shipped.row.currency)


def happened(item: OpenRma, lines: Sequence[DraftLine], *, at: datetime, stands: bool = True) -> list[Happened]:
    """What later requests see of this one; nothing comes back of one that does not stand."""
    asked = asked_of(item, lines, at=at)
    if asked is None:
        return []
    pieces = sum(line.quantity for line in lines) if stands else 0
    value = sum(int(line.eligibility["value_minor"]) for line in lines) if stands else 0
    return [Happened(asked.customer_id, asked.day, asked.currency, pieces, value)]


def when(item: OpenRma, at: datetime) -> datetime:
    """When a request was asked: as told, and never later than now."""
    return at if item.happened_at is None else min(item.happened_at, at)


def answers_for(lines: Sequence[DraftLine], *, at: datetime, epoch: int | None) -> Answers:
    """What eligibility and refund policies say to each line."""
    eligibility = decide("eligibility", [line.eligibility for line in lines], at=at, epoch=epoch)
    refund = decide("refund", [line.refund for line in lines], at=at, epoch=epoch)
    return list(zip(eligibility, refund, strict=True))


def routes_for(lines: Sequence[DraftLine], *, at: datetime, epoch: int | None) -> list[Answer]:
    """Where the goods of each line go, and who pays for the way; nothing where no such policy is in force."""
    told = [{name: value for name, value in line.refund.items() if name != "serial_tracked"} for line in lines]
    try:
        return decide("routing", told, at=at, epoch=epoch)
    except PolicyMissing:
        return []


def parts_of(lines: Sequence[DraftLine]) -> list[Part]:
    """The pieces of shipment lines that these lines take."""
    return [Part(line.shipped, line.quantity) for line in lines if line.shipped is not None]


def lines_of(item: OpenRma, known: Known, *, at: datetime) -> list[DraftLine]:
    """Check a request against what was shipped; raises what it is refused for."""
    channel = known.channels.get(item.channel)
    if channel is None:
        raise rules.ChannelNotFound(channel=item.channel)
    rules.require_reference(item.request_ref)
    if not item.lines:
        raise rules.NoLines()
    if item.order and (item.channel, item.order) not in known.orders:
        raise rules.OrderNotFound(order=item.order, channel=item.channel)
    found: list[DraftLine] = []
    parts: list[Part] = []
    try:
        for asked in item.lines:
            rules.require_quantity(asked.quantity)
            rules.require_resolution(asked.resolution)
            _require_instead(asked, known)
            reason = known.reason(item.channel, asked.reason)
            if item.order:
                shipped = known.shipped.get((item.channel, item.order), [])
                picked = rules.pick(item.order, asked.sku, asked.order_line, asked.quantity, shipped)
                found += [_line(when(item, at), channel, asked, part, reason) for part in picked]
                rules.take(picked)
                parts += picked
            else:
                found.append(_blind(item, channel, asked, known, reason))
    finally:
        rules.give_back(parts)
    return found


def _require_instead(asked: AskedLine, known: Known) -> None:
    """What an exchange is for: an item we have, at a price. Raises `InsteadInvalid`, `ItemNotFound`."""
    rules.require_instead(asked)
    if asked.instead is not None and asked.instead.sku not in known.items:
        raise rules.ItemNotFound(sku=asked.instead.sku[:80])


def _line(happened: datetime, channel: Any, asked: AskedLine, part: Part, reason: str | None) -> DraftLine:
    shipped, row = part.shipped, part.shipped.row
    sale = {
        "brand": row.brand,
        "family": row.family or None,
        "channel_kind": channel.kind,
        "reason_code": reason,
        "customer_segment": row.segment or None,
        "order_age_days": rules.age_days(row.shipped_at, row.delivered_at, happened),
        "value_minor": shipped.invoiced_minor * part.quantity // shipped.quantity,
        "currency": row.currency,
        "country": row.country if _is_code(row.country) else None,
        "final_sale": row.final_sale,
        "blind": False,
        "sold_mmdd": rules.month_and_day(row.placed_at, row.zone),
        "warranty_months": row.warranty_months,
    }
    return DraftLine(
        asked,
        shipped.item_id,
        part.quantity,
        shipped,
        reason or "",
        {
            **sale,
            "quantity_left": shipped.left,
            "days_left_of_window": rules.days_left(row.return_until, happened, row.zone),
            "opened": asked.opened,
        },
        {**sale, "serial_tracked": row.serial_tracked},
    )


def _is_code(country: str) -> bool:
    """Whether a country is one to a policy: books also say "Channel Islands", and that is not known here."""
    return len(country) == 2 and country.isascii() and country.isupper()


def _blind(item: OpenRma, channel: Any, asked: AskedLine, known: Known, reason: str | None) -> DraftLine:
    row = known.items.get(asked.sku)
    if row is None:
        raise rules.ItemNotFound(sku=asked.sku)
    sale = {
        "brand": row.brand,
        "family": row.family or None,
        "channel_kind": channel.kind,
        "reason_code": reason,
        "value_minor": 0,
        "currency": channel.currency,
        "final_sale": False,
        "blind": True,
    }
    refund = {**sale, "serial_tracked": row.serial_tracked}
    return DraftLine(asked, row.id, asked.quantity, None, reason or "", {**sale, "quantity_left": 0}, refund)
