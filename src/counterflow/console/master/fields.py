"""Fields of records as text: how a value is written in forms and files, and how such text is read.

Text is the common form: what stands in a record, in a cell and in a form is compared as text in one normal
form, so `4.5` and `4.50` are the same cost and `YES` and `true` the same answer.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import available_timezones

from counterflow.catalog.rules import GtinMalformed, gtin14
from counterflow.clocks import calendars
from counterflow.kernel.errors import Invalid

YES, NO = "yes", "no"
_YES = {"yes", "y", "true", "t", "1", "x", "on", "ja", "oui", "si", "wahr"}
_NO = {"no", "n", "false", "f", "0", "", "off", "nein", "non", "falsch"}
_SCIENTIFIC = re.compile(r"\d+([.,]\d+)?[eE]\+?\d+")
_SPLIT = re.compile(r"[\s,;|]+")
LONG = frozenset({"long", "closed_days", "open_days"})
"""Sorts of values that have lines."""


class CellWrong(Exception):
    """A text that is no value of its field: what is wrong, and how to mend it."""

    def __init__(self, wrong: str, mend: str) -> None:
        super().__init__(wrong)
        self.wrong, self.mend = wrong, mend


@dataclass(frozen=True)
class Field:
    """One field of a kind.

    `name` is that of the record and of the command; it heads the column in files, where `also` and the label
    are understood too. `kind` is a row of `VALUES`. `fixed` is said once, when the record is made; `late` can only
    be said afterwards. `affects` says what a change means for work under way and asks to confirm. `private` is
    about people: not in lists, previews or histories. `listed` is a column of the list, `sort` its word to sort by.
    """

    name: str
    label: str
    kind: str = "text"
    help: str = ""
    required: bool = False
    choices: Callable[[], Sequence[tuple[str, str]]] | None = None
    most: int = 300
    also: tuple[str, ...] = ()
    fixed: bool = False
    late: bool = False
    affects: str = ""
    private: bool = False
    listed: bool = False
    sort: str = ""
    badge: str = ""
    group: str = ""
    example: str = ""
    default: str = ""

    @property
    def column(self) -> str:
        """The word that heads its column in files."""
        return self.name.removesuffix("_minor").removesuffix("_bp")

    @property
    def headings(self) -> set[str]:
        """Every heading that means this field, in normal form."""
        return {heading_key(word) for word in (self.name, self.column, self.label, *self.also)}

    def read(self, text: str) -> str:
        """The normal form of a text. Raises `CellWrong`."""
        clean = text.replace("\u00a0", " ").strip() if self.kind not in LONG else text.replace("\r\n", "\n").strip()
        if len(clean) > max(self.most, 40):
            raise CellWrong(f"{len(clean):,} characters are too many", f"At most {self.most:,} characters fit.")
        if any(not c.isprintable() and c not in "\n\t" for c in clean):
            raise CellWrong("there are invisible characters in it", "Type the text anew, without control characters.")
        clean = clean or self.default
        if not clean and self.required:
            raise CellWrong(f"{self.label.lower()} is missing", "Fill the cell.")
        return VALUES[self.kind].read(clean, self) if clean or self.kind == "yes_no" else ""

    def typed(self, text: str) -> Any:
        """The value that a command takes, from a text in normal form."""
        return VALUES[self.kind].typed(text)

    def plain(self, value: Any) -> str:
        """A record's value as text."""
        return "" if value is None else VALUES[self.kind].plain(value)


def heading_key(text: str) -> str:
    """A heading without what people vary: case, blanks, punctuation."""
    return "".join(c for c in text.lower() if c.isalnum())


@dataclass(frozen=True)
class Value:
    """A sort of value: text to its normal form, normal form to what commands take, a record's value to text."""

    read: Callable[[str, Field], str]
    typed: Callable[[str], Any]
    plain: Callable[[Any], str]


def _words(text: str, field: Field) -> str:
    return text


def _choice(text: str, field: Field) -> str:
    offered = list(field.choices()) if field.choices else []
    for code, words in offered:
        if text == code or heading_key(text) in (heading_key(code), heading_key(words)):
            return code
    raise CellWrong(f"{text[:40]} is none of the choices", f"Write one of: {', '.join(c for c, _ in offered[:20])}.")


def _zone(text: str, field: Field) -> str:
    if text not in available_timezones():
        raise CellWrong(f"{text[:40]} is no time zone", "Write a zone of the IANA database, such as Europe/London.")
    return text


def _whole(text: str, field: Field) -> str:
    number = _decimal(text, "a whole number, such as 12")
    if number != number.to_integral_value() or number < 0:
        raise CellWrong(f"{text[:40]} is no whole number", "Write digits only, such as 12.")
    return str(int(number))


def _decimal(text: str, example: str) -> Decimal:
    plain = text.replace(" ", "").replace("\u202f", "")
    if "," in plain and "." in plain:
        raise CellWrong(f"{text[:40]} has two kinds of marks", f"Write {example}, with a point and no thousands mark.")
    try:
        number = Decimal(plain.replace(",", ".") if plain.count(",") == 1 else plain)
    except InvalidOperation:
        raise CellWrong(f"{text[:40]} is no number", f"Write {example}.") from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 13:
        raise CellWrong(f"{text[:40]} is no number that fits", f"Write {example}.")
    return number


def _amount(text: str, field: Field) -> str:
    number = _decimal(text, "an amount such as 4.50")
    if number < 0:
        raise CellWrong(f"{text[:40]} is below zero", "Write an amount of 0 or more.")
    return f"{number.normalize():f}"


def _percent(text: str, field: Field) -> str:
    number = _decimal(text.removesuffix("%").strip(), "a percentage such as 1.5")
    if not 0 <= number <= 100 or number != round(number, 2):
        raise CellWrong(f"{text[:40]} is no percentage", "Write 0 to 100 with at most two decimals, such as 1.5.")
    return f"{number.normalize():f}"


def _yes_no(text: str, field: Field) -> str:
    if text.lower() in _YES:
        return YES
    if text.lower() in _NO:
        return NO
    raise CellWrong(f"{text[:40]} is neither yes nor no", "Write yes or no.")


def _hours(text: str, field: Field) -> str:
    try:
        return calendars.said_hours(calendars.read_hours(field.label, text))
    except Invalid as error:
        raise CellWrong(f"{text[:40]} are no working hours", _HOURS) from error


def _closed_days(text: str, field: Field) -> str:
    try:
        return "\n".join(f"{day} {words}".strip() for day, words in calendars.read_closed(text))
    except Invalid as error:
        raise CellWrong(error.message.split(";")[0], "Write a line a day, such as 2026-12-24 Stocktaking.") from error


def _open_days(text: str, field: Field) -> str:
    try:
        return "\n".join(f"{day} {calendars.said_hours(spans)}" for day, spans in calendars.read_opened(text))
    except Invalid as error:
        raise CellWrong(
            error.message.split(";")[0], "Write a line a day with its hours, such as 2026-12-19 09:00-13:00."
        ) from error


_HOURS = "Write spans from earlier to later, such as 08:00-12:00 13:00-17:00; leave it empty for a day off."


def _gtin(text: str, field: Field) -> str:
    if _SCIENTIFIC.fullmatch(text):
        raise CellWrong(
            f"{text[:40]} is how a spreadsheet shortens a long number; its last digits are lost",
            "Format the column as text and write all digits, such as 4006381333931.",
        )
    digits = text.replace(" ", "").replace("-", "")
    if 8 < len(digits) < 12:
        digits = digits.zfill(12)  # a spreadsheet took the zeros in front for a number's
    try:
        return gtin14(digits)
    except GtinMalformed as error:
        raise CellWrong(
            f"{text[:40]} is no GTIN", "Write 8, 12, 13 or 14 digits with the right check digit."
        ) from error


def _gtins(text: str, field: Field) -> str:
    return " ".join(sorted({_gtin(part, field) for part in _SPLIT.split(text) if part}))


def _codes(text: str, field: Field) -> str:
    return " ".join(sorted({_choice(part, field) for part in _SPLIT.split(text) if part}))


def _refs(text: str, field: Field) -> str:
    return " ".join(sorted({part for part in _SPLIT.split(text) if part}))


def _currency(text: str, field: Field) -> str:
    return text.upper()


def _email(text: str, field: Field) -> str:
    return text.lower()


def _decimal_of(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _list_of(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_TEXT = Value(_words, str, str)
VALUES: dict[str, Value] = {
    "text": _TEXT,
    "code": _TEXT,
    "long": _TEXT,
    "ref": _TEXT,
    "choice": Value(_choice, str, str),
    "zone": Value(_zone, str, str),
    "currency": Value(_currency, str, str),
    "email": Value(_email, str, str),
    "hours": Value(_hours, str, str),
    "closed_days": Value(_closed_days, str, str),
    "open_days": Value(_open_days, str, str),
    "whole": Value(_whole, lambda text: int(text) if text else None, str),
    "money": Value(_amount, _decimal_of, str),
    "percent": Value(
        _percent,
        lambda text: int(Decimal(text) * 100) if text else None,
        lambda bp: f"{(Decimal(bp) / 100).normalize():f}",
    ),
    "yes_no": Value(_yes_no, lambda text: text == YES, lambda value: YES if value else NO),
    "gtin": Value(_gtin, lambda text: text or None, str),
    "gtins": Value(_gtins, _list_of, " ".join),
    "codes": Value(_codes, _list_of, lambda codes: " ".join(sorted(codes))),
    "refs": Value(_refs, _list_of, lambda codes: " ".join(sorted(codes))),
}
