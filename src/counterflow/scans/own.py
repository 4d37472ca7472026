"""Our own numbers: RMA numbers and licence plates."""

import re
from typing import Final

from counterflow.scans import digits
from counterflow.scans.readings import Facts, Kind, Objection, Reading

PREFIX: Final = "LPN"
_RMA = re.compile(r"RMA[-\s#:]?(\d{1,19})", re.IGNORECASE)
_PREFIX = re.compile(r"[A-Z]{2,6}")


def plate(number: int, prefix: str = PREFIX) -> str:
    """The licence plate of a number: prefix, number, check digit by ISO/IEC 7064 MOD 11,10."""
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"a plate's prefix has 2 to 6 capital letters: {prefix}")
    return f"{prefix}{number}{digits.iso7064_11_10(str(number))}"


def rma(text: str) -> list[Reading]:
    """An RMA number, in whatever case and with or without its dash."""
    found = _RMA.fullmatch(text)
    if found is None:
        return []
    number = f"RMA-{int(found[1])}"
    return [Reading(Kind.RETURN, number, "RMA number", 98, ("it has the form of our RMA numbers",), Facts(rma=number))]


def lpn(text: str, prefix: str) -> list[Reading | Objection]:
    """A plate of ours, in whatever case. Plates of other forms are known by the books alone."""
    found = re.fullmatch(rf"({prefix})(\d{{2,19}})(\d)", text, re.IGNORECASE)
    if found is None:
        return []
    right = digits.iso7064_11_10(found[2])
    if found[3] != right:
        return [Objection("licence plate", f"check digit is {found[3]}, should be {right}")]
    value = text.upper()
    evidence = ("it has the form of our plates", f"check digit {right} is right")
    return [Reading(Kind.UNIT, value, "licence plate", 100, evidence, Facts(lpn=value))]
