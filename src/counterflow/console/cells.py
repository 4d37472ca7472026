"""Values as a screen and a CSV file show them."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from babel import Locale

from counterflow.console.badges import badge as badge_of
from counterflow.kernel.money import places, to_decimal

LOCALE = "en_GB"


@dataclass(frozen=True)
class Cell:
    """One value of a row: what a reader sees, what a file gets, and how to draw it.

    `kind`: text, number, instant, date, badge, tags. `plain` is the value for CSV: machines read it. A `code` is
    never broken over two lines; `simulated` marks what stands in the row as made by a rule. A row whose cell has a
    `pick` can be selected by that value.
    """

    kind: str
    text: str = ""
    plain: str | int = ""
    href: str = ""
    tone: str = ""
    note: str = ""
    at: datetime | None = None
    mono: bool = False
    code: bool = False
    simulated: bool = False
    tags: tuple[str, ...] = ()
    pick: str = ""

    @property
    def blank(self) -> bool:
        """Whether there is nothing to show; a phone then leaves the line out."""
        return not (self.text or self.at or self.tags)

    @property
    def quiet(self) -> bool:
        """Whether it says nothing or nought, and is drawn so that what says something stands out."""
        return self.blank or (self.kind == "number" and not str(self.plain).strip("0.-"))


@lru_cache(maxsize=4096)
def money_text(minor: int, currency: str) -> str:
    """An amount as people write it: `£1,234.50`, with a real minus."""
    pattern = copy(Locale.parse(LOCALE).currency_formats["standard"])
    # Our number of decimals, not that of the coins in use: 1250 minor units of RSD read 12.50.
    pattern.frac_prec = (places(currency), places(currency))
    shown = pattern.apply(to_decimal(minor, currency), LOCALE, currency=currency, currency_digits=False)
    return str(shown).replace("-", "\u2212")


def text(value: str, *, href: str = "", note: str = "", mono: bool = False) -> Cell:
    """Words, perhaps a link."""
    return Cell("text", value, value, href, note=note, mono=mono)


def code(value: str, *, href: str = "", note: str = "", simulated: bool = False) -> Cell:
    """A number or code that people compare and copy, perhaps a link."""
    return Cell("text", value, value, href, note=note, code=True, simulated=simulated)


def words(code: str, *, href: str = "") -> Cell:
    """A code as words: `carrier_scan` reads "Carrier scan"; the file keeps the code."""
    return Cell("text", code.replace("_", " ").capitalize(), code, href)


def number(value: int | None, *, href: str = "", signed: bool = False) -> Cell:
    """A count; `signed` shows the plus of what came in."""
    if value is None:
        return Cell("number")
    shown = f"{value:+,}" if signed else f"{value:,}"
    return Cell("number", shown.replace("-", "\u2212"), value, href)


def yes_no(value: bool) -> Cell:
    """Yes or no."""
    return Cell("text", "Yes" if value else "No", "yes" if value else "no")


def day(value: date) -> Cell:
    """A calendar day, such as an accounting date."""
    return Cell("text", f"{value.day} {value:%b %Y}", value.isoformat(), code=True)


def money(minor: int | None, currency: str) -> Cell:
    """An amount; the file gets the exact decimal, its currency stands in a column of its own."""
    if minor is None:
        return Cell("number")
    return Cell("number", money_text(minor, currency), str(to_decimal(minor, currency)))


def instant(at: datetime | None) -> Cell:
    """A moment: the reader's zone on the screen, UTC in the file."""
    return Cell("instant", plain=at.isoformat() if at else "", at=at)


def date_of(at: datetime | None) -> Cell:
    """A moment of which the day matters: its day in the reader's zone on the screen, all of it in the file."""
    return Cell("date", plain=at.isoformat() if at else "", at=at)


def badge(kind: str, state: str) -> Cell:
    """A state."""
    shown = badge_of(kind, state)
    return Cell("badge", shown.label, state, tone=shown.tone)


def simulated(value: bool) -> Cell:
    """Whether numbers were made by a rule, for a file."""
    return Cell("text", plain="simulated" if value else "")


def tags(values: Sequence[Any]) -> Cell:
    """A few short words."""
    words = tuple(str(value) for value in values)
    return Cell("tags", plain=" ".join(words), tags=words)
