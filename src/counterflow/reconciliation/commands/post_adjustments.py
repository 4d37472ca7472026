"""Post the entries that breaks propose: the books give way to the statement, by a person's decision."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError
from counterflow.kernel.events import Event, emit
from counterflow.ledger.chart import State as Stock
from counterflow.ledger.posting import Entry, Move, Place, lock_positions, post
from counterflow.ledger.rules import Pool, take
from counterflow.reconciliation import events, rules
from counterflow.reconciliation.lookups import lock_breaks, pools
from counterflow.reconciliation.models import Break
from counterflow.reconciliation.states import BREAK
from counterflow.reconciliation.states import Break as State
from counterflow.workqueue.cases import settle_cases


@dataclass(frozen=True)
class PostAdjustment:
    """One break whose proposed entry is to be posted."""

    break_id: int


@command(needs="reconciliation.post")
def post_adjustments(ctx: Context, *, items: Sequence[PostAdjustment]) -> Batch:
    """Post each break's entry at what the pool's pieces are worth now, as of the statement's time.

    Refuses: `BreakNotFound`, `NothingProposed`, `NeedsUnits`, `NewerStatement`, `SecondPersonNeeded`,
    `PositionChanged`. A break that was posted before is a replay. SQL: breaks under lock, their places,
    positions under lock, one write, cases, the posting.
    """
    breaks = lock_breaks(ctx, sorted({item.break_id for item in items}))
    places = _places(list(breaks.values()))
    stock = lock_positions(ctx, [place for alike in places.values() for place in alike])
    settled: dict[int, int] = {}
    results: list[Done | Refused] = []
    entries: list[Entry] = []
    for item in items:
        try:
            row = breaks.get(item.break_id)
            if row is None:
                raise rules.BreakNotFound(id=item.break_id)
            before = settled.get(row.id) or row.entry_id
            if before is not None:
                results.append(Done(str(row.id), {"break": row.id, "entry": before}, replayed=True))
                continue
            _require_allowed(ctx, row)
            entry = Entry(ctx.new_id(), row.entity_id, "adjust", row.as_of, _moves(row, places, stock))
            entries.append(entry)
            settled[row.id] = entry.id
            results.append(Done(str(row.id), {"break": row.id, "entry": entry.id}))
        except DomainError as error:
            results.append(Refused.of(str(item.break_id), error))
    db.update(Break, [_settled(ctx, breaks[i], entry_id) for i, entry_id in sorted(settled.items())])
    _settle_cases(ctx, [breaks[i] for i in settled])
    emit(ctx, [_told(statement, entry_ids) for statement, entry_ids in _by_statement(breaks, settled).items()])
    post(ctx, entries)
    return Batch(results)


def _require_allowed(ctx: Context, row: Any) -> None:
    """Raise what stands against posting a break."""
    if row.proposal == "by_unit":
        raise rules.NeedsUnits(quantity=row.quantity, sku=row.sku, state=row.from_state)
    if row.proposal != "adjust":
        raise rules.NothingProposed(sku=row.sku, kind=row.kind, cause=row.cause)
    if row.newer is not None:
        raise rules.NewerStatement(as_of=row.newer.isoformat())
    if ctx.actor == row.compared_by and not ctx.may("workqueue.approve"):
        raise rules.SecondPersonNeeded(actor=ctx.actor)


def _places(rows: Sequence[Any]) -> dict[tuple[int, int, int, str], list[Place]]:
    """Every place in the pool that a break may touch: at least our own one in each state it names."""
    found: dict[tuple[int, int, int, str], list[Place]] = {}
    for row in rows:
        for state in {row.from_state, row.to_state} - {"", Stock.UNEXPLAINED}:
            key = (row.entity_id, row.node_id, row.item_id, state)
            found[key] = [_own(row, state)]
    for account in pools(sorted(found)):
        key = (account.entity_id, account.node_id, account.item_id, account.state)
        place = Place(
            account.entity_id,
            Stock(account.state),
            account.item_id,
            account.node_id,
            account.owner,
            account.custodian,
            account.lot,
            account.bucket,
        )
        if place not in found[key]:
            found[key].append(place)
        for other in _across(rows, place):
            alike = found[other.entity, other.node, other.item, str(other.state)]
            if other not in alike:
                alike.append(other)
    return found


def _own(row: Any, state: str) -> Place:
    return Place(row.entity_id, Stock(state), row.item_id, row.node_id, bucket="pool")


def _across(rows: Sequence[Any], place: Place) -> list[Place]:
    """Where goods of a place go when a break moves them to another state: same owner, custodian and lot."""
    return [
        replace(place, state=Stock(row.to_state))
        for row in rows
        if row.to_state not in ("", Stock.UNEXPLAINED)
        and (row.entity_id, row.node_id, row.item_id, row.from_state)
        == (place.entity, place.node, place.item, place.state)
    ]


def _moves(row: Any, places: dict[tuple[int, int, int, str], list[Place]], stock: dict[Place, Pool]) -> list[Move]:
    """The moves of a break on the running state of the positions; raises `PositionChanged` and changes nothing then."""
    outside = Place(row.entity_id, Stock.UNEXPLAINED, row.item_id)
    if row.from_state == Stock.UNEXPLAINED:
        target = _own(row, row.to_state)
        cost, allowance = _worth(row, stock[target])
        stock[target] = stock[target].plus(row.quantity, cost, allowance)
        return [Move(outside, target, row.quantity, cost, allowance, subject=row.id)]
    there = places[row.entity_id, row.node_id, row.item_id, row.from_state]
    left = sum(stock[place].quantity for place in there)
    if left < row.quantity:
        raise rules.PositionChanged(left=left, sku=row.sku, state=row.from_state, quantity=row.quantity)
    moves, wanted = [], row.quantity
    for place in there:
        pieces = min(wanted, stock[place].quantity)
        if not pieces:
            continue
        cost, allowance, stock[place] = take(stock[place], pieces)
        target = outside if row.to_state == Stock.UNEXPLAINED else replace(place, state=Stock(row.to_state))
        if target != outside:
            stock[target] = stock[target].plus(pieces, cost, allowance)
        moves.append(Move(place, target, pieces, cost, allowance, subject=row.id))
        wanted -= pieces
    return moves


def _worth(row: Any, pool: Pool) -> tuple[int, int]:
    """Cost and allowance of pieces found: the pool's average, or what the break said where the pool is empty."""
    if not pool.quantity:
        return row.value_minor, 0
    cost = pool.cost * row.quantity // pool.quantity
    return cost, -(-pool.allowance * row.quantity // pool.quantity)


def _settled(ctx: Context, row: Any, entry_id: int) -> dict[str, Any]:
    return {
        "id": row.id,
        "state": str(BREAK.move("post", State(row.state))),
        "entry_id": entry_id,
        "settled_at": ctx.at,
        "settled_by": ctx.actor,
    }


def _settle_cases(ctx: Context, rows: Sequence[Any]) -> None:
    """Close the case of a kind of break when none of that kind is open any more."""
    done = Counter((row.statement_id, row.kind) for row in rows)
    open_alike = {(row.statement_id, row.kind): row.open_alike for row in rows}
    gone = [f"statement:{key[0]}:{key[1]}" for key, count in done.items() if count == open_alike[key]]
    settle_cases(ctx, gone, outcome="adjusted")


def _by_statement(breaks: dict[int, Any], settled: dict[int, int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for break_id, entry_id in settled.items():
        found.setdefault(breaks[break_id].statement_id, []).append(entry_id)
    return found


def _told(statement: int, entry_ids: list[int]) -> Event:
    return Event(events.BREAKS_SETTLED, statement, facts={"breaks": len(entry_ids), "entries": entry_ids[:100]})
