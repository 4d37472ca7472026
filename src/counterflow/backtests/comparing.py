"""One chunk of the past under both policies: totals, and the returns that would have gone another way."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from counterflow.backtests import totals
from counterflow.backtests.deciding import Draft
from counterflow.backtests.replaying import LineSide, Side, drafted, recorded
from counterflow.backtests.states import Overrides
from counterflow.backtests.stories import Heard, Line, Request, Sent, Story
from counterflow.backtests.totals import AFTER, BEFORE, Counts, Seen, Tree
from counterflow.kernel.money import places
from counterflow.receiving.rules import within_scope

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Wish:
    """What is compared: lines of these brands and families only where some are named, and what overrides become."""

    brand: str = ""
    family: str = ""
    overrides: Overrides = Overrides.KEPT


@dataclass(slots=True)
class Place:
    """Where a unit was sent on one side, and what was said of it."""

    disposition: str
    heard: Heard
    approval: bool


@dataclass(slots=True)
class Differing:
    """A line (or one of its units) that ends otherwise: what changes, both rows, fates, money and days."""

    change: str
    request: Request
    line: Line
    unit_id: int | None
    rows: tuple[Heard, Heard]
    fates: tuple[str, str]
    refunded: tuple[int, int]
    possible: int
    due: tuple[int | None, int | None]
    segments: tuple[str, ...]


@dataclass
class Compared:
    """What a chunk came to."""

    counts: Counts = field(default_factory=Counts)
    differing: list[Differing] = field(default_factory=list)
    seen: dict[Seen, list[int]] = field(default_factory=dict)

    @property
    def totals(self) -> Tree:
        """The totals as a run keeps them."""
        return totals.merge(totals.empty(), totals.planted(self.counts))


def compare(stories: Sequence[Story], draft: Draft, wish: Wish) -> Compared:
    """Both sides of a chunk of stories."""
    draft.learn(stories)
    found = Compared()
    for story in stories:
        before = recorded(story)
        after = drafted(story, before, draft.answer, kind=draft.kind, overrides=wish.overrides)
        for request in story.requests:
            if request.counted:
                _count_request(found, request, before, after, draft, wish)
    totals.add_segments(found.counts, found.seen)
    return found


def _count_request(found: Compared, request: Request, before: Side, after: Side, draft: Draft, wish: Wish) -> None:
    lines = [line for line in request.lines if _wanted(line, wish)]
    if not lines:
        return
    counts, differs = found.counts, False
    for line in lines:
        differs = _count_line(found, request, line, before.lines[line.id], after.lines[line.id], draft, wish) or differs
    counts[("returns",)] += 1
    counts["differ", "returns"] += int(differs)
    for name, side in ((BEFORE, before), (AFTER, after)):
        counts[name, "returns", side.lines[lines[0].id].fate] += 1
        counts[name, "answers", side.answers[request.id]] += 1


def _wanted(line: Line, wish: Wish) -> bool:
    facts = line.eligibility.facts
    return (not wish.brand or facts.get("brand") == wish.brand) and (
        not wish.family or facts.get("family") == wish.family
    )


def _count_line(
    found: Compared, request: Request, line: Line, was: LineSide, now: LineSide, draft: Draft, wish: Wish
) -> bool:
    """Count a line on both sides, and keep what differs; whether it does."""
    counts, segments = found.counts, segments_of(line, request.currency)
    counts[("lines",)] += 1
    _count_side(counts, BEFORE, request, line, was)
    _count_side(counts, AFTER, request, line, now)
    if now.fate != was.fate:
        counts["stake", now.fate, request.currency] += int(line.eligibility.facts.get("value_minor", 0))
    places_differ = _count_places(found, request, line, was, now, draft, wish, segments)
    rows = (was.refund, now.refund) if draft.kind == "refund" else (was.heard, now.heard)
    if draft.kind in ("eligibility", "refund"):
        counts["rows", rows[0].row_id, draft.row_of(rows[1])] += 1
    money = (was.refunded, now.refunded)
    change = change_of(was, now, money)
    if change:
        counts["changes", change] += 1
        due = (was.paid[-1].due if was.paid else None, now.paid[-1].due if now.paid else None)
        one = Differing(change, request, line, None, rows, (was.fate, now.fate), money, now.possible, due, segments)
        found.differing.append(one)
    differs = bool(change) or places_differ
    counts["differ", "lines"] += int(differs)
    key = Seen(segments, request.currency, (was.fate, now.fate), differs)
    sums = found.seen.setdefault(key, [0, 0, 0])
    sums[0] += 1
    sums[1] += money[0]
    sums[2] += money[1]
    return differs


def _count_side(counts: Counts, name: str, request: Request, line: Line, side: LineSide) -> None:
    currency = request.currency
    for part in side.paid:
        total = part.total
        counts[name, "refunded", currency] += total
        counts[name, "methods", side.terms.method, currency] += total
        counts[name, "weeks", totals.week_of(part.due), currency] += total
        counts[name, "days", str((part.due - request.asked_at) // totals.DAY)] += 1
        if part.shipping:
            counts[name, "shipping", currency] += part.shipping
        if part.fee:
            counts[name, "fees", currency] += part.fee
    if side.possible:
        counts[name, "possible", currency] += side.possible
    if side.waiting and line.shipped:
        counts[name, "waiting", "lines"] += 1
        counts[name, "waiting", "pieces"] += side.waiting
        counts[name, "waiting", "minor", currency] += line.invoiced * side.waiting // line.shipped
    if side.fate == "accepted" and side.terms.returnless:
        counts[name, "returnless"] += line.quantity


def change_of(was: LineSide, now: LineSide, refunded: tuple[int, int]) -> str:
    """What changes for the customer, in one word; empty for nothing."""
    if now.fate != was.fate:
        return {
            ("accepted", "refused"): "newly_refused",
            ("waiting", "refused"): "newly_refused",
            ("accepted", "waiting"): "newly_asked",
            ("refused", "waiting"): "newly_asked",
        }.get((was.fate, now.fate), "newly_allowed")
    if now.fate == "refused":
        return ""
    if now.terms.returnless != was.terms.returnless:
        return "kept_by_customer" if now.terms.returnless else "has_to_come_back"
    if refunded[0] != refunded[1]:
        return "more_money" if refunded[1] > refunded[0] else "less_money"
    if now.terms.method != was.terms.method:
        return "other_method"
    due = (was.paid[-1].due if was.paid else None, now.paid[-1].due if now.paid else None)
    if due[0] and due[1] and due[0] != due[1]:
        return "sooner" if due[1] < due[0] else "later"
    return ""


def _count_places(
    found: Compared,
    request: Request,
    line: Line,
    was: LineSide,
    now: LineSide,
    draft: Draft,
    wish: Wish,
    segments: tuple[str, ...],
) -> bool:
    """Where the goods of a line go on both sides; whether a unit goes elsewhere for another answer."""
    counts, differs = found.counts, False
    for sent in line.sent:
        here = Place(sent.disposition, sent.said, bool(sent.said.outcome["needs_approval"]))
        there = _place(sent, draft, wish) if draft.kind == "disposition" else here
        _count_place(counts, BEFORE, sent, here)
        if now.goods_come:
            _count_place(counts, AFTER, sent, there)
        if draft.kind != "disposition":
            continue
        counts["rows", here.heard.row_id, draft.row_of(there.heard)] += 1
        if (there.disposition, there.approval) == (here.disposition, here.approval):
            continue
        differs = True
        change = "other_place" if there.disposition != here.disposition else "other_approval"
        counts["changes", change] += 1
        found.differing.append(
            Differing(
                change,
                request,
                line,
                sent.unit_id,
                (here.heard, there.heard),
                (here.disposition, there.disposition),
                (was.refunded, now.refunded),
                0,
                (None, None),
                segments,
            )
        )
    if now.goods_come and not line.sent and not was.goods_come:
        counts[AFTER, "unknown", "lines"] += 1
        counts[AFTER, "unknown", "pieces"] += line.quantity
    return differs


def _place(sent: Sent, draft: Draft, wish: Wish) -> Place:
    """Where the draft sends a unit; what staff decided against policy stays unless policy alone is asked about."""
    heard = draft.answer(sent.said, sent.said.facts)
    where = within_scope(str(heard.outcome["disposition"]), sent.scope)
    if sent.said.override is not None and wish.overrides is not Overrides.NONE:
        where = sent.disposition
    return Place(where, heard, bool(heard.outcome["needs_approval"]))


def _count_place(counts: Counts, name: str, sent: Sent, place: Place) -> None:
    facts = sent.said.facts
    counts[name, "disposed", place.disposition, "pieces"] += sent.pieces
    worth = int(facts.get("unit_cost_minor", 0)) * sent.pieces
    if worth and facts.get("currency"):
        counts[name, "disposed", place.disposition, "value", str(facts["currency"])] += worth
    counts[name, "approvals"] += int(place.approval)


def segments_of(line: Line, currency: str) -> tuple[str, ...]:
    """A line's place in each dimension, in the order of `DIMENSIONS`; what is not known is `unknown`."""
    facts = line.eligibility.facts
    named = [str(facts.get(name) or UNKNOWN) for name in totals.DIMENSIONS[:-1]]
    return (*named, totals.band(int(facts.get("value_minor", 0)), places(currency)))
