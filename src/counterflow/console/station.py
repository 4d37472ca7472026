"""What the floor stations share: the signal that a scan gives, plates in scans, the node that a session works at."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from counterflow.receiving import queries
from counterflow.scans.reading import read

NODE: Final = "station_node"
"""Where a session keeps the node, for every station the same."""


@dataclass(frozen=True)
class Signal:
    """What a scan came to: tone (good, attention, stop), a title and a sentence more."""

    tone: str
    title: str
    text: str = ""


def codes_in(text: str, *, today: date) -> list[str]:
    """What a scan may be called here: the plate that it says, the text as it stands, and in capitals."""
    scan = read(text.strip(), today=today)
    said = [reading.facts.lpn for reading in scan.readings]
    return list(dict.fromkeys(code for code in (*said, scan.text, scan.text.upper(), text.strip()) if code))


def plate_in(text: str, *, today: date) -> str:
    """The plate of a unit that a scan names; empty where there is none. One statement."""
    codes = codes_in(text, today=today)
    known = queries.units_by_lpn(lpns=codes)
    return next((code for code in codes if code in known), "")
