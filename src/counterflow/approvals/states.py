"""The life of a request for agreement."""

from enum import StrEnum

from counterflow.kernel.states import Machine


class Request(StrEnum):
    """Where a request stands.

    `overtaken`: all agreed, and the act was not what they had agreed to any more, or not possible any more.
    """

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OVERTAKEN = "overtaken"


REQUEST = Machine(
    "request",
    start={Request.WAITING},
    final={Request.DONE, Request.REFUSED, Request.WITHDRAWN, Request.EXPIRED, Request.OVERTAKEN},
    moves=[
        # action      from             to
        ("agree", Request.WAITING, Request.WAITING),
        ("do", Request.WAITING, Request.DONE),
        ("overtake", Request.WAITING, Request.OVERTAKEN),
        ("refuse", Request.WAITING, Request.REFUSED),
        ("withdraw", Request.WAITING, Request.WITHDRAWN),
        ("expire", Request.WAITING, Request.EXPIRED),
    ],
)


class Verdict(StrEnum):
    """What somebody says to a request."""

    AGREE = "agree"
    REFUSE = "refuse"
