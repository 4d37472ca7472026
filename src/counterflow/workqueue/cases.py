"""Opening and settling cases, and saying when they are due, inside the commands of other rooms.

All three queue; the outermost command writes all of its cases by one statement each, after its own rows. So
no lock is taken while others are still to come, and a case never outlives a command that failed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.kernel.errors import InvariantBroken
from counterflow.kernel.events import Event, emit
from counterflow.workqueue.events import CASE_CLOSED, CASE_OPENED
from counterflow.workqueue.kinds import KINDS
from counterflow.workqueue.rules import act_by_sql, numbers_of
from counterflow.workqueue.states import CASE, State

_OPENING = "workqueue.open"
_SETTLING = "workqueue.settle"
_DUE = "workqueue.due"

# Ordered by key, so that two commands opening the same cases wait for each other in one direction only. A cause whose
# case was merged into one that is still open is in hand there.
_INSERT: Final = f"""
INSERT INTO workqueue_case (id, kind, queue, owner_role, severity, state, subject_kind, subject_id, entity_id,
    money_at_risk_minor, currency, facts, dedupe_key, opened_at, due_at, command_id, rank_at, numbers)
SELECT v.id, v.kind, v.queue, v.owner_role, v.severity, 'open', v.subject_kind, v.subject_id, v.entity_id,
    v.money, v.currency, v.facts::jsonb, v.dedupe_key, v.opened_at, v.due_at, v.command_id,
    {act_by_sql(due="v.due_at", opened="v.opened_at", severity="v.severity", money="v.money")},
    ARRAY(SELECT jsonb_array_elements_text(v.numbers::jsonb))
FROM (SELECT u.*, %s::timestamptz AS opened_at, %s::bigint AS command_id
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::smallint[], %s::text[], %s::bigint[],
        %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[])
        AS u(id, kind, queue, owner_role, severity, subject_kind, subject_id, entity_id, money, currency, facts,
            dedupe_key, due_at, numbers)) v
WHERE NOT EXISTS (
    WITH RECURSIVE into_case (id, state, merged_into_id) AS (
        SELECT c.id, c.state, c.merged_into_id FROM workqueue_case c
        WHERE c.dedupe_key = v.dedupe_key AND c.merged_into_id IS NOT NULL
        UNION SELECT t.id, t.state, t.merged_into_id FROM into_case i JOIN workqueue_case t ON t.id = i.merged_into_id
    ) SELECT FROM into_case WHERE state = 'open'
)
ORDER BY v.dedupe_key, v.id
ON CONFLICT (dedupe_key) WHERE state = 'open' DO NOTHING
RETURNING id, kind, queue, subject_id, owner_role, dedupe_key
"""

# What was merged into a case is not known to be settled with it: such a case stays open, for a person to close.
_SETTLE: Final = """
WITH wanted AS (
    SELECT c.id, v.outcome, EXISTS (SELECT FROM workqueue_case m WHERE m.merged_into_id = c.id) AS stays
    FROM workqueue_case c
    JOIN unnest(%s::text[], %s::text[]) AS v(dedupe_key, outcome) ON v.dedupe_key = c.dedupe_key
    WHERE c.state = 'open' ORDER BY c.id FOR NO KEY UPDATE OF c
), settled AS (
    UPDATE workqueue_case c
    SET state = %s, outcome = wanted.outcome, closed_at = %s, closed_by = %s
    FROM wanted WHERE c.id = wanted.id AND NOT wanted.stays
    RETURNING c.id, c.kind, c.queue, c.subject_id, c.outcome
), steps AS (
    INSERT INTO workqueue_casestep (id, case_id, action, at, by, command_id, facts)
    SELECT nextval('kernel_id_seq'), id, CASE WHEN stays THEN 'gone' ELSE 'settle' END, %s, %s, %s,
           jsonb_build_object('outcome', outcome)
    FROM wanted ORDER BY id
)
SELECT id, kind, queue, subject_id, outcome FROM settled ORDER BY id
"""

_RANK_OF_DUE: Final = act_by_sql(
    due="w.due_at", opened="c.opened_at", severity="c.severity", money="c.money_at_risk_minor"
)
_SET_DUE: Final = f"""
WITH wanted AS (
    SELECT c.id, v.due_at, c.due_at AS before FROM workqueue_case c
    JOIN unnest(%s::bigint[], %s::timestamptz[]) AS v(id, due_at) ON v.id = c.id
    WHERE c.state = 'open' AND c.due_at IS DISTINCT FROM v.due_at ORDER BY c.id FOR NO KEY UPDATE OF c
), changed AS (
    UPDATE workqueue_case c SET due_at = w.due_at, rank_at = {_RANK_OF_DUE}
    FROM wanted w WHERE c.id = w.id RETURNING c.id, w.due_at, w.before
), steps AS (
    INSERT INTO workqueue_casestep (id, case_id, action, at, by, command_id, facts)
    SELECT nextval('kernel_id_seq'), id, 'due', %s, %s, %s, jsonb_build_object('due_at', due_at, 'before', before)
    FROM changed ORDER BY id
)
SELECT count(*) AS n FROM changed
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
    """Queue the closing of open cases by the key of their cause, because it is gone; none is no error.

    A case that others were merged into stays open and notes it: nobody knows that what they are about is gone too.
    """
    CASE.move("settle", State.OPEN)
    found = [(key, outcome) for key in keys]
    if found:
        ctx.running.queued.setdefault(_SETTLING, []).extend(found)
        ctx.running.flush.setdefault(_SETTLING, _write_settled)


def set_due(ctx: Context, due: Mapping[int, datetime | None]) -> None:
    """Queue new due times of open cases, by case id; None takes the due time away. The last of several counts.

    Cases that are closed, or due then already, are left alone. One statement for the whole command.
    """
    if due:
        ctx.running.queued.setdefault(_DUE, []).extend(due.items())
        ctx.running.flush.setdefault(_DUE, _write_due)


@dataclass(frozen=True)
class Opened:
    """An open case, and whether it was opened just now."""

    id: int
    fresh: bool


_THERE: Final = """
WITH RECURSIVE chain (key, id, state, merged_into_id) AS (
    SELECT dedupe_key, id, state, merged_into_id FROM workqueue_case
    WHERE dedupe_key = ANY(%s::text[]) AND (state = 'open' OR merged_into_id IS NOT NULL)
    UNION SELECT c.key, t.id, t.state, t.merged_into_id FROM chain c JOIN workqueue_case t ON t.id = c.merged_into_id
) SELECT key, min(id) AS id FROM chain WHERE state = 'open' GROUP BY key
"""


def open_now(ctx: Context, drafts: Sequence[CaseDraft]) -> dict[str, Opened]:
    """Open cases at once, for acts that answer with them; by the key of their cause.

    Where the cause has an open case, or was merged into one, it is that one; a key is missing where that was closed at
    the same instant. Two statements; none for none. What has to be locked was locked before.
    """
    if not drafts:
        return {}
    fresh = {row.dedupe_key: Opened(row.id, fresh=True) for row in _insert(ctx, drafts)}
    others = sorted({draft.dedupe_key for draft in drafts} - set(fresh))
    return fresh | {row.key: Opened(row.id, fresh=False) for row in db.rows(_THERE, [others])}


def _write_open(ctx: Context) -> None:
    _insert(ctx, ctx.running.queued.pop(_OPENING))


def _insert(ctx: Context, drafts: Sequence[CaseDraft]) -> list[Any]:
    """Write cases whose cause has none that is open, and tell of them."""
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
            [orjson.dumps(numbers_of(draft.facts)).decode() for draft in drafts],
        ],
    )
    emit(ctx, [Event(CASE_OPENED, row.id, facts={**_told(row), "owner_role": row.owner_role}) for row in opened])
    return opened


def _write_settled(ctx: Context) -> None:
    # A cause that is settled twice in one command ends the way it ended last.
    settled = dict(ctx.running.queued.pop(_SETTLING))
    ended = [ctx.at, ctx.actor]
    given = [list(settled), list(settled.values()), State.CLOSED.value, *ended, *ended, ctx.command_id]
    closed = db.rows(_SETTLE, given)
    emit(ctx, [Event(CASE_CLOSED, row.id, facts={**_told(row), "outcome": row.outcome}) for row in closed])


def _write_due(ctx: Context) -> None:
    due = dict(ctx.running.queued.pop(_DUE))
    db.rows(_SET_DUE, [list(due), list(due.values()), ctx.at, ctx.actor, ctx.command_id])


def _money(draft: CaseDraft) -> tuple[int | None, str | None]:
    """Amount and currency, or neither."""
    if draft.money_at_risk_minor is None or not draft.currency:
        return None, None
    return abs(draft.money_at_risk_minor), draft.currency


def _told(row: Any) -> dict[str, Any]:
    return {"kind": row.kind, "queue": row.queue, "subject_id": row.subject_id}
