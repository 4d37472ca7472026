"""Pure rules of the catalog."""

import re

from counterflow.kernel.errors import Invalid

_NOT_WORD = re.compile(r"[^0-9a-z?]+")


class GtinMalformed(Invalid):
    """{gtin} is not a GTIN: 8, 12, 13 or 14 digits, of which the last is the check digit."""


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
    if not (digits.isascii() and digits.isdigit() and len(digits) in (8, 12, 13, 14)):
        raise GtinMalformed(gtin=text[:40])
    full = digits.zfill(14)
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(full[:13]))
    if (10 - total % 10) % 10 != int(full[13]):
        raise GtinMalformed(gtin=text[:40])
    return full
