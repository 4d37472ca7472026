"""Queue messages to customers: from a letter, or in an agent's own words. The worker sends them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from counterflow.desk import events
from counterflow.desk.letters import letters
from counterflow.desk.models import Message
from counterflow.desk.states import Message as State
from counterflow.desk.told import Told, told
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Invalid, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.kernel.models import Payload
from counterflow.returns.rules import RmaNotFound, require_reference

TEXT_MAX = 10_000


@dataclass(frozen=True)
class QueueMessage:
    """A message about a return. `request_ref` is the asker's own and unique for ever.

    `template` is the code of a letter; with a `subject` and a `text` of one's own those go out instead of its
    words. The slip goes with it where asked.
    """

    request_ref: str
    rma: str
    template: str = ""
    subject: str = ""
    text: str = ""
    with_slip: bool = False


class LetterUnknown(Invalid):
    """There is no letter {template}; known are {known}."""


class WordsMissing(Invalid):
    """A message needs a subject of one line and a text of at most {most} characters, or the code of a letter."""


class NobodyToWriteTo(Refusal):
    """No email address of the customer of {rma} is known."""


@dataclass
class _Plan:
    messages: list[dict[str, Any]] = field(default_factory=list)
    payloads: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


@command(needs="desk.write")
def queue_messages(ctx: Context, *, items: Sequence[QueueMessage]) -> Batch:
    """Keep each message to be sent. The same request again is a replay, whatever its words.

    Refuses: `RmaNotFound`, `LetterUnknown`, `WordsMissing`, `NobodyToWriteTo`, `ReferenceMissing`. Two look-ups, one
    write a table.
    """
    known = told(rmas=sorted({item.rma for item in items}))
    earlier = {
        row.request_ref: row.id
        for row in db.rows(
            "SELECT request_ref, id FROM desk_message WHERE request_ref = ANY(%s::text[])",
            [[item.request_ref for item in items]],
        )
    }
    plan = _Plan()
    results: list[Done | Refused] = []
    for item in items:
        try:
            results.append(_queue(ctx, item, known.get(item.rma), earlier, plan))
        except DomainError as error:
            results.append(Refused.of(item.request_ref, error))
    db.insert(Payload, plan.payloads)
    db.insert(Message, plan.messages)
    emit(ctx, plan.events)
    return Batch(results)


def _queue(ctx: Context, item: QueueMessage, rma: Told | None, earlier: dict[str, int], plan: _Plan) -> Done:
    require_reference(item.request_ref)
    if item.request_ref in earlier:
        return Done(item.request_ref, {"message_id": earlier[item.request_ref]}, replayed=True)
    if rma is None:
        raise RmaNotFound(rma=item.rma[:80])
    subject, text = _words(item, rma)
    if not rma.email:
        raise NobodyToWriteTo(rma=item.rma)
    message_id, payload_id = ctx.new_id(), ctx.new_id()
    plan.payloads.append(
        {
            "id": payload_id,
            "kind": "message",
            "subject_id": rma.rma_id,
            "source": "desk",
            "reference": f"message:{message_id}",
            "body": {"to": rma.email, "subject": subject, "text": text},
            "kept_at": ctx.at,
        }
    )
    plan.messages.append(
        {
            "id": message_id,
            "request_ref": item.request_ref,
            "rma_id": rma.rma_id,
            "template": item.template,
            "language": rma.language,
            "with_slip": item.with_slip,
            "payload_id": payload_id,
            "state": str(State.QUEUED),
            "next_at": ctx.at,
            "queued_by": ctx.actor,
            "queued_at": ctx.at,
            "command_id": ctx.command_id,
        }
    )
    earlier[item.request_ref] = message_id
    facts = {"message_id": message_id, "template": item.template}
    plan.events.append(Event(events.MESSAGE_QUEUED, rma.rma_id, ctx.at, facts))
    return Done(item.request_ref, {"message_id": message_id})


def _words(item: QueueMessage, rma: Told) -> tuple[str, str]:
    """Subject and text: one's own, else those of the letter."""
    known = letters(rma.language)
    if item.template and item.template not in known:
        raise LetterUnknown(template=item.template[:40], known=", ".join(known))
    if item.subject or item.text or not item.template:
        subject, text = item.subject.strip(), item.text.strip()
        if not subject or not text or len(text) > TEXT_MAX or len(subject) > 200 or len(subject.splitlines()) > 1:
            raise WordsMissing(most=TEXT_MAX)
        return subject, text
    return known[item.template].filled(rma.words)
