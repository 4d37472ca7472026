"""Questions to back-tests: which there are, how far they are, what they came to, and which returns differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from counterflow.backtests.states import KINDS, OPEN, TESTED
from counterflow.backtests.totals import AFTER, BEFORE, DIMENSIONS, quantile
from counterflow.kernel import db
from counterflow.kernel.errors import NotFound
from counterflow.kernel.found import id_of

SAYS: Final = (
    "This replays what happened, as if the version had been in force. It does not say what people would have done:"
    " customers who meet another policy buy and return differently, so the difference is not the effect of the policy."
)
CHANGES: Final[Mapping[str, str]] = {
    "newly_refused": "refused, and was let through or waited",
    "newly_allowed": "let through, and was refused or waited",
    "newly_asked": "waits for a person, and was decided by policy",
    "less_money": "less money",
    "more_money": "more money",
    "other_method": "met in another way",
    "kept_by_customer": "the customer keeps the goods",
    "has_to_come_back": "the goods have to come back",
    "sooner": "the credit falls due sooner",
    "later": "the credit falls due later",
    "other_place": "goes somewhere else",
    "other_approval": "needs a second person, or no longer",
}


class BacktestUnknown(NotFound):
    """There is no back-test with the id {backtest_id}."""


@dataclass(frozen=True)
class BacktestRow:
    """A back-test in a list; `done` of `total` chunks are finished."""

    id: int
    request_ref: str
    version_id: int
    kind: str
    version: int
    name: str
    version_state: str
    since: datetime
    until: datetime
    channel: str
    brand: str
    family: str
    overrides: str
    state: str
    done: int
    total: int
    fault: str
    started_by: str
    started_at: datetime
    ended_at: datetime | None

    @property
    def percent(self) -> int:
        """How far it is."""
        if self.state == "done":
            return 100
        return 100 * self.done // self.total if self.total else 0


@dataclass(frozen=True)
class SideTotals:
    """One side: what happened, or what would have. Amounts are minor units by currency, days from asking to due.

    `possible` would be added to `refunded` at most, if all who ask were let through and everything came back.
    `waiting` are pieces that were let through and never reached their milestone. `unknown` are pieces that would have
    come back and of whose quality nothing is on record. `disposed` is disposition -> pieces and value.
    """

    returns: Mapping[str, int]
    answers: Mapping[str, int]
    refunded: Mapping[str, int]
    shipping: Mapping[str, int]
    fees: Mapping[str, int]
    possible: Mapping[str, int]
    methods: Mapping[str, Mapping[str, int]]
    weeks: Mapping[str, Mapping[str, int]]
    days_median: int | None
    days_p90: int | None
    waiting: Mapping[str, Any]
    returnless: int
    disposed: Mapping[str, Any]
    approvals: int
    unknown: Mapping[str, int]


@dataclass(frozen=True)
class Result:
    """What a back-test came to. `stake` is fate -> value of the goods of those whose fate it newly is, by currency.

    `rows` is row on record -> row of the version under test -> lines (or units); an empty row means that the version
    did not answer, and what was on record stands. `says` and `bounds` are what a reader has to know beside it.
    """

    backtest: BacktestRow
    says: str
    bounds: Sequence[str]
    lines: int
    returns: int
    differ: Mapping[str, int]
    changes: Mapping[str, int]
    before: SideTotals
    after: SideTotals
    stake: Mapping[str, Mapping[str, int]]
    rows: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class SegmentRow:
    """A segment on both sides: lines, how many differ, fate -> lines, and refunded money by currency."""

    dimension: str
    value: str
    lines: int
    differ: int
    fates_before: Mapping[str, int]
    fates_after: Mapping[str, int]
    refunded_before: Mapping[str, int]
    refunded_after: Mapping[str, int]


@dataclass(frozen=True)
class DifferenceRow:
    """A line of a return, or a unit, that would have ended otherwise; see `backtests.models.Difference`."""

    id: int
    change: str
    rma_id: int
    rma: str
    line_no: int
    unit_id: int | None
    lpn: str | None
    asked_at: datetime
    was: str
    would: str
    row_was: str
    row_would: str
    text_was: str
    text_would: str
    currency: str
    value_minor: int
    refunded_was_minor: int
    refunded_would_minor: int
    possible_minor: int
    due_was: datetime | None
    due_would: datetime | None
    brand: str
    family: str
    channel_kind: str
    customer_segment: str
    zone: str
    reason_code: str
    value_band: str

    @property
    def delta_minor(self) -> int:
        """What the customer would have got beyond what was credited."""
        return self.refunded_would_minor - self.refunded_was_minor


@dataclass(frozen=True)
class Candidate:
    """A version that can be tested."""

    id: int
    kind: str
    version: int
    name: str
    state: str


@dataclass(frozen=True)
class Open:
    """A run that is not ended, and the chunk that comes next: 0 for cutting it, none where nobody can begin one."""

    id: int
    chunk: int | None
    done: int
    total: int

    @property
    def whole(self) -> bool:
        """Whether every chunk is done, so that it can be finished."""
        return self.chunk is None and self.done == self.total


_ROWS = """
SELECT b.id, b.request_ref, b.version_id, b.kind, v.version, v.name, v.state AS version_state, b.since, b.until,
       b.channel, b.brand, b.family, b.overrides, b.state,
       (SELECT count(*) FROM backtests_chunk c WHERE c.backtest_id = b.id AND c.totals IS NOT NULL) AS done,
       b.total, b.fault, b.started_by, b.started_at,
       b.ended_at{more}
FROM backtests_backtest b JOIN policies_policyversion v ON v.id = b.version_id
"""
_DIFFERENCES = """
SELECT d.id, d.change, d.rma_id, d.rma, d.line_no, d.unit_id, u.lpn, d.asked_at, d.was, d.would, d.row_was,
       d.row_would, coalesce(w.agent, '') AS text_was, coalesce(t.agent, '') AS text_would, d.currency,
       d.value_minor, d.refunded_was_minor, d.refunded_would_minor, d.possible_minor, d.due_was, d.due_would,
       d.brand, d.family, d.channel_kind, d.customer_segment, d.zone, d.reason_code, d.value_band
FROM (
    SELECT * FROM backtests_difference WHERE backtest_id = %s AND (%s::bigint IS NULL OR id > %s)
      AND (%s::text IS NULL OR change = %s) AND {where} ORDER BY id LIMIT %s
) d
JOIN backtests_backtest b ON b.id = d.backtest_id
LEFT JOIN receiving_unit u ON u.id = d.unit_id
LEFT JOIN LATERAL (
    SELECT r ->> 'agent' AS agent FROM policies_policyversion v, jsonb_array_elements(v.content -> 'rows') r
    WHERE v.id = d.version_was AND r ->> 'id' = d.row_was
) w ON true
LEFT JOIN LATERAL (
    SELECT r ->> 'agent' AS agent FROM policies_policyversion v,
        jsonb_array_elements(CASE WHEN v.id = b.version_id THEN b.content ELSE v.content END -> 'rows') r
    WHERE v.id = d.version_would AND r ->> 'id' = d.row_would
) t ON true
ORDER BY d.id
"""


def backtests(
    *,
    kind: str | None = None,
    state: str | None = None,
    version_id: int | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[BacktestRow]:
    """Back-tests, the newest first; `before_id` continues a list."""
    found = db.rows(
        _ROWS.format(more="") + "WHERE (%s::text IS NULL OR b.kind = %s) AND (%s::text IS NULL OR b.state = %s)"
        " AND (%s::bigint IS NULL OR b.version_id = %s) AND (%s::bigint IS NULL OR b.id < %s)"
        " ORDER BY b.id DESC LIMIT %s",
        [kind, kind, state, state, version_id, version_id, before_id, before_id, limit],
    )
    return [BacktestRow(**row._asdict()) for row in found]


def backtest(backtest_id: int) -> Result:
    """A back-test, and once it ended what it, or what was done of it, came to. Raises `BacktestUnknown`."""
    values = _one(backtest_id)
    totals = values.pop("totals")
    row = BacktestRow(**values)
    before, after = _side(totals.get(BEFORE, {})), _side(totals.get(AFTER, {}))
    return Result(
        backtest=row,
        says=SAYS,
        bounds=_bounds(totals),
        lines=totals.get("lines", 0),
        returns=totals.get("returns", 0),
        differ=totals.get("differ", {"lines": 0, "returns": 0}),
        changes=totals.get("changes", {}),
        before=before,
        after=after,
        stake=totals.get("stake", {}),
        rows=totals.get("rows", {}),
    )


def segments(*, backtest_id: int, dimension: str | None = None) -> list[SegmentRow]:
    """Both sides by brand, family and so on, the largest first. Raises `BacktestUnknown`."""
    found = _one(backtest_id)["totals"].get("segments", {})
    rows = [
        SegmentRow(
            name,
            value,
            one["lines"],
            one["differ"],
            {k: v for k, v in one.get(BEFORE, {}).items() if k != "refunded"},
            {k: v for k, v in one.get(AFTER, {}).items() if k != "refunded"},
            one.get(BEFORE, {}).get("refunded", {}),
            one.get(AFTER, {}).get("refunded", {}),
        )
        for name in DIMENSIONS
        if dimension in (None, name)
        for value, one in found.get(name, {}).items()
    ]
    return sorted(rows, key=lambda row: (DIMENSIONS.index(row.dimension), -row.lines, row.value))


def differences(
    *,
    backtest_id: int,
    change: str | None = None,
    brand: str | None = None,
    family: str | None = None,
    channel_kind: str | None = None,
    customer_segment: str | None = None,
    zone: str | None = None,
    reason_code: str | None = None,
    value_band: str | None = None,
    after_id: int | None = None,
    limit: int = 50,
) -> list[DifferenceRow]:
    """Lines and units that would have ended otherwise, in the order they were found; `after_id` continues a list."""
    wanted = dict(
        zip(DIMENSIONS, (brand, family, channel_kind, customer_segment, zone, reason_code, value_band), strict=True)
    )
    named = {name: value for name, value in wanted.items() if value is not None}
    where = " AND ".join([*(f"{name} = %s" for name in named), "true"])
    asked = [backtest_id, after_id, after_id, change, change, *named.values(), limit]
    return [DifferenceRow(**row._asdict()) for row in db.rows(_DIFFERENCES.format(where=where), asked)]


def candidates(*, limit: int = 200) -> list[Candidate]:
    """Versions that can be tested: drafts first, then those on their way, then those in force; the newest first."""
    found = db.rows(
        "SELECT id, kind, version, name, state FROM policies_policyversion WHERE kind = ANY(%s) AND state = ANY(%s)"
        " ORDER BY array_position(%s::text[], state), id DESC LIMIT %s",
        [list(KINDS), list(TESTED), list(TESTED), limit],
    )
    return [Candidate(*row) for row in found]


def next_open(*, backtest_id: int | None = None) -> Open | None:
    """What is to be done next of the oldest run that is not ended, or of the named one; nothing where all are ended."""
    found = db.rows(
        "SELECT b.id, b.state, b.total, (SELECT count(*) FROM backtests_chunk c WHERE c.backtest_id = b.id"
        " AND c.totals IS NOT NULL) AS done FROM backtests_backtest b WHERE b.state = ANY(%s)"
        " AND (%s::bigint IS NULL OR b.id = %s) ORDER BY b.id LIMIT 1",
        [sorted(OPEN), backtest_id, backtest_id],
    )
    if not found:
        return None
    (run,) = found
    if run.state == "waiting":
        return Open(run.id, 0, run.done, run.total)
    # What another worker is at is passed over; the lock ends with the statement, and the command takes its own.
    free = db.rows(
        "SELECT n FROM backtests_chunk WHERE backtest_id = %s AND totals IS NULL ORDER BY n LIMIT 1"
        " FOR NO KEY UPDATE SKIP LOCKED",
        [run.id],
    )
    return Open(run.id, free[0].n if free else None, run.done, run.total)


def _one(backtest_id: int) -> dict[str, Any]:
    found = db.rows(_ROWS.format(more=", b.totals") + "WHERE b.id = %s", [backtest_id])
    if id_of(str(backtest_id)) is None or not found:
        raise BacktestUnknown(backtest_id=backtest_id)
    return dict(found[0]._asdict())


def _side(tree: Mapping[str, Any]) -> SideTotals:
    days = tree.get("days", {})
    return SideTotals(
        returns=tree.get("returns", {}),
        answers=tree.get("answers", {}),
        refunded=tree.get("refunded", {}),
        shipping=tree.get("shipping", {}),
        fees=tree.get("fees", {}),
        possible=tree.get("possible", {}),
        methods=tree.get("methods", {}),
        weeks=dict(sorted(tree.get("weeks", {}).items())),
        days_median=quantile(days, 0.5),
        days_p90=quantile(days, 0.9),
        waiting=tree.get("waiting", {"lines": 0, "pieces": 0, "minor": {}}),
        returnless=tree.get("returnless", 0),
        disposed=tree.get("disposed", {}),
        approvals=tree.get("approvals", 0),
        unknown=tree.get("unknown", {"lines": 0, "pieces": 0}),
    )


def _bounds(totals: Mapping[str, Any]) -> list[str]:
    """What the numbers are bounds of, where behaviour would change."""
    changes = totals.get("changes", {})
    found = []
    if changes.get("newly_refused"):
        found.append(
            "Refused anew: the amount at stake is the most that is saved; who is refused may complain, take the other"
            " way out that the law gives, or not buy again."
        )
    if changes.get("newly_allowed"):
        found.append(
            "Let through anew: what was refused is on record, but requests that nobody made because they would have"
            " been refused are not, so what it costs is a lower bound."
        )
    if changes.get("newly_asked"):
        found.append(
            "Asked anew: how a person would answer is not known; the money lies between none accepted (refunded) and"
            " all accepted (refunded and possible)."
        )
    if changes.get("kept_by_customer"):
        found.append("Kept by the customer: more people may ask where nothing has to be sent back.")
    return found
