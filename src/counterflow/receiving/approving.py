"""Who else has to agree before a unit goes: against policy, or where policy wants a second person."""

from counterflow.kernel.context import Context
from counterflow.ledger.posting import Entry
from counterflow.policies.approving import require_approval, unneeded
from counterflow.policies.commands.record_decisions import Override
from counterflow.policies.queries import Answer
from counterflow.receiving.lookups import UnitNow
from counterflow.receiving.rules import Disposition
from counterflow.workqueue.cases import CaseDraft


def require_agreement(
    ctx: Context, identity: str, unit: UnitNow, chosen: str, answer: Answer, override: Override | None, entry: Entry
) -> None:
    """Let a unit go, or refuse it. Where policy wants a second person, who may approve (receiving.approve) is one.

    Setting apart harms nobody and needs none. Raises `ApprovalNeeded`, `NoLongerNeeded`.
    """
    wanted = answer.outcome["needs_approval"]
    if chosen == Disposition.QUARANTINE or not (wanted or override):
        unneeded(ctx, identity)
        return
    require_approval(
        ctx,
        "disposition_override" if override else "disposition",
        identity,
        subject_id=unit.id,
        facts={
            "value_minor": max(0, unit.cost_minor + unit.allowance_minor),
            "currency": unit.currency,
            "reason_code": override.reason if override else None,
            "fraud_score": unit.fraud_score,
            **{name: getattr(unit, name) or None for name in ("node", "grade", "damage_code", "brand", "family")},
        },
        entries=[entry],
        least=1 if wanted and not ctx.may("receiving.approve") else 0,
        why=answer.text,
    )


def unasked(unit: UnitNow, chosen: str, answer: Answer) -> CaseDraft:
    """The case for a disposal that needs agreement, tried by somebody who cannot ask for it."""
    return CaseDraft(
        kind="approval_needed",
        subject_kind="unit",
        subject_id=unit.id,
        dedupe_key=cause(unit),
        entity_id=unit.entity_id,
        money_at_risk_minor=unit.cost_minor + unit.allowance_minor,
        currency=unit.currency,
        facts={"lpn": unit.lpn, "disposition": chosen, "row": answer.row_id, "round": unit.round},
    )


def cause(unit: UnitNow) -> str:
    """Key of the case that asks for approval of what is done after this round."""
    return f"unit:{unit.id}:disposal:{unit.round}"
