"""Erase all that is kept about subjects: messages, free text, photos and documents. So a person's return is erased."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.evidence.commands.erasing import DOCUMENTS, PHOTOS, erase_rows
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.payloads import ErasePayloads, NothingKept, erase_payloads


@dataclass(frozen=True)
class EraseSubject:
    """Something that things are kept about, such as an RMA line, a case or a unit."""

    subject_id: int


_KEPT = """
SELECT subject_id FROM evidence_photo WHERE subject_id = ANY(%s::bigint[])
UNION SELECT subject_id FROM evidence_document WHERE subject_id = ANY(%s::bigint[]) ORDER BY 1
"""


@command(needs="access.erase")
def erase_subjects(ctx: Context, *, items: Sequence[EraseSubject]) -> Batch:
    """Erase what is kept about each subject; that it was there, and when it went, stays known.

    Refuses `NothingKept`. Erased again is a replay. Five statements, whatever the batch.
    """
    wanted = sorted({item.subject_id for item in items})
    told = erase_payloads(ctx, items=[ErasePayloads(subject_id) for subject_id in wanted])
    texts = dict(zip(wanted, told, strict=True))
    kept = {row.subject_id for row in db.rows(_KEPT, [wanted, wanted])}
    whose = "p.subject_id = ANY(%s::bigint[])"
    photos = Counter(row.subject_id for row in erase_rows(ctx, PHOTOS, whose, wanted))
    documents = Counter(row.subject_id for row in erase_rows(ctx, DOCUMENTS, whose, wanted))
    results: list[Done | Refused] = []
    for item in items:
        text, identity = texts.pop(item.subject_id, None), str(item.subject_id)
        if isinstance(text, Refused) and item.subject_id not in kept:
            texts[item.subject_id] = text
            results.append(Refused.of(identity, NothingKept(subject_id=item.subject_id)))
            continue
        gone = {
            "erased": text.facts["erased"] if isinstance(text, Done) else 0,
            "photos": photos.pop(item.subject_id, 0),
            "documents": documents.pop(item.subject_id, 0),
        }
        results.append(Done(identity, gone, replayed=not any(gone.values())))
    return Batch(results)
