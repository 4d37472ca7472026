"""Trade item numbers by themselves: GTIN in all lengths, UPC-E, ISBN; and IMEI, the serial number of phones."""

import re
from typing import Final

from counterflow.scans import digits
from counterflow.scans.noise import compact
from counterflow.scans.readings import Facts, Kind, Objection, Reading

Found = list[Reading | Objection]
_LENGTHS: Final = {8: "GTIN-8", 12: "GTIN-12 (UPC-A)", 13: "GTIN-13 (EAN-13)", 14: "GTIN-14"}
_ISBN10 = re.compile(r"\d{9}[\dXx]")
_ISSN = re.compile(r"(\d{4})-(\d{3})([\dXx])")
_ISMN = re.compile(r"[Mm](\d{9})")
_ADD_ON = re.compile(r"(?:97[789][\d-]{10,14}|\d{4}-\d{3}[\dXx])( \d\d \d\d| \d{2}| \d{5})")


def trade_item(text: str, *, promised: bool = False) -> Found:
    """What a text is as a trade item number. `promised`: its symbol holds nothing else."""
    number, added = _without_add_on(text)
    found: Found = []
    if (standing := _ISSN.fullmatch(text[: len(text) - len(added)].strip())) is not None:
        return _issn(standing, added)
    if (music := _ISMN.fullmatch(number)) is not None:
        number = f"9790{music[1]}"
    if digits.plain_digits(number) and len(number) in _LENGTHS:
        found.append(_gtin(number, promised))
    if digits.plain_digits(number) and len(number) in (6, 7, 8):
        found += _upc_e(number, promised)
    if _ISBN10.fullmatch(number):
        found += _isbn10(number.upper(), marked="-" in text or number[-1] in "xX")
    if promised and not found:
        found.append(Objection("GTIN", f"a trade item number has 8, 12, 13 or 14 digits, and this is {text[:40]}"))
    return found


def _without_add_on(text: str) -> tuple[str, str]:
    """A number in one piece, and the price or issue of two or five digits that is printed beside it."""
    found = _ADD_ON.fullmatch(text)
    added = found[1] if found else ""
    return compact(text[: len(text) - len(added)]), added


def _issn(found: re.Match[str], added: str) -> Found:
    """An ISSN with its dash (ISO 3297), as the EAN-13 that serials are sold by; a variant of two digits may follow."""
    body = found[1] + found[2]
    right = digits.issn(body)
    if found[3].upper() != right:
        return [Objection("ISSN", f"check digit is {found[3]}, should be {right}")]
    gtin = f"977{body}{added.split()[0] if len(added.split()) == 2 else '00'}"
    full = f"{gtin}{digits.gs1(gtin)}".zfill(14)
    evidence = ("4 and 4 characters with a dash", f"check digit {right} is right", f"sold as {full[1:]}")
    return [Reading(Kind.ITEM, full, "ISSN", 92, evidence, Facts(gtin=full))]


def without_zero(text: str) -> Found:
    """What a number of 11 or 17 digits is with the leading zero that a spreadsheet drops."""
    if not digits.plain_digits(text) or len(text) not in (11, 17) or digits.gs1(text[:-1]) != text[-1]:
        return []
    evidence = (f"{len(text)} digits, and the check digit is right", "a leading zero is missing: spreadsheets drop it")
    if len(text) == 11:
        full = text.zfill(14)
        return [Reading(Kind.ITEM, full, "GTIN-12 without its zero", 53, evidence, Facts(gtin=full))]
    full = text.zfill(18)
    return [Reading(Kind.PARCEL, full, "SSCC without its zero", 53, evidence, Facts(sscc=full, tracking=full))]


_SHOPS: Final = (
    (re.compile(r"X00[0-9A-Z]{7}"), "FNSKU", "the form of Amazon's FNSKU (Amazon, label requirements)"),
    (re.compile(r"B0[0-9A-Z]{8}"), "ASIN", "the form of Amazon's ASIN"),
)


def shop_number(text: str) -> Found:
    """A number by which a marketplace names an item."""
    value = text.upper()
    found = next(((name, why) for form, name, why in _SHOPS if form.fullmatch(value)), None)
    return [Reading(Kind.ITEM, value, found[0], 72, (found[1],), Facts(part=value))] if found else []


def _gtin(number: str, promised: bool) -> Reading | Objection:
    name, right = _LENGTHS[len(number)], digits.gs1(number[:-1])
    if number[-1] != right:
        return Objection(name, f"check digit is {number[-1]}, should be {right}")
    full = number.zfill(14)
    if not full.strip("0"):
        return Objection(name, "it is all zeros")
    evidence = [f"{len(number)} digits", f"check digit {right} is right"]
    score = 97 if promised else 90
    short = len(number) == 8
    if (kept := _restricted(full, short)) and not promised:
        score = 60
    if kept:
        evidence.append(kept)
    if short and not promised:
        score -= 8
    if len(number) == 14 and number[0] == "9":
        evidence.append("it begins with 9: an item of variable measure")
    elif len(number) == 14 and number[0] != "0":
        evidence.append(f"packaging level {number[0]}: a case or pack of a smaller item")
    return Reading(Kind.ITEM, full, _name(full, name), score, tuple(evidence), Facts(gtin=full))


def _name(full: str, name: str) -> str:
    if full.startswith(("0978", "0979")) and not full.startswith("09790"):
        return "ISBN-13"
    return "ISSN in EAN-13" if full.startswith("0977") else name


def _restricted(full: str, short: bool) -> str:
    """Ranges that GS1 leaves to regions and companies (General Specifications, 1.4.3 and 1.4.5)."""
    if short:
        return "numbers that begin with 0 or 2 are given inside a company" if full[6] in "02" else ""
    if full[0] == "0" and (full[1] == "2" or full[1:3] == "02" or full[1:3] == "04"):
        return "a number of restricted circulation: given inside a region or company, it may hold a weight or price"
    if full[0] == "0" and (full[1:3] in ("05", "98", "99")):
        return "a range for coupons"
    return ""


def _upc_e(number: str, promised: bool) -> Found:
    """UPC-E of 8 digits, or of 7 (no number system) or 6 (no check digit either)."""
    if len(number) == 8 and number[0] not in "01":
        return []
    body = number[:7] if len(number) == 8 else f"0{number[:6]}"
    right = digits.gs1(digits.upc_e_to_gtin12(f"{body}0")[:-1])
    given = number[-1] if len(number) > 6 else right
    if given != right:
        return [Objection("UPC-E", f"check digit is {given}, should be {right}")] if len(number) == 8 else []
    full = digits.upc_e_to_gtin12(f"{body}{right}").zfill(14)
    if not full.strip("0"):
        return [Objection("UPC-E", "it is all zeros")]
    # A number that is also sound as a GTIN-8 is hardly ever one: that range is not given out.
    score = {8: 84, 7: 55, 6: 35}[len(number)]
    evidence = (
        f"{len(number)} digits spread to {full[2:]}",
        f"check digit {right} is {'right' if len(number) > 6 else 'added'}",
    )
    return [Reading(Kind.ITEM, full, "UPC-E", score, evidence, Facts(gtin=full))]


def _isbn10(number: str, *, marked: bool) -> Found:
    right = digits.isbn10(number[:9])
    if number[9] != right:
        return [Objection("ISBN-10", f"check digit is {number[9]}, should be {right}")] if marked else []
    full = digits.isbn_to_gtin(number).zfill(14)
    evidence = ("10 characters", f"check digit {right} is right", f"sold as {full[1:]}")
    return [Reading(Kind.ITEM, full, "ISBN-10", 88 if marked else 58, evidence, Facts(gtin=full))]


_SERIAL = re.compile(r"(?:S/?N|SERIAL(?:\s*(?:NO|NUMBER))?)\s*[.:#=\-]?\s*(?P<serial>[\x21-\x7e]{3,40})", re.IGNORECASE)
_IMEI = re.compile(r"(?:IMEI\d?\s*[.:#=]?\s*)?(?P<imei>\d{15})", re.IGNORECASE)
_MAC = re.compile(r"(?:[0-9A-F]{2}[:-]){5}[0-9A-F]{2}", re.IGNORECASE)


def serial(text: str) -> Found:
    """A serial number that says so, an IMEI, a network card's address."""
    found: Found = []
    if (named := _SERIAL.fullmatch(text)) is not None and any(char.isdigit() for char in named["serial"]):
        value = named["serial"]
        found.append(Reading(Kind.SERIAL, value, "serial number", 80, ("it says so itself",), Facts(serial=value)))
    if (phone := _IMEI.fullmatch(text if ":" in text else compact(text))) is not None:
        value, said = phone["imei"], "IMEI" in text.upper()
        right = digits.luhn(value[:14])
        if value[14] == right:
            evidence = ("15 digits", f"Luhn check digit {right} is right")
            found.append(Reading(Kind.SERIAL, value, "IMEI", 95 if said else 66, evidence, Facts(serial=value)))
        elif said:
            found.append(Objection("IMEI", f"check digit is {value[14]}, should be {right}"))
    if _MAC.fullmatch(text):
        found.append(Reading(Kind.SERIAL, text.upper(), "MAC address", 70, ("six pairs",), Facts(serial=text.upper())))
    return found
