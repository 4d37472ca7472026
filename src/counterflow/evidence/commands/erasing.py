"""What erasing commands share: the row lets go of its file, and the file goes once that is committed."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from django.db import transaction

from counterflow.evidence import storing
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError

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


def erase_each(
    ctx: Context, table: str, ids: Sequence[int], *, fact: str, missing: Callable[[int], DomainError]
) -> Batch:
    """Erase rows by their ids, which the results tell as `fact`; one that was erased before is a replay.

    Two statements, whatever the batch.
    """
    wanted = sorted(set(ids))
    known = _known_ids(table, wanted)
    gone = {row.id for row in erase_rows(ctx, table, "p.id = ANY(%s::bigint[])", wanted)}
    results: list[Done | Refused] = []
    for number in ids:
        if number not in known:
            results.append(Refused.of(str(number), missing(number)))
        else:
            results.append(Done(str(number), {fact: number}, replayed=number not in gone))
            gone.discard(number)
    return Batch(results)


def _known_ids(table: str, ids: Sequence[int]) -> set[int]:
    """Those of these ids that a table has, erased or not."""
    return {row.id for row in db.rows(f"SELECT id FROM {table} WHERE id = ANY(%s::bigint[]) ORDER BY 1", [list(ids)])}
