"""The laws of the desk: every message has words that can be erased, and is sent as often as it says."""

from typing import Final

from counterflow.kernel.laws import Law

LAWS: Final[list[Law]] = [
    Law(
        "desk.messages_have_words",
        "Every message has a payload of its return, was queued by a command on record, and says when it was sent.",
        """
        SELECT format('message %s (%s)', m.id, m.state) AS what
        FROM desk_message m
        LEFT JOIN kernel_payload p ON p.id = m.payload_id AND p.kind = 'message' AND p.subject_id = m.rma_id
             AND p.reference = 'message:' || m.id
        LEFT JOIN kernel_commandrecord c ON c.id = m.command_id AND c.at = m.queued_at
        WHERE p.id IS NULL OR c.id IS NULL OR (m.state = 'sent') <> (m.sent_at IS NOT NULL)
           OR m.state NOT IN ('queued', 'sent', 'failed') OR (m.state <> 'queued' AND m.attempts = 0)
        """,
        "SELECT count(*) FROM desk_message",
    )
]
