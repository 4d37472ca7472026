"""Questions to messages: the log of a return, and what waits to be sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db


@dataclass(frozen=True)
class MessageRow:
    """A message in the log of a return. The words are empty once they were erased."""

    id: int
    template: str
    language: str
    state: str
    attempts: int
    fault: str
    with_slip: bool
    queued_by: str
    queued_at: datetime
    sent_at: datetime | None
    subject: str
    text: str

    @property
    def by_itself(self) -> bool:
        """Whether the house sent it by its rules, and nobody wrote it."""
        return self.queued_by.startswith("flow:")


def messages(*, rma: str) -> list[MessageRow]:
    """The messages about a return, the newest first. One statement."""
    found = db.rows(
        """SELECT m.id, m.template, m.language, m.state, m.attempts, m.fault, m.with_slip, m.queued_by, m.queued_at,
                  m.sent_at, coalesce(p.body ->> 'subject', '') AS subject, coalesce(p.body ->> 'text', '') AS text
           FROM returns_rma r JOIN desk_message m ON m.rma_id = r.id LEFT JOIN kernel_payload p ON p.id = m.payload_id
           WHERE r.number = %s ORDER BY m.id DESC LIMIT 200""",
        [rma],
    )
    return [MessageRow(*row) for row in found]


@dataclass(frozen=True)
class Waiting:
    """A message to be sent; `body` is empty where it was erased meanwhile."""

    id: int
    rma: str
    with_slip: bool
    body: Mapping[str, Any] | None


def waiting(*, at: datetime, limit: int = 100) -> list[Waiting]:
    """What is to be sent now, the oldest first. One statement."""
    found = db.rows(
        """SELECT m.id, r.number, m.with_slip, p.body FROM desk_message m JOIN returns_rma r ON r.id = m.rma_id
           LEFT JOIN kernel_payload p ON p.id = m.payload_id
           WHERE m.state = 'queued' AND m.next_at <= %s ORDER BY m.next_at, m.id LIMIT %s""",
        [at, limit],
    )
    return [Waiting(*row) for row in found]
