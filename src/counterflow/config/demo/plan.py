"""Which sales come back and how: the rare lives first, each on sales that fit it, then the usual ones."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random

from counterflow.config.demo import trip as steps
from counterflow.config.demo.calendar import Year
from counterflow.config.demo.dice import dice
from counterflow.config.demo.lives import LIVES, Kind, usual
from counterflow.config.demo.sales import ORDERS, Sale
from counterflow.config.demo.trip import Life, Trip, Wish

ROOM = timedelta(days=45)
"""What happens rarely takes its time, so it begins this long before the year ends."""
CHEAP = 1_600
"""Policy lets customers keep what is worth so little (minor units), so nothing else happens to it."""
Start = tuple[Callable[[Trip], Life], Trip]


def plan(rng: Random, made: Sequence[Sale], *, size: str, year: Year) -> list[Start]:
    """Which sales come back and how, in the order in which they are asked back."""
    starts: list[Start] = []
    used: set[str] = set()
    early = [sale for sale in made if sale.shipped_at < year.end - ROOM]
    rng.shuffle(early)
    for kind in LIVES:
        wanted = max(2, kind.count * ORDERS[size] // ORDERS["full"])
        for sale in early:
            if wanted == 0:
                break
            if sale.number in used or not kind.fits(sale) or (_worth(sale) <= CHEAP) != kind.cheap:
                continue
            wanted -= 1
            used.add(sale.number)
            starts.append((kind.life, _rare(rng, sale, kind)))
    for sale in made:
        if sale.number not in used and (wishes := _wishes(rng, sale)):
            reason = steps.pick_reason(rng, wishes[0].line.product.family.code)
            starts.append((usual, _trip(rng, sale, wishes, reason)))
    return sorted(starts, key=lambda start: (start[1].at, start[1].ref))


def _worth(sale: Sale) -> int:
    """What one piece of the first line was sold for."""
    return sale.lines[0].invoiced_minor // sale.lines[0].quantity


def _wishes(rng: Random, sale: Sale) -> list[Wish]:
    """Lines of a sale that come back, often only a part of their pieces."""
    wishes = []
    for line in sale.lines:
        if rng.random() * 100 < line.product.family.returned_percent and not sale.dropped:
            whole = line.quantity == 1 or rng.random() < 0.4
            wishes.append(Wish(line, line.quantity if whole else rng.randint(1, line.quantity)))
    return wishes


def _rare(rng: Random, sale: Sale, kind: Kind) -> Trip:
    line = sale.lines[0]
    reason = rng.choice(kind.reasons) if kind.reasons else steps.pick_reason(rng, line.product.family.code)
    return _trip(rng, sale, [Wish(line, max(kind.pieces_least, 1))], reason)


def _trip(rng: Random, sale: Sale, wishes: list[Wish], reason: str) -> Trip:
    """Asked back some days after it left: most within two weeks, some late, a few very late."""
    days = rng.choices((rng.randint(3, 14), rng.randint(14, 30), rng.randint(31, 70)), (78, 17, 5))[0]
    asked = sale.shipped_at + timedelta(days=days, hours=rng.randint(0, 20))
    # A randomness of its own, so that one life does not change what happens in another.
    return Trip(dice(f"{sale.number}:{rng.random()}"), f"R-{sale.number}", sale, wishes, reason, asked)
