"""What an entry will be posted as, before it is: its debit and credit lines, summed by account.

The same rules as `ledger_post`: value rests on the stock sub-account where goods are ours and in our books, and
on the movement's contra account where they are not.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from counterflow.ledger.chart import CONTRA
from counterflow.ledger.posting import Entry, Move, Place


@dataclass(frozen=True, order=True)
class Foreseen:
    """One line to be. `amount` is in minor units of the entity's currency, debit > 0; `quantity` in whole pieces.

    `account` is a GL code, `stock.<state>` for goods in our books, or the state of goods outside of them. What was
    agreed in another currency stands in `tx_amount`, in minor units of `tx_currency`.
    """

    entity: int
    account: str
    item: int = 0
    node: int = 0
    quantity: int = 0
    amount: int = 0
    tx_currency: str = ""
    tx_amount: int = 0


def foreseen(entries: Iterable[Entry]) -> list[Foreseen]:
    """The lines of entries, summed by account, item and node, in one order; lines that come to nothing are left out."""
    sums: dict[tuple[int, str, int, int, str], tuple[int, int, int]] = {}

    def add(entity: int, account: str, item: int, node: int, currency: str, parts: tuple[int, int, int]) -> None:
        key = (entity, account, item, node, currency)
        before = sums.get(key, (0, 0, 0))
        sums[key] = (before[0] + parts[0], before[1] + parts[1], before[2] + parts[2])

    for entry in entries:
        for move in entry.moves:
            for place, sign in ((move.source, -1), (move.target, 1)):
                value = sign * (move.cost + move.allowance)
                carried = value if place.valued else 0
                add(place.entity, _account(place), place.item, place.node, "", (sign * move.quantity, carried, 0))
                if value and not place.valued:
                    add(place.entity, _contra(entry.kind, move), 0, 0, "", (0, value, 0))
        for leg in entry.money:
            currency, told = (leg.tx_currency or "", leg.tx_amount or 0)
            add(leg.entity, str(leg.gl), 0, 0, currency, (0, leg.amount, told))
    lines = [
        Foreseen(entity, account, item, node, quantity, amount, currency, told)
        for (entity, account, item, node, currency), (quantity, amount, told) in sums.items()
        if quantity or amount or told
    ]
    return sorted(lines)


def _account(place: Place) -> str:
    return f"stock.{place.state}" if place.valued else str(place.state)


def _contra(kind: str, move: Move) -> str:
    return str(CONTRA[kind, move.source.state, move.target.state])
