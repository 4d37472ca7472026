"""Close cases with an outcome."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Invalid
from counterflow.kernel.events import Event, emit
from counterflow.workqueue.commands.locking import LockedCase, lock_cases
from counterflow.workqueue.events import CASE_CLOSED
from counterflow.workqueue.models import Case
from counterflow.workqueue.queries import CaseNotFound
from counterflow.workqueue.states import CASE, State

OUTCOME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class OutcomeMalformed(Invalid):
    """The outcome {outcome!r} is no code; write a word of small letters, digits and underscores, like accepted."""


@dataclass(frozen=True)
class CloseCase:
    """A case to close, and how it ended, as a code."""

    case_id: int
    outcome: str


@command(needs="workqueue.work")
def close_cases(ctx: Context, *, items: Sequence[CloseCase]) -> Batch:
    """Close each case; the case is the identity. What settles its cause is done elsewhere.

    Refuses `CaseNotFound`, `OutcomeMalformed`, `IdentityReused`. Two SQL statements, whatever the batch.
    """
    cases = lock_cases(ctx, [item.case_id for item in items])
    changed: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_close(ctx, item, cases.get(item.case_id), changed))
        except DomainError as error:
            results.append(Refused.of(str(item.case_id), error))
    db.update(Case, changed)
    closed = [cases[row["id"]] for row in changed]
    emit(ctx, [Event(CASE_CLOSED, case.id, facts=_told(case)) for case in closed])
    return Batch(results)


def _close(ctx: Context, item: CloseCase, case: LockedCase | None, changed: list[dict[str, Any]]) -> Done:
    if case is None:
        raise CaseNotFound(case_id=item.case_id)
    if not OUTCOME.fullmatch(item.outcome):
        raise OutcomeMalformed(outcome=item.outcome[:80].replace("\0", "?"))
    identity = str(case.id)
    if case.state == State.CLOSED:
        if case.outcome != item.outcome:
            raise IdentityReused(what="the closing of case", identity=identity)
        return Done(identity, {"outcome": item.outcome}, replayed=True)
    case.state, case.outcome = CASE.move("close", case.state), item.outcome
    changed.append(
        {"id": case.id, "state": case.state, "outcome": case.outcome, "closed_at": ctx.at, "closed_by": ctx.actor}
    )
    return Done(identity, {"outcome": item.outcome})


def _told(case: LockedCase) -> dict[str, Any]:
    return {"kind": case.kind, "queue": case.queue, "subject_id": case.subject_id, "outcome": case.outcome}
