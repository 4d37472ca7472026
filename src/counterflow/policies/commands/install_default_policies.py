"""Install the tables that are shipped, so that a shop runs from its first minute."""

from datetime import UTC, datetime

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.policies.commands.publish_policies import PublishPolicy, publish_policies
from counterflow.policies.examples import shipped_examples
from counterflow.policies.facts import Kind
from counterflow.policies.tables import shipped

# Replayed history is decided by the shipped tables too, so they are in force from the beginning of time.
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
OWNER_ROLES = {
    Kind.ELIGIBILITY: "agent",
    Kind.REFUND: "finance",
    Kind.DISPOSITION: "inventory_controller",
    Kind.ROUTING: "inventory_controller",
    Kind.INSPECTION_PLAN: "inventory_controller",
    Kind.APPROVAL: "finance",
    Kind.SLA: "executive",
    Kind.FRAUD: "finance",
}


@command(needs="policies.install")
def install_default_policies(ctx: Context) -> Batch:
    """Publish each shipped table, with its examples, for kinds without a version; what a company made its own stays."""
    found = db.rows("SELECT kind, max(id) AS id FROM policies_policyversion GROUP BY kind ORDER BY kind")
    there = {row.kind: row.id for row in found}
    missing = [_first_version(kind) for kind in Kind if kind not in there]
    made = {r.identity: r for r in publish_policies(ctx, items=missing)} if missing else {}
    results: list[Done | Refused] = []
    for kind in Kind:
        if kind in there:
            results.append(Done(kind.value, {"version_id": there[kind]}, replayed=True))
        else:
            results.append(made[f"{kind}/1"])
    return Batch(results)


def _first_version(kind: Kind) -> PublishPolicy:
    return PublishPolicy(
        kind=kind.value,
        version=1,
        table=shipped(kind).as_json(),
        owner_role=OWNER_ROLES[kind],
        effective_from=BEGINNING,
        examples=shipped_examples(kind),
    )
