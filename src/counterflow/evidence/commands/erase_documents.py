"""Erase documents, one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.evidence.commands.erasing import DOCUMENTS, erase_rows, known_ids
from counterflow.evidence.rules import DocumentMissing
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context


@dataclass(frozen=True)
class EraseDocument:
    """A document that has to go, such as one that names a person."""

    document_id: int


@command(needs="access.erase")
def erase_documents(ctx: Context, *, items: Sequence[EraseDocument]) -> Batch:
    """Erase each document: its content and its name go, that it was there and when it went stays known.

    Refuses `DocumentMissing`. Erased again is a replay. Two statements, whatever the batch.
    """
    wanted = sorted({item.document_id for item in items})
    known = known_ids(DOCUMENTS, wanted)
    gone = {row.id for row in erase_rows(ctx, DOCUMENTS, "p.id = ANY(%s::bigint[])", wanted)}
    results: list[Done | Refused] = []
    for item in items:
        identity = str(item.document_id)
        if item.document_id not in known:
            results.append(Refused.of(identity, DocumentMissing(document_id=item.document_id)))
        else:
            results.append(Done(identity, {"document_id": item.document_id}, replayed=item.document_id not in gone))
            gone.discard(item.document_id)
    return Batch(results)
