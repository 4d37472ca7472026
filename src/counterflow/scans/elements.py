"""GS1 element strings: as scanners send them, in brackets as people read them, and as Digital Link addresses."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final
from urllib.parse import unquote, urlsplit

from counterflow.scans import digits
from counterflow.scans.identifiers import LINK_KEYS, Identifier, identifier_at, identifiers
from counterflow.scans.parts import Broken, Element, element

SEPARATOR: Final = "\x1d"
ELEMENTS_MAX: Final = 40
OTHERS_MAX: Final = 4
# Identifiers that people print behind a lot or serial number; others are too short or too rare to be supposed there.
_LIKELY_NEXT: Final = frozenset({"01", "10", "11", "13", "15", "17", "21", "37", "240"})
# Words that stood for keys in the first release of GS1 Digital Link, and stand on labels of that time.
_NAMED: Final = {
    "gtin": "01",
    "itip": "8006",
    "sscc": "00",
    "gln": "414",
    "grai": "8003",
    "giai": "8004",
    "ginc": "401",
    "gsin": "402",
    "cpv": "22",
    "lot": "10",
    "ser": "21",
    "exp": "17",
}
_BRACKET = re.compile(r"\((\d{2,4})\)")
_SQUARE = re.compile(r"\[(\d{2,4})\]")
_MARK = re.compile(r"[\x1d|^#~]*(?=\(\d{2,4}\))")
_PAIRS_NOT_TOGETHER: Final = (
    ("01", "02"),
    ("01", "03"),
    ("01", "37"),
    ("01", "255"),
    ("01", "8006"),
    ("02", "03"),
    ("21", "235"),
    ("8017", "8018"),
)
# What an identifier cannot do without; where it is missing the rest is still read, and a note says so.
_COMPANIONS: Final = {
    "02": ("37",),
    "37": ("02", "8026"),
    "250": ("21",),
    "7022": ("7021",),
    "427": ("422",),
    "10": ("01", "02", "03", "8006", "8026"),
    "17": ("01", "02", "03", "255", "8006", "8026"),
    "21": ("01", "03", "8006"),
}


def plain(text: str, today: date) -> list[Element]:
    """The elements of a string as a scanner sends it, separators after what has no length. Raises `Broken`."""
    rest = text.removeprefix(SEPARATOR)
    found: list[Element] = []
    while rest:
        of = _next(rest)
        body = rest[len(of.code) :]
        if of.separated:
            value, found_separator, rest = body.partition(SEPARATOR)
            if found_separator and not rest and not value:
                raise Broken(f"AI {of.code} ({of.title}) has no value")
        else:
            value, rest = body[: of.most], body[of.most :]
            if SEPARATOR in value:
                raise Broken(f"AI {of.code} ({of.title}) needs {of.most} characters, and a separator stands before")
            # A separator after a value of fixed length is not needed and does no harm.
            rest = rest.removeprefix(SEPARATOR)
        found.append(element(of, value, today))
        if len(found) > ELEMENTS_MAX:
            raise Broken(f"more than {ELEMENTS_MAX} elements")
    if not found:
        raise Broken("there is no element")
    return together(found)


def _next(rest: str) -> Identifier:
    of = identifier_at(rest)
    if of is None:
        raise Broken(f"{rest[:4]} is no application identifier")
    return of


def without_separators(text: str, today: date) -> list[list[Element]]:
    """Every sound way to cut a string that has no separators although it may need them; at most a few.

    A lot or serial number may end before something that reads as another identifier with a sound value.
    """
    if SEPARATOR in text.removeprefix(SEPARATOR):
        return []
    ways: list[list[Element]] = []
    _cut(text.removeprefix(SEPARATOR), today, [], ways)
    return [way for way in ways if len({e.code for e in way}) == len(way)][: OTHERS_MAX + 1]


def _cut(rest: str, today: date, so_far: list[Element], ways: list[list[Element]]) -> None:
    """Every sound way to cut what is left, the longest values first."""
    if not rest:
        ways.append(so_far)
        return
    if len(ways) > OTHERS_MAX * 2 or len(so_far) > 8:
        return
    of = identifier_at(rest)
    if of is None:
        return
    body = rest[len(of.code) :]
    lengths = range(min(len(body), of.most), 0, -1) if of.separated else [of.most]
    for length in lengths:
        after = identifier_at(body[length:])
        if length < len(body) and (after is None or (of.separated and after.code not in _LIKELY_NEXT)):
            continue
        try:
            made = element(of, body[:length], today)
        except Broken:
            continue
        _cut(body[length:], today, [*so_far, made], ways)


def round_brackets(text: str) -> str:
    """A text whose identifiers stand in square brackets, as makers of barcodes write them, with round ones."""
    return _SQUARE.sub(r"(\1)", text) if _SQUARE.match(text) else text


def is_bracketed(text: str) -> bool:
    """Whether a text begins with a bracket, perhaps behind a sign for FNC1."""
    return _SQUARE.match(text) is not None or text.lstrip("\x1d|^#~").startswith("(")


def bracketed(text: str, today: date) -> list[Element]:
    """The elements of a string with its identifiers in brackets. A backslash before a bracket makes it part of a value.

    Raises `Broken`.
    """
    marked = _MARK.sub("", round_brackets(text))
    hidden = marked.replace("\\(", "\x02").replace("\\)", "\x03")
    pieces = _BRACKET.split(hidden)
    if len(pieces) < 3 or pieces[0].strip():
        raise Broken("it does not begin with an application identifier in brackets")
    found = []
    for code, raw in zip(pieces[1::2], pieces[2::2], strict=True):
        of = identifiers().get(code)
        if of is None and len(code) == 3 and (of := identifiers().get(code + raw[:1])) is not None:
            # Some print the last digit of a measure's identifier, where its point stands, behind the bracket.
            raw = raw[1:]
        if of is None:
            raise Broken(f"({code}) is no application identifier")
        value = raw.replace("\x02", "(").replace("\x03", ")").strip(" \u00a0")
        if all(part.kind == "n" for part in of.parts):
            # Digits are printed in groups, for people.
            value = re.sub(r"[ \u00a0-]", "", value)
        found.append(element(of, value.rstrip(SEPARATOR), today))
        if len(found) > ELEMENTS_MAX:
            raise Broken(f"more than {ELEMENTS_MAX} elements")
    return together(found)


def link(text: str, today: date) -> list[Element]:
    """The elements of a GS1 Digital Link address (GS1 Digital Link: URI Syntax). Raises `Broken`."""
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise Broken("it is no address") from error
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        raise Broken("it is no web address")
    segments = parts.path.split("/")
    place = _key_place(segments)
    if place is None:
        raise Broken("its path holds no GS1 key")
    pairs = [(_code(segments[n]), unquote(segments[n + 1])) for n in range(place, len(segments) - 1, 2)]
    key, after = pairs[0][0], [code for code, _ in pairs[1:]]
    if not any(_in_order(after, allowed) for allowed in LINK_KEYS[key]):
        raise Broken(f"its path has {', '.join(after)} after {key}, which GS1 Digital Link does not allow")
    qualifiers = {code for allowed in LINK_KEYS[key] for code in allowed}
    pairs += _attributes(parts.query, {key, *after, *qualifiers})
    return together([element(identifiers()[code], _padded(code, value), today) for code, value in pairs])


def _key_place(segments: list[str]) -> int | None:
    """Where the key of a path stands: the last one after which identifiers and values alternate up to the end."""
    if segments and segments[-1] == "":
        segments.pop()
    for place in range(len(segments) - 2, -1, -2):
        if _code(segments[place]) in LINK_KEYS and segments[place + 1]:
            return place
    return None


def _code(name: str) -> str:
    """An identifier by its number, or by the word that once stood for it."""
    return _NAMED.get(name.lower(), name)


def _in_order(codes: Iterable[str], allowed: tuple[str, ...]) -> bool:
    left = iter(allowed)
    return all(code in left for code in codes)


def _attributes(query: str, taken: set[str]) -> list[tuple[str, str]]:
    """What a query adds: parameters named like identifiers. Others belong to the web and are left out."""
    found: dict[str, str] = {}
    for pair in re.split("[&;]", query):
        name, is_pair, raw = pair.partition("=")
        code = _code(name)
        if not is_pair or code not in identifiers():
            continue
        if code in taken or code in found:
            raise Broken(f"AI {code} stands in its query and belongs into its path, or stands there twice")
        found[code] = unquote(raw)
    return list(found.items())


def _padded(code: str, value: str) -> str:
    """A trade item number of 8, 12 or 13 digits as 14."""
    if code in ("01", "02", "03") and digits.plain_digits(value) and len(value) in (8, 12, 13):
        return value.zfill(14)
    return value


def together(found: list[Element]) -> list[Element]:
    """Elements that may stand together, each once. Raises `Broken` where two contradict each other."""
    once: dict[str, Element] = {}
    for each in found:
        if once.setdefault(each.code, each).value != each.value:
            raise Broken(f"AI {each.code} stands there twice, as {once[each.code].value} and as {each.value}")
    for one, other in _PAIRS_NOT_TOGETHER:
        if one in once and other in once:
            raise Broken(f"AI {one} and AI {other} do not stand together")
    measures = [code[:3] for code in once if len(code) == 4 and "310" <= code[:3] <= "395"]
    if twice := next((code for code in measures if measures.count(code) > 1), ""):
        raise Broken(f"AI {twice}n stands there twice, with different decimals")
    return list(once.values())


def alone(found: Iterable[Element]) -> list[str]:
    """Notes about elements whose companion is missing."""
    codes = {each.code for each in found}
    return [
        f"AI {code} stands there without {' or '.join(others)}"
        for code, others in _COMPANIONS.items()
        if code in codes and not codes & set(others)
    ]
