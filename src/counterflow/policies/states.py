"""The life of a version of a policy."""

from enum import StrEnum

from counterflow.kernel.states import Machine


class Version(StrEnum):
    """Where a version of a policy stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    ACTIVE = "active"
    RETIRED = "retired"
    WITHDRAWN = "withdrawn"


POLICY = Machine(
    "policy version",
    start={Version.DRAFT},
    final={Version.RETIRED, Version.WITHDRAWN},
    moves=[
        # action    from               to
        ("edit", Version.DRAFT, Version.DRAFT),
        ("submit", Version.DRAFT, Version.IN_REVIEW),
        ("send_back", Version.IN_REVIEW, Version.DRAFT),
        ("approve", Version.IN_REVIEW, Version.APPROVED),
        ("activate", Version.APPROVED, Version.ACTIVE),
        ("retire", Version.ACTIVE, Version.RETIRED),
        ("withdraw", Version.DRAFT, Version.WITHDRAWN),
        ("withdraw", Version.IN_REVIEW, Version.WITHDRAWN),
        ("withdraw", Version.APPROVED, Version.WITHDRAWN),
        ("withdraw", Version.ACTIVE, Version.WITHDRAWN),
        ("publish", Version.DRAFT, Version.ACTIVE),
    ],
)
