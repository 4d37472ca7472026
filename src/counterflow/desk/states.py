"""The life of a message to a customer. Sent means handed to the mail server; nobody knows whether it was read."""

from enum import StrEnum

from counterflow.kernel.states import Machine


class Message(StrEnum):
    """States of a message."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


MESSAGE = Machine(
    "message",
    start={Message.QUEUED},
    final={Message.SENT, Message.FAILED},
    moves=[
        # action  from            to
        ("send", Message.QUEUED, Message.SENT),
        ("give_up", Message.QUEUED, Message.FAILED),
    ],
)
