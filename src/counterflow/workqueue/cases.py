"""Opening and settling cases inside the commands of other rooms.

Both queue; the outermost command writes all of its cases by one statement each, after its own rows. So
no lock is taken while others are still to come, and a case never outlives a command that failed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.kernel.errors import InvariantBroken
from counterflow.kernel.events import Event, emit
from counterflow.workqueue.events import CASE_CLOSED, CASE_OPENED
from counterflow.workqueue.kinds import KINDS
from counterflow.workqueue.states import CASE, State

_OPENING = "workqueue.open"
_SETTLING = "workqueue.settle"

# Ordered by key, so that two commands opening the same cases wait for each other in one direction only.
_INSERT = """
INSERT INTO workqueue_case (id, kind, queue, owner_role, severity, state, subject_kind, subject_id, entity_id,
    money_at_risk_minor, currency, facts, dedupe_key, opened_at, due_at, command_id)
SELECT v.id, v.kind, v.queue, v.owner_role, v.severity, 'open', v.subject_kind, v.subject_id, v.entity_id,
    v.money, v.currency, v.facts::jsonb, v.dedupe_key, %s::timestamptz, v.due_at, %s::bigint
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::smallint[], %s::text[], %s::bigint[],
    %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
    AS v(id, kind, queue, owner_role, severity, subject_kind, subject_id, entity_id, money, currency, facts,
        dedupe_key, due_at)
ORDER BY v.dedupe_key, v.id
ON CONFLICT (dedupe_key) WHERE state = 'open' DO NOTHING
RETURNING id, kind, queue, subject_id
"""

_SETTLE = """
WITH wanted AS (
    SELECT c.id, v.outcome FROM workqueue_case c
    JOIN unnest(%s::text[], %s::text[]) AS v(dedupe_key, outcome) ON v.dedupe_key = c.dedupe_key
    WHERE c.state = 'open' ORDER BY c.id FOR NO KEY UPDATE OF c
)
UPDATE workqueue_case c
SET state = %s, outcome = wanted.outcome, closed_at = %s, closed_by = %s
FROM wanted WHERE c.id = wanted.id
RETURNING c.id, c.kind, c.queue, c.subject_id, c.outcome
"""


@dataclass(frozen=True)
class CaseDraft:
    """A case to be. Queue, owner and severity follow from its kind, unless `owner_role` or `severity` say otherwise.

    `dedupe_key` names the cause: while a case with it is open, another is not opened. Money is in minor
    units of `currency`; without a currency no money is at stake. `facts` are codes and numbers only.
    """

    kind: str
    subject_kind: str
    subject_id: int
    dedupe_key: str
    entity_id: int | None = None
    money_at_risk_minor: int | None = None
    currency: str = ""
    due_at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    owner_role: str = ""
    severity: int | None = None


def open_cases(ctx: Context, drafts: Iterable[CaseDraft]) -> None:
    """Queue cases to open; those whose cause has an open case already are left out when it is written."""
    found = list(drafts)
    for draft in found:
        if draft.kind not in KINDS:
            raise InvariantBroken(f"there is no kind of case {draft.kind}; it takes a row in workqueue/kinds.py")
    if found:
        ctx.running.queued.setdefault(_OPENING, []).extend(found)
        ctx.running.flush.setdefault(_OPENING, _write_open)


def settle_cases(ctx: Context, keys: Iterable[str], *, outcome: str) -> None:
    """Queue the closing of open cases by the key of their cause, because it is gone; none is no error."""
    CASE.move("settle", State.OPEN)
    found = [(key, outcome) for key in keys]
    if found:
        ctx.running.queued.setdefault(_SETTLING, []).extend(found)
        ctx.running.flush.setdefault(_SETTLING, _write_settled)


def _write_open(ctx: Context) -> None:
    drafts: list[CaseDraft] = ctx.running.queued.pop(_OPENING)
    kinds = [KINDS[draft.kind] for draft in drafts]
    moneys = [_money(draft) for draft in drafts]
    opened = db.rows(
        _INSERT,
        [
            ctx.at,
            ctx.command_id,
            [ctx.new_id() for _ in drafts],
            [kind.code for kind in kinds],
            [kind.queue for kind in kinds],
            [draft.owner_role or kind.owner_role for draft, kind in zip(drafts, kinds, strict=True)],
            [int(draft.severity or kind.severity) for draft, kind in zip(drafts, kinds, strict=True)],
            [draft.subject_kind for draft in drafts],
            [draft.subject_id for draft in drafts],
            [draft.entity_id for draft in drafts],
            [amount for amount, _ in moneys],
            [currency for _, currency in moneys],
            [orjson.dumps(dict(draft.facts), default=db.json_default).decode() for draft in drafts],
            [draft.dedupe_key for draft in drafts],
            [draft.due_at for draft in drafts],
        ],
    )
    emit(ctx, [Event(CASE_OPENED, row.id, facts=_told(row)) for row in opened])


def _write_settled(ctx: Context) -> None:
    # A cause that is settled twice in one command ends the way it ended last.
    settled = dict(ctx.running.queued.pop(_SETTLING))
    closed = db.rows(_SETTLE, [list(settled), list(settled.values()), State.CLOSED.value, ctx.at, ctx.actor])
    emit(ctx, [Event(CASE_CLOSED, row.id, facts={**_told(row), "outcome": row.outcome}) for row in closed])


def _money(draft: CaseDraft) -> tuple[int | None, str | None]:
    """Amount and currency, or neither."""
    if draft.money_at_risk_minor is None or not draft.currency:
        return None, None
    return abs(draft.money_at_risk_minor), draft.currency


def _told(row: Any) -> dict[str, Any]:
    return {"kind": row.kind, "queue": row.queue, "subject_id": row.subject_id}
