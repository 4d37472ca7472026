"""Numbers of parcels and pallets: SSCC by itself, and what the table of carriers knows."""

import re
from collections.abc import Iterator

from counterflow.scans import digits
from counterflow.scans.carriers import BEGINNINGS, CHECK, COUNTRIES, POSTS, ROWS, Tracking
from counterflow.scans.noise import compact
from counterflow.scans.readings import PROVED, Facts, Kind, Objection, Reading

Found = list[Reading | Objection]


def sscc(text: str) -> Found:
    """An SSCC of 18 digits, alone or behind its identifier 00."""
    number = compact(text)
    if not digits.plain_digits(number):
        return []
    if len(number) == 20 and number.startswith("00"):
        number, before = number[2:], "behind identifier 00"
    elif len(number) == 18:
        before = "18 digits"
    else:
        return []
    right = digits.gs1(number[:-1])
    if number[-1] != right:
        return [Objection("SSCC", f"check digit is {number[-1]}, should be {right}")]
    if not number.strip("0"):
        return [Objection("SSCC", "it is all zeros")]
    evidence = (before, f"check digit {right} is right")
    return [Reading(Kind.PARCEL, number, "SSCC", 92, evidence, Facts(sscc=number, tracking=number))]


def tracking(text: str) -> Found:
    """What each carrier of the table makes of a text."""
    return [made for row, made in _rows(text) if isinstance(made, Reading) or row.strict]


def nearly(text: str) -> Found:
    """The rules that a text of some carrier's form breaks: reasons, where nothing else was understood."""
    broken: Found = [made for _, made in _rows(text) if isinstance(made, Objection)]
    number = compact(text).upper()
    for start, name, lengths, form in BEGINNINGS:
        if not broken and re.match(start, number):
            wanted = f"{lengths[0]} to {lengths[-1]}" if isinstance(lengths, range) else " or ".join(map(str, lengths))
            counted = f"it has {wanted} characters, and this has {len(number)}"
            broken.append(Objection(name, f"it is made of {form}" if len(number) in lengths else counted))
    return broken


def _rows(text: str) -> Iterator[tuple[Tracking, Reading | Objection]]:
    printed, number = text.upper().replace(" ", ""), compact(text).upper()
    if not number.isascii() or not 8 <= len(number) <= 42:
        return
    for row in ROWS:
        if row.proof < PROVED and number != printed:
            continue
        match = row.pattern.fullmatch(printed) or row.pattern.fullmatch(number)
        if match is not None and (made := _of(row, match, match[0])) is not None:
            yield row, made


def _of(row: Tracking, match: re.Match[str], number: str) -> Reading | Objection | None:
    parts = match.groupdict()
    evidence = [f"the form of {row.name} ({row.source})"]
    check = parts.get("check")
    if row.check is not None and check is not None:
        right = row.check(parts["body"])
        if check != right:
            return Objection(row.name, f"check digit is {check}, should be {right}")
        evidence.append(f"check digit {right} is right")
    carrier, name = row.carrier, row.name
    if country := parts.get("country"):
        if country not in COUNTRIES:
            return Objection(row.name, f"{country} is no country")
        carrier = POSTS.get(country, f"Post of {country}")
        name = f"{name}, {carrier}"
    if post := parts.get("post"):
        evidence.append(f"it goes to ZIP {post}")
    value = parts.get("number") or number.replace(".", "")
    if not value.strip("0"):
        return None
    score = row.proof if check is not None or row.check is None else min(row.proof, CHECK)
    facts = Facts(carrier=carrier, tracking=value, postcode=post or "")
    return Reading(Kind.PARCEL, value, name, score, tuple(evidence), facts)
