"""Check digits, each by the rule of the standard or carrier that publishes it. Bodies come without the check digit."""

from collections.abc import Callable, Sequence
from itertools import cycle

_ALNUM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
# GS1 General Specifications, 7.9.5: the values of the characters and the weights of the alphanumeric check pair.
_CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_CSET32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


def plain_digits(text: str) -> bool:
    """Whether a text is made of the ten digits of ASCII and nothing else."""
    return text.isascii() and text.isdigit()


def gs1(body: str) -> str:
    """GS1 General Specifications, 7.9.1: weights 3 and 1 from the right, modulo 10."""
    total = sum(int(digit) * weight for digit, weight in zip(reversed(body), cycle((3, 1)), strict=False))
    return str(-total % 10)


def gs1_pair(body: str) -> str:
    """GS1 General Specifications, 7.9.5: two check characters of a global model number."""
    weights = reversed(_PRIMES[: len(body)])
    total = sum(_CSET82.index(char) * weight for char, weight in zip(body, weights, strict=True)) % 1021
    return _CSET32[total >> 5] + _CSET32[total & 31]


def luhn(body: str) -> str:
    """ISO/IEC 7812-1 annex B, as IMEI numbers (3GPP TS 23.003) and cards use it."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def iso7064_11_10(body: str) -> str:
    """ISO/IEC 7064, MOD 11,10: finds every wrong digit and nearly every swap of two. Our plates carry it."""
    held = 10
    for digit in body:
        held = (held + int(digit)) % 10 or 10
        held = held * 2 % 11
    return str((11 - held) % 10)


def iso7064_37_36(body: str) -> str:
    """ISO/IEC 7064, MOD 37,36, as DPD's parcel label specification uses it."""
    held = 36
    for char in body:
        held = (held + _ALNUM.index(char)) % 36 or 36
        held = held * 2 % 37
    return _ALNUM[(37 - held) % 36]


def upu_s10(body: str) -> str:
    """UPU S10: weights 8 6 4 2 3 5 9 7, modulo 11."""
    rest = sum(int(digit) * weight for digit, weight in zip(body, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    return {0: "5", 1: "0"}.get(rest, str(11 - rest))


def ups(body: str) -> str:
    """UPS 1Z: letters count as digits (A is 2), every second one twice, modulo 10."""
    values = [int(char) if char.isdigit() else (ord(char) - 63) % 10 for char in body]
    return str(-sum(value * (2 if place % 2 else 1) for place, value in enumerate(values)) % 10)


def isbn10(body: str) -> str:
    """ISO 2108 before 2007: weights 10 to 2, modulo 11; ten is an X."""
    rest = -sum(int(digit) * weight for digit, weight in zip(body, range(10, 1, -1), strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def issn(body: str) -> str:
    """ISO 3297: weights 8 to 2, modulo 11; ten is an X."""
    rest = -sum(int(digit) * weight for digit, weight in zip(body, range(8, 1, -1), strict=True)) % 11
    return "X" if rest == 10 else str(rest)


def weighted(weights: Sequence[int], *, plus: int = 0) -> Callable[[str], str]:
    """Modulo 10 with weights from the left, over and over, and a constant."""

    def check(body: str) -> str:
        return str(-(sum(int(digit) * weight for digit, weight in zip(body, cycle(weights), strict=False)) + plus) % 10)

    return check


def remainder(weights: Sequence[int], modulus: int) -> Callable[[str], str]:
    """The weighted sum's remainder, modulo 10 again; weights from the left, over and over."""

    def check(body: str) -> str:
        total = sum(int(digit) * weight for digit, weight in zip(body, cycle(weights), strict=False))
        return str(total % modulus % 10)

    return check


def mod7(body: str) -> str:
    """DHL Express: the number modulo 7."""
    return str(int(body) % 7)


def isbn_to_gtin(text: str) -> str:
    """The 13 digits under which a book with an ISBN of ten characters is sold."""
    body = f"978{text[:9]}"
    return body + gs1(body)


def upc_e_to_gtin12(digits: str) -> str:
    """UPC-E as UPC-A (GS1 General Specifications, 5.2.4.7): 8 digits, of which the first is 0 or 1, spread to 12."""
    system, body, check = digits[0], digits[1:7], digits[7]
    last = body[5]
    if last in "012":
        spread = body[:2] + last + "0000" + body[2:5]
    elif last == "3":
        spread = body[:3] + "00000" + body[3:5]
    elif last == "4":
        spread = body[:4] + "00000" + body[4]
    else:
        spread = body[:5] + "0000" + last
    return system + spread + check
