"""Record what policies answered, beside what was done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context
from counterflow.policies.models import Decision, ShadowCount, ShadowDifference
from counterflow.policies.queries import Answer, Score
from counterflow.policies.shadowing import verdicts

_QUEUE = "policies.decisions"


@dataclass(frozen=True)
class Override:
    """That a person decided otherwise: what was done instead, and the code of the reason."""

    outcome: Mapping[str, Any]
    reason: str


def decision_rows(
    ctx: Context, decided: Iterable[tuple[int, Answer | Score]], overrides: Mapping[int, Override] | None = None
) -> list[dict[str, Any]]:
    """The decisions as rows, each with an id of its own, for (subject id, answer or score) in the order given.

    `overrides` are by subject id. Facts that are unknown are left out of the record.
    """
    rows = []
    for subject_id, answer in decided:
        override = (overrides or {}).get(subject_id)
        rows.append(
            {
                "id": ctx.new_id(),
                "kind": str(answer.kind),
                "version_id": answer.version_id,
                "row_id": answer.row_id,
                "subject_id": subject_id,
                "facts": {name: value for name, value in answer.facts.items() if value is not None},
                "outcome": dict(answer.outcome),
                "decided_at": ctx.at,
                "command_id": ctx.command_id,
                "override": dict(override.outcome) if override else None,
                "override_reason": override.reason if override else None,
                "overridden_by": ctx.actor if override else None,
            }
        )
    return rows


def record_decisions(ctx: Context, rows: Sequence[dict[str, Any]]) -> None:
    """Queue decisions; the outermost command writes all of them, its inner commands' too, by one statement."""
    if rows:
        ctx.running.queued.setdefault(_QUEUE, []).extend(rows)
        ctx.running.flush[_QUEUE] = _write


def _write(ctx: Context) -> None:
    """Write the decisions, and in the same statement what shadows would have said to them."""
    rows = ctx.running.queued.pop(_QUEUE)
    found = verdicts(rows, epoch=ctx.config_epoch)
    db.insert(Decision, rows)
    db.insert(
        ShadowCount,
        [
            {
                "id": ctx.new_id(),
                "shadow_id": one.shadow_id,
                "agreed": one.agreed,
                "differed": len(one.differing),
                "failed": one.failed,
                "command_id": ctx.command_id,
            }
            for one in found
        ],
    )
    db.insert(
        ShadowDifference,
        [
            {
                "id": ctx.new_id(),
                "shadow_id": one.shadow_id,
                "decision_id": decision["id"],
                "row_id": row_id,
                "outcome": dict(outcome),
            }
            for one in found
            for decision, row_id, outcome in one.differing
        ],
    )
