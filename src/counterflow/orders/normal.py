"""One form for each way of reaching somebody, however it is written: what two accounts are compared by.

Pure text in, text out; None where there is too little to tell people apart. Two forms that are equal are a
hint that two accounts belong together, never a proof. All of it is personal data: it is hashed under a key
(`links.py`) and never kept.
"""

import re
import unicodedata

import phonenumbers

_DOMAINS = {
    "googlemail.com": "gmail.com",
    "protonmail.com": "proton.me",
    "pm.me": "proton.me",
    "me.com": "icloud.com",
    "mac.com": "icloud.com",
}
"""Domains whose mailboxes are those of another domain, as their providers document it."""
_DOTLESS = frozenset({"gmail.com", "proton.me"})
"""Providers that ignore dots before the @, as they document it."""

_CANONICAL = {
    word: short
    for short, words in {
        "st": "street str strasse straat saint sankt",
        "ave": "avenue av avenida avda",
        "rd": "road",
        "ln": "lane",
        "dr": "drive",
        "blvd": "boulevard bd bvd",
        "sq": "square",
        "ct": "court",
        "pl": "place platz plaza",
        "r": "rue",
        "v": "via",
        "al": "allee alley",
        "apt": "apartment flat unit suite ste wohnung whg appartement app",
        "hse": "house haus",
        "n": "north nord",
        "e": "east ost",
        "s": "south sud",
        "w": "west",
    }.items()
    for word in words.split()
}
_DROPPED = frozenset({"no", "nr", "num", "number", "nummer", "hausnummer", "the"})
_ENDINGS = ("strasse", "straat", "str", "platz", "allee")
"""Words for a street that German and Dutch write together with its name."""
_ADDRESS_MAX = 400


def email(text: str) -> str | None:
    """An address without case, tag and the dots its provider ignores; None where it is none."""
    local, at, domain = unicodedata.normalize("NFKC", text).strip().casefold().rpartition("@")
    local, domain = local.strip(), _domain(domain.strip().strip("."))
    if not at or not local or not domain:
        return None
    domain = _DOMAINS.get(domain, domain)
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local = local.replace(".", "") or local
    return f"{local}@{domain}"


def _domain(domain: str) -> str:
    """A domain as the network writes it, so that bücher.example and its xn-- form are one."""
    try:
        return domain.encode("idna").decode("ascii").casefold()
    except UnicodeError:
        return domain


def phone(text: str, country: str = "") -> str | None:
    """A number in the international form E.164, read as somebody in that country (ISO 3166 alpha-2) dials it."""
    digits = unicodedata.normalize("NFKC", text).strip()
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    try:
        number = phonenumbers.parse(digits, country.upper() if len(country) == 2 else None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    number.extension = None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def words(text: str) -> str:
    """The words of an address in one order: without case, accents, signs and the many ways to write a street.

    Names come first and numbers last, because some countries write the number of a house before the street.
    """
    plain = _letters(text)
    tokens: list[str] = []
    for token in re.findall(r"[0-9]+ ?[a-z](?![0-9a-z])|[0-9]+|[^\W\d_]+", plain):
        tokens += [token.replace(" ", "")] if token[0].isdigit() else _split(token)
    kept = [_CANONICAL.get(token, token) for token in tokens]
    return " ".join(sorted((t for t in kept if t not in _DROPPED), key=lambda t: (t[0].isdigit(), t)))


def _letters(text: str) -> str:
    """Small letters without accents; ae, oe and ue stand for their vowel, as German writes ä, ö and ü."""
    return re.sub(r"([aou])e+", r"\1", _bare(text).replace("_", " "))


def _bare(text: str) -> str:
    """Small letters without accents."""
    bare = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in bare if not unicodedata.combining(c)).casefold()


def _split(token: str) -> list[str]:
    """A word, or its name and the word for a street that ends it."""
    for ending in _ENDINGS:
        if token.endswith(ending) and token != ending:
            return [*_split(token.removesuffix(ending)), ending]
    return [token]


def postcode(text: str) -> str:
    """A postcode without case, spaces and signs."""
    return "".join(c for c in _bare(text) if c.isalnum())


def address(line1: str, line2: str, code: str, city: str, country: str) -> str | None:
    """An address in one form: street and number, postcode (the city where there is none), country.

    None where there is no street, or neither postcode nor city: such an address says too little.
    """
    street, place = words(f"{line1} {line2}"), postcode(code) or words(city)
    if not words(line1) or not place:
        return None
    return f"{street}|{place}|{country.casefold().strip()}"[:_ADDRESS_MAX]
