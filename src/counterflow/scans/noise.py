"""What scanners, keyboards and copying add to a code, and the symbology identifier that may stand before it."""

import re
from dataclasses import dataclass
from typing import Final

from counterflow.scans.elements import SEPARATOR

TEXT_MAX: Final = 2_000

# How separators look where a scanner or a person had to write them visibly.
_WRITTEN = re.compile(
    r"\u241d|[<{\[(](?:GS|FNC1|0x1D)[>}\])]|\\x1d|\\u001d|\\F(?=\d)|&#(?:29|x1D);|%1D(?=\d)|\^\](?=\d)|~(?:1|d029)(?=\d)",
    re.IGNORECASE,
)
# What spreadsheets put around and behind a number that is text.
_SPREADSHEET = re.compile(r"""=?(?P<mark>["'])(?P<inner>[0-9A-Za-z\-]+)(?P=mark)?|(?P<whole>\d{7,})[.,]0""")
# Signs as wide as Chinese ones, and what Zebra's printer language (ZPL) writes for the start and for FNC1.
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_PRINTER = re.compile(r"(?:^>[:;9])?>8")
_INVISIBLE = re.compile("[\u200b-\u200f\u2028\u2029\u2060\ufeff\x00\x02\x03]")
_SYMBOLOGY = re.compile(r"\](?P<letter>[A-Za-z])(?P<modifier>[0-9A-Za-z])")

# ISO/IEC 15424: symbology identifiers, and which of them promise GS1 element strings or a trade item number.
SYMBOLOGIES: Final = {
    "A": "Code 39",
    "C": "Code 128",
    "E": "EAN/UPC",
    "F": "Codabar",
    "G": "Code 93",
    "I": "Interleaved 2 of 5",
    "J": "DotCode",
    "L": "PDF417",
    "Q": "QR Code",
    "U": "MaxiCode",
    "X": "Other",
    "d": "Data Matrix",
    "e": "GS1 DataBar",
    "h": "Han Xin",
    "z": "Aztec",
}
GS1_CARRIERS: Final = frozenset({"]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1", "]L3"})
ITEM_CARRIERS: Final = frozenset({"]E0", "]E3", "]E4"})


@dataclass(frozen=True)
class Bare:
    """A code without its noise."""

    text: str
    symbology: str

    @property
    def promises_elements(self) -> bool:
        """Whether the symbol is one that holds element strings and nothing else."""
        return self.symbology in GS1_CARRIERS

    @property
    def promises_item(self) -> bool:
        """Whether the symbol is one that holds a trade item number and nothing else."""
        return self.symbology in ITEM_CARRIERS


def bare(given: str) -> Bare:
    """A code without blanks, line ends, invisible characters and symbology identifier; separators as U+001D."""
    text = _INVISIBLE.sub("", given[:TEXT_MAX].replace("\u00a0", " ")).strip(" \t\r\n\x0b\x0c\x1c\x1e\x1f\x04")
    text = _WRITTEN.sub(SEPARATOR, text.translate(_WIDE))
    if _PRINTER.match(text):
        text = _PRINTER.sub(SEPARATOR, text)
    text = text.removeprefix("^") if text.startswith("^]") else text
    if (sheet := _SPREADSHEET.fullmatch(text)) is not None:
        text = sheet["inner"] or sheet["whole"]
    if len(text) > 2 and text[0] == text[-1] == "*":
        # Code 39's own start and stop signs, which some scanners send along.
        text = text[1:-1]
    found = _SYMBOLOGY.match(text)
    symbology = ""
    if found is not None and found["letter"] in SYMBOLOGIES:
        symbology, text = found[0], text[found.end() :]
        # A composite symbol sends its second part with an identifier of its own.
        text = re.sub(r"\|?\]e[0-2]", SEPARATOR, text) if symbology in ITEM_CARRIERS else text
    if re.match(r"\^\d{2}", text):
        text = text.replace("^", SEPARATOR)
    return Bare(text.rstrip(SEPARATOR) if text.strip(SEPARATOR) else "", symbology)


def compact(text: str) -> str:
    """A number as printed in groups, without its blanks, dots and dashes."""
    return re.sub(r"[\s.\-\u2010-\u2015]", "", text)
