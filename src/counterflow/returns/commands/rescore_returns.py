"""Score returns again: what was learnt since they were opened counts before money leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Refusal
from counterflow.policies.commands.record_decisions import decision_rows, record_decisions
from counterflow.policies.queries import Score, decide
from counterflow.returns.commands.keeping_scores import codes_of, review_case
from counterflow.returns.commands.locking import RmaState, lock_rmas, require
from counterflow.returns.history import Asked, day_of, read_history
from counterflow.returns.models import Risk
from counterflow.returns.scoring import REVIEW, Request, facts_of, scores_for
from counterflow.returns.states import Rma as State
from counterflow.workqueue.cases import CaseDraft, open_cases


@dataclass(frozen=True)
class RescoreReturn:
    """A return to look at again."""

    rma: str


class NothingToScore(Refusal):
    """{rma} has no score: nobody knows its customer, or no policy of the kind fraud is in force."""


# Each line's sale as eligibility saw it, with what is known of the RMA's customer and the score it has.
_SALES = """
SELECT r.id AS rma_id, r.number, r.customer_id, r.currency, r.entity_id, d.facts, o.placed_at,
       l.quantity - l.cancelled_qty - l.credited_qty AS open_qty,
       k.id AS risk_id, k.score, k.codes, k.outcome, k.decision_id
FROM returns_rma r JOIN returns_rmaline l ON l.rma_id = r.id
JOIN policies_decision d ON d.id = l.eligibility_decision_id
LEFT JOIN orders_order o ON o.id = r.order_id
JOIN returns_risk k ON k.rma_id = r.id
WHERE r.number = ANY(%s::text[]) ORDER BY l.id
"""


@dataclass
class _Plan:
    decisions: list[dict[str, Any]]
    risks: list[dict[str, Any]]
    cases: list[CaseDraft]


@command(needs="returns.decide")
def rescore_returns(ctx: Context, *, items: Sequence[RescoreReturn]) -> Batch:
    """Score each return by what is known today, and ask a person where eligibility would ask by the new score.

    What eligibility answered stays; a review that was closed is opened again only for a reason it had not seen.
    A score that did not change is a replay. Refuses `RmaNotFound`, `NothingToScore`. Six statements at most.
    """
    rmas = lock_rmas(ctx, [item.rma for item in items])
    sales: dict[int, list[Any]] = {}
    for row in db.rows(_SALES, [sorted(rmas)]):
        sales.setdefault(row.rma_id, []).append(row)
    scores = dict(zip(sales, _scores(ctx, list(sales.values())), strict=True))
    plan = _Plan([], [], [])
    results: list[Done | Refused] = []
    for item in items:
        try:
            rma = require(rmas, item.rma)
            score = scores.get(rma.id)
            if score is None:
                raise NothingToScore(rma=item.rma)
            results.append(_keep(ctx, rma, sales[rma.id], score, plan))
        except DomainError as error:
            results.append(Refused.of(item.rma[:80], error))
    record_decisions(ctx, plan.decisions)
    db.update(Risk, sorted(plan.risks, key=lambda row: int(row["id"])))
    open_cases(ctx, plan.cases)
    return Batch(results)


def _scores(ctx: Context, rmas: Sequence[Sequence[Any]]) -> list[Score | None]:
    """The score of each return today; its own pieces are not among what came back before."""
    asked = [Asked(lines[0].customer_id, day_of(ctx.at), lines[0].currency, lines[0].rma_id) for lines in rmas]
    history = read_history(asked)
    requests = [
        Request(key, [line.facts for line in lines], lines[0].placed_at) for key, lines in zip(asked, rmas, strict=True)
    ]
    return scores_for([facts_of(request, history) for request in requests], at=ctx.at, epoch=ctx.config_epoch)


def _keep(ctx: Context, rma: RmaState, lines: Sequence[Any], score: Score, plan: _Plan) -> Done:
    before, facts = lines[0], {"rma_id": rma.id, "score": score.points}
    codes = [row.then["code"] for row in score.rows]
    if (before.score, before.codes) == (score.points, codes):
        return Done(rma.number, facts, replayed=True)
    (scored,) = decision_rows(ctx, [(rma.id, score)])
    plan.decisions.append(scored)
    changed = {"id": before.risk_id, "score": score.points, "codes": codes, "decision_id": scored["id"]}
    plan.risks.append({**changed, "scored_at": ctx.at})
    open_qty = sum(line.open_qty for line in lines)
    unseen = not before.outcome or set(codes_of(scored)) - set(before.codes)
    if rma.state in (State.REQUESTED, State.AUTHORISED) and open_qty > 0 and unseen and _asks(ctx, lines, score):
        worth = sum(int(line.facts["value_minor"]) for line in lines)
        row = {"id": rma.id, "number": rma.number, "entity_id": rma.entity_id, "currency": before.currency}
        plan.cases.append(review_case(row, scored, worth))
    return Done(rma.number, facts)


def _asks(ctx: Context, lines: Sequence[Any], score: Score) -> bool:
    """Whether eligibility, knowing this score, would have a person look."""
    facts = [{**line.facts, "fraud_score": score.points} for line in lines]
    said = decide("eligibility", facts, at=ctx.at, epoch=ctx.config_epoch)
    return any(answer.outcome["code"] == REVIEW for answer in said)
