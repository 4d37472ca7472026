"""Recovery's pure rules: what work and lots may be, what goods are worth afterwards, and SSCCs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from counterflow.kernel.errors import Invalid, NotFound, Refusal
from counterflow.kernel.money import allocate
from counterflow.recovery.states import Outcome
from counterflow.scans.digits import gs1

COST_KINDS: Final = ("part", "labour", "service")
AMOUNT_MAX: Final = 10**12
LINES_MAX: Final = 2_000
"""Of a lot or pallet: all its goods leave by one entry, and an entry has a bounded number of lines."""
_REF = re.compile(r"^[A-Za-z0-9_.:/-]{1,80}$")
_PREFIX = re.compile(r"^[0-9]{4,12}$")


class ReferenceMalformed(Invalid):
    """{what} needs a reference of 1 to 80 letters, digits, dots, colons, slashes, dashes or underscores,
    not {given}."""


class AmountInvalid(Invalid):
    """{what} is a whole number of minor units from {least} to {most}, not {given}."""


class WordUnknown(Invalid):
    """{word} is not a {what}; the choices are: {choices}."""


class NetValueMissing(Invalid):
    """Say what can be got for the unit after costs to sell (net realisable value): it is not carried above that."""


class OrderNotFound(NotFound):
    """There is no refurbishment order {number}."""


class LoadNotFound(NotFound):
    """There is no lot or pallet {number}."""


class InOtherWork(Refusal):
    """Unit {lpn} is in {work} already; take it out there first."""


class PrefixMissing(Refusal):
    """COUNTERFLOW_GS1_PREFIX is {prefix}, and pallets are numbered under a GS1 company prefix of 4 to 12 digits that
    still has serial numbers."""


def require_ref(what: str, given: str) -> str:
    """A reference. Raises `ReferenceMalformed`."""
    if not _REF.match(given):
        raise ReferenceMalformed(what=what, given=given[:100])
    return given


def require_amount(what: str, given: object, *, least: int = 0) -> int:
    """Minor units within bounds. Raises `AmountInvalid`."""
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= AMOUNT_MAX:
        raise AmountInvalid(what=what, least=least, most=AMOUNT_MAX, given=str(given)[:40])
    return given


def require_word(what: str, word: str, choices: Sequence[str]) -> str:
    """A word of a closed list. Raises `WordUnknown`."""
    if word not in choices:
        raise WordUnknown(word=word[:40], what=what, choices=", ".join(choices))
    return word


@dataclass(frozen=True)
class Worth:
    """What refurbished goods are carried at: cost and allowance (never above 0), and what was written down now."""

    cost: int
    allowance: int
    written_down: int

    @property
    def value(self) -> int:
        """Cost less allowance."""
        return self.cost + self.allowance


def worth_after(cost: int, allowance: int, outcome: str, net_value: int | None) -> Worth:
    """Bring goods down to what can be got for them, where they are carried above it (IAS 2, lower of cost and NRV).

    What is scrapped leaves at all it is carried at. Raises `NetValueMissing`.
    """
    if outcome == Outcome.SCRAPPED:
        return Worth(cost, allowance, 0)
    if net_value is None:
        raise NetValueMissing()
    excess = max(0, cost + allowance - net_value)
    return Worth(cost, allowance - excess, excess)


def shares(proceeds: int, values: Sequence[int], pieces: Sequence[int]) -> list[int]:
    """What each line of a lot brought: by the value it carries, or by its pieces where nothing has any.

    Largest remainder, so the parts sum to the whole.
    """
    return allocate(proceeds, values if sum(values) else pieces)


def sscc(prefix: str, serial: int) -> str:
    """The SSCC of a serial number under a company prefix: 17 digits and their check digit.

    The first digit is the extension digit, which simply carries on where the serial number is used up. Raises
    `PrefixMissing`.
    """
    room = 16 - len(prefix)
    if not _PREFIX.match(prefix) or not 0 <= serial < 10 ** (room + 1):
        raise PrefixMissing(prefix=prefix[:20] or "nothing")
    number = str(serial).zfill(room + 1)
    body = number[0] + prefix + number[1:]
    return body + gs1(body)
