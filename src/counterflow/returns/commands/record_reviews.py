"""Record what reviews of signals found, as their cases were closed; precision by reason is counted from it."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import NotFound
from counterflow.returns.models import Risk
from counterflow.returns.states import FOUND


@dataclass(frozen=True)
class RecordReview:
    """A return whose review may have ended, or begun again."""

    rma_id: int


class ScoreMissing(NotFound):
    """Return {rma_id} has no score that could have been reviewed."""


_RISKS = """
SELECT k.id, k.rma_id, k.outcome FROM returns_risk k WHERE k.rma_id = ANY(%s::bigint[])
ORDER BY k.id FOR NO KEY UPDATE
"""
_REVIEWS = """
SELECT DISTINCT ON (c.subject_id) c.subject_id, c.outcome, c.closed_at, c.closed_by FROM workqueue_case c
WHERE c.kind = 'fraud_review' AND c.subject_id = ANY(%s::bigint[])
ORDER BY c.subject_id, (c.outcome IS NULL) DESC, c.closed_at DESC, c.id DESC
"""


@command(needs="workqueue.work")
def record_reviews(ctx: Context, *, items: Sequence[RecordReview]) -> Batch:
    """Keep how the latest review of each return ended; nothing while one is open. Refuses `ScoreMissing`.

    Three statements, whatever the batch.
    """
    wanted = [item.rma_id for item in items]
    risks = {row.rma_id: row for row in db.lock(ctx, Rank.RMA_LINE, _RISKS, [wanted])}
    reviews = {row.subject_id: row for row in db.rows(_REVIEWS, [wanted])}
    changed: dict[int, dict[str, object]] = {}
    results: list[Done | Refused] = []
    for item in items:
        risk, review = risks.get(item.rma_id), reviews.get(item.rma_id)
        if risk is None:
            results.append(Refused.of(str(item.rma_id), ScoreMissing(rma_id=item.rma_id)))
            continue
        outcome = review.outcome if review is not None and review.outcome in FOUND else ""
        if outcome != risk.outcome:
            ended = (review.closed_at, review.closed_by) if review is not None and outcome else (None, None)
            changed[risk.id] = {
                "id": risk.id,
                "outcome": outcome,
                "reviewed_at": ended[0],
                "reviewed_by": ended[1],
            }
        results.append(Done(str(item.rma_id), {"outcome": outcome}, replayed=outcome == risk.outcome))
    db.update(Risk, [row for _, row in sorted(changed.items())])
    return Batch(results)
