"""Reading cases under lock, and writing what was done with them, for the commands of this room."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.workqueue.kinds import hidden_from
from counterflow.workqueue.models import Case, CaseStep
from counterflow.workqueue.rules import due_or_assumed, priority
from counterflow.workqueue.states import State

COLUMNS = (
    "id, kind, queue, owner_role, severity, subject_id, state, outcome, assignee, money_at_risk_minor, currency,"
    " dedupe_key, opened_at, due_at, closed_at, closed_by, rank_at, snoozed_until, snooze_reason, merged_into_id"
)
# The columns that commands of this room write.
_WRITTEN = (
    "owner_role",
    "severity",
    "state",
    "outcome",
    "assignee",
    "money_at_risk_minor",
    "currency",
    "due_at",
    "closed_at",
    "closed_by",
    "rank_at",
    "snoozed_until",
    "snooze_reason",
    "merged_into_id",
)


@dataclass
class LockedCase:
    """A case in the running state of a batch."""

    id: int
    kind: str
    queue: str
    owner_role: str
    severity: int
    subject_id: int
    state: str
    outcome: str | None
    assignee: str | None
    money_at_risk_minor: int | None
    currency: str | None
    dedupe_key: str
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    rank_at: datetime
    snoozed_until: datetime | None
    snooze_reason: str | None
    merged_into_id: int | None

    @property
    def told(self) -> dict[str, Any]:
        """What events tell of a case."""
        return {"kind": self.kind, "queue": self.queue, "subject_id": self.subject_id}

    @property
    def due(self) -> datetime:
        """When it is due, or counts as due where nothing says so."""
        return due_or_assumed(self.due_at, self.opened_at)

    def end(self, state: str, outcome: str, ctx: Context) -> None:
        """Close it, now, by whoever calls."""
        self.state, self.outcome, self.closed_at, self.closed_by = state, outcome, ctx.at, ctx.actor

    @property
    def stake(self) -> dict[str, Any]:
        """What a case inherits where others are merged into it, as steps keep it."""
        due = self.due_at.isoformat() if self.due_at else None
        money = {"money_at_risk_minor": self.money_at_risk_minor, "currency": self.currency}
        return {"severity": self.severity, "due_at": due, **money}

    def take_stake(self, stake: Mapping[str, Any]) -> None:
        """Stand as it stood with this stake."""
        self.severity, self.currency = stake["severity"], stake["currency"]
        self.due_at = datetime.fromisoformat(stake["due_at"]) if stake["due_at"] else None
        self.money_at_risk_minor = stake["money_at_risk_minor"]
        self.rank()

    def rank(self) -> None:
        """Find its place again, after severity, money or due time changed."""
        self.rank_at = priority(
            due_at=self.due_at, opened_at=self.opened_at, severity=self.severity, money_minor=self.money_at_risk_minor
        ).act_by


def lock_cases(ctx: Context, case_ids: Iterable[int], *, absorbers: bool = False) -> dict[int, LockedCase]:
    """The cases there are among these ids, locked in ascending order; one statement.

    With `absorbers` those into which they were merged come along. A case that is kept from the caller is as if it were
    not there.
    """
    ids = sorted(set(case_ids))
    along = " OR id IN (SELECT merged_into_id FROM workqueue_case WHERE id = ANY(%s::bigint[]))" if absorbers else ""
    # Cases come after goods, money and statements, and before positions.
    found = db.lock(
        ctx,
        Rank.CASE,
        f"SELECT {COLUMNS} FROM workqueue_case WHERE id = ANY(%s::bigint[]){along} ORDER BY id FOR NO KEY UPDATE",
        [ids, ids] if absorbers else [ids],
    )
    hidden = hidden_from(ctx.may)
    return {row.id: LockedCase(**row._asdict()) for row in found if row.kind not in hidden}


class Work:
    """What a command does with locked cases: their rows as they were, and the steps that led on."""

    def __init__(self, ctx: Context, cases: Mapping[int, LockedCase]) -> None:
        self.ctx = ctx
        self.cases = cases
        self.steps: list[dict[str, Any]] = []
        self._before = {case.id: self._row(case) for case in cases.values()}

    @staticmethod
    def _row(case: LockedCase) -> tuple[Any, ...]:
        return tuple(getattr(case, name) for name in _WRITTEN)

    def step(self, case: LockedCase, action: str, **facts: Any) -> None:
        """Note that something was done with a case. Facts are codes, ids and instants.

        The database numbers steps as it writes them, under the case's lock, so that a later step has the larger id
        whichever command began first.
        """
        self.steps.append(
            {
                "case_id": case.id,
                "action": action,
                "at": self.ctx.at,
                "by": self.ctx.actor,
                "command_id": self.ctx.command_id,
                "facts": {name: db.json_default(v) if isinstance(v, datetime) else v for name, v in facts.items()},
            }
        )

    @property
    def changed(self) -> Sequence[LockedCase]:
        """The cases that are no longer what they were."""
        return [case for case in self.cases.values() if self._row(case) != self._before[case.id]]

    def write(self) -> None:
        """Write the steps, and of each changed case the columns that any of them changed; one statement at most."""
        changed = self.changed
        rows = {case.id: self._row(case) for case in changed}
        moved = [n for n, _ in enumerate(_WRITTEN) if any(rows[i][n] != self._before[i][n] for i in rows)]
        db.update(Case, [{"id": i, **{_WRITTEN[n]: row[n] for n in moved}} for i, row in sorted(rows.items())])
        db.insert(CaseStep, self.steps)


def is_open(case: LockedCase) -> bool:
    """Whether it still waits for somebody."""
    return case.state == State.OPEN
