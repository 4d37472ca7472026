"""Put cases off: they leave the lists until an instant, and come back by themselves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Invalid
from counterflow.workqueue.commands.locking import LockedCase, Work, lock_cases
from counterflow.workqueue.queries import CaseNotFound
from counterflow.workqueue.states import CASE

REASON = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
DAYS_MAX = 366


class SnoozeNotAhead(Invalid):
    """A case is put off until later than now and at most {days} days ahead; choose another instant."""


class ReasonMalformed(Invalid):
    """The reason {reason!r} is no code; write 1 to 64 letters, digits, dots, colons, dashes and underscores."""


@dataclass(frozen=True)
class SnoozeCase:
    """A case to put off until an instant, and why, as a code; without an instant it is back at once."""

    case_id: int
    until: datetime | None
    reason: str = ""


@command(needs="workqueue.work")
def snooze_cases(ctx: Context, *, items: Sequence[SnoozeCase]) -> Batch:
    """Put each open case off, or take it back; it stays whose it is, and its place in the order is kept.

    Refuses `CaseNotFound`, `SnoozeNotAhead`, `ReasonMalformed`, `MoveNotAllowed`. Two SQL statements, whatever the
    batch.
    """
    work = Work(ctx, lock_cases(ctx, [item.case_id for item in items]))
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_snooze(ctx, item, work.cases.get(item.case_id), work))
        except DomainError as error:
            results.append(Refused.of(str(item.case_id), error))
    work.write()
    return Batch(results)


def _snooze(ctx: Context, item: SnoozeCase, case: LockedCase | None, work: Work) -> Done:
    if case is None:
        raise CaseNotFound(case_id=item.case_id)
    if item.until is not None and not ctx.at < item.until <= ctx.at + timedelta(days=DAYS_MAX):
        raise SnoozeNotAhead(days=DAYS_MAX)
    reason = check_reason(item.reason) if item.until is not None else None
    case.state = CASE.move("snooze", case.state)
    replayed = (case.snoozed_until, case.snooze_reason) == (item.until, reason)
    case.snoozed_until, case.snooze_reason = item.until, reason
    if not replayed:
        work.step(case, "snooze", until=item.until, reason=reason)
    return Done(str(case.id), {"until": item.until.isoformat() if item.until else None}, replayed=replayed)


def check_reason(reason: str) -> str:
    """A reason as a code. Raises `ReasonMalformed`."""
    if not REASON.fullmatch(reason):
        raise ReasonMalformed(reason=reason[:80].replace("\0", "?"))
    return reason
