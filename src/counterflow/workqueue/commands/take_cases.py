"""Take the next cases of a queue: what is most urgent and nobody's."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import DomainError, Invalid, NotFound
from counterflow.kernel.events import Event, emit
from counterflow.workqueue.commands.assign_cases import Workers, check_assignee, workers_among
from counterflow.workqueue.commands.locking import COLUMNS, LockedCase, Work
from counterflow.workqueue.events import CASE_ASSIGNED
from counterflow.workqueue.kinds import hidden_from

TAKEN_MAX = 100
AMONG_MAX = 1_000


class NothingWaits(NotFound):
    """Nothing waits there that is nobody's."""


class TakesTooMany(Invalid):
    """A call takes 1 to {most} cases in all, among at most {among} that it names; close some first."""


@dataclass(frozen=True)
class TakeCases:
    """The next cases of a queue, of a kind or of a role, or of them all where none is named.

    `assignee` is who takes them ("user:7"); whoever calls, where nobody is named. With `case_ids` only these cases are
    taken, as far as they are nobody's still, such as those that a list shows.
    """

    queue: str = ""
    kind: str = ""
    owner_role: str = ""
    count: int = 1
    assignee: str = ""
    case_ids: tuple[int, ...] = ()


# Cases that somebody else is about to take are passed over, so two who ask at once get different ones. A wish looks
# as far ahead as the wishes before it in the call may have taken.
_NEXT: Final = f"""
SELECT w.n AS wish, c.* FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::int[])
    AS w(n, queue, kind, owner_role, case_ids, most)
CROSS JOIN LATERAL (
    SELECT {COLUMNS} FROM workqueue_case
    WHERE state = 'open' AND assignee IS NULL AND (snoozed_until IS NULL OR snoozed_until <= %s){{narrowed}}
        AND kind <> ALL(%s::text[])
    ORDER BY rank_at, id LIMIT w.most FOR NO KEY UPDATE SKIP LOCKED
) c ORDER BY w.n, c.rank_at, c.id
"""


@command(needs="workqueue.work")
def take_cases(ctx: Context, *, items: Sequence[TakeCases]) -> Batch:
    """Give each taker the most urgent cases that are nobody's; two who take at once get different ones.

    What is kept from the caller or from any of the takers is taken by nobody. Refuses `NothingWaits`,
    `AssigneeMalformed`, `AssigneeUnknown`. Raises `TakesTooMany`. Three SQL statements, whatever the batch. Under the
    same key the same cases are answered again.
    """
    counts = [item.count for item in items]
    if min(counts) < 1 or sum(counts) > TAKEN_MAX or sum(len(item.case_ids) for item in items) > AMONG_MAX:
        raise TakesTooMany(most=TAKEN_MAX, among=AMONG_MAX)
    workers = workers_among([item.assignee or ctx.actor for item in items], at=ctx.at)
    found = db.lock(
        ctx,
        Rank.CASE,
        _NEXT.format(narrowed="".join(_narrowed(items, name) for name in _CONDITIONS)),
        [
            list(range(len(items))),
            [item.queue for item in items],
            [item.kind for item in items],
            [item.owner_role for item in items],
            [f"{{{','.join(map(str, item.case_ids))}}}" for item in items],
            list(accumulate(counts)),
            ctx.at,
            list(hidden_from(lambda needs: ctx.may(needs) and all(needs in may for may in workers.values()))),
        ],
    )
    waiting: dict[int, list[int]] = {}
    cases: dict[int, LockedCase] = {}
    for row in found:
        values = row._asdict()
        waiting.setdefault(values.pop("wish"), []).append(row.id)
        cases[row.id] = LockedCase(**values)
    work = Work(ctx, cases)
    results: list[Done | Refused] = []
    for n, item in enumerate(items):
        try:
            results.append(_take(ctx, item, waiting.get(n, []), workers, work))
        except DomainError as error:
            results.append(Refused.of(item.assignee or ctx.actor, error))
    told = [Event(CASE_ASSIGNED, c.id, facts={"kind": c.kind, "assignee": c.assignee}) for c in work.changed]
    work.write()
    emit(ctx, told)
    return Batch(results)


_CONDITIONS: Final = {
    "queue": "queue = w.queue",
    "kind": "kind = w.kind",
    "owner_role": "owner_role = w.owner_role",
    "case_ids": "id = ANY(w.case_ids::bigint[])",
}


def _narrowed(items: Sequence[TakeCases], name: str) -> str:
    """The condition on one column: none where nobody names it, plain enough for an index where everybody does."""
    named, condition = [bool(getattr(item, name)) for item in items], _CONDITIONS[name]
    if not any(named):
        return ""
    return f" AND {condition}" if all(named) else f" AND (w.{name} IN ('', '{{}}') OR {condition})"


def _take(ctx: Context, item: TakeCases, waiting: Sequence[int], workers: Workers, work: Work) -> Done:
    taker = item.assignee or ctx.actor
    check_assignee(taker, workers)
    free = [work.cases[case_id] for case_id in waiting if work.cases[case_id].assignee is None][: item.count]
    if not free:
        raise NothingWaits()
    for case in free:
        case.assignee = taker
        work.step(case, "assign", assignee=taker, owner_role=case.owner_role)
    return Done(taker, {"cases": [case.id for case in free]})
