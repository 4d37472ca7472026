"""Correct one place of stock by a person's word: pieces found, pieces gone, or pieces in another state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Invalid
from counterflow.ledger.chart import TRAITS, State
from counterflow.ledger.posting import Entry, lock_positions, post
from counterflow.policies.approving import require_approval
from counterflow.reconciliation.commands.post_adjustments import value_of
from counterflow.reconciliation.lookups_adjusting import Wish, known_of
from counterflow.reconciliation.models import Adjustment
from counterflow.reconciliation.moving import beside, moves_of, places_of

CODE_MAX = 64
REFERENCE_MAX = 100
QUANTITY_MAX = 1_000_000


class AdjustmentInvalid(Invalid):
    """An adjustment needs a reference and a reason code of 1 to {most} characters."""


class StatesInvalid(Invalid):
    """Goods move between two different states of stock on hand, or one of them is unexplained; not {states}."""


class PiecesInvalid(Invalid):
    """A whole number of pieces from 1 to {most} is needed, not {quantity}."""


@dataclass(frozen=True)
class AdjustStock:
    """Pieces of a SKU at a node to be moved in the books, with the code of a reason.

    From `unexplained` they are found, to it they are gone. Pieces that are found are worth what the others there are
    worth; where there are none, the item's standard cost, or `unit_cost_minor` where it is told.
    """

    reference: str
    node: str
    sku: str
    from_state: str
    to_state: str
    quantity: int
    reason: str
    unit_cost_minor: int | None = None


@command(needs="ledger.adjust")
def adjust_stock(ctx: Context, *, items: Sequence[AdjustStock]) -> Batch:
    """Post one adjusting entry for each item, now. Pieces that are gone by one's word alone are a write-off.

    Refuses `AdjustmentInvalid`, `StatesInvalid`, `PiecesInvalid`, `NodeNotFound`, `SkuNotFound`, `PositionChanged`,
    `ApprovalNeeded`, `IdentityReused`. SQL: two look-ups, positions under lock, one write, the decisions, the posting.
    """
    known = known_of(items)
    wishes: dict[int, Wish] = {}
    results: dict[int, Done | Refused] = {}
    for n, item in enumerate(items):
        try:
            done = _before(item, known.before)
            if done is None:
                require_sound(item)
                wishes[n] = known.wish(item, ctx.new_id())
            else:
                results[n] = done
        except DomainError as error:
            results[n] = Refused.of(item.reference[:REFERENCE_MAX], error)
    places = places_of(list(wishes.values()))
    stock = lock_positions(ctx, [place for alike in places.values() for place in alike])
    rows: list[dict[str, Any]] = []
    entries: list[Entry] = []
    made: dict[str, tuple[AdjustStock, Done]] = {}
    for n, wish in wishes.items():
        item = items[n]
        try:
            if item.reference in made:
                results[n] = _again(item, *made[item.reference])
                continue
            left = beside(wish, places, stock)
            moves = moves_of(wish, places, left)
            entry = Entry(ctx.new_id(), wish.entity_id, "adjust", ctx.at, moves)
            _require_approval(ctx, item, wish, entry)
            stock |= left
            entries.append(entry)
            value = sum(move.cost + move.allowance for move in moves)
            rows.append(_row(ctx, item, wish, entry.id, value))
            done = Done(item.reference, {"adjustment": wish.id, "entry": entry.id, "value_minor": value})
            results[n], made[item.reference] = done, (item, done)
        except DomainError as error:
            results[n] = Refused.of(item.reference, error)
    db.insert(Adjustment, rows)
    post(ctx, entries)
    return Batch([results[n] for n in range(len(items))])


def _require_approval(ctx: Context, item: AdjustStock, wish: Wish, entry: Entry) -> None:
    """Let the entry be posted, or refuse it. Raises `ApprovalNeeded`."""
    act = "write_off" if wish.to_state == State.UNEXPLAINED else "adjustment"
    facts = {
        "value_minor": value_of(entry),
        "currency": wish.currency,
        "node": item.node,
        "reason_code": item.reason,
    }
    require_approval(ctx, act, item.reference, subject_id=wish.item_id, facts=facts, entries=[entry])


def require_sound(item: AdjustStock) -> None:
    """What an adjustment has to say whatever the books have. Raises what it is refused for."""
    if not 1 <= len(item.reference.strip()) <= REFERENCE_MAX or not 1 <= len(item.reason.strip()) <= CODE_MAX:
        raise AdjustmentInvalid(most=CODE_MAX)
    states = [item.from_state, item.to_state]
    held = [s for s in states if s in TRAITS and TRAITS[State(s)].on_hand]
    outside = [s for s in states if s == State.UNEXPLAINED]
    if len(set(states)) != 2 or len(held) + len(outside) != 2 or not held:
        raise StatesInvalid(states=" and ".join(s[:40] for s in states))
    if isinstance(item.quantity, bool) or not 1 <= item.quantity <= QUANTITY_MAX:
        raise PiecesInvalid(most=QUANTITY_MAX, quantity=str(item.quantity)[:20])
    if item.unit_cost_minor is not None and not 0 <= item.unit_cost_minor <= QUANTITY_MAX * 1000:
        raise PiecesInvalid(most=QUANTITY_MAX, quantity="this cost")


def _before(item: AdjustStock, before: dict[str, Any]) -> Done | None:
    row = before.get(item.reference)
    if row is None:
        return None
    if bytes(row.content_hash) != content_hash(item):
        raise IdentityReused(what="adjustment", identity=item.reference)
    facts = {"adjustment": row.id, "entry": row.entry_id, "value_minor": row.value_minor}
    return Done(item.reference, facts, replayed=True)


def _again(item: AdjustStock, first: AdjustStock, done: Done) -> Done:
    if first != item:
        raise IdentityReused(what="adjustment", identity=item.reference)
    return Done(done.identity, done.facts, replayed=True)


def _row(ctx: Context, item: AdjustStock, wish: Wish, entry_id: int, value: int) -> dict[str, Any]:
    return {
        "id": wish.id,
        "reference": item.reference,
        "content_hash": content_hash(item),
        "node_id": wish.node_id,
        "item_id": wish.item_id,
        "from_state": wish.from_state,
        "to_state": wish.to_state,
        "quantity": wish.quantity,
        "value_minor": value,
        "currency": wish.currency,
        "reason": item.reason,
        "entry_id": entry_id,
        "recorded_at": ctx.at,
        "recorded_by": ctx.actor,
        "command_id": ctx.command_id,
    }
