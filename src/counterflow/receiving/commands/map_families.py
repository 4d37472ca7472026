"""Say which family of items is inspected by which plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import NotFound
from counterflow.receiving.models import FamilyPlan


class PlanUnknown(NotFound):
    """There is no plan {plan}; publish it first."""


@dataclass(frozen=True)
class MapFamily:
    """That items of a family are inspected by a plan; the family "" stands for all others."""

    family: str
    plan: str


@command(needs="receiving.plan")
def map_families(ctx: Context, *, items: Sequence[MapFamily]) -> Batch:
    """Map each family; mapping one again replaces its plan. Refuses `PlanUnknown`. Five statements."""
    db.execute("UPDATE kernel_epoch SET value = nextval('kernel_id_seq') WHERE id = 1")
    plans = {row.code for row in db.rows("SELECT code FROM receiving_plan WHERE active")}
    rows: dict[str, dict[str, Any]] = {
        row.family: {"id": row.id, "family": row.family, "plan": row.plan}
        for row in db.rows("SELECT id, family, plan FROM receiving_familyplan ORDER BY id")
    }
    before = {family: row["plan"] for family, row in rows.items()}
    fresh: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        if item.plan not in plans:
            results.append(Refused.of(item.family, PlanUnknown(plan=item.plan[:48])))
            continue
        row = rows.get(item.family)
        if row is None:
            row = rows[item.family] = {"id": ctx.new_id(), "family": item.family, "plan": ""}
            fresh.append(row)
        results.append(Done(item.family, {"plan": item.plan}, replayed=row["plan"] == item.plan))
        row["plan"] = item.plan
    changed = [row for family, row in rows.items() if family in before and before[family] != row["plan"]]
    db.insert(FamilyPlan, fresh)
    db.update(FamilyPlan, changed)
    return Batch(results)
