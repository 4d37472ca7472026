"""Clocks of some subjects, held until the transaction ends.

Who puts clocks right holds the subjects, not the rows: by numbers that subjects share, so that there are few of them
whatever the batch. A row lock would be a write to every clock that is only looked at, and would hold no clock that is
still to be made.
"""

from collections.abc import Iterable
from typing import Any, Final

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank

Row = dict[str, Any]
Key = tuple[int, str, int]
SHARES: Final = 256

_HOLD: Final = "SELECT pg_advisory_xact_lock(7033, s::integer) FROM unnest(%s::bigint[]) s"
# One case may stand for several units of a return; whoever stops one of them has to see the others as they are.
_SHARED: Final = """
SELECT c.id FROM clocks_clock c
WHERE c.stopped_at IS NULL AND c.case_key <> '' AND c.case_key IN (
    SELECT case_key FROM clocks_clock WHERE subject_id = ANY(%s::bigint[]) AND stopped_at IS NULL AND case_key <> '')
ORDER BY c.id FOR NO KEY UPDATE
"""
_CLOCKS: Final = "SELECT * FROM clocks_clock WHERE subject_id = ANY(%s::bigint[]) OR id = ANY(%s::bigint[]) ORDER BY id"


def hold_subjects(subject_ids: Iterable[int]) -> None:
    """Hold subjects, in ascending order of their shares; whoever holds them puts their clocks right. One statement."""
    db.rows(_HOLD, [sorted({n % SHARES for n in subject_ids})])


def lock_clocks(ctx: Context, subject_ids: list[int]) -> dict[Key, Row]:
    """Clocks as rows, by subject, stage and round, and those that share a case with them. Three statements."""
    hold_subjects(subject_ids)
    shared = [row.id for row in db.lock(ctx, Rank.CLOCK, _SHARED, [subject_ids])]
    found = db.rows(_CLOCKS, [subject_ids, shared])
    return {(row.subject_id, row.stage, row.round): row._asdict() for row in found}
