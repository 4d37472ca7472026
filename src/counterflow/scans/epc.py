"""Electronic Product Codes (GS1 EPC Tag Data Standard): as a URI, and as the 96 bits that a radio tag holds."""

import re
from datetime import date
from typing import Final
from urllib.parse import unquote

from counterflow.scans import digits
from counterflow.scans.elements import bracketed
from counterflow.scans.parts import Broken, Element

_URI = re.compile(r"urn:epc:(?:id|tag):(?P<scheme>[a-z]+)(?:-\d+)?:(?:(?<=96:|98:)\d\.)?(?P<rest>\S+)", re.IGNORECASE)
_HEX = re.compile(r"3[01][0-9A-F]{22}", re.IGNORECASE)
# Partition: bits and digits of the company prefix. What is left of 44 bits is the item's, of 58 bits the pallet's.
_PARTITIONS: Final = ((40, 12), (37, 11), (34, 10), (30, 9), (27, 8), (24, 7), (20, 6))


def is_epc(text: str) -> bool:
    """Whether a text has the form of a code that is read here."""
    return _URI.fullmatch(text) is not None or _HEX.fullmatch(text) is not None


def parse(text: str, today: date) -> list[Element]:
    """The elements that a code stands for. Raises `Broken`."""
    if (found := _URI.fullmatch(text)) is None:
        return bracketed(_tag(int(text, 16)), today)
    scheme, parts = found["scheme"].lower(), found["rest"].split(".", 2)
    return bracketed(_brackets(scheme, parts), today)


def _brackets(scheme: str, parts: list[str]) -> str:
    """A code as elements in brackets; its check digit is not in it and is counted."""
    if len(parts) < 2 or not all(digits.plain_digits(part) for part in parts[: 1 if scheme == "giai" else 2]):
        raise Broken(f"{scheme} has a company prefix and a number, with a dot between them")
    prefix, number, more = parts[0], parts[1], unquote(parts[2]) if len(parts) > 2 else ""
    if scheme in ("sgtin", "lgtin"):
        body = number[0] + prefix + number[1:]
        return f"(01){body}{digits.gs1(body)}({'21' if scheme == 'sgtin' else '10'}){more}"
    if scheme == "sscc":
        body = number[0] + prefix + number[1:]
        return f"(00){body}{digits.gs1(body)}"
    body = prefix + number
    plain = {"sgln": f"(414){body}{digits.gs1(body)}", "grai": f"(8003)0{body}{digits.gs1(body)}{more}"}
    if scheme == "giai":
        return f"(8004){prefix}{unquote('.'.join(parts[1:]))}"
    if scheme not in plain:
        raise Broken(f"{scheme} is not read here")
    return plain[scheme]


def _tag(bits: int) -> str:
    """The 96 bits of an item (header 30) or of a pallet (header 31)."""
    item, partition = bits >> 88 == 0x30, bits >> 82 & 7
    if partition >= len(_PARTITIONS):
        raise Broken(f"its partition is {partition}, and 6 is the last")
    width, count = _PARTITIONS[partition]
    left, places = (44 - width, 13 - count) if item else (58 - width, 17 - count)
    prefix = bits >> (82 - width) & ((1 << width) - 1)
    number = bits >> (82 - width - left) & ((1 << left) - 1)
    if prefix >= 10**count or number >= 10**places:
        raise Broken("its numbers are larger than their partition allows")
    parts = [str(prefix).zfill(count), str(number).zfill(places)]
    return _brackets("sgtin", [*parts, str(bits & ((1 << 38) - 1))]) if item else _brackets("sscc", parts)
