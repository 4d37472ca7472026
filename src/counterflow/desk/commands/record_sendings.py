"""Record sendings: what became of a try to hand messages to the mail server."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from counterflow.desk import events
from counterflow.desk.models import Message
from counterflow.desk.states import MESSAGE
from counterflow.desk.states import Message as State
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import NotFound
from counterflow.kernel.events import Event, emit
from counterflow.workqueue.cases import CaseDraft, open_cases

TRIES_MAX = 5
WAITS = (1, 5, 30, 120)
"""Minutes between the tries."""


@dataclass(frozen=True)
class Sending:
    """One try: sent, or the code of what went wrong. `final` says that trying again is no use."""

    message_id: int
    fault: str = ""
    final: bool = False


class MessageNotFound(NotFound):
    """There is no message {message_id}."""


_MESSAGES = """
SELECT m.id, m.state, m.attempts, m.rma_id, m.template, r.number, r.entity_id
FROM desk_message m JOIN returns_rma r ON r.id = m.rma_id
WHERE m.id = ANY(%s::bigint[]) ORDER BY m.id FOR NO KEY UPDATE OF m
"""


@command(needs="desk.write")
def record_sendings(ctx: Context, *, items: Sequence[Sending]) -> Batch:
    """Count each try; after the last one a message has failed, and a case says so.

    Refuses `MessageNotFound`. A message that is sent or has failed answers as a replay. One look-up, one write a table.
    """
    known = {row.id: row for row in db.rows(_MESSAGES, [sorted({item.message_id for item in items})])}
    rows: dict[int, dict[str, Any]] = {}
    told, cases = [], []
    results: list[Done | Refused] = []
    for item in items:
        row, identity = known.get(item.message_id), str(item.message_id)
        if row is None:
            results.append(Refused.of(identity, MessageNotFound(message_id=item.message_id)))
            continue
        now = rows.get(row.id, {"state": row.state, "attempts": row.attempts})
        if now["state"] != State.QUEUED:
            results.append(Done(identity, {"state": now["state"]}, replayed=True))
            continue
        tries = now["attempts"] + 1
        action = "give_up" if item.fault and (item.final or tries >= TRIES_MAX) else "" if item.fault else "send"
        state = MESSAGE.move(action, State.QUEUED) if action else str(State.QUEUED)
        rows[row.id] = {
            "id": row.id,
            "state": state,
            "attempts": tries,
            "next_at": ctx.at + timedelta(minutes=WAITS[min(tries, len(WAITS)) - 1]),
            "fault": item.fault,
            "sent_at": ctx.at if state == State.SENT else None,
        }
        facts = {"message_id": row.id, "template": row.template}
        if state == State.SENT:
            told.append(Event(events.MESSAGE_SENT, row.rma_id, ctx.at, facts))
        if state == State.FAILED:
            told.append(Event(events.MESSAGE_FAILED, row.rma_id, ctx.at, facts))
            cases.append(
                CaseDraft(
                    kind="delivery_failed",
                    subject_kind="rma",
                    subject_id=row.rma_id,
                    dedupe_key=f"message:{row.id}:failed",
                    entity_id=row.entity_id,
                    facts={"rma": row.number, "message_id": row.id, "code": item.fault},
                )
            )
        results.append(Done(identity, {"state": state}))
    db.update(Message, [row for _, row in sorted(rows.items())])
    open_cases(ctx, cases)
    emit(ctx, told)
    return Batch(results)
