"""What people ask of the queue, in words that stay true from day to day: mine, overdue, older than three days.

A question becomes a `CaseFilter` when it is asked: by whom, when, and in which zone. What people keep are questions.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from counterflow.access.roles import permissions_for
from counterflow.kernel.errors import Invalid
from counterflow.workqueue.filters import NOBODY, CaseFilter
from counterflow.workqueue.kinds import hidden_from
from counterflow.workqueue.states import State

ME: Final = "mine"
MINE: Final = "mine"
DUE: Final[dict[str, str]] = {
    "overdue": "Overdue",
    "today": "Due today, or overdue",
    "week": "Due within seven days",
}
AGE_DAYS_MAX: Final = 3_650


class QuestionUnreadable(Invalid):
    """A filter cannot say {what}; it takes {names}."""


class DueUnknown(Invalid):
    """{due!r} is no way to ask for due times; write one of {ways}."""


class AgeImpossible(Invalid):
    """Cases are asked for by 0 to {most} days of age; this says {days}."""


@dataclass(frozen=True)
class Question:
    """Which cases are wanted; what is empty narrows nothing.

    `role` is a role or "mine" (those of whoever asks), `whose` is "mine", "nobody" or a user ("user:7"). Money is in
    minor units. `due` is a word of `DUE`, `age_days` how long they are open at least. `state` is open, closed or any.
    """

    state: str = State.OPEN.value
    queue: str = ""
    kind: str = ""
    role: str = ""
    whose: str = ""
    severity: int | None = None
    money_from_minor: int | None = None
    money_to_minor: int | None = None
    currency: str = ""
    due: str = ""
    age_days: int | None = None
    search: str = ""
    snoozed: str = "no"
    sort: str = "priority"

    @property
    def told(self) -> dict[str, Any]:
        """What is not left open, by name: how a question is kept."""
        plain = Question()
        return {f.name: v for f in fields(self) if (v := getattr(self, f.name)) != getattr(plain, f.name)}


@dataclass(frozen=True)
class Asker:
    """Who asks: as the audit knows them, the roles they hold, and what they may; None for what their roles may."""

    actor: str
    roles: tuple[str, ...] = ()
    permissions: frozenset[str] | None = None

    def may(self, permission: str) -> bool:
        """Whether who asks holds a permission."""
        return permission in (permissions_for(self.roles) if self.permissions is None else self.permissions)


@dataclass(frozen=True)
class View:
    """A question that everybody has at hand; `counted` where its number is shown beside it."""

    code: str
    name: str
    question: Question
    counted: bool = True


VIEWS: Final[tuple[View, ...]] = (
    View("all", "All", Question()),
    View("mine", "Mine", Question(whose=ME)),
    View("role", "My role's", Question(role=MINE)),
    View("unassigned", "Unassigned", Question(whose=NOBODY)),
    View("overdue", "Overdue", Question(due="overdue")),
    View("today", "Due today", Question(due="today")),
    View("money", "By money", Question(sort="money"), counted=False),
    View("snoozed", "Snoozed", Question(snoozed="only")),
)


def question_of(told: dict[str, Any]) -> Question:
    """A question as it was kept. Raises `QuestionUnreadable`, and what `meant` raises."""
    types = {f.name: "number" if "int" in str(f.type) else "text" for f in fields(Question)}
    for name, value in told.items():
        fits = name in types and (
            (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**62)
            if types[name] == "number"
            else (isinstance(value, str) and len(value) <= 200 and "\0" not in value)
        )
        if not fits:
            shown = f"{str(name)[:40]} = {str(value)[:40]}".replace("\0", "?")
            raise QuestionUnreadable(what=shown, names=", ".join(f"{n} ({t})" for n, t in types.items()))
    return Question(**told)


def meant(question: Question, *, asker: Asker, at: datetime, zone: ZoneInfo | None = None) -> CaseFilter:
    """The filter that a question is for whoever asks, at an instant, by the days of a zone (UTC unless told).

    Raises `DueUnknown`, `AgeImpossible`, `StateUnknown`, `SortUnknown`, `SnoozedUnknown`.
    """
    if question.due and question.due not in DUE:
        raise DueUnknown(due=question.due[:40], ways=", ".join(DUE))
    if question.age_days is not None and not 0 <= question.age_days <= AGE_DAYS_MAX:
        raise AgeImpossible(most=AGE_DAYS_MAX, days=question.age_days)
    mine = question.role == MINE
    return CaseFilter(
        state="" if question.state == "any" else question.state,
        queue=question.queue,
        kind=question.kind,
        # Who holds no role answers for nothing; a role of no name has no cases.
        owner_roles=(asker.roles or ("none",)) if mine else _one(question.role),
        assignee=asker.actor if question.whose == ME else question.whose,
        severity=question.severity,
        money_from_minor=question.money_from_minor,
        money_to_minor=question.money_to_minor,
        currency=question.currency,
        due_to=_until(question.due, at, zone),
        opened_to=None if question.age_days is None else at - timedelta(days=question.age_days),
        search=question.search,
        snoozed=question.snoozed,
        sort=question.sort,
        hidden=hidden_from(asker.may),
    )


def _one(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _until(due: str, at: datetime, zone: ZoneInfo | None) -> datetime | None:
    """Before when what is asked for is due."""
    if not due:
        return None
    if due == "overdue":
        return at
    today = at.astimezone(zone or UTC).date()
    days = 1 if due == "today" else 7
    return datetime.combine(today + timedelta(days=days), time(), zone or UTC).astimezone(UTC)
