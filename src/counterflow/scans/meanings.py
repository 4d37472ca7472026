"""What a list of GS1 elements says in our words: which key leads, which facts come along."""

from collections.abc import Sequence
from typing import Final

from counterflow.scans.parts import Element
from counterflow.scans.readings import Facts, Kind, Reading

# Which key names the whole, in the order in which they lead.
_LEADING: Final[tuple[tuple[str, Kind, str], ...]] = (
    ("00", Kind.PARCEL, "SSCC"),
    ("402", Kind.PARCEL, "GSIN, a shipment"),
    ("401", Kind.PARCEL, "GINC, a consignment"),
    ("01", Kind.ITEM, "GTIN"),
    ("8006", Kind.ITEM, "ITIP, a piece of an item"),
    ("03", Kind.ITEM, "GTIN made to order"),
    ("02", Kind.ITEM, "GTIN of contents"),
    ("8010", Kind.ITEM, "component or part"),
    ("8003", Kind.ASSET, "GRAI, a returnable asset"),
    ("8004", Kind.ASSET, "GIAI, an asset"),
    ("8018", Kind.REFERENCE, "GSRN, who receives a service"),
    ("8017", Kind.REFERENCE, "GSRN, who provides a service"),
    ("253", Kind.REFERENCE, "GDTI, a document"),
    ("255", Kind.REFERENCE, "GCN, a coupon"),
    ("8020", Kind.REFERENCE, "payment slip reference"),
    ("400", Kind.REFERENCE, "order number"),
    ("414", Kind.PLACE, "GLN of a place"),
    ("417", Kind.PLACE, "GLN of a party"),
    ("410", Kind.PLACE, "GLN, ship to"),
    ("411", Kind.PLACE, "GLN, bill to"),
    ("412", Kind.PLACE, "GLN, purchased from"),
    ("413", Kind.PLACE, "GLN, ship for"),
    ("415", Kind.PLACE, "GLN, pay to"),
    ("416", Kind.PLACE, "GLN of production or service"),
    ("420", Kind.PLACE, "postcode, ship to"),
    ("421", Kind.PLACE, "postcode, ship to"),
    ("8040", Kind.SERIAL, "IMEI"),
    ("21", Kind.SERIAL, "serial number"),
    ("10", Kind.REFERENCE, "lot"),
)
_UNITS: Final = {
    "310": ("net weight", "kg"),
    "320": ("net weight", "lb"),
    "330": ("gross weight", "kg"),
    "340": ("gross weight", "lb"),
    "311": ("length", "m"),
    "312": ("width", "m"),
    "313": ("height", "m"),
    "314": ("area", "m²"),
    "315": ("net volume", "l"),
    "316": ("net volume", "m³"),
    "392": ("price", ""),
    "390": ("amount", ""),
}


def meaning(found: Sequence[Element], evidence: Sequence[str], score: int) -> Reading:
    """One reading for all elements of a string."""
    by = {each.code: each for each in found}
    days = {each.code: each.day.isoformat() for each in found if each.day is not None}
    value = {code: each.value for code, each in by.items()}
    gtin = value.get("01") or value.get("03") or value.get("02") or value.get("8006", "")[:14]
    count = value.get("30") or value.get("37") or ""
    facts = Facts(
        gtin=gtin,
        sscc=value.get("00", ""),
        tracking=value.get("00") or value.get("402") or value.get("401") or "",
        serial=value.get("21") or value.get("8040") or value.get("250") or "",
        lot=value.get("10", ""),
        expiry=days.get("17") or days.get("7003") or "",
        best_before=days.get("15", ""),
        quantity=int(count) if count else None,
        part=value.get("240") or value.get("241") or value.get("8010") or "",
        order=value.get("400", ""),
        postcode=value.get("420") or value.get("421", "")[3:],
        measures=_measures(found),
    )
    code, kind, words = next(((c, k, w) for c, k, w in _LEADING if c in by), (found[0].code, Kind.REFERENCE, ""))
    notes = [f"AI {each.code}: {each.note}" for each in found if each.note]
    notes += [f"AI {each.code} is {each.title}: {each.value}" for each in found if each.code not in ("01", "00")]
    scheme = f"GS1 element string: {words or by[code].title}"
    return Reading(kind, _named(by[code]), scheme, score, tuple([*evidence, *notes]), facts, tuple(found))


def _named(leading: Element) -> str:
    """The value of the leading key by itself: an ITIP is a GTIN and the piece's number."""
    return leading.value[:14] if leading.code == "8006" else leading.value


def _measures(found: Sequence[Element]) -> dict[str, str]:
    """Measures and prices of variable items; the last digit of their identifier says where the point stands."""
    told = {}
    for each in found:
        if len(each.code) == 4 and (unit := _UNITS.get(each.code[:3])) is not None:
            places = int(each.code[3])
            whole = each.value.zfill(places + 1)
            amount = f"{int(whole[: len(whole) - places])}.{whole[-places:]}" if places else str(int(whole))
            told[unit[0]] = f"{amount} {unit[1]}".strip()
    return told
