"""What a disposal against policy is recorded as: an override of the decision, and its row in the report."""

from collections.abc import Mapping
from typing import Any

from counterflow.kernel.context import Context
from counterflow.kernel.errors import Invalid, Refusal
from counterflow.policies.commands.record_decisions import Override
from counterflow.policies.commands.record_overrides import About, override_row
from counterflow.policies.overriding import require_override
from counterflow.receiving.lookups import UnitNow
from counterflow.receiving.rules import Disposition


class OverrideNotAllowed(Refusal):
    """Policy says {policy} for unit {lpn}; only staff with the permission receiving.override may differ."""


class OverrideReasonMissing(Invalid):
    """Policy says {policy} for unit {lpn}; to differ, give the code of a reason."""


def override_of(
    ctx: Context, unit: UnitNow, policy: str, chosen: str, reason: str, note: str, reasons: Mapping[str, bool]
) -> Override | None:
    """The override that a choice against policy is, if it is one. Nobody may make it without right and reason.

    Setting an unexamined unit apart is none: policy judges what was examined. Raises `OverrideNotAllowed`,
    `OverrideReasonMissing`, `OverrideReasonUnknown`, `OverrideNoteMissing`.
    """
    if chosen == policy or (chosen == Disposition.QUARANTINE and unit.round == 0):
        return None
    if not ctx.may("receiving.override"):
        raise OverrideNotAllowed(lpn=unit.lpn, policy=policy)
    if not reason:
        raise OverrideReasonMissing(lpn=unit.lpn, policy=policy)
    return Override({"disposition": chosen}, require_override(reason, note, reasons))


def disposal_override(ctx: Context, unit: UnitNow, decision: dict[str, Any]) -> dict[str, Any]:
    """The report's row of a unit that staff sent elsewhere; at stake is what it stands in the books for."""
    about = About(
        act="disposal",
        subject_kind="unit",
        subject_id=unit.id,
        document=unit.lpn,
        rma=unit.rma or "",
        money_minor=unit.cost_minor + unit.allowance_minor,
        currency=unit.currency,
        brand=unit.brand or "",
        channel=unit.channel or "",
    )
    return override_row(ctx, about, decision=decision, instead=decision["override"], reason=decision["override_reason"])
