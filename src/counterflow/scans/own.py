"""Our own numbers, RMA numbers and licence plates; and plates that other systems' prefixes give away."""

import re
from typing import Final

from counterflow.scans import digits
from counterflow.scans.readings import Facts, Kind, Objection, Reading

PREFIX: Final = "LPN"
_RMA = re.compile(r"RMA[-\s#:_]?(\d{1,19})", re.IGNORECASE)
_PREFIX = re.compile(r"[A-Z]{2,6}")
# Prefixes that other systems print by default. With letters, a dash or a zero behind LPN a plate is none of ours.
_OTHERS: Final = (
    (r"LPN[A-Z]{1,4}\d{6,12}", "Amazon's LPN of a returned unit"),
    (r"LPN[-_ ]?0\d{3,16}|LPN[-_]\d{4,17}", "LPN with zeros or a dash, as Oracle and other systems print them"),
    (r"[IO]LPN[-_]?\d{4,17}", "iLPN or oLPN, as Manhattan prints them"),
    (r"(?:HU|PLT|PAL|PALLET)[-_]?\d{6,18}", "a prefix for handling units and pallets"),
)


def plate(number: int, prefix: str = PREFIX) -> str:
    """The licence plate of a number: prefix, number, check digit by ISO/IEC 7064 MOD 11,10."""
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"a plate's prefix has 2 to 6 capital letters: {prefix}")
    return f"{prefix}{number}{digits.iso7064_11_10(str(number))}"


def rma(text: str) -> list[Reading | Objection]:
    """An RMA number, in whatever case and with or without its dash."""
    found = _RMA.fullmatch(text)
    if found is None:
        wrong = re.fullmatch(r"RMA[-\s#:_]\S{1,19}", text, re.IGNORECASE)
        return [Objection("RMA number", "behind RMA stand up to 19 digits and nothing else")] if wrong else []
    number = f"RMA-{int(found[1])}"
    return [Reading(Kind.RETURN, number, "RMA number", 98, ("it has the form of our RMA numbers",), Facts(rma=number))]


def lpn(text: str, prefix: str) -> list[Reading | Objection]:
    """A plate of ours, in whatever case. Plates of other forms are known by the books alone."""
    found = re.fullmatch(rf"{prefix}([-\s#:]?)(\d{{2,19}})(\d)", text, re.IGNORECASE)
    if found is None:
        return _of_others(text)
    if found[1] and found[3] != digits.iso7064_11_10(found[2]):
        return _of_others(text) or [Objection("licence plate", "its check digit is wrong")]
    if found[2].startswith("0"):
        why = "ours have no zero in front: it is misread, or a plate of another system that only the books know"
        return [Objection("licence plate", why)]
    right = digits.iso7064_11_10(found[2])
    if found[3] != right:
        return [Objection("licence plate", f"check digit is {found[3]}, should be {right}")]
    value = f"{prefix}{found[2]}{right}"
    evidence = ("it has the form of our plates", f"check digit {right} is right")
    return [Reading(Kind.UNIT, value, "licence plate", 100, evidence, Facts(lpn=value))]


def _of_others(text: str) -> list[Reading | Objection]:
    value = text.upper()
    for pattern, words in _OTHERS:
        if re.fullmatch(pattern, value):
            evidence = (words, "no check digit proves it: only the books can tell")
            return [Reading(Kind.UNIT, value, "licence plate of another system", 60, evidence, Facts(lpn=value))]
    return []
