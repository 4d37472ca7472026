"""Pure rules of facilities: what a node may be, and whose messages may be facts there."""

from enum import StrEnum
from zoneinfo import ZoneInfo

from counterflow.kernel.errors import Invalid
from counterflow.scans.digits import gs1, plain_digits

CODE_MAX = 60
NAME_MAX, TEXT_MAX = 300, 2_000
NODE_UNITS_MAX = 100_000_000


class Kind(StrEnum):
    """What a node is."""

    DC = "dc"
    THIRD_PARTY = "3pl"
    STORE = "store"
    MARKETPLACE = "marketplace"


class Scope(StrEnum):
    """How much of a node's stock we keep: all of it, or only returns, beside another system of record."""

    FULL = "full"
    RETURNS_ONLY = "returns_only"


class Message(StrEnum):
    """Kinds of messages about a node's goods."""

    RECEIPT = "receipt"
    INSPECTION = "inspection"
    DISPOSAL = "disposal"
    SHIPMENT = "shipment"
    ADJUSTMENT = "adjustment"


class Holder(StrEnum):
    """Whose messages are facts: our own scans, or the partner's reports."""

    OURS = "ours"
    PARTNER = "partner"


class Purpose(StrEnum):
    """What a tote is for: goods that were sent one way."""

    RESTOCK = "restock"
    REFURBISH = "refurbish"
    SCRAP = "scrap"
    TO_SUPPLIER = "to_supplier"
    SECONDARY = "secondary"
    QUARANTINE = "quarantine"
    RETURN_TO_CUSTOMER = "return_to_customer"
    HAND_OVER = "hand_over"


class NodeCodeInvalid(Invalid):
    """A node needs a code of 1 to {most} letters, digits, dots, dashes or underscores, not {code}."""


class NodeWordUnknown(Invalid):
    """{word} is not a {what}; the choices are: {choices}."""


class ToteCodeInvalid(Invalid):
    """A tote needs a code of 1 to {most} letters, digits, dots, dashes or underscores, not {code}."""


class ToteCapacityInvalid(Invalid):
    """A tote takes 1 to {most} plates, or as many as one likes where no number is given, not {capacity}."""


class GlnMalformed(Invalid):
    """{gln} is not a GLN: 13 digits, of which the last is the check digit."""


class CapacityOutOfRange(Invalid):
    """A node's capacity is a whole number of pieces from 0 to {most}, not {value}."""


class NodeTextInvalid(Invalid):
    """{field} of {node} has 1 to {most} characters."""


class NodeZoneUnknown(Invalid):
    """{zone} is not a time zone of the IANA database, such as Europe/London."""


def require_code(code: str) -> str:
    """A node's code. Raises `NodeCodeInvalid`."""
    plain = code.replace("-", "").replace("_", "").replace(".", "")
    if not (1 <= len(code) <= CODE_MAX and plain.isalnum()):
        raise NodeCodeInvalid(code=code[: CODE_MAX + 20], most=CODE_MAX)
    return code


def require_word(choices: type[StrEnum], word: str, what: str) -> str:
    """A word of a closed list. Raises `NodeWordUnknown`."""
    if word not in set(choices):
        raise NodeWordUnknown(word=word[:40], what=what, choices=", ".join(choices))
    return word


def require_zone(zone: str) -> str:
    """An IANA zone. Raises `NodeZoneUnknown`."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise NodeZoneUnknown(zone=zone[:60]) from error
    return zone


def require_gln(gln: str) -> str:
    """A GLN as GS1's General Specifications have it, or none. Raises `GlnMalformed`."""
    digits = gln.strip()
    if not digits:
        return ""
    if not (plain_digits(digits) and len(digits) == 13 and gs1(digits[:-1]) == digits[-1]):
        raise GlnMalformed(gln=gln[:40])
    return digits


def require_node_capacity(pieces: int | None) -> int | None:
    """How many pieces fit, or nobody knows. Raises `CapacityOutOfRange`."""
    if pieces is not None and not 0 <= pieces <= NODE_UNITS_MAX:
        raise CapacityOutOfRange(value=pieces, most=NODE_UNITS_MAX)
    return pieces


def require_text(node: str, field: str, text: str, *, least: int = 0, most: int = NAME_MAX) -> str:
    """A text without space around it. Raises `NodeTextInvalid`."""
    clean = text.strip()
    if not least <= len(clean) <= most:
        raise NodeTextInvalid(node=node[:80], field=field, most=most)
    return clean


def default_holder(kind: str) -> Holder:
    """Who reports for a node where nobody said otherwise: a partner for its own premises, we for ours."""
    return Holder.PARTNER if kind in (Kind.THIRD_PARTY, Kind.MARKETPLACE) else Holder.OURS


CAPACITY_MAX = 10_000


def require_tote_code(code: str) -> str:
    """A tote's code, as its barcode says it. Raises `ToteCodeInvalid`."""
    plain = code.replace("-", "").replace("_", "").replace(".", "")
    if not (1 <= len(code) <= CODE_MAX and plain.isascii() and plain.isalnum()):
        raise ToteCodeInvalid(code=code[: CODE_MAX + 20], most=CODE_MAX)
    return code


def require_capacity(capacity: int | None) -> int | None:
    """How many plates a tote takes. Raises `ToteCapacityInvalid`."""
    if capacity is not None and (isinstance(capacity, bool) or not 1 <= capacity <= CAPACITY_MAX):
        raise ToteCapacityInvalid(capacity=str(capacity)[:40], most=CAPACITY_MAX)
    return capacity
