"""Scores as rows, and the case that asks a person to look at one; shared by opening and by scoring anew."""

from typing import Any

from counterflow.kernel.context import Context
from counterflow.returns.states import CLEARED, CONFIRMED, FRAUD_REASON
from counterflow.returns.states import Rma as State
from counterflow.workqueue.cases import CaseDraft


def risk_row(ctx: Context, rma_id: int, customer_id: int, scored: dict[str, Any]) -> dict[str, Any]:
    """The latest score of an RMA, from the decision that keeps it."""
    return {
        "id": ctx.new_id(),
        "rma_id": rma_id,
        "customer_id": customer_id,
        "score": scored["outcome"]["points"],
        "codes": codes_of(scored),
        "decision_id": scored["id"],
        "scored_at": ctx.at,
    }


def codes_of(scored: dict[str, Any]) -> list[str]:
    """The codes of the rows that added to a score."""
    return [part["code"] for part in scored["outcome"]["rows"]]


def review_key(rma_id: int) -> str:
    """What a review of an RMA's signals is called; there is one at a time."""
    return f"rma:{rma_id}:fraud"


def review_outcome(state: str, reason: str) -> str:
    """How a review ends because a person decided the return: who accepts it saw nothing wrong."""
    if state != State.DECLINED:
        return CLEARED
    return CONFIRMED if reason == FRAUD_REASON else "decided"


def review_case(rma: dict[str, Any], scored: dict[str, Any], at_risk_minor: int) -> CaseDraft:
    """A person looks at the signals about a return: score, reasons as codes, and the money it is about."""
    return CaseDraft(
        kind="fraud_review",
        subject_kind="rma",
        subject_id=rma["id"],
        dedupe_key=review_key(rma["id"]),
        entity_id=rma["entity_id"],
        money_at_risk_minor=at_risk_minor,
        currency=rma["currency"],
        facts={"rma": rma["number"], "score": scored["outcome"]["points"], "reasons": codes_of(scored)},
    )
