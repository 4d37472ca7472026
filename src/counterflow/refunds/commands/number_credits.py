"""Number credits: one gapless series for each entity, in the order the credits were made."""

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.kernel.context import Context, Rank
from counterflow.refunds.models import Credit

LIMIT = 5_000
_UNNUMBERED = """
SELECT id, entity_id FROM refunds_credit WHERE number IS NULL ORDER BY id LIMIT %s FOR NO KEY UPDATE
"""
# Read after the lock: whoever held these rows before has given its numbers.
_LAST = """
SELECT e.id AS entity_id, coalesce((SELECT max(c.number) FROM refunds_credit c WHERE c.entity_id = e.id), 0) AS last
FROM unnest(%s::bigint[]) AS e(id)
"""


@command(needs="refunds.release")
def number_credits(ctx: Context, *, limit: int = LIMIT) -> Batch:
    """Give the next numbers to credits that have none. A number, once given, stays."""
    rows = db.lock(ctx, Rank.CREDIT, _UNNUMBERED, [max(1, min(limit, LIMIT))])
    last = {row.entity_id: int(row.last) for row in db.rows(_LAST, [sorted({row.entity_id for row in rows})])}
    given = []
    for row in rows:
        last[row.entity_id] += 1
        given.append({"id": row.id, "number": last[row.entity_id]})
    db.update(Credit, given)
    return Batch([Done(f"credit:{row['id']}", {"number": row["number"]}) for row in given])
