"""Failures as sentences with facts.

The docstring of an error is its message template; keyword facts fill it and travel to the client;
the code is the class name in snake case. Four kinds exist, and an edge maps each to one status.
`InvariantBroken` is none of them: nobody catches it, because a law that breaks is a defect.
"""

import re
from typing import Any, ClassVar


class DomainError(Exception):
    """Something went wrong that a user can understand and mend."""

    code: ClassVar[str] = "domain_error"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        template = " ".join((type(self).__doc__ or "").split())
        self.message = template.format(**facts)
        super().__init__(self.message)


class NotFound(DomainError):
    """What was asked for does not exist."""


class Invalid(DomainError):
    """What was sent cannot be understood."""


class Refusal(DomainError):
    """What was asked is understood and not allowed now."""


class Conflict(DomainError):
    """What was asked contradicts what was done before."""


class PermissionDenied(Refusal):
    """This needs the permission {permission}, which {actor} does not have."""


class KeyConflict(Conflict):
    """The key {key} was already used for {command} with other content; use a new key for a new request."""


class IdentityReused(Conflict):
    """{what} {identity} already exists with other content; send the same content or another identity."""


class BatchTooLarge(Invalid):
    """A call takes 1 to {most} items, and this one has {count}; cut it and send the parts."""


class InputUnreadable(Invalid):
    """What was sent cannot be kept word for word: {reason}."""


class InvariantBroken(Exception):
    """A law of the system does not hold; this is a defect, never a user's mistake."""
