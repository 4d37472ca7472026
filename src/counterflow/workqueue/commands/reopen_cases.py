"""Open closed cases again: the undo of closing and of merging."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.workqueue.commands.locking import LockedCase, Work, is_open, lock_cases
from counterflow.workqueue.commands.snooze_cases import check_reason
from counterflow.workqueue.events import CASE_REOPENED
from counterflow.workqueue.queries import CaseNotFound
from counterflow.workqueue.states import CASE


class CauseOpenAgain(Refusal):
    """Case {case_id} stays closed: the same cause has another open case, {other}; work that one."""


@dataclass(frozen=True)
class ReopenCase:
    """A closed case that has to be looked at again, and why, as a code."""

    case_id: int
    reason: str


@command(needs="workqueue.work")
def reopen_cases(ctx: Context, *, items: Sequence[ReopenCase]) -> Batch:
    """Open each case again, with whom and where it was; one that was merged is a case of its own again.

    One that is open already is a replay. Refuses `CaseNotFound`, `ReasonMalformed`, `CauseOpenAgain`. Three SQL
    statements, whatever the batch.
    """
    work = Work(ctx, lock_cases(ctx, [item.case_id for item in items]))
    taken = {
        row.dedupe_key: row.id
        for row in db.rows(
            "SELECT dedupe_key, id FROM workqueue_case WHERE state = 'open' AND dedupe_key = ANY(%s::text[])",
            [sorted({case.dedupe_key for case in work.cases.values()})],
        )
    }
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_reopen(item, work.cases.get(item.case_id), taken, work))
        except DomainError as error:
            results.append(Refused.of(str(item.case_id), error))
    opened = work.changed
    work.write()
    emit(ctx, [Event(CASE_REOPENED, case.id, facts=case.told) for case in opened])
    return Batch(results)


def _reopen(item: ReopenCase, case: LockedCase | None, taken: dict[str, int], work: Work) -> Done:
    if case is None:
        raise CaseNotFound(case_id=item.case_id)
    reason = check_reason(item.reason)
    if is_open(case):
        return Done(str(case.id), {}, replayed=True)
    if case.dedupe_key in taken:
        raise CauseOpenAgain(case_id=case.id, other=taken[case.dedupe_key])
    taken[case.dedupe_key] = case.id
    case.state = CASE.move("reopen", case.state)
    work.step(case, "reopen", reason=reason, outcome=case.outcome, merged_into=case.merged_into_id)
    case.outcome = case.closed_at = case.closed_by = case.merged_into_id = None
    return Done(str(case.id), {})
