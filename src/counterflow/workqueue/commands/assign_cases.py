"""Assign cases to somebody, or to nobody."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Invalid
from counterflow.kernel.events import Event, emit
from counterflow.workqueue.commands.locking import LockedCase, lock_cases
from counterflow.workqueue.events import CASE_ASSIGNED
from counterflow.workqueue.models import Case
from counterflow.workqueue.queries import CaseNotFound
from counterflow.workqueue.states import CASE

ASSIGNEE = re.compile(r"user:\d{1,18}")


class AssigneeMalformed(Invalid):
    """{assignee!r} is nobody a case can be given to; write user: and the id, like user:7."""


@dataclass(frozen=True)
class AssignCase:
    """A case and whose it shall be ("user:7"); None puts it back into the queue."""

    case_id: int
    assignee: str | None


@command(needs="workqueue.work")
def assign_cases(ctx: Context, *, items: Sequence[AssignCase]) -> Batch:
    """Give each open case to somebody; the last of several wishes for one case counts.

    Refuses `CaseNotFound`, `AssigneeMalformed`, `MoveNotAllowed`. Two SQL statements, whatever the batch.
    """
    cases = lock_cases(ctx, [item.case_id for item in items])
    before = {case.id: case.assignee for case in cases.values()}
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_assign(item, cases.get(item.case_id)))
        except DomainError as error:
            results.append(Refused.of(str(item.case_id), error))
    changed = [case for case in cases.values() if case.assignee != before[case.id]]
    db.update(Case, [{"id": case.id, "assignee": case.assignee} for case in changed])
    emit(ctx, [Event(CASE_ASSIGNED, case.id, facts={"kind": case.kind, "assignee": case.assignee}) for case in changed])
    return Batch(results)


def _assign(item: AssignCase, case: LockedCase | None) -> Done:
    if case is None:
        raise CaseNotFound(case_id=item.case_id)
    if item.assignee is not None and not ASSIGNEE.fullmatch(item.assignee):
        raise AssigneeMalformed(assignee=item.assignee[:80].replace("\0", "?"))
    case.state = CASE.move("assign", case.state)
    replayed = case.assignee == item.assignee
    case.assignee = item.assignee
    return Done(str(case.id), {"assignee": item.assignee}, replayed=replayed)
