"""Questions to the work queue: what waits, for whom, how much is at stake."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.errors import Invalid, NotFound
from counterflow.kernel.found import Found, id_of
from counterflow.workqueue.kinds import KINDS, Severity
from counterflow.workqueue.states import CASE, State

LIMIT_MAX = 500


class CaseNotFound(NotFound):
    """There is no case {case_id}."""


class StateUnknown(Invalid):
    """A case is never {state!r}; it is one of {states}."""


@dataclass(frozen=True)
class CaseRow:
    """A case in a list. Money is in minor units of `currency`, None where nobody can tell."""

    id: int
    kind: str
    queue: str
    owner_role: str
    severity: int
    state: str
    subject_kind: str
    subject_id: int
    entity_id: int | None
    money_at_risk_minor: int | None
    currency: str | None
    facts: Mapping[str, Any]
    opened_at: datetime
    due_at: datetime | None
    assignee: str | None
    outcome: str | None
    closed_at: datetime | None
    closed_by: str | None

    @property
    def meaning(self) -> str:
        """What this kind of case means, in words."""
        return KINDS[self.kind].meaning if self.kind in KINDS else self.kind

    @property
    def urgency(self) -> str:
        """The severity in words."""
        return Severity(self.severity).name.lower()

    @property
    def actions(self) -> list[str]:
        """What may be done with it now."""
        return CASE.actions(self.state)

    @property
    def cursor(self) -> str:
        """Where a list goes on after this row."""
        return f"{self.severity}.{self.id}"


@dataclass(frozen=True)
class Comment:
    """What somebody said; `text` is None once it was erased."""

    id: int
    at: datetime
    by: str
    text: str | None


@dataclass(frozen=True)
class CaseView:
    """One case with its comments, oldest first."""

    case: CaseRow
    comments: Sequence[Comment]


@dataclass(frozen=True)
class QueueCount:
    """Open cases of a queue, and how many of them are critical or nobody's."""

    queue: str
    open: int
    critical: int
    unassigned: int


_COLUMNS = (
    "c.id, c.kind, c.queue, c.owner_role, c.severity, c.state, c.subject_kind, c.subject_id, c.entity_id,"
    " c.money_at_risk_minor, c.currency, c.facts, c.opened_at, c.due_at, c.assignee, c.outcome,"
    " c.closed_at, c.closed_by"
)


def cases(
    *,
    state: str | None = State.OPEN.value,
    queue: str | None = None,
    kind: str | None = None,
    owner_role: str | None = None,
    assignee: str | None = None,
    subject_ids: Sequence[int] | None = None,
    entity_id: int | None = None,
    after: str | None = None,
    limit: int = 50,
) -> list[CaseRow]:
    """Open cases, the most urgent first and the oldest of them first; with another state or none, newest first.

    `after` is the cursor of the last row seen; one that cannot be read starts from the top. One statement.
    Raises `StateUnknown`.
    """
    filters: list[tuple[str, Any]] = [
        ("c.queue = %s", queue),
        ("c.kind = %s", kind),
        ("c.owner_role = %s", owner_role),
        ("c.assignee = %s", assignee),
        ("c.subject_id = ANY(%s)", None if subject_ids is None else list(subject_ids)),
        ("c.entity_id = %s", entity_id),
    ]
    urgent_first = state == State.OPEN
    used = [(text, value) for text, value in filters if value is not None]
    where, params = [text for text, _ in used], [value for _, value in used]
    if state is not None:
        # Written out, so that the indexes of open cases serve a prepared statement too.
        where.append(f"c.state = '{_known(state)}'")
    if (place := _place(after)) is not None:
        where.append("(c.severity, c.id) > (%s, %s)" if urgent_first else "c.id < %s")
        params += place if urgent_first else place[1:]
    found = db.rows(
        f"SELECT {_COLUMNS} FROM workqueue_case c WHERE {' AND '.join(where) or 'true'}"
        f" ORDER BY {'c.severity, c.id' if urgent_first else 'c.id DESC'} LIMIT %s",
        [*params, max(1, min(limit, LIMIT_MAX))],
    )
    return [_row(row) for row in found]


def case(case_id: int) -> CaseView:
    """One case with what was said about it. Two statements. Raises `CaseNotFound`."""
    found = db.rows(f"SELECT {_COLUMNS} FROM workqueue_case c WHERE c.id = %s", [case_id])
    if not found:
        raise CaseNotFound(case_id=case_id)
    said = db.rows(
        "SELECT m.id, m.at, m.by, p.body ->> 'text' AS text FROM workqueue_casecomment m"
        " LEFT JOIN kernel_payload p ON p.id = m.payload_id WHERE m.case_id = %s ORDER BY m.id",
        [case_id],
    )
    return CaseView(_row(found[0]), [Comment(**row._asdict()) for row in said])


def queues(*, owner_role: str | None = None) -> list[QueueCount]:
    """Every queue with open cases, by name; one statement."""
    found = db.rows(
        "SELECT queue, count(*) AS open, count(*) FILTER (WHERE severity = 1) AS critical,"
        " count(*) FILTER (WHERE assignee IS NULL) AS unassigned FROM workqueue_case"
        " WHERE state = 'open' AND (%s::text IS NULL OR owner_role = %s) GROUP BY queue ORDER BY queue",
        [owner_role, owner_role],
    )
    return [QueueCount(**row._asdict()) for row in found]


def _known(state: str) -> str:
    if state not in CASE.states:
        raise StateUnknown(state=state[:40], states=", ".join(sorted(CASE.states)))
    return str(State(state))


def _row(row: Any) -> CaseRow:
    return CaseRow(**row._asdict())


def _place(after: str | None) -> list[int] | None:
    """Severity and id out of a cursor; None for none, and for what is not a cursor."""
    severity, _, case_id = (after or "").partition(".")
    if not (severity.isascii() and severity.isdigit() and case_id.isascii() and case_id.isdigit()):
        return None
    place = [int(severity), int(case_id)]
    return place if place[0] < 10 and place[1] < 2**63 else None


def named(words: str) -> list[Found]:
    """A case by its number, also as "case 12" or "#12". At most one statement."""
    number = words.lower().removeprefix("case").strip(" #")
    case_id = id_of(number)
    if case_id is None:
        return []
    rows = db.rows("SELECT id, kind, state FROM workqueue_case WHERE id = %s", [case_id])
    return [
        Found("case", str(row.id), f"Case {row.id}", KINDS[row.kind].meaning if row.kind in KINDS else row.kind, True)
        for row in rows
    ]
