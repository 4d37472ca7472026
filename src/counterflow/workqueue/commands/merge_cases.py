"""Merge cases that are about one thing: one goes on, the others are closed into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Invalid, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.workqueue.commands.locking import LockedCase, Work, is_open, lock_cases
from counterflow.workqueue.events import CASE_CLOSED
from counterflow.workqueue.queries import CaseNotFound
from counterflow.workqueue.states import CASE, MERGED

MERGED_MAX = 100


class MergesNothing(Invalid):
    """Name 1 to {most} cases to merge into case {into}, each another one than it."""


class CaseClosed(Refusal):
    """Case {case_id} is closed ({outcome}); only open cases are merged. Open it again first."""


@dataclass(frozen=True)
class MergeCases:
    """The case that goes on, and those that are closed into it."""

    into_id: int
    case_ids: tuple[int, ...]


@command(needs="workqueue.work")
def merge_cases(ctx: Context, *, items: Sequence[MergeCases]) -> Batch:
    """Close the cases of each item into one, which becomes as urgent, as early due and as costly as any of them.

    An item is done whole or not at all; one whose cases were merged so already is a replay. Money of several cases
    about one thing is one sum: the largest counts, in its currency. A case that was put off is back in the lists
    where another makes it more urgent. Refuses `CaseNotFound`,
    `MergesNothing`, `CaseClosed`. Two SQL statements, whatever the batch.
    """
    work = Work(ctx, lock_cases(ctx, [case_id for item in items for case_id in (item.into_id, *item.case_ids)]))
    ended: list[LockedCase] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_merge(ctx, item, work, ended))
        except DomainError as error:
            results.append(Refused.of(str(item.into_id), error))
    work.write()
    facts = [{**case.told, "outcome": MERGED, "merged_into": case.merged_into_id} for case in ended]
    emit(ctx, [Event(CASE_CLOSED, case.id, facts=told) for case, told in zip(ended, facts, strict=True)])
    return Batch(results)


def _merge(ctx: Context, item: MergeCases, work: Work, ended: list[LockedCase]) -> Done:
    if not 1 <= len(item.case_ids) <= MERGED_MAX or item.into_id in item.case_ids:
        raise MergesNothing(most=MERGED_MAX, into=item.into_id)
    missing = next((i for i in (item.into_id, *item.case_ids) if i not in work.cases), None)
    if missing is not None:
        raise CaseNotFound(case_id=missing)
    into, parts = work.cases[item.into_id], [work.cases[i] for i in dict.fromkeys(item.case_ids)]
    fresh = [part for part in parts if part.merged_into_id != into.id]
    for case in (into, *fresh) if fresh else ():
        if not is_open(case):
            raise CaseClosed(case_id=case.id, outcome=case.outcome)
    facts: dict[str, Any] = {"merged": [part.id for part in parts]}
    if not fresh:
        return Done(str(into.id), facts, replayed=True)
    before, stake = into.rank_at, into.stake
    for part in fresh:
        part.end(CASE.move("merge", part.state), MERGED, ctx)
        part.merged_into_id = into.id
        work.step(part, "merge", into=into.id)
        _inherit(into, part)
    ended += fresh
    into.rank()
    work.step(into, "absorb", cases=[part.id for part in fresh], before=stake, after=into.stake)
    if into.snoozed_until is not None and into.rank_at < before:
        into.snoozed_until = into.snooze_reason = None
        work.step(into, "snooze", until=None, reason=None)
    return Done(str(into.id), {**facts, "command_id": ctx.command_id})


def _inherit(into: LockedCase, part: LockedCase) -> None:
    """Let the case that goes on be no less urgent than the one that ends."""
    into.severity = min(into.severity, part.severity)
    if part.due < into.due:
        into.due_at = part.due
    # Amounts are compared as priorities compare them: minor units of whatever currency.
    if part.money_at_risk_minor is not None and part.money_at_risk_minor > (into.money_at_risk_minor or 0):
        into.money_at_risk_minor, into.currency = part.money_at_risk_minor, part.currency
