"""Reading cases under lock, for the commands of this room."""

from collections.abc import Iterable
from dataclasses import dataclass

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank


@dataclass
class LockedCase:
    """A case in the running state of a batch."""

    id: int
    kind: str
    queue: str
    subject_id: int
    state: str
    outcome: str | None
    assignee: str | None


def lock_cases(ctx: Context, case_ids: Iterable[int]) -> dict[int, LockedCase]:
    """The cases there are among these ids, locked in ascending order; one statement."""
    # Cases share the rank of statements: paper, after goods and money and before positions.
    found = db.lock(
        ctx,
        Rank.CASE,
        "SELECT id, kind, queue, subject_id, state, outcome, assignee FROM workqueue_case WHERE id = ANY(%s)"
        " ORDER BY id FOR NO KEY UPDATE",
        [sorted(set(case_ids))],
    )
    return {row.id: LockedCase(**row._asdict()) for row in found}
