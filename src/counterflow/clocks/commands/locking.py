"""Clocks under lock: those of some subjects, and those that share a case with them."""

from collections.abc import Sequence
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank

Row = dict[str, Any]
Key = tuple[int, str, int]

# One case may stand for several units of a return; whoever stops one of them has to see the others as they are.
_LOCK = """
SELECT c.* FROM clocks_clock c WHERE c.id IN (
    SELECT id FROM clocks_clock WHERE subject_id = ANY(%s::bigint[])
    UNION
    SELECT s.id FROM clocks_clock m JOIN clocks_clock s ON s.case_key = m.case_key
    WHERE m.subject_id = ANY(%s::bigint[]) AND m.case_key <> '' AND s.stopped_at IS NULL AND s.case_key <> ''
) ORDER BY c.id FOR NO KEY UPDATE OF c
"""


def lock_clocks(ctx: Context, subject_ids: Sequence[int]) -> dict[Key, Row]:
    """Clocks as rows, by subject, stage and round. One statement."""
    found = db.lock(ctx, Rank.CLOCK, _LOCK, [list(subject_ids), list(subject_ids)])
    return {(row.subject_id, row.stage, row.round): row._asdict() for row in found}
