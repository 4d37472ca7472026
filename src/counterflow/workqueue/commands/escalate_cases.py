"""Hand cases to another role, because those who had them did not or could not."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Invalid
from counterflow.kernel.events import Event, emit
from counterflow.workqueue.commands.assign_cases import check_role
from counterflow.workqueue.commands.locking import LockedCase, Work, lock_cases
from counterflow.workqueue.commands.snooze_cases import check_reason
from counterflow.workqueue.events import CASE_ESCALATED
from counterflow.workqueue.kinds import Severity
from counterflow.workqueue.queries import CaseNotFound
from counterflow.workqueue.states import CASE


class SeverityUnknown(Invalid):
    """There is no severity {severity}; 1 is critical, 2 high, 3 normal, 4 low."""


@dataclass(frozen=True)
class EscalateCase:
    """A case, the role that has to deal with it now, and why, as a code.

    `severity` (1 critical to 4 low) makes it more urgent, never less; None leaves it.
    """

    case_id: int
    owner_role: str
    reason: str
    severity: int | None = None


@command(needs="workqueue.work")
def escalate_cases(ctx: Context, *, items: Sequence[EscalateCase]) -> Batch:
    """Give each open case to a role; it is nobody's then, and back where it was put off.

    A case that the role has already, no less urgent, is a replay. Refuses `CaseNotFound`, `RoleUnknown`,
    `ReasonMalformed`, `SeverityUnknown`, `MoveNotAllowed`. Two SQL statements, whatever the batch.
    """
    work = Work(ctx, lock_cases(ctx, [item.case_id for item in items]))
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_escalate(item, work.cases.get(item.case_id), work))
        except DomainError as error:
            results.append(Refused.of(str(item.case_id), error))
    told = [
        Event(CASE_ESCALATED, c.id, facts={**c.told, "owner_role": c.owner_role, "severity": c.severity})
        for c in work.changed
    ]
    work.write()
    emit(ctx, told)
    return Batch(results)


def _escalate(item: EscalateCase, case: LockedCase | None, work: Work) -> Done:
    if case is None:
        raise CaseNotFound(case_id=item.case_id)
    role, reason = check_role(item.owner_role, case.kind), check_reason(item.reason)
    if item.severity is not None and item.severity not in set(Severity):
        raise SeverityUnknown(severity=item.severity)
    severity = min(case.severity, item.severity or case.severity)
    case.state = CASE.move("escalate", case.state)
    facts = {"owner_role": role, "severity": severity}
    if (case.owner_role, case.severity) == (role, severity):
        return Done(str(case.id), facts, replayed=True)
    before = {"owner_role": case.owner_role, "severity": case.severity, "assignee": case.assignee}
    case.owner_role, case.severity, case.assignee = role, severity, None
    case.snoozed_until = case.snooze_reason = None
    case.rank()
    work.step(case, "escalate", **facts, reason=reason, before=before)
    return Done(str(case.id), facts)
