"""One chunk of the past under both policies: totals, and the returns that would have gone another way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.backtests import totals
from counterflow.backtests.deciding import Draft
from counterflow.backtests.replaying import Heard, LineSide, Side, drafted, recorded
from counterflow.backtests.states import Overrides
from counterflow.backtests.stories import Line, Request, Sent, Story
from counterflow.backtests.totals import AFTER, BEFORE, Seen, Tree
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
    due: tuple[datetime | None, datetime | None]
    segments: tuple[str, ...]


@dataclass
class Compared:
    """What a chunk came to."""

    totals: Tree = field(default_factory=totals.empty)
    differing: list[Differing] = field(default_factory=list)
    seen: dict[Seen, list[int]] = field(default_factory=dict)


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
    totals.add_segments(found.totals, found.seen)
    return found


def _count_request(found: Compared, request: Request, before: Side, after: Side, draft: Draft, wish: Wish) -> None:
    lines = [line for line in request.lines if _wanted(line, wish)]
    if not lines:
        return
    tree, differs = found.totals, False
    for line in lines:
        differs = _count_line(found, request, line, before.lines[line.id], after.lines[line.id], draft, wish) or differs
    tree["returns"] += 1
    tree["differ"]["returns"] += int(differs)
    for name, side in ((BEFORE, before), (AFTER, after)):
        totals.add(tree, name, "returns", side.lines[lines[0].id].fate)
        totals.add(tree, name, "answers", side.answers[request.id])


def _wanted(line: Line, wish: Wish) -> bool:
    facts = line.eligibility.facts
    return (not wish.brand or facts.get("brand") == wish.brand) and (
        not wish.family or facts.get("family") == wish.family
    )


def _count_line(
    found: Compared, request: Request, line: Line, was: LineSide, now: LineSide, draft: Draft, wish: Wish
) -> bool:
    """Count a line on both sides, and keep what differs; whether it does."""
    tree, segments = found.totals, segments_of(line, request.currency)
    tree["lines"] += 1
    _count_side(tree[BEFORE], request, line, was)
    _count_side(tree[AFTER], request, line, now)
    if now.fate != was.fate:
        totals.add(tree, "stake", now.fate, request.currency, n=int(line.eligibility.facts.get("value_minor", 0)))
    places_differ = _count_places(found, request, line, was, now, draft, wish, segments)
    rows = (was.refund, now.refund) if draft.kind == "refund" else (was.heard, now.heard)
    if draft.kind in ("eligibility", "refund"):
        totals.add(tree, "rows", rows[0].row_id, draft.row_of(rows[1]))
    change = change_of(was, now)
    if change:
        totals.add(tree, "changes", change)
        due = (was.paid[-1].due if was.paid else None, now.paid[-1].due if now.paid else None)
        money = (was.refunded, now.refunded)
        one = Differing(change, request, line, None, rows, (was.fate, now.fate), money, now.possible, due, segments)
        found.differing.append(one)
    differs = bool(change) or places_differ
    tree["differ"]["lines"] += int(differs)
    key = Seen(segments, request.currency, (was.fate, now.fate), differs)
    sums = found.seen.setdefault(key, [0, 0, 0])
    sums[0] += 1
    sums[1] += was.refunded
    sums[2] += now.refunded
    return differs


def _count_side(tree: Tree, request: Request, line: Line, side: LineSide) -> None:
    currency = request.currency
    for part in side.paid:
        totals.add(tree, "refunded", currency, n=part.total)
        totals.add(tree, "methods", side.terms.method, currency, n=part.total)
        totals.add(tree, "weeks", totals.week_of(part.due.date()), currency, n=part.total)
        totals.add(tree, "days", str((part.due - request.asked_at).days))
        if part.shipping:
            totals.add(tree, "shipping", currency, n=part.shipping)
        if part.fee:
            totals.add(tree, "fees", currency, n=part.fee)
    if side.possible:
        totals.add(tree, "possible", currency, n=side.possible)
    if side.waiting and line.shipped:
        tree["waiting"]["lines"] += 1
        tree["waiting"]["pieces"] += side.waiting
        totals.add(tree, "waiting", "minor", currency, n=line.invoiced * side.waiting // line.shipped)
    if side.fate == "accepted" and side.terms.returnless:
        tree["returnless"] += line.quantity


def change_of(was: LineSide, now: LineSide) -> str:
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
    if now.refunded != was.refunded:
        return "more_money" if now.refunded > was.refunded else "less_money"
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
    tree, differs = found.totals, False
    for sent in line.sent:
        here = Place(sent.disposition, Heard(sent.said.version_id, sent.said.row_id, sent.said.outcome), False)
        here.approval = bool(sent.said.outcome["needs_approval"])
        there = _place(sent, draft, wish) if draft.kind == "disposition" else here
        _count_place(tree[BEFORE], sent, here)
        if now.goods_come:
            _count_place(tree[AFTER], sent, there)
        if draft.kind != "disposition":
            continue
        totals.add(tree, "rows", here.heard.row_id, draft.row_of(there.heard))
        if (there.disposition, there.approval) == (here.disposition, here.approval):
            continue
        differs = True
        change = "other_place" if there.disposition != here.disposition else "other_approval"
        totals.add(tree, "changes", change)
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
        tree[AFTER]["unknown"]["lines"] += 1
        tree[AFTER]["unknown"]["pieces"] += line.quantity
    return differs


def _place(sent: Sent, draft: Draft, wish: Wish) -> Place:
    """Where the draft sends a unit; what staff decided against policy stays unless policy alone is asked about."""
    heard = draft.answer(sent.said, sent.said.facts)
    where = within_scope(str(heard.outcome["disposition"]), sent.scope)
    if sent.said.override is not None and wish.overrides is not Overrides.NONE:
        where = sent.disposition
    return Place(where, heard, bool(heard.outcome["needs_approval"]))


def _count_place(tree: Tree, sent: Sent, place: Place) -> None:
    facts: Mapping[str, Any] = sent.said.facts
    totals.add(tree, "disposed", place.disposition, "pieces", n=sent.pieces)
    worth = int(facts.get("unit_cost_minor", 0)) * sent.pieces
    if worth and facts.get("currency"):
        totals.add(tree, "disposed", place.disposition, "value", str(facts["currency"]), n=worth)
    tree["approvals"] += int(place.approval)


def segments_of(line: Line, currency: str) -> tuple[str, ...]:
    """A line's place in each dimension, in the order of `DIMENSIONS`; what is not known is `unknown`."""
    facts = line.eligibility.facts
    named = [str(facts.get(name) or UNKNOWN) for name in totals.DIMENSIONS[:-1]]
    return (*named, totals.band(int(facts.get("value_minor", 0)), places(currency)))
