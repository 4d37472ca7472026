"""What a home is made of: doors to stations, figures that lead on, short lists, lines of days."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar
from urllib.parse import urlencode

from django.urls import reverse

from counterflow.console import navigation
from counterflow.console.listing import Asked, Column, Listing, listing
from counterflow.console.page import Staff

Row = TypeVar("Row")
WIDE, HIGH = 104, 32


@dataclass(frozen=True)
class Spark:
    """A line of values as an SVG draws it, and what it says in words."""

    line: str
    area: str
    words: str


@dataclass(frozen=True)
class Tile:
    """A figure: name, value, what it means, where it leads; `later` is an address that tells the value."""

    name: str
    value: str
    note: str = ""
    href: str = ""
    tone: str = ""
    spark: Spark | None = None
    later: str = ""


@dataclass(frozen=True)
class Table:
    """A short list, and the page that has all of it."""

    title: str
    list: Listing
    empty: str
    href: str = ""
    link: str = "All"


@dataclass(frozen=True)
class Home:
    """The first page of a role."""

    tiles: Sequence[Tile] = ()
    doors: Sequence[navigation.Link] = ()
    tables: Sequence[Table] = ()
    search: bool = False


def bounded(count: int, most: int) -> str:
    """A count that stopped at a bound: `1,000+` says that there are more."""
    return f"{most:,}+" if count > most else f"{count:,}"


def address(url: str, **query: str) -> str:
    """A page with what is asked of it."""
    asked = urlencode({name: value for name, value in query.items() if value})
    return f"{reverse(url)}?{asked}" if asked else reverse(url)


def waits(count: int, tone: str = "wait") -> str:
    """The tone of a figure that should be nought."""
    return tone if count else "good"


def doors(who: Staff, *urls: str) -> list[navigation.Link]:
    """Those of these rooms that are there and open to this user, in the order asked."""
    links = {link.url: link for group in navigation.allowed(who.permissions) for link in group.links}
    return [links[url] for url in urls if url in links]


def table(title: str, columns: Sequence[Column[Row]], rows: Sequence[Row], empty: str, **more: str) -> Table:
    """A short list; `more` is where all of it is (`href`) and how that is called (`link`)."""
    return Table(title, listing(columns, rows, Asked.nothing()), empty, **more)


def span(time: timedelta | None) -> str:
    """A stretch of time as people say it: `3.2 days`, `5 h`, `40 min`."""
    if time is None:
        return "\u2013"
    hours = time.total_seconds() / 3600
    if hours >= 48:
        return f"{hours / 24:.1f} days"
    return f"{hours:.0f} h" if hours >= 2 else f"{hours * 60:.0f} min"


def by_currency(rows: Iterable[Row], of: Callable[[Row], tuple[str, int]]) -> dict[str, int]:
    """Sums by currency."""
    sums: dict[str, int] = {}
    for row in rows:
        currency, amount = of(row)
        sums[currency] = sums.get(currency, 0) + amount
    return dict(sorted(sums.items()))


def days(found: Mapping[date, int], *, last: date, count: int) -> list[int]:
    """Values of so many days up to one, nought where nothing was found."""
    return [found.get(last - timedelta(days=back), 0) for back in range(count - 1, -1, -1)]


def spark(values: Sequence[int], what: str, shown: Callable[[int], str] = "{:,}".format) -> Spark | None:
    """A line over values; None where there is nothing to draw."""
    if len(values) < 2 or not any(values):
        return None
    top = max(values) or 1
    step = WIDE / (len(values) - 1)
    points = [
        f"{place * step:.1f},{HIGH - 2 - max(value, 0) / top * (HIGH - 4):.1f}" for place, value in enumerate(values)
    ]
    words = f"{what}, {len(values)} days: lowest {shown(min(values))}, highest {shown(top)}, last {shown(values[-1])}"
    return Spark(" ".join(points), f"0,{HIGH} {' '.join(points)} {WIDE},{HIGH}", words)
