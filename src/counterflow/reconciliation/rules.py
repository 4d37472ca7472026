"""Pure rules of reconciliation: which rows can be read, and what a difference of a SKU is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from counterflow.kernel.errors import Conflict, Invalid, NotFound, Refusal
from counterflow.reconciliation.states import Kind
from counterflow.reconciliation.words import ARRIVING, state_of

QUANTITY_MAX = 1_000_000_000
CELL_MAX = 100
ROWS_MAX = 1_000_000
LATE_HOURS = 48
_WHOLE = re.compile(r"^\+?\d{1,12}(\.0{1,6})?$")
_NUMBER = re.compile(r"^[+-]?\d+([.,]\d+)?$")


class NodeNotFound(NotFound):
    """There is no node {node}."""


class EntityNotFound(NotFound):
    """There is no legal entity {entity}."""


class StatementFromFuture(Invalid):
    """A statement as of {as_of} cannot be compared before that instant has passed."""


class InstantWithoutZone(Invalid):
    """An instant needs a zone, such as 2026-03-31T18:00:00Z."""


class StatementEmpty(Invalid):
    """The statement has no row that can be read."""


class TooManyRows(Invalid):
    """A statement has {count} rows, and at most {most} are compared at once."""


class TotalsDiffer(Refusal):
    """The statement says that it has {stated} pieces, and its rows have {found}."""


class BreakNotFound(NotFound):
    """There is no break {id}."""


class NothingProposed(Refusal):
    """The break of {sku} ({kind}) proposes no entry; {cause}"""


class NeedsUnits(Refusal):
    """{quantity} pieces of {sku} in {state} carry licence plates; receiving has to say which units they are."""


class PositionChanged(Refusal):
    """Only {left} pieces of {sku} are in {state} now, and the adjustment takes {quantity}; compare a new statement."""


class NewerStatement(Conflict):
    """A newer statement of this node was compared, as of {as_of}; its breaks count, and these do not any more."""


class CounterMayNotPost(Refusal):
    """You counted {sku} yourself; another controller posts what differs."""


RawRow = Sequence[int | str]


@dataclass(frozen=True)
class Checked:
    """The rows of a statement that can be compared, and those that cannot.

    `rows` are (SKU, state or the word nobody knows, whether it is known, pieces); `refused` are (line, SKU,
    reason); `unclear` are the SKUs of refused rows: of these we do not know all that was stated.
    """

    rows: list[tuple[str, str, bool, int]]
    refused: list[tuple[int, str, str]]
    unclear: dict[str, str]


def check_rows(raw: Iterable[RawRow]) -> Checked:
    """Check rows (line, SKU, state's word, quantity). What stands twice is refused each time, not summed."""
    read: dict[tuple[str, str], tuple[int, str, bool, int]] = {}
    twice: dict[tuple[str, str], list[int]] = {}
    refused: list[tuple[int, str, str]] = []
    for line, sku_cell, state_cell, quantity_cell in raw:
        number, sku, stated = int(line), str(sku_cell).strip(), str(state_cell).strip()
        quantity, reason = _quantity(quantity_cell)
        reason = _unusable(sku, stated) or reason
        if reason:
            refused.append((number, sku[:CELL_MAX], reason))
            continue
        state = state_of(stated)
        key = sku, str(state or stated)
        if key in read or key in twice:
            twice.setdefault(key, [read.pop(key)[0]] if key in read else []).append(number)
            continue
        read[key] = number, key[1], state is not None, quantity
    for (sku, told), lines in twice.items():
        listed = ", ".join(str(n) for n in lines[:5])
        refused += [(n, sku, f"{sku} in {told} stands on lines {listed}; say it once") for n in lines]
    refused.sort()
    rows = [(sku, state, known, quantity) for (sku, _), (_, state, known, quantity) in read.items()]
    return Checked(rows, refused, {sku: f"line {line}: {reason}" for line, sku, reason in reversed(refused) if sku})


def _unusable(sku: str, state: str) -> str:
    if not sku:
        return "no SKU"
    if len(sku) > CELL_MAX or len(state) > CELL_MAX:
        return f"a cell of more than {CELL_MAX} characters"
    return "" if state else "no state"


def _quantity(cell: int | str) -> tuple[int, str]:
    """A whole number of pieces, and why it is none."""
    text = str(cell).strip()
    if not _WHOLE.match(text):
        if not text:
            return 0, "no quantity"
        if text.startswith("-") and _NUMBER.match(text):
            return 0, f"quantity {text[:20]} is below zero"
        return 0, f"quantity {text[:20]!r} is not a whole number"
    quantity = int(text.partition(".")[0])
    return (quantity, "") if quantity <= QUANTITY_MAX else (0, f"quantity {text[:20]} is absurd")


@dataclass(frozen=True)
class Held:
    """What the books have of a SKU in one state, as of the statement's time; `pooled` pieces have no licence plate."""

    quantity: int = 0
    value: int = 0
    pooled: int = 0


@dataclass(frozen=True)
class Late:
    """Pieces that came (went, below zero) before the statement's time and were recorded after it."""

    happened_at: datetime
    quantity: int


@dataclass
class Difference:
    """One SKU of one statement that does not agree, state by state; only states that differ are in here."""

    sku: str
    item_id: int | None
    held: dict[str, Held] = field(default_factory=dict)
    stated: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)
    late: Mapping[str, Sequence[Late]] = field(default_factory=dict)
    on_the_way: int = 0
    average: tuple[int, int] = (0, 0)

    def apart(self) -> dict[str, int]:
        """Stated less held, by state."""
        states = self.held.keys() | self.stated.keys()
        found = {s: self.stated.get(s, 0) - self.held.get(s, Held()).quantity for s in sorted(states)}
        return {s: d for s, d in found.items() if d}


@dataclass(frozen=True)
class Finding:
    """A break to be. States are empty where it has none."""

    kind: Kind
    quantity: int
    cause: str
    stock_state: str = ""
    stated_state: str = ""
    value: int = 0
    proposal: str = ""
    from_state: str = ""
    to_state: str = ""


def classify(difference: Difference, unclear: str = "") -> list[Finding]:
    """What the difference of a SKU is. What timing explains is taken off first, then pieces that only changed
    places between states, then pieces that an unknown word may mean; the rest is missing or over."""
    if difference.item_id is None:
        total = sum(difference.stated.values()) + sum(difference.unknown.values())
        return [Finding(Kind.UNKNOWN_SKU, total, "no item has this SKU")] if total else []
    apart = difference.apart()
    if unclear:
        pieces = sum(abs(d) for d in apart.values()) + sum(difference.unknown.values())
        return [Finding(Kind.UNCLEAR, pieces, f"not compared: {unclear}")] if pieces else []
    found = _timing(difference, apart)
    found += _wrong_state(difference, apart)
    found += [
        Finding(Kind.UNKNOWN_STATE, pieces, f"nobody has said what {word!r} means", stated_state=word)
        for word, pieces in difference.unknown.items()
        if pieces
    ]
    covered = sum(difference.unknown.values())
    for state, pieces in apart.items():
        if pieces < 0:
            hidden = min(covered, -pieces)
            covered -= hidden
            found += _missing(difference, state, -pieces - hidden)
        elif pieces > 0:
            found.append(_over(difference, state, pieces))
    return found


def _timing(difference: Difference, apart: dict[str, int]) -> list[Finding]:
    """Take off what is only a matter of when it was told."""
    found = []
    for state in sorted(apart):
        unseen = 0
        for late in difference.late.get(state, ()):
            unseen += late.quantity
            if apart[state] == -unseen:
                cause = f"{abs(unseen)} pieces moved before the statement and were recorded after it"
                found.append(Finding(Kind.TIMING, abs(unseen), cause, stock_state=state))
                apart[state] = 0
                break
    left = difference.on_the_way
    for state in sorted(ARRIVING & apart.keys()):
        pieces = min(left, max(0, apart[state]))
        if pieces:
            left -= pieces
            apart[state] -= pieces
            cause = f"{pieces} of {difference.on_the_way} pieces that our books have on the way may have arrived"
            found.append(Finding(Kind.TIMING, pieces, cause, stated_state=state))
    return found


def _wrong_state(difference: Difference, apart: dict[str, int]) -> list[Finding]:
    """Pair pieces that lack in one state with pieces too many in another."""
    found = []
    for source in sorted(s for s, d in apart.items() if d < 0):
        for target in sorted(s for s, d in apart.items() if d > 0):
            pieces = min(-apart[source], apart[target])
            if not pieces:
                continue
            apart[source] += pieces
            apart[target] -= pieces
            cause = f"the books have these in {source}, the statement in {target}"
            finding = Finding(
                Kind.WRONG_STATE, pieces, cause, source, target, difference_value(difference, source, pieces)
            )
            found += _proposed(difference, finding, source, target)
    return found


def _missing(difference: Difference, state: str, pieces: int) -> list[Finding]:
    if not pieces:
        return []
    cause = f"the books have these in {state}, the statement does not have them at all"
    value = difference_value(difference, state, pieces)
    return _proposed(difference, Finding(Kind.MISSING, pieces, cause, state, value=value), state, "unexplained")


def _over(difference: Difference, state: str, pieces: int) -> Finding:
    cause = f"the statement has these in {state}, the books do not have them at all"
    value = difference_value(difference, state, pieces)
    return Finding(Kind.OVER, pieces, cause, "", state, value, "adjust", "unexplained", state)


def _proposed(difference: Difference, finding: Finding, source: str, target: str) -> list[Finding]:
    """Propose the entry for pieces of the pool; pieces with a licence plate are a break of their own."""
    pooled = min(finding.quantity, difference.held.get(source, Held()).pooled)
    by_unit = finding.quantity - pooled
    found = []
    if pooled:
        share = finding.value * pooled // finding.quantity
        found.append(
            replace(finding, quantity=pooled, value=share, proposal="adjust", from_state=source, to_state=target)
        )
    if by_unit:
        share = finding.value - sum(f.value for f in found)
        cause = f"{finding.cause}; they carry licence plates, so receiving has to say which units"
        found.append(
            replace(
                finding,
                quantity=by_unit,
                value=share,
                cause=cause,
                proposal="by_unit",
                from_state=source,
                to_state=target,
            )
        )
    return found


def difference_value(difference: Difference, state: str, pieces: int) -> int:
    """Value of pieces at the books' average in that state, or of the SKU at that node, in minor units."""
    held = difference.held.get(state, Held())
    quantity, value = (held.quantity, held.value) if held.quantity > 0 else difference.average
    return value * pieces // quantity if quantity > 0 else 0
