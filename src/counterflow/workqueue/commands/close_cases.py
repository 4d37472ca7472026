"""Close cases with an outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Invalid
from counterflow.kernel.events import Event, emit
from counterflow.kernel.models import Payload
from counterflow.workqueue.commands.comment_cases import TEXT_MAX, comment_rows
from counterflow.workqueue.commands.locking import LockedCase, Work, lock_cases
from counterflow.workqueue.events import CASE_CLOSED
from counterflow.workqueue.kinds import outcomes_of
from counterflow.workqueue.models import CaseComment
from counterflow.workqueue.queries import CaseNotFound
from counterflow.workqueue.states import CASE, State


class OutcomeUnknown(Invalid):
    """A case of kind {kind} does not end as {outcome!r}; it ends as one of {outcomes}."""


class NoteMalformed(Invalid):
    """A note has at most {most} characters and no NUL; leave it out or shorten it."""


@dataclass(frozen=True)
class CloseCase:
    """A case to close, how it ended, as a code of its kind, and what there is to say about it."""

    case_id: int
    outcome: str
    note: str = ""


@command(needs="workqueue.work")
def close_cases(ctx: Context, *, items: Sequence[CloseCase]) -> Batch:
    """Close each case; the case is the identity. What settles its cause is done elsewhere.

    Refuses `CaseNotFound`, `OutcomeUnknown`, `NoteMalformed`, `IdentityReused`. Two SQL statements, whatever the batch.
    """
    work = Work(ctx, lock_cases(ctx, [item.case_id for item in items]))
    payloads: list[dict[str, Any]] = []
    comments: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            case = work.cases.get(item.case_id)
            if case is None:
                raise CaseNotFound(case_id=item.case_id)
            done = _close(ctx, item, case, work)
            if not done.replayed and item.note.strip():
                payload, comment = comment_rows(ctx, case.id, item.note.strip(), f"closing:{ctx.command_id}")
                payloads.append(payload)
                comments.append(comment)
            results.append(done)
        except DomainError as error:
            results.append(Refused.of(str(item.case_id), error))
    closed = work.changed
    work.write()
    db.insert(Payload, payloads)
    db.insert(CaseComment, comments)
    emit(ctx, [Event(CASE_CLOSED, case.id, facts={**case.told, "outcome": case.outcome}) for case in closed])
    return Batch(results)


def _close(ctx: Context, item: CloseCase, case: LockedCase, work: Work) -> Done:
    known = [outcome.code for outcome in outcomes_of(case.kind)]
    identity, facts = str(case.id), {"outcome": item.outcome, "command_id": ctx.command_id}
    if case.state == State.CLOSED and case.outcome == item.outcome:
        return Done(identity, {"outcome": item.outcome}, replayed=True)
    if item.outcome not in known:
        raise OutcomeUnknown(kind=case.kind, outcome=item.outcome[:80].replace("\0", "?"), outcomes=", ".join(known))
    if len(item.note) > TEXT_MAX or "\0" in item.note:
        raise NoteMalformed(most=TEXT_MAX)
    if case.state == State.CLOSED:
        raise IdentityReused(what="the closing of case", identity=identity)
    case.end(CASE.move("close", case.state), item.outcome, ctx)
    work.step(case, "close", outcome=item.outcome)
    return Done(identity, facts)
