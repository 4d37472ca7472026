"""Erase documents, one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.evidence.commands.erasing import DOCUMENTS, erase_each
from counterflow.evidence.rules import DocumentMissing
from counterflow.kernel.commands import Batch, command
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
    ids = [item.document_id for item in items]
    return erase_each(
        ctx, DOCUMENTS, ids, fact="document_id", missing=lambda number: DocumentMissing(document_id=number)
    )
