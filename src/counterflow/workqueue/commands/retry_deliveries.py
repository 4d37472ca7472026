"""Try again what followed from a fact and was given up, once its cause is mended."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from counterflow.kernel import pump
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Invalid, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.workqueue.commands.locking import LockedCase, Work, is_open, lock_cases
from counterflow.workqueue.events import CASE_CLOSED
from counterflow.workqueue.queries import CaseNotFound
from counterflow.workqueue.states import CASE

KEY: Final = "delivery:"
TRIED: Final = "tried_again"


class NotGivenUp(Invalid):
    """Case {case_id} is about no event that was given up; nothing of it can be tried again."""


class CaseEnded(Refusal):
    """Case {case_id} is closed ({outcome}); if it was given up again, it has another case."""


class DeliveryGone(Refusal):
    """What case {case_id} was about has been done meanwhile; close it."""


@dataclass(frozen=True)
class RetryDelivery:
    """The case of an event that was given up after its retries."""

    case_id: int


@command(needs="workqueue.work")
def retry_deliveries(ctx: Context, *, items: Sequence[RetryDelivery]) -> Batch:
    """Let the worker try each again from the first attempt, and close its case; where it fails again a new one opens.

    Tried again already is a replay. Refuses `CaseNotFound`, `NotGivenUp`, `CaseEnded`, `DeliveryGone`. Three SQL
    statements, whatever the batch.
    """
    work = Work(ctx, lock_cases(ctx, [item.case_id for item in items]))
    wanted = [case.subject_id for case in work.cases.values() if _given_up(case) and is_open(case)]
    there = set(pump.retry(wanted)) if wanted else set()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_retry(ctx, item, work.cases.get(item.case_id), there, work))
        except DomainError as error:
            results.append(Refused.of(str(item.case_id), error))
    closed = work.changed
    work.write()
    emit(ctx, [Event(CASE_CLOSED, case.id, facts={**case.told, "outcome": case.outcome}) for case in closed])
    return Batch(results)


def _given_up(case: LockedCase) -> bool:
    return case.dedupe_key.startswith(KEY)


def _retry(ctx: Context, item: RetryDelivery, case: LockedCase | None, there: set[int], work: Work) -> Done:
    if case is None:
        raise CaseNotFound(case_id=item.case_id)
    if not _given_up(case):
        raise NotGivenUp(case_id=case.id)
    if not is_open(case):
        if case.outcome == TRIED:
            return Done(str(case.id), {}, replayed=True)
        raise CaseEnded(case_id=case.id, outcome=case.outcome)
    if case.subject_id not in there:
        raise DeliveryGone(case_id=case.id)
    case.end(CASE.move("close", case.state), TRIED, ctx)
    work.step(case, "close", outcome=TRIED)
    return Done(str(case.id), {})
