"""Questions to the work queue: what waits, for whom, how much is at stake, and why it stands where it stands."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from counterflow.kernel import db
from counterflow.kernel.errors import NotFound
from counterflow.kernel.found import Found, id_of
from counterflow.workqueue.filters import CaseFilter, cursor, listed
from counterflow.workqueue.kinds import KINDS, Severity, hidden_from, outcome_meaning
from counterflow.workqueue.rules import Priority, priority
from counterflow.workqueue.states import CASE, State

LIMIT_MAX = 500
FAMILY_MAX = 200
RELATED_MAX = 20


class CaseNotFound(NotFound):
    """There is no case {case_id}."""


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
    rank_at: datetime
    snoozed_until: datetime | None
    snooze_reason: str | None
    merged_into: int | None
    cursor: str = ""

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
    def outcome_words(self) -> str:
        """How it ended, in words; empty while it is open."""
        return outcome_meaning(self.kind, self.outcome) if self.outcome else ""

    @property
    def priority(self) -> Priority:
        """Why it stands where it stands."""
        return priority(
            due_at=self.due_at, opened_at=self.opened_at, severity=self.severity, money_minor=self.money_at_risk_minor
        )


@dataclass(frozen=True)
class Comment:
    """What somebody said of `case_id`; `text` is None once it was erased."""

    id: int
    at: datetime
    by: str
    text: str | None
    case_id: int


@dataclass(frozen=True)
class Step:
    """Something that was done with a case. `facts` are codes, ids and instants as text."""

    id: int
    case_id: int
    action: str
    at: datetime
    by: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class CaseView:
    """One case with all that hangs on it, oldest first.

    `merged` are the cases that were closed into it, and into those; their comments and steps stand among its own.
    `related` are other cases about the same subject, the newest first.
    """

    case: CaseRow
    comments: Sequence[Comment]
    steps: Sequence[Step]
    merged: Sequence[CaseRow]
    related: Sequence[CaseRow]

    @property
    def ids(self) -> list[int]:
        """The case and those that were merged into it."""
        return [self.case.id, *(row.id for row in self.merged)]


@dataclass(frozen=True)
class QueueCount:
    """Open cases of a queue, and how many of them are critical or nobody's."""

    queue: str
    open: int
    critical: int
    unassigned: int


_COLUMNS: Final = (
    "c.id, c.kind, c.queue, c.owner_role, c.severity, c.state, c.subject_kind, c.subject_id, c.entity_id,"
    " c.money_at_risk_minor, c.currency, c.facts, c.opened_at, c.due_at, c.assignee, c.outcome,"
    " c.closed_at, c.closed_by, c.rank_at, c.snoozed_until, c.snooze_reason, c.merged_into_id AS merged_into"
)


def found(
    wanted: CaseFilter, *, after: str | None = None, limit: int = 50, at: datetime | None = None
) -> list[CaseRow]:
    """The cases that a filter means, in its order.

    `after` is the cursor of the last row seen; one that cannot be read starts from the top. One statement.
    """
    sql, params = listed(_COLUMNS, wanted, after=after, limit=max(1, min(limit, LIMIT_MAX)), at=at)
    return [_row(row, wanted) for row in db.rows(sql, params)]


def cases(
    *,
    state: str | None = State.OPEN.value,
    queue: str = "",
    kind: str = "",
    owner_role: str = "",
    assignee: str = "",
    severity: int | None = None,
    money_from_minor: int | None = None,
    money_to_minor: int | None = None,
    currency: str = "",
    due_from: datetime | None = None,
    due_to: datetime | None = None,
    opened_from: datetime | None = None,
    opened_to: datetime | None = None,
    search: str = "",
    subject_kind: str = "",
    subject_ids: Sequence[int] | None = None,
    entity_id: int | None = None,
    snoozed: str = "no",
    sort: str = "priority",
    hidden: Sequence[str] = (),
    after: str | None = None,
    limit: int = 50,
) -> list[CaseRow]:
    """Open cases, those to act on soonest first (or by `sort`); closed ones or `any`, the newest first.

    `CaseFilter` says what the arguments mean. One statement. Raises `StateUnknown`, `SortUnknown`, `SnoozedUnknown`.
    """
    wanted = CaseFilter(
        state="" if state in (None, "any") else str(state),
        queue=queue,
        kind=kind,
        owner_roles=(owner_role,) if owner_role else (),
        assignee=assignee,
        severity=severity,
        money_from_minor=money_from_minor,
        money_to_minor=money_to_minor,
        currency=currency,
        due_from=due_from,
        due_to=due_to,
        opened_from=opened_from,
        opened_to=opened_to,
        search=search,
        subject_kind=subject_kind,
        subject_ids=None if subject_ids is None else tuple(subject_ids),
        entity_id=entity_id,
        snoozed=snoozed,
        sort=sort,
        hidden=tuple(hidden),
    )
    return found(wanted, after=after, limit=limit)


_FAMILY: Final = f"""
WITH RECURSIVE family (id) AS (
    SELECT id FROM workqueue_case WHERE id = %s
    UNION SELECT m.id FROM family f JOIN workqueue_case m ON m.merged_into_id = f.id
)
SELECT {_COLUMNS} FROM family f JOIN workqueue_case c ON c.id = f.id ORDER BY c.id LIMIT {FAMILY_MAX}
"""
_RELATED: Final = f"""
SELECT {_COLUMNS} FROM workqueue_case c WHERE c.subject_id = %s AND c.subject_kind = %s AND c.id <> ALL(%s::bigint[])
ORDER BY c.id DESC LIMIT {RELATED_MAX}
"""
_SAID: Final = """
SELECT m.id, m.at, m.by, p.body ->> 'text' AS text, m.case_id FROM workqueue_casecomment m
LEFT JOIN kernel_payload p ON p.id = m.payload_id WHERE m.case_id = ANY(%s::bigint[]) ORDER BY m.id
"""
_STEPS: Final = """
SELECT id, case_id, action, at, by, facts FROM workqueue_casestep WHERE case_id = ANY(%s::bigint[]) ORDER BY id
"""


def case(case_id: int, *, may: Callable[[str], bool] | None = None) -> CaseView:
    """One case with what was said about it and done with it, what was merged into it, and others about the same thing.

    What is kept from those who may no more than `may` says is left out. Four statements. Raises `CaseNotFound`.
    """
    plain, hidden = CaseFilter(state=""), hidden_from(may) if may else ()
    family = [row for row in (_row(r, plain) for r in db.rows(_FAMILY, [case_id])) if row.kind not in hidden]
    own = next((row for row in family if row.id == case_id), None)
    if own is None:
        raise CaseNotFound(case_id=case_id)
    ids = [row.id for row in family]
    said, done = db.rows(_SAID, [ids]), db.rows(_STEPS, [ids])
    related = db.rows(_RELATED, [own.subject_id, own.subject_kind, ids])
    return CaseView(
        case=own,
        comments=[Comment(**row._asdict()) for row in said],
        steps=[Step(**row._asdict()) for row in done],
        merged=[row for row in family if row.id != case_id],
        related=[_row(row, plain) for row in related if row.kind not in hidden],
    )


def seen(case_id: int, *, may: Callable[[str], bool]) -> bool:
    """Whether there is such a case, and it is not kept from those who may no more than this. One statement."""
    found = db.rows("SELECT kind FROM workqueue_case WHERE id = %s", [case_id])
    return bool(found) and found[0].kind not in hidden_from(may)


def queues(*, owner_role: str | None = None, hidden: Sequence[str] = ()) -> list[QueueCount]:
    """Every queue with open cases that are not of a hidden kind, by name; one statement."""
    # An index alone answers it; only who may not see all kinds has to look at the cases.
    narrowed = " AND kind <> ALL(%s::text[])" if hidden else ""
    found = db.rows(
        "SELECT queue, count(*) AS open, count(*) FILTER (WHERE severity = 1) AS critical,"
        " count(*) FILTER (WHERE assignee IS NULL) AS unassigned FROM workqueue_case"
        " WHERE state = 'open' AND (%s::text IS NULL OR owner_role = %s)"
        f"{narrowed} GROUP BY queue ORDER BY queue",
        [owner_role, owner_role, *([list(hidden)] if hidden else [])],
    )
    return [QueueCount(**row._asdict()) for row in found]


def _row(row: Any, wanted: CaseFilter) -> CaseRow:
    return CaseRow(**row._asdict(), cursor=cursor(wanted.order, row))


def named(words: str, *, may: Callable[[str], bool]) -> list[Found]:
    """A case by its number, also as "case 12" or "#12", if it is not kept from whoever asks. At most one statement."""
    number = words.lower().removeprefix("case").strip(" #")
    case_id = id_of(number)
    if case_id is None:
        return []
    rows = db.rows("SELECT id, kind, state FROM workqueue_case WHERE id = %s", [case_id])
    return [
        Found("case", str(row.id), f"Case {row.id}", KINDS[row.kind].meaning if row.kind in KINDS else row.kind, True)
        for row in rows
        if row.kind not in hidden_from(may)
    ]
