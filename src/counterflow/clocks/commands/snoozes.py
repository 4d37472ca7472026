"""Cases that were put off because we wait for the customer: each time is a pause of the case's clock."""

from collections.abc import Sequence
from typing import Any

from counterflow.clocks.models import Pause
from counterflow.clocks.pausing import WAITING
from counterflow.kernel import db
from counterflow.kernel.commands import content_hash
from counterflow.kernel.context import Context

_SNOOZES = """
SELECT s.id, s.case_id, s.at, s.by, (s.facts ->> 'until')::timestamptz AS until, n.at AS ended, n.by AS ended_by,
       p.id AS pause_id, p.to_at
FROM workqueue_casestep s
LEFT JOIN LATERAL (SELECT x.at, x.by FROM workqueue_casestep x WHERE x.case_id = s.case_id AND x.id > s.id
                   AND x.action IN ('snooze', 'escalate', 'close', 'settle', 'merge') ORDER BY x.id LIMIT 1) n ON true
LEFT JOIN clocks_pause p ON p.request_ref = 'snooze:' || s.id
WHERE s.case_id = ANY(%s::bigint[]) AND s.action = 'snooze' AND s.facts ->> 'reason' = %s
  AND s.facts ->> 'until' IS NOT NULL ORDER BY s.id
"""


def keep_snoozes(ctx: Context, case_ids: Sequence[int]) -> None:
    """Write the pauses that such snoozes of cases are, and end those that ended. One look-up, two writes."""
    fresh: list[dict[str, Any]] = []
    ended: list[dict[str, Any]] = []
    for row in db.rows(_SNOOZES, [list(case_ids), WAITING]):
        stop = row.ended if row.ended is not None and row.ended < row.until else None
        end = {"to_at": stop, "resumed_by": row.ended_by if stop else "", "resume_reason": "snooze" if stop else ""}
        if row.pause_id is None:
            fresh.append(_pause(ctx, row, end))
        elif row.to_at != stop:
            ended.append({"id": row.pause_id, **end})
    db.insert(Pause, fresh)
    db.update(Pause, ended)


def _pause(ctx: Context, row: Any, end: dict[str, Any]) -> dict[str, Any]:
    reference = f"snooze:{row.id}"
    return {
        "id": ctx.new_id(),
        "request_ref": reference,
        "content_hash": content_hash(reference),
        "subject_kind": "case",
        "subject_id": row.case_id,
        "reason": WAITING,
        "from_at": row.at,
        "until_at": max(row.at, row.until),
        "paused_by": row.by,
        "recorded_at": ctx.at,
        "command_id": ctx.command_id,
        **end,
    }
