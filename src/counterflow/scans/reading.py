"""Read one scanned or typed string: everything it may mean, the best proved first, and what it breaks."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Final
from urllib.parse import unquote, urlsplit

from counterflow.scans import elements, envelopes, epc, hibc, items, layouts, own, parcels
from counterflow.scans.elements import SEPARATOR
from counterflow.scans.meanings import meaning
from counterflow.scans.noise import Bare, bare
from counterflow.scans.parts import Broken, Element
from counterflow.scans.readings import PROVED, Facts, Kind, Objection, Reading, Scan

TEXT_SHOWN_MAX: Final = 200
STRONG: Final = 90
"""From this score on a reading rests on a check digit or on a form that nothing else has."""

_ITEM_WORDS: Final = ("GTIN", "EAN", "UPC", "ISBN", "ISSN", "ISMN")
_CARRIER_WORDS: Final = frozenset(
    ["UPS", "USPS", "FEDEX", "DHL", "DPD", "GLS", "HERMES", "EVRI", "TNT", "YAMATO", "PUROLATOR"]
)
_SAID = re.compile(
    r"(?P<name>(?:GTIN|EAN|UPC|ISBN|SSCC)(?:-?(?:8|1[02348]|[AE])(?=[^0-9A-Z]))?|ISSN|ISMN|TRACKING|TRC?K|AWB|WAYBILL"
    r"|UPS|USPS|FEDEX|DHL|DPD|GLS|HERMES|EVRI|TNT|YAMATO|PUROLATOR)"
    r"(?:\s*(?:NO|NUMBER|NR|ID)\b)?(?:[.:#=\s]+|(?=\d))(?P<rest>\S.*)",
    re.IGNORECASE,
)
_FORM_05 = re.compile(r"\[\)>\x1e?05\x1d(?P<body>[^\x1e\x04]+)[\x1e\x04]*")
_AUSTRALIA_POST: Final = "99312650999998"
_SCIENTIFIC = re.compile(r"\d[.,]\d+E\+?\d+", re.IGNORECASE)
_UNKNOWN_SYMBOL = re.compile(r"\][0-9A-Za-z]{2}")
_BARE_ADDRESS = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}/\S+", re.IGNORECASE)
_KEY_WORDS = re.compile(r"(?:0[12] \d{14}|00 \d{18})(?: |$)")
_IMPB = re.compile(r"(?:420\d{5}(?:\d{4})?)?9[1-6]\d{20}")
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_PIECES_MAX: Final = 12
_ITEM_SYMBOLS: Final = {"]E0": ((8, 12, 13), "13 digits (12 or 8 from some scanners)"), "]E4": ((8,), "8 digits")}
Found = list[Reading | Objection]


def read(given: str, *, today: date, prefix: str = own.PREFIX) -> Scan:
    """What a string may mean. Never raises, whatever the text; `prefix` is that of our plates."""
    code = bare(given)
    found = _read(code, today, prefix)
    if code.text and not _proved(found):
        found += _rescued(code, today, prefix)
        found = found or _of_no_length(code.text)
    readings = [each for each in found if isinstance(each, Reading)]
    if code.text and not (code.promises_item or code.promises_elements):
        readings += _as_it_stands(code.text)
    ordered = sorted(_once(readings), key=lambda reading: -reading.score)
    objections = tuple(dict.fromkeys(each for each in found if isinstance(each, Objection)))
    return Scan(given, code.text, code.symbology, tuple(ordered), objections)


def _read(code: Bare, today: date, prefix: str) -> Found:
    if code.promises_item:
        return _item_symbol(code, today)
    if code.promises_elements:
        return _elements(code.text, today, promised=True)
    return _free(code.text, today, prefix) if code.text else []


def _proved(found: Found) -> bool:
    return any(isinstance(each, Reading) and each.score >= PROVED for each in found)


def _rescued(code: Bare, today: date, prefix: str) -> Found:
    """What a string that says nothing was before a keyboard, a spreadsheet or a second scan changed it; or why not."""
    whole, text = code.symbology + code.text, code.text
    found: Found = list(items.without_zero(text))
    for meant, cause in layouts.undone(whole):
        if meant != whole:
            strong = [r for r in _read(bare(meant), today, prefix) if isinstance(r, Reading) and r.score >= STRONG]
            found += [replace(r, score=r.score - 20, evidence=(*r.evidence, cause)) for r in strong]
    if _proved(found):
        return found
    if several := _several(text, today, prefix):
        return several
    if _SCIENTIFIC.fullmatch(text):
        return [Objection("number", "a spreadsheet rounded it: its last digits are lost")]
    if _UNKNOWN_SYMBOL.match(text):
        return [Objection("symbology identifier", f"{text[:3]} is none of ISO/IEC 15424")]
    return [*found, *parcels.nearly(text)]


def _of_no_length(text: str) -> Found:
    """Why a number that no scheme even has the length of is none."""
    if len(text) < 7 or not (text.isascii() and text.isdigit()):
        return []
    return [Objection("number", f"{len(text)} digits: item numbers have 8, 12, 13 or 14, and an SSCC has 18")]


def _several(text: str, today: date, prefix: str) -> Found:
    """Two scans in one string: the same twice without anything between, or several sound ones."""
    half = text[: len(text) // 2]
    if len(half) >= 8 and text == half * 2 and _proved(_read(bare(half), today, prefix)):
        return [Objection("scan", f"the same code stands there twice: {half}")]
    pieces = [piece for piece in re.split(r"[;,\s]+", text) if piece]
    if 1 < len(pieces) < _PIECES_MAX and all(
        any(isinstance(r, Reading) and r.score >= 80 for r in _read(bare(piece), today, prefix)) for piece in pieces
    ):
        return [Objection("scan", f"{len(pieces)} codes stand in one string")]
    return []


def _free(text: str, today: date, prefix: str) -> Found:
    """A text that may be anything: each scheme says what it makes of it."""
    if _ADDRESS.fullmatch(text):
        return _address(text, today, prefix)
    if (said := _SAID.fullmatch(text)) is not None:
        return _named(said["name"].upper(), said["rest"], today, prefix)
    if elements.is_bracketed(text):
        return _bracketed(text, today)
    if epc.is_epc(text):
        return _sound("EPC", lambda: epc.parse(text, today), "an Electronic Product Code")
    if (form := _FORM_05.fullmatch(text)) is not None:
        return _elements(form["body"], today, promised=True)
    plates = own.lpn(text, prefix)
    if any(isinstance(each, Objection) for each in plates):
        return list(plates)
    found: Found = [*own.rma(text), *plates, *envelopes.envelope(text), *items.shop_number(text)]
    found += _bare_address(text, today)
    if text.startswith("+"):
        found += hibc.label(text)
    elif SEPARATOR in text and not text.startswith("["):
        found += _elements(text, today, promised=True)
    else:
        sscc = parcels.sscc(text)
        found += [*items.trade_item(text), *sscc, *items.serial(text), *parcels.tracking(text)]
        if not any(isinstance(each, Reading) and each.score >= STRONG for each in found):
            found += _elements(_separated(text), today, promised=False)
    return found


def _bare_address(text: str, today: date) -> Found:
    """A GS1 Digital Link without its https://, and elements with blanks instead of brackets, as people type them."""
    if _BARE_ADDRESS.fullmatch(text):
        linked = _sound("GS1 Digital Link", lambda: elements.link(f"https://{text}", today), "an address with GS1 keys")
        return [each for each in linked if isinstance(each, Reading)]
    words = text.split()
    if len(words) > 1 and len(words) % 2 == 0 and _KEY_WORDS.match(text):
        typed = "".join(f"({code}){value}" for code, value in zip(words[::2], words[1::2], strict=True))
        return _sound("GS1 element string", lambda: elements.bracketed(typed, today), "identifiers before blanks")
    return []


def _named(name: str, rest: str, today: date, prefix: str) -> Found:
    """A number behind the word for what it is, or behind a carrier's name."""
    kind = Kind.ITEM if name.startswith(_ITEM_WORDS) else Kind.PARCEL
    said = f"it says so itself: {name}"
    found: Found = []
    for each in _free(rest, today, prefix):
        if isinstance(each, Objection):
            found.append(each)
        elif each.kind == kind and (name not in _CARRIER_WORDS or each.facts.carrier.upper().startswith(name)):
            found.append(replace(each, score=max(each.score, 80), evidence=(*each.evidence, said)))
    return found


def _bracketed(text: str, today: date) -> Found:
    found = _sound("GS1 element string", lambda: elements.bracketed(text, today), "identifiers in brackets")
    return _of_carrier(found, re.sub(r"[^0-9]", "", text))


def _of_carrier(found: Found, number: str) -> Found:
    """Elements together with the carrier's number that they are, as on labels of USPS and of FedEx Ground.

    There an identifier for internal use (91 to 96) holds a number that runs on from it, perhaps behind a postcode
    (USPS Publication 199).
    """
    carried: Found = parcels.tracking(number) if _IMPB.match(number) else []
    for each in found:
        article = {e.code: e.value for e in each.elements}.get("91", "") if isinstance(each, Reading) else ""
        if isinstance(each, Reading) and article and each.facts.gtin == _AUSTRALIA_POST:
            why = ("GTIN and 91 as Australia Post's labels have them",)
            facts = Facts(carrier="Australia Post", tracking=article)
            carried = [Reading(Kind.PARCEL, article, "Australia Post article", 97, why, facts)]
    return [*carried, *(each for each in _lower(found) if isinstance(each, Reading))] if carried else found


def _separated(text: str) -> str:
    """A text that begins like elements with its separators, where another sign stands for them."""
    return re.sub(r"[|^#~ ]", SEPARATOR, text) if _looks_like_elements(text.lstrip("|^#~")) else text


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
    return _of_carrier(found, text.replace(SEPARATOR, ""))


def _looks_like_elements(text: str) -> bool:
    """Whether a text begins with a key that has a length and a check digit of its own, which chance hardly makes."""
    return bool(
        re.match(
            r"\x1d?(?:01|02|03)\d{14}|00\d{18}|8006\d{18}|(?:8017|8018)\d{18}|414\d{13}|253\d{13}|8003\d{14}", text
        )
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
    # A link with a GS1 key that breaks a rule is that broken key, and no page.
    score = PROVED - 5 if found else 55
    found.append(Reading(Kind.LINK, shown, "web address", score, (f"a page of {host[:80]}",), Facts()))
    query = [pair.partition("=")[2] for pair in parts.query.split("&")]
    numbers: Found = []
    pieces = [piece for piece in re.split("[/?&#]", parts.path) + query if piece]
    pieces += [piece.partition("-")[0] for piece in pieces if piece.count("-") > 1]
    for piece in pieces[:_PIECES_MAX]:
        inner: Iterable[Reading | Objection] = [
            *own.rma(unquote(piece)),
            *own.lpn(unquote(piece), prefix),
            *parcels.tracking(unquote(piece)),
        ]
        for each in inner:
            if not isinstance(each, Reading):
                continue
            carrier = each.facts.carrier.lower().partition(" ")[0]
            theirs = bool(carrier) and carrier in host.lower()
            if each.score >= STRONG or (theirs and each.score >= PROVED):
                within = (*each.evidence, f"it stands in an address of {host[:80]}")
                numbers.append(replace(each, score=max(each.score, STRONG) - 5, evidence=within))
    # A page that has a number of ours or of its carrier in its address is that number.
    return [*numbers, *(_lower(found) if numbers else found)]


def _lower(found: Found) -> Found:
    """Readings as the lesser ones beside a better that explains them."""
    return [replace(each, score=PROVED - 5) if isinstance(each, Reading) else each for each in found]


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
