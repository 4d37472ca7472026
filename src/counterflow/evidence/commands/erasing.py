"""What erasing commands share: the row lets go of its file, and the file goes once that is committed."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from django.db import transaction

from counterflow.evidence import storing
from counterflow.kernel import db
from counterflow.kernel.context import Context

PHOTOS: Final = "evidence_photo"
DOCUMENTS: Final = "evidence_document"
_EMPTY: Final = {PHOTOS: "name = ''", DOCUMENTS: "name = '', title = ''"}


def erase_rows(ctx: Context, table: str, where: str, ids: Sequence[int]) -> list[Any]:
    """Erase what a condition on `p` finds in a table; id and subject of each that went now. One statement.

    Files are taken away after the commit. Where that fails they are nobody's, and the sweep takes them.
    """
    gone = db.rows(
        f"WITH found AS (SELECT p.id, p.name, p.subject_id FROM {table} p WHERE {where} AND p.erased_at IS NULL"
        " ORDER BY p.id FOR NO KEY UPDATE)"
        f" UPDATE {table} t SET {_EMPTY[table]}, erased_at = %s FROM found f WHERE t.id = f.id"
        " RETURNING f.id, f.subject_id, f.name",
        [list(ids), ctx.at],
    )
    transaction.on_commit(partial(storing.drop, [row.name for row in gone]), robust=True)
    return gone


def known_ids(table: str, ids: Sequence[int]) -> set[int]:
    """Those of these ids that a table has, erased or not. One statement."""
    return {row.id for row in db.rows(f"SELECT id FROM {table} WHERE id = ANY(%s::bigint[]) ORDER BY 1", [list(ids)])}
