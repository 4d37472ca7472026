"""ISO/IEC 15434 envelopes: labels that name their fields by the data identifiers of ANSI MH10.8.2."""

import re
from typing import Final

from counterflow.scans.elements import SEPARATOR
from counterflow.scans.readings import Facts, Kind, Objection, Reading

_ENVELOPE = re.compile(r"\[\)>\x1e?(?P<form>\d{2})\x1d(?P<body>.*)", re.DOTALL)
_FIELD = re.compile(r"(\d{0,3}[A-Z])(.+)", re.DOTALL)
# Data identifiers that a returns dock has a use for, and what they are to us.
_MEANINGS: Final = {
    "P": "part",
    "1P": "part",
    "30P": "part",
    "S": "serial",
    "30S": "serial",
    "25S": "serial",
    "3S": "tracking",
    "1T": "lot",
    "T": "lot",
    "Q": "quantity",
    "K": "order",
    "1K": "order",
    "J": "tracking",
    "1J": "tracking",
    "2J": "tracking",
    "B": "tracking",
}


def envelope(text: str) -> list[Reading | Objection]:
    """What an envelope of form 06 holds; another form is refused with its number."""
    found = _ENVELOPE.fullmatch(text)
    if found is None:
        return []
    if found["form"] != "06":
        return [Objection("ISO 15434", f"form {found['form']} is not read here, only 06")]
    told: dict[str, str] = {}
    for piece in found["body"].strip("\x1e\x04").split(SEPARATOR):
        field = _FIELD.fullmatch(piece.strip())
        if field is not None and (name := _MEANINGS.get(field[1])) is not None:
            told.setdefault(name, field[2])
    if not told:
        return [Objection("ISO 15434", "it holds no field that is known here")]
    amount = told.pop("quantity", "")
    count = int(amount) if amount.isascii() and amount.isdigit() and len(amount) < 9 else None
    facts = Facts(
        part=told.get("part", ""),
        serial=told.get("serial", ""),
        lot=told.get("lot", ""),
        tracking=told.get("tracking", ""),
        order=told.get("order", ""),
        quantity=count,
    )
    value = facts.part or facts.serial or facts.tracking or facts.lot or facts.order
    kind = (
        Kind.ITEM if facts.part else Kind.PARCEL if facts.tracking else Kind.SERIAL if facts.serial else Kind.REFERENCE
    )
    return [Reading(kind, value, "ISO 15434 label", 88, ("its fields carry data identifiers",), facts)]
