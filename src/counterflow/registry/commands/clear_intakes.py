"""Clear away files that were previewed and forgotten."""

from datetime import timedelta

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.kernel.context import Context

FORGOTTEN_AFTER = timedelta(days=1)


@command(needs="registry.import")
def clear_intakes(ctx: Context) -> Batch:
    """Drop what was previewed more than a day ago and not taken over to its end; its rows go away. One statement."""
    dropped = db.rows(
        """
        WITH gone AS (
            UPDATE registry_intake SET state = 'dropped', ended_at = %s
            WHERE state = 'previewed' AND at < %s RETURNING id
        ), cleared AS (
            DELETE FROM registry_intakepart p USING gone WHERE p.intake_id = gone.id
        )
        SELECT count(*)::int AS files FROM gone
        """,
        [ctx.at, ctx.at - FORGOTTEN_AFTER],
    )
    return Batch([Done("intakes", {"dropped": dropped[0].files})])
