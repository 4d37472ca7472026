"""What both sides come to: counts, money, time and places; sums of chunks, so that a run can go on where it stopped.

Kept as plain JSON. Amounts are minor units by currency. Days are counted by the piece of a credit: days from asking to
when it falls due -> how many.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

BEFORE, AFTER = "before", "after"
DAY = 24 * 60 * 60 * 1_000_000
"""Microseconds."""
DIMENSIONS = ("brand", "family", "channel_kind", "customer_segment", "zone", "reason_code", "value_band")
VALUES_MAX = 300
"""Values of a dimension kept apart at most; what is rarer is put together as `other`."""
BANDS = (20, 50, 100, 250, 500, 1_000)
"""Bounds of value bands, in whole units of the currency."""

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the totals are told of one line on both sides; two lines that are told the same are counted together."""

    segments: tuple[str, ...]
    currency: str
    fates: tuple[str, str]
    differs: bool


def empty() -> Tree:
    """Totals of nothing."""
    return {
        "lines": 0,
        "returns": 0,
        "differ": {"lines": 0, "returns": 0},
        "changes": {},
        BEFORE: _side(),
        AFTER: _side(),
        "stake": {},
        "segments": {name: {} for name in DIMENSIONS},
        "rows": {},
    }


def _side() -> Tree:
    return {
        "returns": {},
        "answers": {},
        "refunded": {},
        "shipping": {},
        "fees": {},
        "possible": {},
        "methods": {},
        "weeks": {},
        "days": {},
        "waiting": {"lines": 0, "pieces": 0, "minor": {}},
        "returnless": 0,
        "disposed": {},
        "approvals": 0,
        "unknown": {"lines": 0, "pieces": 0},
    }


Counts = Counter[tuple[str, ...]]
"""Numbers by their path in the tree; counting them flat is several times faster."""


def planted(counts: Mapping[tuple[str, ...], int]) -> Tree:
    """The tree of counted numbers."""
    tree: Tree = {}
    for path, number in counts.items():
        place = tree
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = place.get(path[-1], 0) + number
    return tree


def merge(one: Tree, other: Mapping[str, Any]) -> Tree:
    """Add the numbers of one tree to those of another, in place."""
    for name, value in other.items():
        if isinstance(value, Mapping):
            merge(one.setdefault(name, {}), value)
        else:
            one[name] = one.get(name, 0) + value
    return one


def bounded(totals: Tree) -> Tree:
    """The same totals with the rare values of each segment put together, so that a run's row stays small."""
    for found in totals["segments"].values():
        extra = sorted((v for v in found if v != "other"), key=lambda v: -found[v]["lines"])[VALUES_MAX:]
        for value in extra:
            merge(found.setdefault("other", {}), found.pop(value))
    return totals


def band(value_minor: int, places: int) -> str:
    """The value band of an amount: 0-20, 20-50 and so on up to 1000+, in whole units of its currency."""
    least = 0
    for most in BANDS:
        if value_minor < most * 10**places:
            return f"{least}-{most}"
        least = most
    return f"{least}+"


def week_of(at: int) -> str:
    """The Monday of the week of an instant (microseconds since 1970, UTC), as an ISO date."""
    return _monday((at // DAY + 3) // 7)


@lru_cache(maxsize=4_000)
def _monday(week: int) -> str:
    """The Monday of the n-th week since that of the first day of 1970, which was a Thursday."""
    return (date(1970, 1, 1) + timedelta(days=7 * week - 3)).isoformat()


def quantile(days: Mapping[str, int], part: float) -> int | None:
    """The day by which a part of all credits falls due; None for none."""
    wanted = part * sum(days.values())
    reached = 0
    for day, count in sorted((int(day), count) for day, count in days.items()):
        reached += count
        if reached >= wanted and count:
            return day
    return None


def add_segments(counts: Counts, seen: Mapping[Seen, Sequence[int]]) -> None:
    """Spread counted lines over every dimension: lines, fates and refunded money on both sides."""
    for one, (lines, before, after) in seen.items():
        for name, value in zip(DIMENSIONS, one.segments, strict=True):
            place = ("segments", name, value)
            counts[(*place, "lines")] += lines
            counts[(*place, "differ")] += lines if one.differs else 0
            for side, fate, money in ((BEFORE, one.fates[0], before), (AFTER, one.fates[1], after)):
                counts[(*place, side, fate)] += lines
                counts[(*place, side, "refunded", one.currency)] += money
