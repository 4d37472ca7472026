"""Numbers of parcels and pallets: SSCC by itself, and what the table of carriers knows."""

import re

from counterflow.scans import digits
from counterflow.scans.carriers import CHECK, COUNTRIES, POSTS, ROWS, Tracking
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
    number = compact(text).upper()
    if not number.isascii() or not 8 <= len(number) <= 42:
        return []
    found: Found = []
    for row in ROWS:
        match = row.pattern.fullmatch(number)
        if row.proof < PROVED and number != text.upper().replace(" ", ""):
            continue
        if match is not None and (made := _of(row, match, number)) is not None:
            found.append(made)
    return found


def _of(row: Tracking, match: re.Match[str], number: str) -> Reading | Objection | None:
    parts = match.groupdict()
    evidence = [f"the form of {row.name} ({row.source})"]
    check = parts.get("check")
    if row.check is not None and check is not None:
        right = row.check(parts["body"])
        if check != right:
            return Objection(row.name, f"check digit is {check}, should be {right}") if row.strict else None
        evidence.append(f"check digit {right} is right")
    carrier, name = row.carrier, row.name
    if country := parts.get("country"):
        if country not in COUNTRIES:
            return Objection(row.name, f"{country} is no country")
        carrier = POSTS.get(country, f"Post of {country}")
        name = f"{name}, {carrier}"
    if post := parts.get("post"):
        evidence.append(f"it goes to ZIP {post}")
    value = parts.get("number") or number
    if not value.strip("0"):
        return None
    score = row.proof if check is not None or row.check is None else min(row.proof, CHECK)
    facts = Facts(carrier=carrier, tracking=value, postcode=post or "")
    return Reading(Kind.PARCEL, value, name, score, tuple(evidence), facts)
