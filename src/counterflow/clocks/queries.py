"""Questions to clocks: what is due next, what is late or stands still, what took how long, and why it is due then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from counterflow.clocks import rules
from counterflow.clocks.calendars import Spec
from counterflow.clocks.causes import MEANINGS
from counterflow.clocks.pausing import known_pauses
from counterflow.clocks.schedules import written
from counterflow.clocks.stages import PAUSABLE, STAGES, Row, Stage
from counterflow.clocks.timing import PauseRow, pauses_of, working_time
from counterflow.kernel import db
from counterflow.kernel.errors import Invalid, NotFound

LIMIT_MAX: Final = 500
STATES: Final = ("next", "late", "paused", "running", "ended", "ended_late")


class ClockMissing(NotFound):
    """There is no clock {clock_id}."""


class StateUnknown(Invalid):
    """Clocks are never {state!r}; ask for one of {states}."""


@dataclass(frozen=True)
class ClockRow:
    """A clock in a list. Money is in minor units of `currency`; `name` is what it is about, as people call it.

    `role` has to act now; `paused_until` is set while it stands still; `version` is that of the SLA table.
    """

    id: int
    subject_kind: str
    subject_id: int
    stage: str
    round: int
    rma: str
    name: str
    node: str
    entity: str
    channel: str
    role: str
    money_minor: int | None
    currency: str | None
    started_at: datetime
    warn_at: datetime
    due_at: datetime
    own_due: bool
    stopped_at: datetime | None
    ending: str
    worked_seconds: int | None
    paused_seconds: int
    paused_until: datetime | None
    due_hours: int
    around_the_clock: bool
    warned_at: datetime | None
    breached_at: datetime | None
    taken_back_at: datetime | None
    escalated_at: datetime | None
    cause: str
    cause_by: str
    cause_reason: str
    case_id: int | None
    calendar: str
    calendar_version_id: int | None
    version: int
    row_id: str
    rma_id: int | None

    @property
    def what(self) -> Row:
        """What is waited for."""
        return STAGES[Stage(self.stage)]

    @property
    def state(self) -> str:
        """Where it stands: paused, late, warned, running, in_time, ended_late or withdrawn."""
        if self.stopped_at is not None:
            if self.ending == "withdrawn":
                return "withdrawn"
            return "ended_late" if self.breached_at else "in_time"
        if self.breached_at is not None:
            return "late"
        if self.paused_until is not None:
            return "paused"
        return "warned" if self.warned_at is not None else "running"

    @property
    def cause_words(self) -> str:
        """Why it took too long, in words; empty where it did not."""
        return MEANINGS.get(self.cause, self.cause.replace("_", " ").capitalize())

    @property
    def cursor(self) -> str:
        """Where a list goes on after this row."""
        at = self.due_at if self.stopped_at is None else self.stopped_at
        return f"{at.isoformat()}_{self.id}"


_SELECT: Final = """
SELECT c.id, c.subject_kind, c.subject_id, c.stage, c.round, coalesce(r.number, '') AS rma,
       CASE WHEN c.subject_kind = 'case' THEN 'Case ' || c.subject_id
            ELSE coalesce(u.lpn, p.tracking, m.reference, r.number, '') END AS name, coalesce(n.code, '') AS node,
       coalesce(e.code, '') AS entity, coalesce(h.code, '') AS channel,
       CASE WHEN c.escalated_to <> '' THEN c.escalated_to ELSE c.owner_role END AS role, c.money_minor, c.currency,
       c.started_at, c.warn_at, c.due_at, c.own_due, c.stopped_at, c.ending, c.worked_seconds, c.paused_seconds,
       w.until AS paused_until, c.due_hours, c.around_the_clock, c.warned_at, c.breached_at, c.taken_back_at,
       c.escalated_at, c.cause, c.cause_by, c.cause_reason,
       CASE WHEN c.stage = 'case' THEN c.subject_id ELSE q.id END AS case_id, coalesce(k.code, '') AS calendar,
       c.calendar_version_id, v.version, c.row_id, c.rma_id
FROM page c
LEFT JOIN returns_rma r ON r.id = c.rma_id
LEFT JOIN receiving_unit u ON c.subject_kind = 'unit' AND u.id = c.subject_id
LEFT JOIN logistics_parcel p ON c.subject_kind = 'parcel' AND p.id = c.subject_id
LEFT JOIN refunds_payout m ON c.subject_kind = 'payout' AND m.id = c.subject_id
LEFT JOIN facilities_node n ON n.id = c.node_id LEFT JOIN ledger_entity e ON e.id = c.entity_id
LEFT JOIN orders_channel h ON h.id = c.channel_id
LEFT JOIN clocks_calendarversion x ON x.id = c.calendar_version_id LEFT JOIN clocks_calendar k ON k.id = x.calendar_id
LEFT JOIN policies_policyversion v ON v.id = c.version_id
LEFT JOIN LATERAL (SELECT id FROM workqueue_case WHERE dedupe_key = c.case_key AND c.case_key <> ''
                   ORDER BY id DESC LIMIT 1) q ON true
LEFT JOIN LATERAL (SELECT max(least(b.to_at, b.until_at)) AS until FROM clocks_pause b
                   WHERE c.stage = ANY(%(pausable)s::text[]) AND c.stopped_at IS NULL
                     AND (b.subject_id = c.rma_id OR b.subject_id = c.subject_id)
                     AND b.from_at <= %(at)s AND least(b.to_at, b.until_at) > %(at)s) w ON true
"""
_PAUSED: Final = """EXISTS (SELECT FROM clocks_pause b WHERE (b.subject_id = c.rma_id OR b.subject_id = c.subject_id)
    AND b.from_at <= %(at)s AND least(b.to_at, b.until_at) > %(at)s) AND c.stage = ANY(%(pausable)s::text[])"""
_STATE: Final = {
    "next": f"c.stopped_at IS NULL AND c.due_at >= %(at)s AND NOT ({_PAUSED})",
    "late": "c.stopped_at IS NULL AND c.due_at < %(at)s",
    "paused": f"c.stopped_at IS NULL AND {_PAUSED}",
    "running": "c.stopped_at IS NULL",
    "ended": "c.stopped_at IS NOT NULL AND c.ending = 'done'",
    "ended_late": "c.stopped_at IS NOT NULL AND c.breached_at IS NOT NULL",
}


def clocks(
    *,
    at: datetime,
    state: str = "next",
    stage: str = "",
    node: str = "",
    role: str = "",
    owner: str = "",
    channel: str = "",
    cause: str = "",
    rma: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[ClockRow]:
    """Clocks that run, the first to be due first, or that ended, the last first; at an instant.

    `state` is next, late, paused, running, ended or ended_late. `role` has to act; `owner` is whose work it
    is, whoever it was escalated to. `since` and `until` bound the end, or when it is due. `after` is the cursor of the
    last row seen. One statement. Raises `StateUnknown`.
    """
    if state not in _STATE:
        raise StateUnknown(state=state[:40], states=", ".join(STATES))
    ended = state.startswith("ended")
    when = "c.stopped_at" if ended else "c.due_at"
    asked: list[tuple[str, str, Any]] = [
        ("c.stage = %(stage)s", "stage", stage),
        ("c.node_id = (SELECT id FROM facilities_node WHERE code = %(node)s)", "node", node),
        ("CASE WHEN c.escalated_to <> '' THEN c.escalated_to ELSE c.owner_role END = %(role)s", "role", role),
        ("c.owner_role = %(owner)s", "owner", owner),
        ("c.channel_id = (SELECT id FROM orders_channel WHERE code = %(channel)s)", "channel", channel),
        ("c.cause = %(cause)s", "cause", cause),
        ("c.rma_id = (SELECT id FROM returns_rma WHERE number = %(rma)s)", "rma", rma),
        (f"{when} >= %(since)s", "since", since),
        (f"{when} < %(until)s", "until", until),
    ]
    used = [(text, name, value) for text, name, value in asked if value]
    where, params = [_STATE[state], *(text for text, _, _ in used)], {name: value for _, name, value in used}
    place = _place(after)
    if place is not None:
        where.append(f"({when}, c.id) {'<' if ended else '>'} (%(place)s, %(place_id)s)")
        params |= {"place": place[0], "place_id": place[1]}
    order = f"{when} DESC, c.id DESC" if ended else f"{when}, c.id"
    params |= {"at": at, "pausable": list(PAUSABLE), "limit": max(1, min(limit, LIMIT_MAX))}
    sql = f"""WITH page AS (SELECT c.* FROM clocks_clock c WHERE {" AND ".join(where)} ORDER BY {order} LIMIT %(limit)s)
              {_SELECT} ORDER BY {order}"""
    return [ClockRow(*row) for row in db.rows(sql, params)]


def clock(*, clock_id: int, at: datetime) -> ClockRow:
    """One clock. Raises `ClockMissing`."""
    found = _found("c.id = %(id)s", {"id": clock_id}, at)
    if not found:
        raise ClockMissing(clock_id=clock_id)
    return found[0]


def clocks_of_rma(*, rma: str, at: datetime) -> list[ClockRow]:
    """Every clock of a return, those that run first, the last that ended next. One statement."""
    return _found("c.rma_id = (SELECT id FROM returns_rma WHERE number = %(rma)s)", {"rma": rma}, at)


def clocks_of_case(*, case_id: int, at: datetime) -> list[ClockRow]:
    """The clock of a case, and those for which it stands. One statement."""
    where = """c.id IN (SELECT id FROM clocks_clock WHERE subject_id = %(id)s UNION SELECT x.id FROM workqueue_case q
               JOIN clocks_clock x ON x.case_key = q.dedupe_key AND x.stopped_at IS NULL AND x.case_key <> ''
               WHERE q.id = %(id)s)"""
    return _found(where, {"id": case_id}, at)


def _found(where: str, params: dict[str, Any], at: datetime) -> list[ClockRow]:
    order = "c.stopped_at DESC NULLS FIRST, c.due_at, c.id"
    sql = f"""WITH page AS (SELECT c.* FROM clocks_clock c WHERE {where} ORDER BY {order} LIMIT 200)
              {_SELECT} ORDER BY {order}"""
    return [ClockRow(*row) for row in db.rows(sql, {**params, "at": at, "pausable": list(PAUSABLE)})]


def _place(after: str | None) -> tuple[datetime, int] | None:
    """Instant and id out of a cursor; None for what is none."""
    at, _, clock_id = (after or "").partition("_")
    try:
        place = datetime.fromisoformat(at), int(clock_id)
    except ValueError:
        return None
    return place if place[0].tzinfo is not None and 0 <= place[1] < 2**63 else None


@dataclass(frozen=True)
class Left:
    """Working time left of a clock at an instant (negative once it is late), and the zone its hours are in."""

    time: timedelta
    zone: str


def time_left(rows: Sequence[ClockRow], *, at: datetime) -> dict[int, Left]:
    """The working time left of clocks that run, by clock; pauses count as nothing. At most two statements."""
    running = [row for row in rows if row.stopped_at is None]
    pauses = known_pauses({n for row in running for n in (row.rma_id, row.subject_id) if n}) if running else {}
    instants = [instant for row in running for instant in (row.due_at, at)]
    versions = {row.calendar_version_id for row in running if row.calendar_version_id and not row.around_the_clock}
    known = (
        written(sorted(versions), first=min(i.year for i in instants), last=max(i.year for i in instants))
        if versions
        else {}
    )
    found = {}
    for row in running:
        by, paused = working_time(vars(row), known), pauses_of(vars(row), pauses)
        if row.due_at >= at:
            time = rules.between(by, at, row.due_at, paused)
        else:
            time = -rules.between(by, row.due_at, at, paused)
        spec: Spec | None = known[row.calendar_version_id].spec if row.calendar_version_id in known else None
        found[row.id] = Left(time, spec.zone if spec else "UTC")
    return found


def pauses(*, rma: str = "", case_id: int | None = None) -> list["PauseTold"]:
    """The pauses of a return or a case, the newest first. One statement."""
    sql = """SELECT b.request_ref, b.reason, b.from_at, b.until_at, b.to_at, b.paused_by, b.resumed_by, b.resume_reason
             FROM clocks_pause b
             WHERE b.subject_id = coalesce(%s::bigint, (SELECT id FROM returns_rma WHERE number = %s))
             ORDER BY b.from_at DESC, b.id DESC LIMIT 100"""
    return [PauseTold(*row) for row in db.rows(sql, [case_id, rma])]


@dataclass(frozen=True)
class PauseTold:
    """A pause as it is told: the reference it was asked for with, why, from when to when, and who said so."""

    request_ref: str
    reason: str
    from_at: datetime
    until_at: datetime
    to_at: datetime | None
    paused_by: str
    resumed_by: str
    resume_reason: str

    def active(self, at: datetime) -> bool:
        """Whether clocks stand still because of it at an instant."""
        return self.from_at <= at < (self.until_at if self.to_at is None else min(self.to_at, self.until_at))


__all__ = ["ClockRow", "Left", "PauseRow", "PauseTold", "clock", "clocks", "clocks_of_case", "clocks_of_rma"]
