"""Say something about cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused, Invalid
from counterflow.kernel.models import Payload
from counterflow.workqueue.commands.locking import lock_cases
from counterflow.workqueue.models import CaseComment
from counterflow.workqueue.queries import CaseNotFound

TEXT_MAX = 4_000
REFERENCE_MAX = 200


class CommentMalformed(Invalid):
    """A comment has 1 to {most} characters and no NUL, and a reference of 1 to {reference_most}."""


@dataclass(frozen=True)
class CommentCase:
    """Words about a case. `reference` is the writer's own name for them, unique in the case for ever."""

    case_id: int
    text: str
    reference: str


@command(needs="workqueue.work")
def comment_cases(ctx: Context, *, items: Sequence[CommentCase]) -> Batch:
    """Keep each comment; its words go where they can be erased. Closed cases may be commented too.

    Refuses `CaseNotFound`, `CommentMalformed`, `IdentityReused`. Four SQL statements, whatever the batch.
    """
    cases = lock_cases(ctx, [item.case_id for item in items])
    said = _said(list(cases))
    comments: list[dict[str, Any]] = []
    payloads: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            if item.case_id not in cases:
                raise CaseNotFound(case_id=item.case_id)
            results.append(_comment(ctx, item, said, comments, payloads))
        except DomainError as error:
            results.append(Refused.of(f"{item.case_id}/{_shown(item.reference)}", error))
    db.insert(Payload, payloads)
    db.insert(CaseComment, comments)
    return Batch(results)


def _shown(reference: str) -> str:
    """A reference as an answer can repeat it; NUL has no place in the database."""
    return reference[:REFERENCE_MAX].replace("\0", "?")


def _said(case_ids: Sequence[int]) -> dict[tuple[int, str], tuple[int, bytes]]:
    found = db.rows(
        "SELECT id, case_id, reference, content_hash FROM workqueue_casecomment WHERE case_id = ANY(%s) ORDER BY id",
        [list(case_ids)],
    )
    return {(row.case_id, row.reference): (row.id, bytes(row.content_hash)) for row in found}


def _comment(
    ctx: Context,
    item: CommentCase,
    said: dict[tuple[int, str], tuple[int, bytes]],
    comments: list[dict[str, Any]],
    payloads: list[dict[str, Any]],
) -> Done:
    text, reference = item.text.strip(), item.reference.strip()
    check_comment(text, reference)
    identity, content = f"{item.case_id}/{reference}", content_hash(text)
    if (item.case_id, reference) in said:
        comment_id, before = said[item.case_id, reference]
        if before != content:
            raise IdentityReused(what="comment", identity=identity)
        return Done(identity, {"comment_id": comment_id}, replayed=True)
    payload, comment = comment_rows(ctx, item.case_id, text, reference)
    said[item.case_id, reference] = comment["id"], content
    payloads.append(payload)
    comments.append(comment)
    return Done(identity, {"comment_id": comment["id"]})


def check_comment(text: str, reference: str) -> None:
    """Raise `CommentMalformed` for words or a reference that cannot be kept."""
    if not 0 < len(text) <= TEXT_MAX or "\0" in text or not 0 < len(reference) <= REFERENCE_MAX or "\0" in reference:
        raise CommentMalformed(most=TEXT_MAX, reference_most=REFERENCE_MAX)


def comment_rows(ctx: Context, case_id: int, text: str, reference: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The erasable payload of a comment, and its row."""
    payload_id, comment_id = ctx.new_id(), ctx.new_id()
    payload = {
        "id": payload_id,
        "kind": "case_comment",
        "subject_id": case_id,
        "source": "workqueue",
        "reference": str(comment_id),
        "body": {"text": text},
        "kept_at": ctx.at,
    }
    comment = {
        "id": comment_id,
        "case_id": case_id,
        "reference": reference,
        "payload_id": payload_id,
        "at": ctx.at,
        "by": ctx.actor,
        "content_hash": content_hash(text),
    }
    return payload, comment
