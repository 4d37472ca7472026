"""Questions of programs about cases: lists, sums, kinds, why one stands where it stands, and filters that are kept."""

from dataclasses import dataclass, replace
from datetime import datetime

from counterflow.api.reading import Read
from counterflow.kernel import clock
from counterflow.workqueue import explaining, queries, queries_lists
from counterflow.workqueue.filters import CaseFilter
from counterflow.workqueue.guides import ACTIONS
from counterflow.workqueue.kinds import KINDS, Severity
from counterflow.workqueue.questions import Question, meant


def _wanted(
    actor: str,
    question: Question,
    *,
    due_from: datetime | None,
    due_to: datetime | None,
    opened_from: datetime | None,
    opened_to: datetime | None,
    entity_id: int | None,
    subject_kind: str,
    subject_id: int | None,
) -> CaseFilter:
    now = clock.now()
    found = meant(question, asker=queries_lists.asker_of(actor, at=now), at=now)
    return replace(
        found,
        due_from=due_from,
        due_to=due_to or found.due_to,
        opened_from=opened_from,
        opened_to=opened_to or found.opened_to,
        entity_id=entity_id,
        subject_kind=subject_kind,
        subject_ids=None if subject_id is None else (subject_id,),
    )


def cases(
    *,
    actor: str,
    state: str = "open",
    queue: str = "",
    kind: str = "",
    owner_role: str = "",
    assignee: str = "",
    severity: int | None = None,
    money_from_minor: int | None = None,
    money_to_minor: int | None = None,
    currency: str = "",
    due: str = "",
    due_from: datetime | None = None,
    due_to: datetime | None = None,
    age_days: int | None = None,
    opened_from: datetime | None = None,
    opened_to: datetime | None = None,
    search: str = "",
    subject_kind: str = "",
    subject_id: int | None = None,
    entity_id: int | None = None,
    snoozed: str = "no",
    sort: str = "priority",
    after: str | None = None,
    limit: int = 50,
) -> list[queries.CaseRow]:
    """Open cases, those to act on soonest first; by `sort` priority, money, due, oldest or newest.

    `state` is open, closed or any, `assignee` is "mine", "nobody" or a user ("user:7"), `owner_role` a role or "mine";
    `due` is overdue, today (or overdue) or week; `snoozed` is no, only or any. `search` is a number as on paper.
    """
    question = Question(
        state=state,
        queue=queue,
        kind=kind,
        role=owner_role,
        whose=assignee,
        severity=severity,
        money_from_minor=money_from_minor,
        money_to_minor=money_to_minor,
        currency=currency,
        due=due,
        age_days=age_days,
        search=search,
        snoozed=snoozed,
        sort=sort,
    )
    wanted = _wanted(
        actor,
        question,
        due_from=due_from,
        due_to=due_to,
        opened_from=opened_from,
        opened_to=opened_to,
        entity_id=entity_id,
        subject_kind=subject_kind,
        subject_id=subject_id,
    )
    return queries.found(wanted, after=after, limit=limit)


@dataclass(frozen=True)
class CasesInSum:
    """How many cases a question finds, at most 10,000 (`more` where there are others), and what is at risk in them.

    `money_minor` is in minor units by currency, `kinds` how many there are of each; `outcomes` are the codes by which
    all of them may be closed.
    """

    count: int
    more: bool
    money_minor: dict[str, int]
    kinds: dict[str, int]
    outcomes: list[str]


def cases_in_sum(
    *,
    actor: str,
    state: str = "open",
    queue: str = "",
    kind: str = "",
    owner_role: str = "",
    assignee: str = "",
    severity: int | None = None,
    money_from_minor: int | None = None,
    money_to_minor: int | None = None,
    currency: str = "",
    due: str = "",
    age_days: int | None = None,
    search: str = "",
    snoozed: str = "no",
) -> list[CasesInSum]:
    """How many cases a question finds and what is at risk in them, before something is done with them all; one row."""
    question = Question(
        state=state,
        queue=queue,
        kind=kind,
        role=owner_role,
        whose=assignee,
        severity=severity,
        money_from_minor=money_from_minor,
        money_to_minor=money_to_minor,
        currency=currency,
        due=due,
        age_days=age_days,
        search=search,
        snoozed=snoozed,
    )
    now = clock.now()
    found = queries_lists.chosen(meant(question, asker=queries_lists.asker_of(actor, at=now), at=now), at=now)
    codes = [code for code, _ in found.outcomes]
    return [CasesInSum(len(found.ids), found.more, found.money, found.kinds, codes)]


def case_priority(*, case_id: int) -> explaining.Explained:
    """Why a case stands where it stands: time left, severity and money as hours, and the same in sentences."""
    return explaining.explained(case_id=case_id, at=clock.now())


def case_views(*, actor: str) -> list[queries_lists.ViewCount]:
    """The lists that everybody has at hand, with how many cases each has for whoever asks; counting stops at 500."""
    now = clock.now()
    return queries_lists.views(asker=queries_lists.asker_of(actor, at=now), at=now)


def case_filters(*, actor: str) -> list[queries_lists.SavedRow]:
    """The filters that whoever asks keeps, and those of their roles."""
    return queries_lists.saved(asker=queries_lists.asker_of(actor, at=clock.now()))


@dataclass(frozen=True)
class KindRow:
    """A kind of case: where it is worked, what is done about it, what helps, and how it may end (code: meaning)."""

    code: str
    queue: str
    owner_role: str
    severity: str
    meaning: str
    actions: dict[str, str]
    evidence: list[str]
    outcomes: dict[str, str]


def case_kinds() -> list[KindRow]:
    """Every kind of case with its queue, owner, severity, next actions, evidence wanted and outcomes."""
    return [
        KindRow(
            code=kind.code,
            queue=kind.queue,
            owner_role=kind.owner_role,
            severity=Severity(kind.severity).name.lower(),
            meaning=kind.meaning,
            actions={code: ACTIONS[code] for code in kind.guide.actions},
            evidence=list(kind.guide.evidence),
            outcomes={outcome.code: outcome.meaning for outcome in kind.outcomes},
        )
        for kind in KINDS.values()
    ]


_SUMMED = (
    *("state", "queue", "kind", "owner_role", "assignee", "severity", "money_from_minor", "money_to_minor"),
    *("currency", "due", "age_days", "search", "snoozed"),
)
_LISTED = (
    *_SUMMED,
    *("sort", "due_from", "due_to", "opened_from", "opened_to", "subject_kind", "subject_id", "entity_id"),
)

READS: list[Read] = [
    Read("/cases", cases, "workqueue.view", "cases", _LISTED, ("after", "cursor"), actor="actor"),
    Read("/cases-in-sum", cases_in_sum, "workqueue.view", "cases", _SUMMED, actor="actor"),
    Read("/cases/{case_id}", queries.case, "workqueue.view", "cases"),
    Read("/cases/{case_id}/priority", case_priority, "workqueue.view", "cases"),
    Read("/case-kinds", case_kinds, "workqueue.view", "cases"),
    Read("/case-views", case_views, "workqueue.view", "cases", actor="actor"),
    Read("/case-filters", case_filters, "workqueue.view", "cases", actor="actor"),
    Read("/queues", queries.queues, "workqueue.view", "cases", ("owner_role",)),
]
