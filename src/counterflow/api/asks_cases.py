"""Questions of programs about cases: lists, sums, kinds, why one stands where it stands, and filters that are kept."""

from dataclasses import dataclass, fields, replace
from datetime import datetime

from counterflow.api.reading import Read
from counterflow.kernel import clock
from counterflow.workqueue import explaining, queries, queries_lists
from counterflow.workqueue.filters import CaseFilter
from counterflow.workqueue.guides import ACTIONS
from counterflow.workqueue.kinds import KINDS, Severity, by_hand, hidden_from
from counterflow.workqueue.questions import Asker, Question, meant


@dataclass(frozen=True)
class CasesAsked:
    """Which cases are wanted, in which order; what is left out narrows nothing.

    `state` is open, closed or any, `assignee` is "mine", "nobody" or a user ("user:7"), `owner_role` a role or "mine";
    `due` is overdue, today (or overdue) or week; `snoozed` is no, only or any; `sort` is priority, money, due, oldest
    or newest. `search` is what a case is about, in numbers and words. Money is in minor units.
    """

    state: str = "open"
    queue: str = ""
    kind: str = ""
    owner_role: str = ""
    assignee: str = ""
    severity: int | None = None
    money_from_minor: int | None = None
    money_to_minor: int | None = None
    currency: str = ""
    due: str = ""
    due_from: datetime | None = None
    due_to: datetime | None = None
    age_days: int | None = None
    opened_from: datetime | None = None
    opened_to: datetime | None = None
    search: str = ""
    subject_kind: str = ""
    subject_id: int | None = None
    entity_id: int | None = None
    snoozed: str = "no"
    sort: str = "priority"

    def meant(self, asker: Asker, at: datetime) -> CaseFilter:
        """The filter that this is for whoever asks. Raises what `questions.meant` raises."""
        named = {f.name for f in fields(Question)} & {f.name for f in fields(self)}
        same = {name: getattr(self, name) for name in named}
        found = meant(Question(**same, role=self.owner_role, whose=self.assignee), asker=asker, at=at)
        return replace(
            found,
            due_from=self.due_from,
            due_to=self.due_to or found.due_to,
            opened_from=self.opened_from,
            opened_to=self.opened_to or found.opened_to,
            entity_id=self.entity_id,
            subject_kind=self.subject_kind,
            subject_ids=None if self.subject_id is None else (self.subject_id,),
        )


def cases(
    *, asked: CasesAsked, actor: str, permissions: frozenset[str], after: str | None = None, limit: int = 50
) -> list[queries.CaseRow]:
    """Open cases, those to act on soonest first; by `sort` priority, money, due, oldest or newest.

    `CasesAsked` says what may be asked. Kinds that the caller may not see are left out.
    """
    now = clock.now()
    wanted = asked.meant(queries_lists.asker_of(actor, permissions, at=now), now)
    return queries.found(wanted, after=after, limit=limit, at=now)


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


def cases_in_sum(*, asked: CasesAsked, actor: str, permissions: frozenset[str]) -> list[CasesInSum]:
    """How many cases a question finds and what is at risk in them, before something is done with them all; one row."""
    now = clock.now()
    found = queries_lists.chosen(asked.meant(queries_lists.asker_of(actor, permissions, at=now), now), at=now)
    codes = [code for code, _ in found.outcomes]
    return [CasesInSum(len(found.ids), found.more, found.money, found.kinds, codes)]


def case(*, case_id: int, permissions: frozenset[str]) -> queries.CaseView:
    """One case with what was said about it and done with it, what was merged into it, and others about the same thing.

    What the caller may not see is left out. Raises `CaseNotFound`.
    """
    return queries.case(case_id, may=permissions.__contains__)


def case_priority(*, case_id: int, permissions: frozenset[str]) -> explaining.Explained:
    """Why a case stands where it stands: time left, severity and money as hours, and the same in sentences."""
    return explaining.explained(case_id=case_id, at=clock.now(), may=permissions.__contains__)


def queues(*, permissions: frozenset[str], owner_role: str | None = None) -> list[queries.QueueCount]:
    """Every queue with open cases that the caller may see, by name, and how many are critical or nobody's."""
    return queries.queues(owner_role=owner_role, hidden=hidden_from(permissions.__contains__))


def case_views(*, actor: str, permissions: frozenset[str]) -> list[queries_lists.ViewCount]:
    """The lists that everybody has at hand, with how many cases each has for whoever asks; counting stops at 500."""
    now = clock.now()
    return queries_lists.views(asker=queries_lists.asker_of(actor, permissions, at=now), at=now)


def case_filters(*, actor: str) -> list[queries_lists.SavedRow]:
    """The filters that whoever asks keeps, and those of their roles."""
    return queries_lists.saved(asker=queries_lists.asker_of(actor, at=clock.now()))


@dataclass(frozen=True)
class KindRow:
    """A kind of case: where it is worked, what opens it, what is done, what helps, how it may end (code: meaning).

    `by_hand` where people open it; `needs` is the permission without which it is not seen, empty for most.
    """

    code: str
    queue: str
    owner_role: str
    severity: str
    meaning: str
    opened: str
    by_hand: bool
    needs: str
    actions: dict[str, str]
    evidence: list[str]
    outcomes: dict[str, str]


def case_kinds() -> list[KindRow]:
    """Every kind of case with its queue, owner, severity, next actions, evidence wanted and outcomes."""
    hand = by_hand()
    return [
        KindRow(
            code=kind.code,
            queue=kind.queue,
            owner_role=kind.owner_role,
            severity=Severity(kind.severity).name.lower(),
            meaning=kind.meaning,
            opened=kind.opened,
            by_hand=kind in hand,
            needs=kind.needs,
            actions={code: ACTIONS[code] for code in kind.guide.actions},
            evidence=list(kind.guide.evidence),
            outcomes={outcome.code: outcome.meaning for outcome in kind.outcomes},
        )
        for kind in KINDS.values()
    ]


READS: list[Read] = [
    Read(
        "/cases",
        cases,
        "workqueue.view",
        "cases",
        cursor=("after", "cursor"),
        actor="actor",
        may="permissions",
        of=CasesAsked,
    ),
    Read("/cases-in-sum", cases_in_sum, "workqueue.view", "cases", actor="actor", may="permissions", of=CasesAsked),
    Read("/cases/{case_id}", case, "workqueue.view", "cases", may="permissions"),
    Read("/cases/{case_id}/priority", case_priority, "workqueue.view", "cases", may="permissions"),
    Read("/case-kinds", case_kinds, "workqueue.view", "cases"),
    Read("/case-views", case_views, "workqueue.view", "cases", actor="actor", may="permissions"),
    Read("/case-filters", case_filters, "workqueue.view", "cases", actor="actor"),
    Read("/queues", queues, "workqueue.view", "cases", ("owner_role",), may="permissions"),
]
