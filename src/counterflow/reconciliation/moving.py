"""What a correction of stock moves: pieces between places of the pool, or between the pool and unexplained.

A correction (a break, or an adjustment of a person) names entity, node, item, `from_state`, `to_state`, quantity, and
`value_minor`, which counts only where pieces are found and the pool has none to compare with.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from counterflow.ledger.chart import State as Stock
from counterflow.ledger.posting import Move, Place
from counterflow.ledger.rules import Pool, take
from counterflow.reconciliation import rules
from counterflow.reconciliation.lookups import pools

PlacesOf = dict[tuple[int, int, int, str], list[Place]]
"""Places by entity, node, item and state."""


def places_of(rows: Sequence[Any]) -> PlacesOf:
    """Every place in the pool that a correction may touch: at least our own one in each state it names."""
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
    """Where goods of a place go when a correction moves them to another state: same owner, custodian and lot."""
    return [
        replace(place, state=Stock(row.to_state))
        for row in rows
        if row.to_state not in ("", Stock.UNEXPLAINED)
        and (row.entity_id, row.node_id, row.item_id, row.from_state)
        == (place.entity, place.node, place.item, place.state)
    ]


def beside(row: Any, places: PlacesOf, stock: dict[Place, Pool]) -> dict[Place, Pool]:
    """A copy of the positions that a correction may touch, so that one that is refused leaves the others alone."""
    states = {row.from_state, row.to_state}
    alike = [places.get((row.entity_id, row.node_id, row.item_id, state), []) for state in sorted(states)]
    return {place: stock[place] for found in alike for place in found}


def moves_of(row: Any, places: PlacesOf, stock: dict[Place, Pool]) -> list[Move]:
    """The moves of a correction on the running state of positions; raises `PositionChanged` and changes nothing."""
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
    """Cost and allowance of pieces found: the pool's average, or what the correction says where the pool is empty."""
    if not pool.quantity:
        return row.value_minor, 0
    cost = pool.cost * row.quantity // pool.quantity
    return cost, -(-pool.allowance * row.quantity // pool.quantity)
