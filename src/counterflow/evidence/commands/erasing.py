"""What erasing commands share: the row lets go of its file, and the file goes once that is committed."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction

from counterflow.evidence import storing
from counterflow.kernel import db
from counterflow.kernel.context import Context


def erase_rows(ctx: Context, where: str, ids: Sequence[int]) -> list[Any]:
    """Erase the photos that a condition on `p` finds; id and subject of each that went now. One statement.

    Files are taken away after the commit. Where that fails they are nobody's, and the sweep takes them.
    """
    gone = db.rows(
        f"WITH found AS (SELECT p.id, p.name, p.subject_id FROM evidence_photo p WHERE {where} AND p.erased_at IS NULL"
        " ORDER BY p.id FOR NO KEY UPDATE)"
        " UPDATE evidence_photo t SET name = '', erased_at = %s FROM found f WHERE t.id = f.id"
        " RETURNING f.id, f.subject_id, f.name",
        [list(ids), ctx.at],
    )
    transaction.on_commit(partial(storing.drop, [row.name for row in gone]), robust=True)
    return gone
