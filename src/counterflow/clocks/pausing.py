"""Pauses as they are: when we waited for a customer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from counterflow.clocks.timing import PauseRow
from counterflow.kernel import db

WAITING: Final = "waiting_customer"
"""The reason of a pause, and of putting a case off, that says so."""
REASONS: Final = {
    WAITING: "We asked the customer something, and wait for the answer",
    "customer_asked": "The customer asked us to wait",
    "appointment": "A day was agreed with the customer",
}
"""Why clocks of a return may stand still, as codes with their words."""
DAYS_USUAL, DAYS_MAX = 14, 90
"""A pause that nobody ends lasts so many days unless it says otherwise, and never longer than the most."""

_PAUSES = """
SELECT id, subject_kind, subject_id, reason, from_at, until_at, to_at FROM clocks_pause
WHERE subject_id = ANY(%s::bigint[]) ORDER BY subject_id, from_at, id
"""


def known_pauses(subject_ids: Iterable[int]) -> dict[int, Sequence[PauseRow]]:
    """The pauses of returns and cases, by subject, in order. One statement."""
    found: dict[int, list[PauseRow]] = {}
    for row in db.rows(_PAUSES, [sorted(set(subject_ids))]):
        found.setdefault(row.subject_id, []).append(PauseRow(*row))
    return dict(found)


ASKING: Final = "question"
"""Code of the letter that the customer has to answer."""
_FRESH: Final = timedelta(days=1)
_QUESTIONS = """
SELECT m.id, r.number AS rma, m.queued_at AS asked_at, m.state <> 'failed' AS asked
FROM desk_message m JOIN returns_rma r ON r.id = m.rma_id
LEFT JOIN clocks_pause p ON p.request_ref = 'message:' || m.id
WHERE m.rma_id = ANY(%(rmas)s::bigint[]) AND m.template = %(asking)s
  AND CASE WHEN m.state = 'failed' THEN p.to_at IS NULL AND p.until_at > %(at)s
           ELSE p.id IS NULL AND m.queued_at > %(since)s END
ORDER BY m.id
"""


@dataclass(frozen=True)
class Question:
    """A question that the desk put to the customer of a return; `asked` is false where it could not be sent."""

    id: int
    rma: str
    asked_at: datetime
    asked: bool

    @property
    def reference(self) -> str:
        """The request of the pause that it is."""
        return f"message:{self.id}"


def questions(*, rma_ids: Sequence[int], at: datetime) -> list[Question]:
    """Questions of the last day without a pause yet, and those that have one and were never sent. One statement.

    Messages are kept by a room above and are read here by SQL only.
    """
    params = {"rmas": list(rma_ids), "asking": ASKING, "at": at, "since": at - _FRESH}
    return [Question(*row) for row in db.rows(_QUESTIONS, params)]
