"""Health industry bar codes, by the supplier labelling standard ANSI/HIBC 2.6: what, and of which lot or until when."""

import calendar
import re
from datetime import date, timedelta
from typing import Final

from counterflow.scans.readings import Facts, Kind, Objection, Reading

Found = list[Reading | Objection]
_SIGNS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
_PRIMARY = re.compile(r"(?P<labeler>[A-Z][0-9A-Z]{3})(?P<part>[0-9A-Z]{1,18})(?P<unit>\d)")
_SECONDARY = re.compile(r"(?P<flag>\$\$\+?|\$\+?|(?=\d{5}))(?P<body>.*)")
# The quantity that may follow $$, and then the date, by its first figure: layout and what stands for no date.
_QUANTITY = re.compile(r"8(\d\d)|9(\d{5})")
_DATES: Final = (
    (re.compile(r"2(?P<month>\d\d)(?P<day>\d\d)(?P<year>\d\d)"), "month, day, year"),
    (re.compile(r"3(?P<year>\d\d)(?P<month>\d\d)(?P<day>\d\d)"), "year, month, day"),
    (re.compile(r"4(?P<year>\d\d)(?P<month>\d\d)(?P<day>\d\d)\d\d"), "year, month, day, hour"),
    (re.compile(r"5(?P<year>\d\d)(?P<nth>\d{3})"), "year, day of the year"),
    (re.compile(r"6(?P<year>\d\d)(?P<nth>\d{3})\d\d"), "year, day of the year, hour"),
    (re.compile(r"7"), "no date"),
    (re.compile(r"(?P<month>[01]\d)(?P<year>\d\d)"), "month, year"),
)


def check_character(body: str) -> str:
    """Appendix B: the sum of the values of all characters, modulo 43."""
    return _SIGNS[sum(_SIGNS.index(char) for char in body) % 43]


def label(text: str) -> Found:
    """What a string that begins with a plus sign says. A blank as check character is printed as an underscore."""
    full = text.upper()
    body, check = full[:-1], full[-1:].replace("_", " ")
    if not re.fullmatch(r"\+(?:[A-Z]|\$|\d{5})[0-9A-Z$/+%.\-]{3,80}", body) or body[1:4] == "C10":
        return []
    right = check_character(body)
    if check != right:
        shown = right.replace(" ", "a blank")
        return [Objection("HIBC", f"check character is {check}, should be {shown}")]
    first, *others = body[1:].split("/")
    primary = _PRIMARY.fullmatch(first)
    if primary is None:
        # A second line of its own ends with the check character of the first, as a link.
        others = body[1:-1].split("/")
    told: dict[str, str] = {}
    try:
        for piece in others:
            _tell(piece, told)
    except ValueError as error:
        return [Objection("HIBC", str(error))]
    amount = told.get("quantity", "")
    facts = Facts(
        serial=told.get("serial", ""),
        lot=told.get("lot", ""),
        expiry=told.get("expiry", ""),
        quantity=int(amount) if amount else None,
        part=primary["part"] if primary else "",
    )
    evidence = [f"check character {right} is right"]
    if primary is not None:
        value = primary["labeler"] + primary["part"]
        evidence.append(f"labeler {primary['labeler']}, unit of measure {primary['unit']}")
        return [Reading(Kind.ITEM, value, "HIBC", 96, tuple(evidence), facts)]
    if not told:
        return [Objection("HIBC", "it holds neither an item nor a lot, serial number or date")]
    evidence.append("it is the second line of a label: the item stands in the first")
    return [Reading(Kind.REFERENCE, facts.lot or facts.serial or facts.expiry, "HIBC", 92, tuple(evidence), facts)]


def _tell(piece: str, told: dict[str, str]) -> None:
    """What a piece of secondary data tells. Raises `ValueError` in words."""
    if (extra := re.fullmatch(r"(S|14D|16D|Q)([0-9A-Z]+)", piece)) is not None:
        name, value = extra.groups()
        if name == "S":
            told["serial"] = value
        elif name == "14D":
            told["expiry"] = _day(value[:4], value[4:6], value[6:8]).isoformat()
        elif name == "Q" and value.isdigit() and len(value) <= 8:
            told["quantity"] = value
        return
    found = _SECONDARY.fullmatch(piece)
    if found is None:
        raise ValueError(f"{piece[:20]} is no field of secondary data")
    flag, rest = found["flag"], found["body"]
    if flag.startswith("$$"):
        rest = _quantity_and_date(rest, told)
    elif not flag:
        told["expiry"] = _nth("20" + rest[:2], rest[2:5]).isoformat()
        rest = rest[5:]
    if rest:
        told["serial" if flag.endswith("+") else "lot"] = rest


def _quantity_and_date(rest: str, told: dict[str, str]) -> str:
    """Take a quantity and a date from the front; the rest is the lot or serial number."""
    if (amount := _QUANTITY.match(rest)) is not None:
        told["quantity"], rest = amount[1] or amount[2], rest[amount.end() :]
    for pattern, _ in _DATES:
        if (found := pattern.match(rest)) is not None:
            parts = found.groupdict()
            if "nth" in parts:
                told["expiry"] = _nth("20" + parts["year"], parts["nth"]).isoformat()
            elif parts:
                told["expiry"] = _day("20" + parts["year"], parts["month"], parts.get("day", "00")).isoformat()
            return rest[found.end() :]
    return rest


def _day(year: str, month: str, day: str) -> date:
    """A day; 00 is the last of its month, as GS1 has it too."""
    try:
        first = date(int(year), int(month), 1)
        last = calendar.monthrange(first.year, first.month)[1]
        return first.replace(day=int(day) or last)
    except ValueError as error:
        raise ValueError(f"{year}-{month}-{day} is no day") from error


def _nth(year: str, nth: str) -> date:
    found = date(int(year), 1, 1) + timedelta(days=int(nth) - 1)
    if str(found.year) != year:
        raise ValueError(f"day {nth} is no day of {year}")
    return found
