"""Pure rules of the catalog."""

import re
from collections.abc import Sequence

from counterflow.kernel.errors import Invalid
from counterflow.scans.digits import gs1, plain_digits

NAME_MAX, TEXT_MAX = 300, 2_000
WEIGHT_MAX_G, WARRANTY_MAX_MONTHS, WINDOW_MAX_DAYS = 10_000_000, 1_200, 36_500
_NOT_WORD = re.compile(r"[^0-9a-z?]+")


class GtinMalformed(Invalid):
    """{gtin} is not a GTIN: 8, 12, 13 or 14 digits, of which the last is the check digit."""


class NumberOutOfRange(Invalid):
    """{field} of {code} is a whole number from {least} to {most}, not {value}."""


class TextTooLong(Invalid):
    """{field} of {code} has {length} characters; at most {most} fit."""


class NameMissing(Invalid):
    """{code} needs a name."""


class CostWithoutCurrency(Invalid):
    """Item {sku} has a cost and no currency; give both or neither."""


def reason_key(text: str) -> str:
    """The normal form of a free-text reason: small letters, one blank between words, no punctuation.

    Question marks stay, because "damaged?" says less than "damaged".
    """
    return " ".join(_NOT_WORD.sub(" ", text.lower()).split())


def gtin14(text: str) -> str:
    """A GTIN as 14 digits. Raises `GtinMalformed`."""
    digits = text.strip()
    if not (plain_digits(digits) and len(digits) in (8, 12, 13, 14) and gs1(digits[:-1]) == digits[-1]):
        raise GtinMalformed(gtin=text[:40])
    return digits.zfill(14)


def more_gtins(texts: Sequence[str], main: str | None) -> list[str]:
    """Further GTINs as 14 digits, sorted, each once and without the main one. Raises `GtinMalformed`."""
    return sorted({gtin14(text) for text in texts} - {main})


def whole(code: str, field: str, value: int | None, *, least: int, most: int) -> int | None:
    """A whole number within bounds, or none. Raises `NumberOutOfRange`."""
    if value is not None and not least <= value <= most:
        raise NumberOutOfRange(field=field, code=code[:80], least=least, most=most, value=value)
    return value


def text(code: str, field: str, value: str, *, most: int = TEXT_MAX) -> str:
    """A text without space around it. Raises `TextTooLong`."""
    clean = value.strip()
    if len(clean) > most:
        raise TextTooLong(field=field, code=code[:80], length=len(clean), most=most)
    return clean


def name(code: str, value: str) -> str:
    """What people call it. Raises `NameMissing`, `TextTooLong`."""
    clean = text(code, "name", value, most=NAME_MAX)
    if not clean:
        raise NameMissing(code=code[:80])
    return clean
