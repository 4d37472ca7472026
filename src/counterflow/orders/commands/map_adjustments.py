"""Give stock adjustments the reasons that their texts mean."""

from counterflow.catalog import queries as catalog
from counterflow.catalog.rules import reason_key
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.kernel.context import Context

SOURCE = "stock-adjustment"
"""The source under which the mappings of these texts stand in the catalog."""


@command(needs="orders.record")
def map_adjustments(ctx: Context) -> Batch:
    """Map every adjustment without a reason whose text is known by now; the facts say how many are left.

    Three statements. Repeat it after mapping new texts.
    """
    texts = db.rows("SELECT text, count(*) AS n FROM orders_stockadjustment WHERE reason_id IS NULL GROUP BY text")
    known = catalog.mapped_reasons(source=SOURCE)
    pairs = [(row.text, known[reason_key(row.text)]) for row in texts if reason_key(row.text) in known]
    mapped = db.execute(
        "UPDATE orders_stockadjustment a SET reason_id = v.reason "
        "FROM unnest(%s::text[], %s::bigint[]) AS v(text, reason) WHERE a.reason_id IS NULL AND a.text = v.text",
        [[text for text, _ in pairs], [reason for _, reason in pairs]],
    )
    return Batch([Done(SOURCE, {"mapped": mapped, "unmapped": sum(row.n for row in texts) - mapped})])
