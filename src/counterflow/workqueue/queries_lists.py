"""Questions about many cases at once: counts that stop, what a filter means in sum, and filters that people keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.access.standing import standing
from counterflow.kernel import db
from counterflow.workqueue.filters import CaseFilter, counted, listed
from counterflow.workqueue.kinds import outcomes_of
from counterflow.workqueue.questions import VIEWS, Asker, meant

COUNTED_MAX = 500
CHOSEN_MAX = 10_000
"""How many cases one act takes, as every command does."""


@dataclass(frozen=True)
class Chosen:
    """The cases that a filter means, at most `CHOSEN_MAX`, in its order; `more` where there are others.

    `money` is what is at risk by currency, in minor units; `kinds` how many there are of each, `outcomes` the codes
    by which all of them may be closed, with their meanings.
    """

    ids: list[int]
    more: bool
    money: dict[str, int]
    kinds: dict[str, int]
    outcomes: list[tuple[str, str]]


@dataclass(frozen=True)
class ViewCount:
    """A question that everybody has at hand, and how many cases it finds: None where that is not counted.

    `more` where there are more than `count`, which stops at 500.
    """

    code: str
    name: str
    question: dict[str, Any]
    count: int | None
    more: bool


@dataclass(frozen=True)
class SavedRow:
    """A filter that somebody keeps. `owner` is a user ("user:7") or a role ("role:agent")."""

    id: int
    owner: str
    name: str
    question: dict[str, Any]
    columns: tuple[str, ...]
    at: datetime
    by: str


def counts(wanted: Sequence[CaseFilter], *, at: datetime | None = None, most: int = COUNTED_MAX) -> list[int]:
    """How many cases each filter means, each counted no further than `most` + 1. One statement; none for none."""
    if not wanted:
        return []
    sql, params = counted(wanted, most=most, at=at)
    return [int(row.count) for row in db.rows(sql, params)]


def views(*, asker: Asker, at: datetime, zone: Any = None) -> list[ViewCount]:
    """The questions that everybody has at hand, with how many cases each finds for whoever asks. One statement."""
    shown = [view for view in VIEWS if view.counted]
    filters = [meant(view.question, asker=asker, at=at, zone=zone) for view in shown]
    found = dict(zip((view.code for view in shown), counts(filters, at=at), strict=True))
    return [
        ViewCount(
            view.code,
            view.name,
            view.question.told,
            min(found[view.code], COUNTED_MAX) if view.code in found else None,
            found.get(view.code, 0) > COUNTED_MAX,
        )
        for view in VIEWS
    ]


def chosen(wanted: CaseFilter, *, at: datetime | None = None) -> Chosen:
    """The cases that a filter means, and what they are in sum. One statement."""
    columns = "c.id, c.kind, c.money_at_risk_minor, c.currency, c.rank_at, c.due_at, c.opened_at"
    sql, params = listed(columns, wanted, after=None, limit=CHOSEN_MAX + 1, at=at)
    rows = db.rows(sql, params)
    more, rows = len(rows) > CHOSEN_MAX, rows[:CHOSEN_MAX]
    money: dict[str, int] = {}
    kinds: dict[str, int] = {}
    for row in rows:
        kinds[row.kind] = kinds.get(row.kind, 0) + 1
        if row.currency is not None:
            money[row.currency] = money.get(row.currency, 0) + int(row.money_at_risk_minor)
    return Chosen([row.id for row in rows], more, dict(sorted(money.items())), kinds, common_outcomes(kinds))


def common_outcomes(kinds: Sequence[str] | dict[str, int]) -> list[tuple[str, str]]:
    """By which outcomes cases of all these kinds may be closed, in the words of the first."""
    found: dict[str, str] | None = None
    for kind in kinds:
        offered = {outcome.code: outcome.meaning for outcome in outcomes_of(kind)}
        found = offered if found is None else {code: words for code, words in found.items() if code in offered}
    return list((found or {}).items())


def closed_by_command(*, command_id: int, by: str) -> list[int]:
    """The cases that are still closed as one command of this actor closed them, merged ones too. One statement."""
    found = db.rows(
        "SELECT c.id FROM workqueue_casestep s JOIN workqueue_case c ON c.id = s.case_id"
        " WHERE s.command_id = %s AND s.by = %s AND s.action IN ('close', 'merge') AND c.state = 'closed'"
        " AND c.closed_at = s.at AND c.closed_by = s.by ORDER BY c.id LIMIT %s",
        [command_id, by, CHOSEN_MAX],
    )
    return [row.id for row in found]


def saved(*, asker: Asker) -> list[SavedRow]:
    """The filters that somebody keeps for oneself, and those of the roles they hold, by name. One statement."""
    found = db.rows(
        "SELECT id, owner, name, question, columns, at, by FROM workqueue_savedfilter"
        " WHERE owner = ANY(%s::text[]) ORDER BY lower(name), owner",
        [[asker.actor, *(f"role:{role}" for role in asker.roles)]],
    )
    return [SavedRow(**{**row._asdict(), "columns": tuple(row.columns)}) for row in found]


def asker_of(actor: str, permissions: frozenset[str] | None = None, *, at: datetime) -> Asker:
    """Who asks behind an actor: a token asks as its user, and may what the token may. One statement."""
    who = standing([actor], at=at).get(actor)
    if who is None:
        return Asker(actor, permissions=permissions)
    return Asker(who.person, tuple(sorted(who.roles)), permissions)
