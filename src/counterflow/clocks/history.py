"""When a subject was in which stage: spans of time, read off what happened to it.

Pure. What happened is sorted by when it happened, not by when it was told, so facts that come late put things right.
Whether a stage runs now is the subject's own state to say; the history only says since when.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from counterflow.clocks.stages import Stage
from counterflow.returns.entitlement import due, milestone_of
from counterflow.returns.states import GOODS, Reached, Resolution


@dataclass(frozen=True)
class Span:
    """One time in a stage; `round` counts them from 1. It runs while `stopped_at` is empty."""

    stage: Stage
    round: int
    started_at: datetime
    stopped_at: datetime | None = None


@dataclass(frozen=True)
class Move:
    """Something that happened: what, when, and the id that says in which order it was told; perhaps how many."""

    at: datetime
    id: int
    kind: str
    quantity: int = 0


@dataclass(frozen=True)
class LineMoves:
    """A line of a return: its counters now (`row`), and what happened to its pieces."""

    row: Any
    moves: Sequence[Move]


CREDITED: Final = "credited"
_CREDITABLE: Final = (Resolution.REFUND, Resolution.STORE_CREDIT, *sorted(GOODS))
_AFTER: Final = {
    "inspect": Stage.INSPECTED,
    "set_apart": Stage.SET_APART,
    "release": Stage.RECEIVED,
    "dispose": None,
}
_OF_UNIT: Final = {
    "received": Stage.RECEIVED,
    "released": Stage.RECEIVED,
    "inspected": Stage.INSPECTED,
    "set_apart": Stage.SET_APART,
}
_WITH_CARRIER: Final = frozenset({"accepted", "in_transit", "delivered", "found"})


def unit_spans(state: str, received_at: datetime, moves: Sequence[Move]) -> list[Span]:
    """Where a unit waited: to be inspected, to be put away, set apart. None where its receipt was taken back."""
    if state == "reversed":
        return []
    steps: list[tuple[datetime, Stage | None]] = [(received_at, Stage.RECEIVED)]
    for move in _sorted(moves):
        if move.kind in _AFTER:
            steps.append((max(move.at, steps[-1][0]), _AFTER[move.kind]))
    now = _OF_UNIT.get(state)
    if steps[-1][1] != now:
        steps.append((steps[-1][0], now))
    return numbered(_from_steps(steps))


def parcel_spans(state: str, reports: Sequence[Move], arrived_at: datetime | None) -> list[Span]:
    """When a parcel was on its way; `arrived_at` is when the first of it was received, or it was closed."""
    steps: list[tuple[datetime, Stage | None]] = []
    for report in _sorted(reports):
        stage = Stage.IN_TRANSIT if report.kind in _WITH_CARRIER else None
        if arrived_at is None or report.at < arrived_at:
            steps.append((report.at, stage))
    if steps:
        last = max(steps[-1][0], arrived_at) if arrived_at else steps[-1][0]
        runs = state in _WITH_CARRIER and arrived_at is None
        if (steps[-1][1] is not None) != runs:
            steps.append((last, Stage.IN_TRANSIT if runs else None))
    return numbered(_from_steps(steps))


def asked_spans(state: str, opened_as: str, asked_at: datetime, decided_at: datetime | None) -> list[Span]:
    """When a request waited for a person; none where policy decided by itself."""
    if opened_as != "requested":
        return []
    if state == "requested":
        return [Span(Stage.ASKED, 1, asked_at)]
    return [Span(Stage.ASKED, 1, asked_at, max(asked_at, decided_at or asked_at))]


def label_spans(state: str, lines: Sequence[LineMoves]) -> list[Span]:
    """When authorised pieces were still with the customer: no carrier had scanned them, and none had come."""

    def waiting(line: LineMoves, sums: Mapping[str, int]) -> int:
        if line.row.returnless:
            return 0
        gone = max(_of(sums, Reached.CARRIER_SCAN), _of(sums, Reached.RECEIVED), _of(sums, Reached.LOST))
        return _of(sums, Reached.AUTHORISED) - gone

    runs = state == "authorised" and any(_unmoved(line.row) > 0 for line in lines)
    return numbered(_corrected(Stage.LABEL, _levels(lines, waiting), lines, runs))


def credit_spans(state: str, lines: Sequence[LineMoves]) -> list[Span]:
    """When pieces had reached what releases their credit and were not credited yet."""

    def owed(line: LineMoves, sums: Mapping[str, int]) -> int:
        row = line.row
        if row.invoiced_minor <= 0 or row.resolution not in _CREDITABLE:
            return 0
        accepted = _of(sums, Reached.AUTHORISED)
        reached = {
            "authorised": accepted,
            "carrier_scan": max(_of(sums, Reached.CARRIER_SCAN), _of(sums, Reached.RECEIVED)),
            "received": _of(sums, Reached.RECEIVED),
            "inspected": _of(sums, Reached.PASSED),
        }[milestone_of(row)]
        entitled = max(min(reached, row.quantity), min(_of(sums, Reached.APPROVED), accepted))
        return int(entitled) - sums.get(CREDITED, 0)

    runs = any(line.row.invoiced_minor > 0 and due(line.row, state) > 0 for line in lines)
    return numbered(_corrected(Stage.CREDIT_DUE, _levels(lines, owed), lines, runs))


def payout_spans(state: str, requested_at: datetime, observed_at: datetime | None) -> list[Span]:
    """Since when a payout has been asked for, until it was seen to have happened or failed."""
    ended = None if state in ("requested", "in_doubt") else max(requested_at, observed_at or requested_at)
    return [Span(Stage.PAYOUT, 1, requested_at, ended)]


def case_spans(opened_at: datetime, closed_at: datetime | None) -> list[Span]:
    """How long a case was open."""
    return [Span(Stage.CASE, 1, opened_at, None if closed_at is None else max(opened_at, closed_at))]


def numbered(spans: Iterable[Span]) -> list[Span]:
    """Spans with their rounds, counted for each stage in the order of time."""
    counts: dict[Stage, int] = {}
    found = []
    for span in spans:
        counts[span.stage] = counts.get(span.stage, 0) + 1
        found.append(replace(span, round=counts[span.stage]))
    return found


def _sorted(moves: Iterable[Move]) -> list[Move]:
    return sorted(moves, key=lambda move: (move.at, move.id))


def _of(sums: Mapping[str, int], kind: Reached) -> int:
    return sums.get(str(kind), 0)


def _unmoved(line: Any) -> int:
    """Pieces still expected that nobody has set in motion, by the counters of the line."""
    if line.returnless:
        return 0
    gone = max(0, max(int(line.scanned_qty), int(line.lost_qty)) - int(line.allocated_qty))
    return max(0, int(line.authorised_qty) - gone)


def _from_steps(steps: Sequence[tuple[datetime, Stage | None]]) -> list[Span]:
    """Spans between changes of stage; a step into the stage one is in changes nothing."""
    spans: list[Span] = []
    open_since: tuple[datetime, Stage] | None = None
    for at, stage in steps:
        if open_since is not None:
            if stage == open_since[1]:
                continue
            spans.append(Span(open_since[1], 0, open_since[0], at))
        open_since = None if stage is None else (at, stage)
    if open_since is not None:
        spans.append(Span(open_since[1], 0, open_since[0]))
    return spans


def _levels(
    lines: Sequence[LineMoves], level: Callable[[LineMoves, Mapping[str, int]], int]
) -> list[tuple[datetime, bool]]:
    """Whether the level of any line was above nought from an instant on; one instant's moves count together."""
    sums: list[dict[str, int]] = [{} for _ in lines]
    moves = sorted(((move, n) for n, line in enumerate(lines) for move in line.moves), key=lambda m: (m[0].at, m[0].id))
    above = [False] * len(lines)
    found: list[tuple[datetime, bool]] = []
    for place, (move, n) in enumerate(moves):
        sums[n][move.kind] = sums[n].get(move.kind, 0) + move.quantity
        above[n] = level(lines[n], sums[n]) > 0
        if place + 1 == len(moves) or moves[place + 1][0].at != move.at:
            found.append((move.at, any(above)))
    return found


def _corrected(
    stage: Stage, levels: Sequence[tuple[datetime, bool]], lines: Sequence[LineMoves], runs: bool
) -> list[Span]:
    """Spans where the level was above nought; whether it is now is `runs`."""
    steps: list[tuple[datetime, Stage | None]] = [(at, stage if above else None) for at, above in levels]
    if steps and (steps[-1][1] is not None) != runs:
        steps.append((steps[-1][0], stage if runs else None))
    return [span for span in _from_steps(steps) if span.stopped_at is None or span.stopped_at > span.started_at]
