"""One value of an element string against the rules of its identifier, with the reason where it breaks one."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from counterflow.scans import digits
from counterflow.scans.identifiers import Identifier, Part

# GS1 General Specifications, figures 7.11-1 and 7.11-2: the characters a value may have.
SET_82: Final = frozenset("!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
SET_39: Final = frozenset("#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
SET_64: Final = frozenset("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz=")
_SETS: Final = {"n": frozenset("0123456789"), "x": SET_82, "y": SET_39, "z": SET_64}
_WORDS: Final = {"n": "digits", "x": "letters, digits and signs of set 82", "y": "set 39", "z": "base64url"}


class Broken(Exception):
    """A rule that a string breaks, in words."""


@dataclass(frozen=True)
class Element:
    """One element: identifier, title, value as it stands, and the day it names, where it names one."""

    code: str
    title: str
    value: str
    day: date | None = None
    note: str = ""


def element(of: Identifier, value: str, today: date) -> Element:
    """An element with its value checked. Raises `Broken`."""
    if not value:
        raise Broken(f"AI {of.code} ({of.title}) has no value")
    if len(value) > of.most:
        more = "; a separator may be missing" if of.separated else ""
        raise Broken(f"AI {of.code} ({of.title}) takes {of.most} characters at most, and this has {len(value)}{more}")
    if len(value) < of.least:
        raise Broken(f"AI {of.code} ({of.title}) needs {of.least} characters, and this has {len(value)}")
    rest, day, note = value, None, ""
    for part in of.parts:
        if part.optional and not rest:
            break
        taken, rest = rest[: part.most], rest[part.most :]
        if len(taken) < part.least:
            raise Broken(f"AI {of.code} ({of.title}) ends in the middle of a part: {taken or 'nothing'}")
        _check_characters(of, part, taken)
        for rule in part.rules:
            found = RULES[rule](taken, today)
            if isinstance(found, str):
                raise Broken(f"AI {of.code} {found}")
            if isinstance(found, tuple):
                day, note = day or found[0], note or found[1]
    if rest:
        raise Broken(f"AI {of.code} ({of.title}) has {len(rest)} characters too many")
    return Element(of.code, of.title, value, day, note)


def _check_characters(of: Identifier, part: Part, text: str) -> None:
    wrong = next((char for char in text if char not in _SETS[part.kind]), None)
    if wrong is not None:
        shown = wrong if wrong.isprintable() else f"U+{ord(wrong):04X}"
        raise Broken(f"AI {of.code} ({of.title}) takes {_WORDS[part.kind]} only, and this holds {shown}")


Found = str | tuple[date, str] | None
Rule = Callable[[str, date], Found]


def _check_digit(text: str, today: date) -> Found:
    right = digits.gs1(text[:-1])
    return None if text[-1] == right else f"has check digit {text[-1]}, should be {right}"


def year_of(yy: int, today: date) -> int:
    """The year that two digits mean: the nearest one, by GS1 General Specifications 7.12 (51 ahead is the past)."""
    ahead = yy - today.year % 100
    century = today.year // 100
    return (century - 1 if ahead >= 51 else century + 1 if ahead <= -50 else century) * 100 + yy


def _day(text: str, today: date) -> Found:
    return _date(text, today, month_only=False)


def _day0(text: str, today: date) -> Found:
    return _date(text, today, month_only=True)


def _date(text: str, today: date, *, month_only: bool) -> Found:
    year, month, day = year_of(int(text[:2]), today), int(text[2:4]), int(text[4:6])
    if not 1 <= month <= 12:
        return f"has month {text[2:4]}"
    last = calendar.monthrange(year, month)[1]
    if day == 0 and month_only:
        return date(year, month, last), "the day is 00, which means the whole month; its last day is taken"
    if not 1 <= day <= last:
        return f"has day {text[4:6]} in a month of {last} days"
    return date(year, month, day), ""


def _date8(text: str, today: date) -> Found:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])), ""
    except ValueError:
        return f"has {text}, which is no day"


def _below(limit: int, word: str) -> Rule:
    def rule(text: str, today: date) -> Found:
        return None if int(text) < limit else f"has {word} {text}"

    return rule


def _hour_minute(text: str, today: date) -> Found:
    return None if int(text[:2]) < 24 and int(text[2:]) < 60 else f"has time {text}"


def _piece(text: str, today: date) -> Found:
    this, total = int(text[:2]), int(text[2:])
    return None if 1 <= this <= total else f"says piece {this} of {total}"


def _gmn(text: str, today: date) -> Found:
    if len(text) < 3:
        return "is too short for its two check characters"
    right = digits.gs1_pair(text[:-2])
    return None if text[-2:] == right else f"has check characters {text[-2:]}, should be {right}"


def _only(allowed: str, word: str) -> Rule:
    def rule(text: str, today: date) -> Found:
        return None if text in allowed else f"has {word} {text}"

    return rule


RULES: Final[dict[str, Rule]] = {
    "check": _check_digit,
    "day": _day,
    "day0": _day0,
    "date8": _date8,
    "hhmm": _hour_minute,
    "hour": _below(24, "hour"),
    "minute": _below(60, "minute"),
    "second": _below(60, "second"),
    "piece": _piece,
    "gmn": _gmn,
    "yesno": _only("01", "neither yes (1) nor no (0) but"),
    "sex": _only("0129", "the code"),
    "winding": _only("019", "winding direction"),
    "zero": _only("0", "not 0 but"),
    "nonzero": lambda text, today: "has a size of 0" if int(text) == 0 else None,
    "nozero": lambda text, today: "begins with 0" if text.startswith("0") and len(text) > 1 else None,
    "nondigit": lambda text, today: "holds digits only" if text.isdigit() else None,
    "num3": lambda text, today: "has country or currency 000" if text == "000" else None,
    "country2": lambda text, today: None if text.isalpha() and text.isupper() else f"has country {text}",
    "latitude": _below(1_800_000_001, "latitude"),
    "longitude": _below(3_600_000_001, "longitude"),
}
