"""Erasable content: the one place for raw messages, free text and whatever else may be about a person.

Everything else holds codes and pseudonymous ids, so erasing a person never touches a book.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import NotFound


class NothingKept(NotFound):
    """Nothing erasable is kept about {subject_id}."""


@dataclass(frozen=True)
class ErasePayloads:
    """All that is kept about one subject, such as an RMA line or a case."""

    subject_id: int


@command(needs="access.erase")
def erase_payloads(ctx: Context, *, items: Sequence[ErasePayloads]) -> Batch:
    """Erase the content kept about each subject; that it was there, and when it went, stays known.

    Refuses `NothingKept`. Erased again is a replay. Two statements, whatever the batch.
    """
    wanted = sorted({item.subject_id for item in items})
    erased = {
        row.subject_id: row.n
        for row in db.rows(
            "WITH gone AS (UPDATE kernel_payload SET body = NULL, erased_at = %s"
            " WHERE subject_id = ANY(%s::bigint[]) AND erased_at IS NULL RETURNING subject_id)"
            " SELECT subject_id, count(*)::int AS n FROM gone GROUP BY 1",
            [ctx.at, wanted],
        )
    }
    kept = {
        row.subject_id
        for row in db.rows(
            "SELECT DISTINCT subject_id FROM kernel_payload WHERE subject_id = ANY(%s::bigint[]) ORDER BY 1", [wanted]
        )
    }
    results: list[Done | Refused] = []
    for item in items:
        identity = str(item.subject_id)
        if item.subject_id not in kept:
            results.append(Refused.of(identity, NothingKept(subject_id=item.subject_id)))
        else:
            erased_now = erased.pop(item.subject_id, 0)
            results.append(Done(identity, {"erased": erased_now}, replayed=erased_now == 0))
    return Batch(results)
