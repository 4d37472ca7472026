"""ISO/IEC 15434 envelopes: labels that name their fields by the data identifiers of ANSI MH10.8.2 (form 06), and the
carrier's part of a transport label (form 01). Some data identifiers stand on a symbol of their own as well."""

import re
from datetime import date
from typing import Final

from counterflow.scans import digits
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
    "9N": "part",
    "D": "expiry",
}
_ALONE = re.compile(r"(1P|30P|1T|30S|25S|[1-6]J)(?=[0-9A-Z]*\d)([0-9A-Z][0-9A-Z.\-/]{3,34})")
# Who a Standard Carrier Alpha Code is; others stand as they are.
_CARRIERS: Final = {"UPSN": "UPS", "FDE": "FedEx", "FDEG": "FedEx", "FDXE": "FedEx", "FXSP": "FedEx"}


def envelope(text: str) -> list[Reading | Objection]:
    """What an envelope of form 01 or 06 holds (05 holds GS1 elements); another form is refused with its number."""
    found = _ENVELOPE.fullmatch(text)
    if found is None:
        return _alone(text)
    if found["form"] == "01":
        return _transport(found["body"])
    if found["form"] != "06":
        return [Objection("ISO 15434", f"form {found['form']} is not read here, only 01, 05 and 06")]
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
        expiry=_expiry(told.get("expiry", "")),
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


def _expiry(text: str) -> str:
    """An expiry of form YYMMDD as an ISO day; anything else is left out."""
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6])).isoformat() if len(text) == 6 else ""
    except ValueError:
        return ""


def _alone(text: str) -> list[Reading | Objection]:
    """A field with its data identifier on a symbol of its own: what is read is a guess, above the books' own names."""
    found = _ALONE.fullmatch(text)
    if found is None:
        return []
    code, value = found.groups()
    evidence = (f"it begins with data identifier {code} (ANSI MH10.8.2)",)
    if code.endswith("J"):
        return [Reading(Kind.PARCEL, value, "ISO 15459 licence plate", 75, evidence, Facts(tracking=value))]
    name = _MEANINGS[code]
    kind = {"part": Kind.ITEM, "serial": Kind.SERIAL}.get(name, Kind.REFERENCE)
    facts = Facts(
        part=value if name == "part" else "",
        serial=value if name == "serial" else "",
        lot=value if name == "lot" else "",
    )
    return [Reading(kind, value, f"field {code}", 56, evidence, facts)]


def _transport(body: str) -> list[Reading | Objection]:
    """Form 01: postcode, country, class of service, tracking number, carrier, and the carrier's own fields."""
    fields = body.partition("\x1e")[0].split(SEPARATOR)
    if len(fields) < 5 or not re.fullmatch(r"[0-9A-Z]{8,35}", fields[3]):
        return [Objection("ISO 15434", "it is a transport label (form 01) without a tracking number")]
    postcode = re.sub(r"^96", "", fields[0]) if len(fields[0]) in (7, 11) else fields[0]
    carrier, tracking = _CARRIERS.get(fields[4], fields[4]), fields[3]
    if carrier == "UPS" and len(fields) > 5 and len(tracking) == 10:
        # The symbol leaves the shipper and the class out of the number; they stand in other fields.
        whole = f"1Z{fields[5]}{fields[2][-2:]}{tracking[2:]}"
        tracking = whole if len(whole) == 18 and digits.ups(whole[2:-1]) == whole[-1] else tracking
    evidence = ("the carrier's part of a transport label (form 01)", f"it goes to {postcode}")
    facts = Facts(carrier=carrier, tracking=tracking, postcode=postcode)
    return [Reading(Kind.PARCEL, tracking, "ISO 15434 transport label", 93, evidence, facts)]
