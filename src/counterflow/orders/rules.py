"""Pure rules of orders."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sold:
    """Units of one item that left to one customer; `place` orders what happened at the same moment."""

    id: int
    at: datetime
    quantity: int
    place: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class CameBack:
    """Units of the item that the customer returned."""

    id: int
    at: datetime
    quantity: int
    place: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Units of a return that came from one sale."""

    returned: int
    sold: int
    quantity: int


def match_lifo(sales: Iterable[Sold], returns: Iterable[CameBack]) -> list[Match]:
    """Take each return, in the order of time, from the latest sale before it that has units left.

    A sale at the very moment of a return counts as before it. Units that find no sale stay unmatched:
    they are a blind return, also when a sale comes later.
    """
    events: list[tuple[datetime, int, tuple[str | int, ...], Sold | CameBack]] = [
        *((sale.at, 0, sale.place, sale) for sale in sales),
        *((back.at, 1, back.place, back) for back in returns),
    ]
    open_sales: list[list[int]] = []
    matches: list[Match] = []
    for _, _, _, event in sorted(events, key=lambda e: e[:3]):
        if isinstance(event, Sold):
            open_sales.append([event.id, event.quantity])
            continue
        wanted = event.quantity
        while wanted and open_sales:
            sale, left = open_sales[-1]
            taken = min(wanted, left)
            matches.append(Match(event.id, sale, taken))
            wanted -= taken
            open_sales[-1][1] -= taken
            if not open_sales[-1][1]:
                open_sales.pop()
    return matches
