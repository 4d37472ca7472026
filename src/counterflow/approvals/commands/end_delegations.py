"""End delegations before their time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.access.standing import Standing, standing
from counterflow.approvals import events, rules
from counterflow.approvals.models import Delegation
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import DomainError
from counterflow.kernel.events import Event, emit

_DELEGATIONS = """
SELECT id, giver_id, role, ended_at FROM approvals_delegation WHERE id = ANY(%s::bigint[]) ORDER BY id
FOR NO KEY UPDATE
"""
# Whoever stood in a moment ago may have done so at an instant after this command's own.
_USED = """
SELECT d.id, max(a.at) AS at FROM approvals_delegation d JOIN approvals_agreement a
    ON a.user_id = d.taker_id AND a.on_behalf_of_id = d.giver_id AND a.role = d.role
WHERE d.id = ANY(%s::bigint[]) GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True)
class EndDelegation:
    """A delegation that is to count no more."""

    delegation_id: int


@command(needs="approvals.delegate")
def end_delegations(ctx: Context, *, items: Sequence[EndDelegation]) -> Batch:
    """End each delegation now. Its giver does it, or who manages users (access.manage).

    Refuses `DelegationUnknown`, `DelegationOfAnother`. Ended again is a replay. SQL: three look-ups, the first locks;
    one write.
    """
    found = {
        row.id: row for row in db.lock(ctx, Rank.APPROVAL, _DELEGATIONS, [sorted({i.delegation_id for i in items})])
    }
    me = standing([ctx.actor], at=ctx.at).get(ctx.actor)
    over: set[int] = set()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_end(ctx, item, found.get(item.delegation_id), me, over))
        except DomainError as error:
            results.append(Refused.of(str(item.delegation_id), error))
    used = {row.id: row.at for row in db.rows(_USED, [sorted(over)])}
    ended = {i: max(ctx.at, used.get(i, ctx.at)) for i in over}
    db.update(Delegation, [{"id": i, "ended_at": ended[i], "ended_by": ctx.actor} for i in sorted(over)])
    emit(ctx, [Event(events.DELEGATION_ENDED, i, facts={"role": found[i].role}) for i in sorted(over)])
    return Batch(results)


def _end(ctx: Context, item: EndDelegation, row: Any, me: Standing | None, over: set[int]) -> Done:
    if row is None:
        raise rules.DelegationUnknown(delegation=item.delegation_id)
    if not ctx.may("access.manage") and (me is None or me.user_id != row.giver_id):
        raise rules.DelegationOfAnother(delegation=row.id)
    replayed = row.ended_at is not None or row.id in over
    if not replayed:
        over.add(row.id)
    return Done(str(row.id), {"delegation": row.id}, replayed=replayed)
