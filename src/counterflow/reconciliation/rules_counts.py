"""Pure rules of counts: what may be counted, what is counted again, what a difference of a count is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from counterflow.kernel.errors import Conflict, Invalid, NotFound, Refusal
from counterflow.reconciliation.rules import Difference, Finding, Held, classify
from counterflow.reconciliation.states import Kind

REFERENCE_MAX = 100
QUANTITY_MAX = 1_000_000
LINES_MAX = 20_000
PLATES_TOLD_MAX = 5


class CountNotFound(NotFound):
    """There is no count {id}."""


class ReferenceInvalid(Invalid):
    """A count and each of its entries need a reference of 1 to {most} characters."""


class StateNotCounted(Invalid):
    """{state} is not a state whose goods lie at a node; a count is of those."""


class SampleInvalid(Invalid):
    """A sample takes 0 or more SKUs of each class, and a tolerance is 0 or more pieces and 0 to 100 percent."""


class ScopeEmpty(Refusal):
    """Nothing at {node} is what this count asks for; choose other states, SKUs or families."""


class ScopeTooLarge(Refusal):
    """This count would have {count} lines, and at most {most} are counted at once; count states or families apart."""


class CountEnded(Refusal):
    """Count {reference} is {state}; nothing can be counted in it any more."""


class CodeUnknown(NotFound):
    """{code} is no SKU, no GTIN of an item and no licence plate here."""


class CodeTwice(Invalid):
    """{code} is the GTIN of several items; scan the SKU or the licence plate."""


class StateUnclear(Invalid):
    """This count is of {states}; say in which of them {code} lies."""


class CountedInvalid(Invalid):
    """A whole number of pieces from 0 to {most} is counted, not {quantity}."""


class InstantInvalid(Invalid):
    """When it was counted needs a zone and lies in the past."""


class PlateCountedTwice(Conflict):
    """{lpn} was counted before, at {at} by {by}; a licence plate is one unit."""


class LineSettled(Refusal):
    """{sku} in {state} needs no recount."""


class EntryNotFound(NotFound):
    """There is no entry {ref} in this count."""


class EntryTaken(Refusal):
    """Entry {ref} was taken back before, is itself a taking back, or is of an earlier round."""


class NotAllCounted(Refusal):
    """Lines not counted yet: {left}. Count them, or compare without them."""


class RoundPassed(Conflict):
    """Round {asked} is not the present one; this count is in round {round}."""


class BreaksOpen(Refusal):
    """Differences of this count that wait for their entries: {left}. Post them, or close and leave them open."""


@dataclass(frozen=True)
class Counted:
    """A line as it was counted, and what the books had then.

    `lowest` and `highest` are what the books had while it was counted. `missed` are licence plates that the books
    have there and that were not scanned, where any was.
    """

    item_id: int
    sku: str
    state: str
    counted: int
    book: int
    value: int
    pooled: int
    lowest: int
    highest: int
    at: datetime
    missed: Sequence[str] = field(default=())

    @property
    def apart(self) -> int:
        """Counted less booked."""
        return self.counted - self.book

    @property
    def moving(self) -> bool:
        """Whether the books had what was counted at some time while it was counted."""
        return self.apart != 0 and self.lowest <= self.counted <= self.highest


def beyond(line: Counted, *, pieces: int, percent: int) -> bool:
    """Whether a line differs so much that it is counted again."""
    apart = abs(line.apart)
    return apart != 0 and not line.moving and apart > pieces and apart * 100 > percent * line.book


def findings(lines: Sequence[Counted], on_the_way: int = 0) -> list[tuple[Finding, datetime]]:
    """What the lines of one SKU come to, each finding with the instant it is of."""
    found: list[tuple[Finding, datetime]] = []
    for line in lines:
        if line.moving:
            cause = f"{abs(line.apart)} pieces moved while they were counted"
            found.append((Finding(Kind.TIMING, abs(line.apart), cause, stock_state=line.state), line.at))
    still = [line for line in lines if not line.moving]
    times = {line.state: line.at for line in still}
    missed = {line.state: line.missed for line in still}
    for finding in classify(_difference(still, on_the_way)):
        ends = {finding.stock_state, finding.stated_state} & times.keys()
        at = max((times[state] for state in ends), default=max(line.at for line in lines))
        finding = replace(finding, cause=finding.cause.replace("the statement", "the count"))
        found.append((_with_plates(finding, missed), at))
    return found


def _difference(lines: Sequence[Counted], on_the_way: int) -> Difference:
    apart = [line for line in lines if line.apart]
    first = lines[0] if lines else None
    return Difference(
        sku=first.sku if first else "",
        item_id=first.item_id if first else 0,
        held={line.state: Held(line.book, line.value, line.pooled) for line in apart},
        stated={line.state: line.counted for line in apart},
        on_the_way=on_the_way,
        average=(sum(line.book for line in lines), sum(line.value for line in lines)),
    )


def _with_plates(finding: Finding, missed: Mapping[str, Sequence[str]]) -> Finding:
    """The same finding, naming the licence plates that nobody scanned."""
    plates = missed.get(finding.stock_state, ())
    if finding.proposal != "by_unit" or not plates:
        return finding
    more = len(plates) - PLATES_TOLD_MAX
    named = ", ".join(plates[:PLATES_TOLD_MAX]) + (f" and {more} more" if more > 0 else "")
    return replace(finding, cause=f"{finding.cause}. Not scanned: {named}")


def states_in_words(states: Iterable[str]) -> str:
    """States as a sentence lists them."""
    return ", ".join(state.replace("_", " ") for state in states)
