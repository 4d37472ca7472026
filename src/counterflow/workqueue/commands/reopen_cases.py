"""Open closed cases again: the undo of closing and of merging."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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

    Where all that a merger took are taken out again, the case that took them gives back what it inherited, unless it
    changed since. One that is open already is a replay. Refuses `CaseNotFound`, `ReasonMalformed`, `CauseOpenAgain`.
    Four SQL statements, whatever the batch.
    """
    work = Work(ctx, lock_cases(ctx, [item.case_id for item in items], absorbers=True))
    absorbed = _Absorbed(work)
    taken = {
        row.dedupe_key: row.id
        for row in db.rows(
            "SELECT dedupe_key, id FROM workqueue_case WHERE state = 'open' AND dedupe_key = ANY(%s::text[])",
            [sorted({case.dedupe_key for case in work.cases.values()})],
        )
    }
    results: list[Done | Refused] = []
    opened: list[LockedCase] = []
    for item in items:
        try:
            case = work.cases.get(item.case_id)
            into = case.merged_into_id if case else None
            done = _reopen(item, case, taken, work)
            if case is not None and not done.replayed:
                opened.append(case)
                absorbed.taken_out(case.id, into)
            results.append(done)
        except DomainError as error:
            results.append(Refused.of(str(item.case_id), error))
    work.write()
    emit(ctx, [Event(CASE_REOPENED, case.id, facts=case.told) for case in opened])
    return Batch(results)


# The mergers into each case that it has not given back, the last first, and what is merged into it.
_ABSORBED = """
SELECT s.case_id, s.id, s.facts, ARRAY(SELECT m.id FROM workqueue_case m WHERE m.merged_into_id = s.case_id) AS held
FROM workqueue_casestep s WHERE s.case_id = ANY(%s::bigint[]) AND s.action = 'absorb' AND NOT EXISTS (
    SELECT FROM workqueue_casestep g WHERE g.case_id = s.case_id AND g.action = 'give_back'
    AND (g.facts ->> 'absorb')::bigint = s.id)
ORDER BY s.case_id, s.id DESC
"""


class _Absorbed:
    """What cases took in, so that they can give it back."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._mergers: dict[int, list[Any]] = {}
        self._held: dict[int, set[int]] = {}
        into = {case.merged_into_id for case in work.cases.values() if case.merged_into_id is not None}
        for row in db.rows(_ABSORBED, [sorted(into)]) if into else ():
            self._mergers.setdefault(row.case_id, []).append(row)
            self._held[row.case_id] = set(row.held)

    def taken_out(self, case_id: int, into_id: int | None) -> None:
        """A case is one of its own again: what its merger brought goes, once nothing of it is left and nobody else
        changed it since.
        """
        into = self._work.cases.get(into_id or 0)
        if into is None or not is_open(into):
            return
        self._held.get(into.id, set()).discard(case_id)
        mergers = self._mergers.get(into.id, [])
        while mergers and not self._held[into.id] & set(mergers[0].facts["cases"]):
            if into.stake != mergers[0].facts.get("after"):
                return
            merger = mergers.pop(0)
            into.take_stake(merger.facts["before"])
            self._work.step(into, "give_back", cases=merger.facts["cases"], absorb=merger.id)


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
