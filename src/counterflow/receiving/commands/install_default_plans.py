"""Install the plans that are shipped, so that a bench knows what to ask from its first minute."""

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.receiving.commands.map_families import MapFamily, map_families
from counterflow.receiving.commands.publish_plans import PublishPlan, publish_plans
from counterflow.receiving.planbook import SHIPPED, SHIPPED_FAMILIES, shipped


@command(needs="receiving.plan")
def install_default_plans(ctx: Context) -> Batch:
    """Publish each shipped plan that has no version yet, and map the families that are mapped to none.

    What a company made its own stays.
    """
    there = {row.code for row in db.rows("SELECT DISTINCT code FROM receiving_plan")}
    mapped = {row.family for row in db.rows("SELECT family FROM receiving_familyplan")}
    missing = [PublishPlan(code, 1, shipped(code)) for code in SHIPPED if code not in there]
    families = [MapFamily(family, plan) for family, plan in SHIPPED_FAMILIES.items() if family not in mapped]
    kept = [code for code in SHIPPED if code in there]
    results: list[Done | Refused] = [Done(f"{code}/1", {"plan": code}, replayed=True) for code in kept]
    if missing:
        results += publish_plans(ctx, items=missing)
    if families:
        results += map_families(ctx, items=families)
    return Batch(results)
