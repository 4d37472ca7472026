"""Read one scanned or typed string: everything it may mean, the best proved first, and what it breaks."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Final
from urllib.parse import unquote, urlsplit

from counterflow.scans import elements, envelopes, items, own, parcels
from counterflow.scans.elements import SEPARATOR
from counterflow.scans.meanings import meaning
from counterflow.scans.noise import Bare, bare
from counterflow.scans.parts import Broken, Element
from counterflow.scans.readings import PROVED, Facts, Kind, Objection, Reading, Scan

TEXT_SHOWN_MAX: Final = 200
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_PIECES_MAX: Final = 12
_ITEM_SYMBOLS: Final = {"]E0": ((8, 12, 13), "13 digits (12 or 8 from some scanners)"), "]E4": ((8,), "8 digits")}
Found = list[Reading | Objection]


def read(given: str, *, today: date, prefix: str = own.PREFIX) -> Scan:
    """What a string may mean. Never raises, whatever the text; `prefix` is that of our plates."""
    code = bare(given)
    found: Found = []
    if code.promises_item:
        found = _item_symbol(code, today)
    elif code.promises_elements:
        found = _elements(code.text, today, promised=True)
    elif code.text:
        found = _free(code.text, today, prefix)
    readings = [each for each in found if isinstance(each, Reading)]
    if code.text and not (code.promises_item or code.promises_elements):
        readings += _as_it_stands(code.text)
    ordered = sorted(_once(readings), key=lambda reading: -reading.score)
    objections = tuple(dict.fromkeys(each for each in found if isinstance(each, Objection)))
    return Scan(given, code.text, code.symbology, tuple(ordered), objections)


def _free(text: str, today: date, prefix: str) -> Found:
    """A text that may be anything: each scheme says what it makes of it."""
    if _ADDRESS.fullmatch(text):
        return _address(text, today, prefix)
    found: Found = [*own.rma(text), *own.lpn(text, prefix), *envelopes.envelope(text)]
    if text.startswith("("):
        found += _sound("GS1 element string", lambda: elements.bracketed(text, today), "identifiers in brackets")
    elif SEPARATOR in text and not text.startswith("["):
        found += _elements(text, today, promised=True)
    else:
        sscc = parcels.sscc(text)
        found += [*items.trade_item(text), *sscc, *items.serial(text), *parcels.tracking(text)]
        if not any(isinstance(each, Reading) and each.score >= 90 for each in found):
            found += _elements(text, today, promised=False)
    return found


def _item_symbol(code: Bare, today: date) -> Found:
    """A symbol for trade items, perhaps with a composite part behind it."""
    number, separator, rest = code.text.partition(SEPARATOR)
    if code.symbology == "]E3" and len(number) in (15, 18):
        # A price or issue number of two or five digits stands beside the symbol.
        number = number[:13]
    found = items.trade_item(number, promised=True)
    lengths, wanted = _ITEM_SYMBOLS.get(code.symbology, ((8, 12, 13), "13 digits"))
    if len(number) not in lengths:
        return [Objection("GTIN", f"this symbol holds {wanted}, and {len(number)} came")]
    if separator and any(isinstance(each, Reading) for each in found):
        try:
            more = elements.plain(rest, today)
        except Broken as error:
            return [*found, Objection("composite part", str(error))]
        gtin = next(each for each in found if isinstance(each, Reading))
        together = meaning([Element("01", "GTIN", gtin.value), *more], ("a composite symbol",), 98)
        return [replace(together, scheme=gtin.scheme)]
    return found


def _elements(text: str, today: date, *, promised: bool) -> Found:
    """An element string as scanners send it; where nothing promises one, only what cannot be chance counts."""
    score = 99 if promised else 85
    evidence = "its symbol holds element strings" if promised else "it reads as element strings from end to end"
    scheme = "GS1 element string"
    found: Found = []
    way: list[Element] = []
    try:
        way = elements.plain(text, today)
    except Broken as error:
        if not promised and not _looks_like_elements(text):
            return []
        found.append(Objection(scheme, str(error)))
    else:
        if not promised and not _looks_like_elements(text):
            return []
        found.append(meaning(way, (evidence, *elements.alone(way)), score))
    why = "a separator may be missing: this is another way to cut it"
    others = [other for other in elements.without_separators(text, today) if other != way]
    found += [meaning(way, (why, *elements.alone(way)), 60 - n) for n, way in enumerate(others)]
    return found


def _looks_like_elements(text: str) -> bool:
    """Whether a text begins with a key that has a length and a check digit of its own, which chance hardly makes."""
    return bool(
        re.match(r"(?:01|02|03)\d{14}|00\d{18}|8006\d{18}|(?:8017|8018)\d{18}|414\d{13}|253\d{13}|8003\d{14}", text)
    )


def _sound(scheme: str, parse: Callable[[], list[Element]], evidence: str) -> Found:
    try:
        found = parse()
    except Broken as error:
        return [Objection(scheme, str(error))]
    return [replace(meaning(found, (evidence, *elements.alone(found)), 99), scheme=scheme)]


def _address(text: str, today: date, prefix: str) -> Found:
    """A web address: a GS1 Digital Link, or a page that may have one of our or a carrier's numbers in it."""
    linked = _sound("GS1 Digital Link", lambda: elements.link(text, today), "a web address with GS1 keys")
    if any(isinstance(each, Reading) for each in linked):
        return linked
    found: Found = [each for each in linked if "its path holds no" not in str(getattr(each, "reason", ""))]
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return [*found, Objection("web address", "it is none that can be read")]
    shown = text[:TEXT_SHOWN_MAX]
    found.append(Reading(Kind.LINK, shown, "web address", 55, (f"a page of {host[:80]}",), Facts()))
    query = [pair.partition("=")[2] for pair in parts.query.split("&")]
    for piece in [p for p in re.split("[/?&#]", parts.path) + query if p][:_PIECES_MAX]:
        inner: Iterable[Reading | Objection] = [
            *own.rma(unquote(piece)),
            *own.lpn(unquote(piece), prefix),
            *parcels.tracking(unquote(piece)),
        ]
        for each in inner:
            if isinstance(each, Reading) and each.score >= 90:
                within = (*each.evidence, f"it stands in an address of {host[:80]}")
                found.append(replace(each, score=each.score - 5, evidence=within))
    return found


def _as_it_stands(text: str) -> list[Reading]:
    """The text itself, for the books to look up: an order number, a SKU, another plate, a number of no known form."""
    if not text.isprintable() or len(text) > TEXT_SHOWN_MAX:
        return []
    why = "no scheme is needed to look it up as it stands"
    return [Reading(Kind.TEXT, text, "text", 5, (why,), Facts())]


def _once(readings: Iterable[Reading]) -> list[Reading]:
    """Each meaning once, as its best proved reading."""
    best: dict[tuple[object, ...], Reading] = {}
    for each in sorted(readings, key=lambda reading: -reading.score):
        named = (each.kind, each.value, each.facts.carrier, each.facts.serial, each.facts.lot, each.facts.expiry)
        best.setdefault(named, each)
    return list(best.values())


def proved(scan: Scan) -> list[Reading]:
    """The readings that rest on a rule of their own."""
    return [each for each in scan.readings if each.score >= PROVED]
